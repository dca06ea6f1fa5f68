"""Laws of a logger's clock: what is estimated follows it, and nothing is made of nothing."""

from __future__ import annotations

from array import array
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.clock import SLACK_MS, WIDEST_MS, Clock, Opening, clock_of, steps
from ledger.domain.readings import Series

MINUTE = 60_000
HOUR = 60 * MINUTE
LATER = 10**13


def series(values: list[int], started_ms: int = 0, recorded_ms: int = LATER, every: int = 5) -> Series:
    packed = array("h", values).tobytes()
    return Series(
        "",
        3,
        "fresh",
        "LOG-1",
        (-20_000, 8_000),
        None,
        "absent",
        started_ms,
        every * MINUTE,
        recorded_ms,
        packed,
    )


def journey(*opened: int, count: int = 200, warm: int = 1_500) -> list[int]:
    """Readings of five minutes in the cold; at each opening warm ones, that cool again."""
    values = [500 + (number % 3) * 10 for number in range(count)]
    for at in opened:
        for number, above in enumerate((warm, warm, warm // 2)):
            values[at + number] += above
    return values


def openings(*opened: int, offset_ms: int = 0) -> list[Opening]:
    """When people scanned: at the reading, by a clock that the logger is `offset_ms` ahead of."""
    moments = [at * 5 * MINUTE - offset_ms for at in opened]
    return [Opening(at_ms, at_ms + MINUTE, (number,)) for number, at_ms in enumerate(moments)]


pairs = st.tuples(st.integers(5, 60), st.integers(90, 190))
offsets = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda minutes: minutes * MINUTE)


@given(pairs, offsets)
def test_the_true_offset_lies_within_what_is_estimated(opened: tuple[int, int], offset_ms: int) -> None:
    found = clock_of([series(journey(*opened))], openings(*opened, offset_ms=offset_ms))
    assert found.offset_ms
    low, high = found.offset_ms
    assert low <= offset_ms <= high
    assert high - low <= WIDEST_MS
    assert found.openings == 2


@given(pairs, st.lists(st.integers(-400, 400), min_size=1, max_size=4), offsets)
def test_a_file_shifted_by_so_much_gives_an_estimate_shifted_by_so_much(
    opened: tuple[int, int], scanned: list[int], shift_ms: int
) -> None:
    """Whatever was scanned, and whether or not anything can be said."""
    scans = openings(*opened) + [Opening(at * MINUTE, at * MINUTE + HOUR, (9,)) for at in scanned]
    plain = clock_of([series(journey(*opened))], scans)
    shifted = clock_of([series(journey(*opened), started_ms=shift_ms)], scans)
    assert (plain.offset_ms is None) == (shifted.offset_ms is None)
    if plain.offset_ms and shifted.offset_ms:
        assert shifted.offset_ms == tuple(edge + shift_ms for edge in plain.offset_ms)


@given(st.lists(st.integers(480, 520), min_size=1, max_size=300), st.lists(st.integers(0, 100), max_size=5))
def test_flat_readings_say_nothing(values: list[int], scanned: list[int]) -> None:
    found = clock_of([series(values)], openings(*scanned))
    assert (found.offset_ms, found.openings, found.is_off) == (None, 0, False)


@given(pairs, st.integers(0, 1))
def test_one_opening_alone_says_nothing(opened: tuple[int, int], which: int) -> None:
    assert clock_of([series(journey(*opened))], openings(opened[which])).offset_ms is None


@given(pairs, offsets, st.randoms())
def test_the_order_of_evidence_and_openings_makes_no_difference(
    opened: tuple[int, int], offset_ms: int, random: Any
) -> None:
    values = journey(*opened)
    parts = [series(values[at : at + 50], started_ms=at * 5 * MINUTE) for at in range(0, 200, 50)]
    scans = openings(*opened, offset_ms=offset_ms) + openings(*opened, offset_ms=offset_ms)
    whole = clock_of(parts, scans)
    random.shuffle(parts)
    random.shuffle(scans)
    assert clock_of(parts, scans) == whole
    assert whole.offset_ms == clock_of([series(values)], openings(*opened, offset_ms=offset_ms)).offset_ms


@given(pairs, st.integers(6, 72))
def test_an_hour_of_the_wrong_zone_is_flagged_and_a_right_clock_is_not(
    opened: tuple[int, int], half_hours: int
) -> None:
    wrong = half_hours * HOUR // 2
    assert clock_of([series(journey(*opened))], openings(*opened, offset_ms=wrong)).is_off
    assert not clock_of([series(journey(*opened))], openings(*opened)).is_off


@given(pairs, st.integers(1, 400))
def test_what_was_recorded_before_its_last_reading_is_ahead_for_certain(
    opened: tuple[int, int], minutes: int
) -> None:
    values = journey(*opened)
    ended_ms = (len(values) - 1) * 5 * MINUTE
    found = clock_of([series(values, recorded_ms=ended_ms - minutes * MINUTE)], [])
    assert found.ahead_ms == minutes * MINUTE
    assert found.is_off == (minutes > 5)
    known = clock_of([series(values, recorded_ms=ended_ms - minutes * MINUTE)], openings(*opened))
    assert known.offset_ms is None or known.offset_ms[0] >= minutes * MINUTE


def test_as_many_openings_at_offsets_far_apart_say_nothing() -> None:
    """Three steps evenly apart, two scans: they fit twice."""
    assert clock_of([series(journey(20, 80, 140))], openings(20, 80)).offset_ms is None


def test_openings_that_one_step_could_fit_are_one_opening() -> None:
    found = clock_of([series(journey(20))], openings(20, 22))
    assert found == Clock("LOG-1", None, 199 * 5 * MINUTE - LATER, 0, (0, 1, 3))


def test_a_step_goes_on_until_the_readings_rest() -> None:
    assert steps((series(journey(20, 60)),)) == ((95 * MINUTE, 100 * MINUTE), (295 * MINUTE, 300 * MINUTE))


def test_bounds_that_are_wide_make_the_estimate_as_wide() -> None:
    scans = [one._replace(earliest_ms=one.earliest_ms - HOUR // 4) for one in openings(20, 140)]
    found = clock_of([series(journey(20, 140))], scans)
    assert found.offset_ms == (-6 * MINUTE - SLACK_MS, SLACK_MS + HOUR // 4)
