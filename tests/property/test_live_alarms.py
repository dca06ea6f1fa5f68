"""Laws of alarms: what the order in which packets come can and cannot change."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.parts import TemperatureProfile
from ledger.domain.readings import Series, band_of, beyond_band
from ledger.domain.temperature import judged
from ledger.live.alarms import (
    STEPS,
    Alarm,
    Heard,
    Raised,
    changes,
    live_series,
    of_container,
    of_logger,
    silence,
    silent_after_ms,
)
from tests.property.test_domain_temperature import NONE, PROFILES, profile, series, statements

MINUTE = 60_000
EVER = (-(10**15), 10**15)
values = st.lists(st.sampled_from([None, 150, 500, 500, 500, 801, 2_500]), min_size=1, max_size=14)
tilts = st.sampled_from([None, 0, 44, 45, 90])
powers = st.sampled_from([None, 100, 16, 15, 0])


def packet(first: int, said: list[int | None], tilt: int | None = None, power: int | None = None) -> Heard:
    packed = array("h", [NONE if one is None else one for one in said]).tobytes()
    return Heard(first, first * MINUTE, MINUTE, packed, (-4_000, 8_000), power, tilt, 10**12)


@st.composite
def recordings(draw: st.DrawFn) -> list[Heard]:
    """Packets in order of time, with holes between some of them."""
    found, first = [], 0
    for said in draw(st.lists(values, min_size=1, max_size=6)):
        first += draw(st.sampled_from([0, 0, 0, 3, 20]))
        found.append(packet(first, said, draw(tilts), draw(powers)))
        first += len(said)
    return found


sealed = st.lists(statements(), max_size=2).map(lambda found: [one._replace(logger="LOG-2") for one in found])


class Watch:
    """All alarms about one container, as packets come."""

    def __init__(self, rules: TemperatureProfile, evidence: list[Series] | None = None) -> None:
        self.rules = rules
        self.evidence = evidence or []
        self.packets: list[Heard] = []
        self.raised: list[Raised] = []
        self.begun: list[Alarm] = []

    def found(self) -> list[Alarm]:
        live = live_series(self.packets, "LOG-1", "fresh", 10**15, EVER)
        return [*of_container(self.evidence, live, self.rules, "LOG-1", 0), *of_logger(self.packets)]

    def hear(self, packets: Iterable[Heard]) -> Watch:
        for one in packets:
            self.packets.append(one)
            self.take(self.found())
        return self

    def take(self, found: list[Alarm]) -> None:
        begun, changed = changes(self.raised, found)
        now = {one.number: one for one in changed}
        self.raised = [now.get(one.number, one) for one in self.raised]
        self.raised += [Raised(len(self.raised) + at, one) for at, one in enumerate(begun)]
        self.begun += begun

    def of(self, kind: str) -> list[Alarm]:
        return [one.alarm for one in self.raised if one.alarm.kind == kind]


def shuffled(packets: list[Heard], random: Any) -> list[Heard]:
    again = [*packets, *packets[::2]]  # some come twice
    random.shuffle(again)
    return again


@given(recordings(), sealed, PROFILES, st.randoms())
def test_what_is_found_does_not_depend_on_the_order_or_repetition_of_packets(
    packets: list[Heard], evidence: list[Series], rules: TemperatureProfile, random: Any
) -> None:
    one, other = Watch(rules, evidence).hear(packets), Watch(rules, evidence)
    other.packets = shuffled(packets, random)
    assert one.found() == other.found()


@given(recordings(), sealed, PROFILES, st.randoms())
def test_in_whatever_order_packets_came_each_excursion_and_what_stands_has_its_alarm(
    packets: list[Heard], evidence: list[Series], rules: TemperatureProfile, random: Any
) -> None:
    watch = Watch(rules, evidence).hear(shuffled(packets, random))
    for one in watch.found():
        if one.kind == "budget":
            assert one.step in {each.step for each in watch.of("budget")}
            continue
        covering = [
            each
            for each in watch.of(one.kind)
            if each.began_ms <= one.began_ms and one.until_ms <= each.until_ms
        ]
        assert covering
        assert one.is_over or any(not each.is_over for each in covering)
    standing = [one for one in watch.found() if not one.is_over and one.kind != "budget"]
    still = [one.alarm for one in watch.raised if not one.alarm.is_over and one.alarm.kind != "budget"]
    assert len(still) == len(standing)


@given(recordings(), sealed, PROFILES, st.randoms())
def test_looking_again_at_the_same_changes_nothing(
    packets: list[Heard], evidence: list[Series], rules: TemperatureProfile, random: Any
) -> None:
    watch = Watch(rules, evidence).hear(shuffled(packets, random))
    assert changes(watch.raised, watch.found()) == ([], [])


@given(recordings(), sealed, PROFILES, st.randoms(), st.integers(0, 60), st.integers(1, 9))
def test_a_packet_with_readings_in_band_alone_never_begins_an_excursion(
    packets: list[Heard],
    evidence: list[Series],
    rules: TemperatureProfile,
    random: Any,
    first: int,
    count: int,
) -> None:
    watch = Watch(rules, evidence).hear(shuffled(packets, random))
    before = len(watch.of("excursion"))
    watch.hear([packet(first, [500] * count)])
    assert len(watch.of("excursion")) == before


@given(recordings(), PROFILES, st.randoms())
def test_an_excursion_is_raised_exactly_where_the_ledger_would_judge_one(
    packets: list[Heard], rules: TemperatureProfile, random: Any
) -> None:
    watch = Watch(rules)
    for one in shuffled(packets, random):
        watch.hear([one])
        heard = tuple(each.series("LOG-1", "fresh", 10**15) for each in {*watch.packets})
        judgement = judged(heard, rules)
        spans = {(each.start_ms, each.end_ms, each.peak_centi_c) for each in judgement.excursions}
        found = [each for each in watch.found() if each.kind == "excursion"]
        assert {(each.began_ms, each.until_ms, each.peak) for each in found} == spans


@given(recordings(), sealed, PROFILES, st.randoms())
def test_steps_of_the_budget_begin_in_order_each_once(
    packets: list[Heard], evidence: list[Series], rules: TemperatureProfile, random: Any
) -> None:
    steps = [
        one.step
        for one in Watch(rules, evidence).hear(shuffled(packets, random)).begun
        if one.kind == "budget"
    ]
    assert tuple(steps) == STEPS[: len(steps)]


@given(recordings(), PROFILES)
def test_the_budget_is_what_the_ledger_counts_as_spent(
    packets: list[Heard], rules: TemperatureProfile
) -> None:
    watch = Watch(rules)
    for one in packets:
        watch.hear([one])
        judgement = judged(tuple(each.series("LOG-1", "fresh", 10**15) for each in watch.packets), rules)
        reached = {each.step for each in watch.found() if each.kind == "budget"}
        spent = judgement.spent_ms * 100
        whole = rules.cumulative_excursion_s * 1000
        assert reached == {step for step in STEPS if judgement.excursions and spent >= whole * step}


@given(recordings(), st.integers(0, 400), st.integers(0, 400))
def test_a_wider_band_never_alarms_earlier(packets: list[Heard], lower: int, higher: int) -> None:
    narrow, wide = profile(), profile(low_centi_c=200 - lower, high_centi_c=800 + higher)
    one, other = Watch(narrow), Watch(wide)
    for each in packets:
        one.hear([each])
        other.hear([each])
        for kind in ("excursion", "budget"):
            assert len(other.of(kind)) == 0 or one.of(kind)
            assert {step.step for step in other.of(kind)} <= {step.step for step in one.of(kind)}
    for found in (each for each in other.found() if each.kind == "excursion"):
        assert any(
            each.began_ms <= found.began_ms and found.until_ms <= each.until_ms
            for each in one.found()
            if each.kind == "excursion"
        )


@given(recordings(), PROFILES)
def test_an_excursion_stands_while_the_last_reading_is_out_of_band(
    packets: list[Heard], rules: TemperatureProfile
) -> None:
    watch = Watch(rules).hear(packets)
    said = [one for each in packets for one in each.series("", "", None).readings]
    stands = bool(said) and beyond_band(band_of(rules), max(said)[1]) > 0
    assert any(not one.is_over for one in watch.of("excursion")) == stands


@given(st.integers(1, 40), st.integers(1, 600), st.lists(st.integers(0, 400_000), min_size=1, max_size=12))
def test_silence_begins_once_and_ends_with_the_next_reading(
    count: int, interval_s: int, waits: list[int]
) -> None:
    rules = profile()
    one = packet(0, [500] * count)._replace(interval_ms=interval_s * 1000)
    after_ms = silent_after_ms(one, [rules])
    assert after_ms >= 2 * one.interval_ms
    assert after_ms <= max(2 * one.interval_ms, rules.largest_gap_s * 1000)
    watch, now_ms = Watch(rules), 0
    for wait_ms in waits:
        heard_ms, silences = now_ms, len(watch.of("silence"))
        watch.take([silence(heard_ms, after_ms, 0, heard_ms)])
        assert all(each.is_over for each in watch.of("silence"))
        for part in (1, 2, 3):  # the clock ticks
            watch.take([silence(heard_ms, after_ms, 0, heard_ms + wait_ms * part // 3)])
        now_ms = heard_ms + wait_ms + 1
        assert len(watch.of("silence")) - silences == (wait_ms > after_ms)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10**6))
def test_nobody_calls_it_silence_while_nobody_listened(heard_ms: int, after_ms: int, pause_ms: int) -> None:
    began_ms = heard_ms + pause_ms  # the server was down for so long
    assert silence(heard_ms, after_ms, began_ms, began_ms + after_ms).is_over
    assert not silence(heard_ms, after_ms, began_ms, began_ms + after_ms + 1).is_over


@given(recordings(), st.integers(0, 80), st.integers(0, 80), PROFILES)
def test_readings_while_nothing_was_with_the_logger_do_not_count(
    packets: list[Heard], start: int, length: int, rules: TemperatureProfile
) -> None:
    span = start * MINUTE, (start + length) * MINUTE
    found = live_series(packets, "LOG-1", "fresh", 10**15, span)
    said = [one for each in found for one in each.readings]
    every = [one for each in packets for one in each.series("", "", None).readings]
    assert sorted(said) == sorted(one for one in every if span[0] <= one[0] <= span[1])


def test_evidence_of_another_logger_counts_against_the_budget_and_begins_no_alarm_by_itself() -> None:
    spent = series([500, 900, 900, 900, 900, 900, 500], logger="LOG-2")  # 30 of 60 minutes
    quiet = Watch(profile(), [spent]).hear([packet(100, [500, 500])])
    assert quiet.raised == []
    warm = quiet.hear([packet(102, [900, 500])])
    assert [(one.kind, one.step) for one in warm.begun] == [("budget", 50), ("excursion", 0)]
