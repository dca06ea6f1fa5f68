"""Which containers a logger was with, when, and in which phase: folded from what people said of packing.

A packing or a swap that names a logger begins a *placement*. It ends when the container is
unpacked, packed again, used up, infused or destroyed, or when the logger itself is packed in another
shipper. In a therapy that was closed nothing lasts.
A thaw parts it in two, for what is in band before is not in band after. All by what the signers say,
so the order in which their statements arrive changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.times import milliseconds

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container, Packing
    from ledger.domain.custody import Holder
    from ledger.domain.parts import Phase


class Placement(NamedTuple):
    """One container with one logger. `position`: of the entry that packed them, `at`: who did.

    From `since_ms` until before `until_ms`; None: it lasts.
    """

    logger: str
    coi: str
    container: str
    position: int
    shipper: str
    at: Holder
    phase: Phase
    since_ms: int
    until_ms: int | None

    def overlaps(self, first_ms: int, last_ms: int) -> bool:
        """True if a reading from one moment to the other may be about the container."""
        return last_ms >= self.since_ms and (self.until_ms is None or first_ms < self.until_ms)


def placements(chain: Chain, logger: str | None = None) -> Iterator[Placement]:
    """All of one therapy, or those of one logger. What two therapies say of a logger is for `settled`."""
    for container in chain.containers.values():
        ordered = sorted(container.packings, key=lambda one: (one.occurred_at, one.position))
        for packing, following in pairwise([*ordered, None]):
            assert packing is not None
            if packing.logger is not None and logger in (None, packing.logger):
                until_ms = _end(chain, container, packing, following)
                if until_ms is not None or chain.closed is None:
                    yield from _parted(chain, container, packing, _phase_said(ordered, packing), until_ms)


def settled(found: Iterable[Placement]) -> list[Placement]:
    """Of one logger, from every therapy, the earliest first: it is in one shipper at a time."""
    ordered = sorted(found, key=lambda one: (one.since_ms, one.position, one.coi, one.container))
    return [cut for one in ordered if (cut := _until_elsewhere(one, ordered)) is not None]


def _until_elsewhere(one: Placement, others: list[Placement]) -> Placement | None:
    moved = (
        other.since_ms
        for other in others
        if other.shipper != one.shipper and other.position != one.position and other.since_ms > one.since_ms
    )
    until_ms = min(moved, default=None)
    if until_ms is None or (one.until_ms is not None and one.until_ms <= until_ms):
        return one
    return one._replace(until_ms=until_ms)


def _end(chain: Chain, container: Container, packing: Packing, following: Packing | None) -> int | None:
    """The first that was said to happen after the packing and that takes the logger away."""
    taken_out = (*container.unpacked, container.destroyed, container.infusion_start)
    ends = [one.occurred_at for one in taken_out if one]
    if following is not None:
        ends.append(following.occurred_at)
    if container.is_consumed:
        ends += [one.made_at for one in chain.containers.values() if container.id in one.parents]
    later = [one for one in ends if one >= packing.occurred_at]
    return milliseconds(min(later)) if later else None


def _phase_said(ordered: list[Packing], packing: Packing) -> Phase | None:
    """A swap on the road says no phase: that of the packing before it goes on."""
    said = (one.phase for one in reversed(ordered[: ordered.index(packing) + 1]) if one.phase is not None)
    return next(said, None)


def _parted(
    chain: Chain, container: Container, packing: Packing, said: Phase | None, until_ms: int | None
) -> Iterator[Placement]:
    since_ms = milliseconds(packing.occurred_at)
    thawed_ms = min((milliseconds(one.occurred_at) for one in container.thaw_starts), default=None)
    before: Phase = said or ("frozen" if chain.is_finished(container.id) else "fresh")
    whole = (packing.logger or "", chain.coi, container.id, packing.position, packing.shipper, packing.at)
    if thawed_ms is None or (until_ms is not None and thawed_ms >= until_ms):
        yield Placement(*whole, before, since_ms, until_ms)
    elif thawed_ms <= since_ms:
        yield Placement(*whole, "thawed", since_ms, until_ms)
    else:
        yield Placement(*whole, before, since_ms, thawed_ms)
        yield Placement(*whole, "thawed", thawed_ms, until_ms)
