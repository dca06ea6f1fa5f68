"""How far a logger's clock is off, as far as openings of its shipper tell.

Who opens a shipper warms its logger: within minutes the readings *step*. When it was opened the
log knows within bounds, from the packings and unpackings. Where several openings have a step
each at one and the same distance, that distance is the clock's offset:

1. A *step* begins between two readings that differ by at least `LEAST_STEP`, and by ten times
   as much as readings of this logger usually do; what steps again before they rest is the same.
2. A step fits an opening if it lies within `SLACK_MS` of its bounds. Openings that one step
   could fit are one opening.
3. The offset is what the most openings agree on: two at least, and half of them. Where
   offsets that are further apart than `WIDEST_MS` explain as many, nothing is said.
4. No reading was taken after it was recorded: that bounds the offset from below.

Offsets are the logger's clock less the ledger's, in milliseconds: above zero, it is ahead.
Nothing is ever corrected by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.intervals import Interval, union
from ledger.domain.times import milliseconds
from ledger.domain.window import PROMPT_MS, earliest_ms, latest_ms

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Moment
    from ledger.domain.readings import Series
    from ledger.domain.world import World

LEAST_STEP = 200  # centi-degrees
USUAL = 10
SLACK_MS = 15 * 60_000  # people scan before or after they open, and a logger follows the air slowly
WIDEST_MS = 2 * 3_600_000


class Opening(NamedTuple):
    """A shipper was opened, at the earliest and at the latest (ms). `proof`: positions."""

    earliest_ms: int
    latest_ms: int
    proof: tuple[int, ...]


class Clock(NamedTuple):
    """`offset_ms`: from and to; None: nothing can be said. `ahead_ms`: at least so much, proved by when
    the readings were recorded. `openings`: how many bear the offset out. `proof`: positions."""

    logger: str
    offset_ms: Interval | None
    ahead_ms: int
    openings: int
    proof: tuple[int, ...]

    @property
    def is_off(self) -> bool:
        """Further than a clock may be, with all that is uncertain counted in its favour."""
        low, high = self.offset_ms or (0, 0)
        return self.ahead_ms > PROMPT_MS or low > PROMPT_MS or high < -PROMPT_MS


@lru_cache(maxsize=256)  # pure
def steps(evidence: tuple[Series, ...]) -> tuple[Interval, ...]:
    """Of one logger's readings, where each step begins: between these two moments."""
    readings = sorted({reading for one in evidence for reading in one.readings})
    usual = median(abs(b - a) for (_, a), (_, b) in pairwise(readings)) if len(readings) > 1 else 0
    least = max(LEAST_STEP, USUAL * usual)
    found: list[Interval] = []
    stepped_ms = -(2**62)  # the last reading of the step before
    for (before_ms, before), (at_ms, value) in pairwise(readings):
        if abs(value - before) >= least:
            if before_ms - stepped_ms > 2 * SLACK_MS:
                found.append((before_ms, at_ms))
            stepped_ms = at_ms
    return tuple(found)


def clock_of(evidence: Sequence[Series], openings: Sequence[Opening]) -> Clock:
    """Of one logger, from all its readings and the openings of what it was in, in any order."""
    ahead_ms = max(one.ended_ms - one.recorded_ms for one in evidence)
    stepped = steps(tuple(sorted(evidence)))
    apart_ms = 2 * SLACK_MS + max((end - start for start, end in stepped), default=0)
    opened = _parted(openings, apart_ms)
    fits = [_offsets(one, stepped) for one in opened]
    offset, agreeing = _agreed(fits)
    if offset is not None:
        offset = (max(offset[0], ahead_ms), offset[1]) if offset[1] >= ahead_ms else None
    proof = {one.position for one in evidence} | {each for one in opened for each in one.proof}
    return Clock(evidence[0].logger, offset, ahead_ms, agreeing if offset else 0, tuple(sorted(proof)))


def _parted(openings: Sequence[Opening], apart_ms: int) -> list[Opening]:
    found: list[Opening] = []
    for one in sorted(openings):
        last = found[-1] if found else None
        if last and one.earliest_ms - last.latest_ms <= apart_ms:
            proof = tuple(sorted({*last.proof, *one.proof}))
            found[-1] = Opening(last.earliest_ms, max(last.latest_ms, one.latest_ms), proof)
        else:
            found.append(one)
    return found


def _offsets(opening: Opening, stepped: Sequence[Interval]) -> list[Interval]:
    """Every offset at which some step fits the opening."""
    first, last = opening.earliest_ms - SLACK_MS, opening.latest_ms + SLACK_MS
    return union((start - last, end - first) for start, end in stepped)


def _agreed(fits: Sequence[Sequence[Interval]]) -> tuple[Interval | None, int]:
    """The offsets that the most openings bear out, and how many do. See rule 3."""
    spans = [span for each in fits for span in each]
    edges = sorted([(start, -1) for start, _ in spans] + [(end, 1) for _, end in spans])
    most, now, where = 0, 0, list[Interval]()
    for (at_ms, edge), (next_ms, _) in pairwise([*edges, (0, 0)]):
        now -= edge
        if now > most:
            most, where = now, []
        if now == most and edge < 0:
            where.append((at_ms, next_ms))
    if most < 2 or 2 * most < len(fits) or where[-1][1] - where[0][0] > WIDEST_MS:
        return None, 0
    return (where[0][0], where[-1][1]), most


# --- of a therapy ----------------------------------------------------------------------


def clocks(chain: Chain, world: World) -> Iterator[Clock]:
    """Of each logger that is evidence here, by name."""
    evidence: dict[str, dict[int, Series]] = {}
    where: dict[str, set[str]] = {}
    for container in chain.containers.values():
        for one in container.evidence:
            evidence.setdefault(one.logger, {})[one.position] = one
            where.setdefault(one.logger, set()).add(container.id)
    for logger in sorted(evidence):
        opened = [each for name in sorted(where[logger]) for each in _openings(chain, name, world)]
        yield clock_of(list(evidence[logger].values()), opened)


def _openings(chain: Chain, name: str, world: World) -> Iterator[Opening]:
    container = chain.containers[name]
    for one in (*container.packed, *container.unpacked):
        bounds = _bounds(one, world)
        if bounds:
            yield Opening(*bounds, (one.position,))


def _bounds(one: Moment, world: World) -> Interval | None:
    """None: its device had seen nothing, so that it may have been at any time before."""
    start_ms = earliest_ms(one, world)
    end_ms = latest_ms(one.occurred_at, one.recorded_ms)
    return None if start_ms is None else (min(start_ms, end_ms), max(end_ms, milliseconds(one.occurred_at)))
