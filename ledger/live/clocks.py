"""Loggers whose clock is wrong: their readings fall into a time that they are not of.

A packet that ends behind its receipt is from the future. One that ends long before it is either kept
for a while or dated wrongly. What was kept comes faster than it was measured, so its delay shrinks;
a clock that is behind stays behind by as much: that takes some minutes to see.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING

from ledger.domain.window import PROMPT_MS
from ledger.live.alarms import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.live.alarms import Alarm, Heard

MAX_S = 2**31 - 1  # what the database takes: 68 years


def is_of_the_past(one: Heard) -> bool:
    """As far as clocks may differ (`ledger.domain.window`)."""
    return one.ended_ms - one.received_ms <= PROMPT_MS


def is_prompt(one: Heard, after_ms: int) -> bool:
    """It came when it was measured, or as late as one waits for a packet: it breaks a silence."""
    return is_of_the_past(one) and one.received_ms - one.ended_ms <= max(PROMPT_MS, after_ms)


def clocks(packets: Iterable[Heard]) -> list[Alarm]:
    """Times, by the ledger's clock, in which the logger's was wrong; `peak`: by how many seconds at the
    most, below zero where it is behind. It is over with the first packet that is not."""
    its: dict[bytes, list[Heard]] = defaultdict(list)
    for one in packets:
        its[one.recording].append(one)
    said = sorted(each for found in its.values() for each in _said(found))
    most_s = PROMPT_MS // 1000
    return list(runs("clock", said, lambda off_s: abs(off_s) > most_s, lambda *both: max(both, key=abs)))


def _said(packets: list[Heard]) -> Iterator[tuple[int, int]]:
    """When a packet of one recording came, and how far its clock was off; only where that can be told."""
    found = sorted(packets, key=lambda one: (one.received_ms, one.first))
    for one in found:
        apart_ms = max(PROMPT_MS, one.interval_ms)  # of two that came sooner it would be chance
        before = bisect_right(found, one.received_ms - apart_ms, key=attrgetter("received_ms"))
        if not _is_delayed(one) or (before and _keeps_its_delay(found[before - 1], one)):
            off_s = (one.ended_ms - one.received_ms) // 1000
            yield one.received_ms, max(-MAX_S, min(off_s, MAX_S))


def _is_delayed(one: Heard) -> bool:
    return one.received_ms - one.ended_ms > PROMPT_MS


def _keeps_its_delay(before: Heard, one: Heard) -> bool:
    """Between the two as much was measured as time went by, give or take half of it."""
    passed_ms = one.received_ms - before.received_ms
    apart_ms = abs(one.ended_ms - before.ended_ms - passed_ms)
    return _is_delayed(before) and before.first < one.first and apart_ms * 2 <= passed_ms
