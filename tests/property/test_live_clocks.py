"""Laws of loggers' clocks: a wrong one is found, and what was only kept for a while is not called so."""

from __future__ import annotations

from array import array
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.window import PROMPT_MS
from ledger.live.alarms import Heard
from ledger.live.clocks import clocks, is_of_the_past, is_prompt

MINUTE = 60_000
START = 1_790_000_000_000
breaks = st.integers(0, 4 * MINUTE) | st.integers(120 * MINUTE, 10**9)  # 40 minutes at most were kept
offs = st.integers(-(10**9), 10**9).map(lambda s: s * 1000)


def packet(number: int, received_ms: int, off_ms: int = 0) -> Heard:
    """One reading, of `off_ms` behind its receipt."""
    packed = array("h", [500]).tobytes()
    return Heard(number, received_ms + off_ms, MINUTE, packed, (-4_000, 8_000), None, None, received_ms, b"1")


def live(count: int, off_ms: int, first: int = 0) -> list[Heard]:
    """A reading a minute, each sent at once."""
    return [packet(first + at, START + (first + at) * MINUTE, off_ms) for at in range(count)]


def kept(count: int, for_ms: int, apart_ms: int) -> list[Heard]:
    """A reading a minute, which come one behind the other once the logger is heard again."""
    arrives_ms = START + count * MINUTE + for_ms
    return [
        packet(at, arrived := arrives_ms + at * apart_ms, START + at * MINUTE - arrived)
        for at in range(count)
    ]


@given(st.integers(6, 30), offs)
def test_whoever_dates_all_readings_wrongly_is_found_and_by_how_much(count: int, off_ms: int) -> None:
    found = clocks(live(count, off_ms))
    is_wrong = abs(off_ms) > PROMPT_MS
    assert [one.peak for one in found] == ([off_ms // 1000] if is_wrong else [])
    assert not any(one.is_over for one in found)


@given(offs)
def test_one_packet_from_the_future_is_enough(off_ms: int) -> None:
    (one,) = live(1, off_ms)
    assert bool(clocks([one])) == (off_ms > PROMPT_MS) == (not is_of_the_past(one))
    assert is_prompt(one, 0) == (abs(off_ms) <= PROMPT_MS)


@given(st.integers(1, 60), st.integers(0, 10**9), st.integers(0, MINUTE // 2))
def test_what_a_logger_kept_is_not_called_a_wrong_clock(count: int, for_ms: int, apart_ms: int) -> None:
    assert clocks(kept(count, for_ms, apart_ms)) == []


@given(st.integers(1, 20), st.integers(1, 20), st.integers(PROMPT_MS, 10**9), breaks)
def test_nor_when_the_link_breaks_again_while_it_hands_over(
    count: int, more: int, for_ms: int, broken_ms: int
) -> None:
    both = kept(count + more, for_ms, 1_000)
    late = [one._replace(received_ms=one.received_ms + broken_ms) for one in both[count:]]
    assert clocks([*both[:count], *late]) == []


@given(st.integers(6, 9), st.integers(1, 9), offs.filter(lambda off_ms: abs(off_ms) > PROMPT_MS + 1000))
def test_it_is_over_with_the_first_packet_that_is_dated_rightly(count: int, more: int, off_ms: int) -> None:
    (found,) = clocks([*live(count, off_ms), *live(more, 0, first=count)])
    assert found.ended_ms == START + count * MINUTE


@given(st.integers(1, 9), offs, st.randoms())
def test_the_order_in_which_they_are_looked_at_changes_nothing(count: int, off_ms: int, random: Any) -> None:
    packets = [*live(count, off_ms), *live(count, 0, first=count)]
    shuffled = list(packets)
    random.shuffle(shuffled)
    assert clocks(shuffled) == clocks(packets)
