"""The hold time of a shipper: how long it keeps cold from its charge, and what was in it beyond that.

A dry shipper is qualified for `hold_time_s` from being filled. Who registers it, qualifies it
with a hold time and records each charge has this judged. Every moment from the packing of a
container to its leaving the shipper must lie within the hold time of some charge. Time is
judged as in `window.py`: a charge counts from the earliest that it can have happened, and a
container was inside until the latest. No charge on record keeps nothing cold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.intervals import rest, union
from ledger.domain.materials import registered
from ledger.domain.naming import containers_of
from ledger.domain.times import milliseconds
from ledger.domain.window import earliest_ms, latest_ms

if TYPE_CHECKING:
    from typing import Any

    from ledger.domain.chain import Chain
    from ledger.domain.container import Container, Moment, Packing
    from ledger.domain.equipment import Equipment
    from ledger.domain.findings import Found
    from ledger.domain.intervals import Interval
    from ledger.domain.world import Entry, World

USED_UP = "hold_time_used_up"
_PUTS_IN = frozenset({"Packed", "ShipperSwapped"})
_FINDS_INSIDE = frozenset(
    {"CustodyReleased", "CustodyAccepted", "ReceiptInspected", "SealChecked", "ShipperSwapped", "Unpacked"}
    # Nobody may have said that it was taken out: it was inside until it was put to use, or away.
    | {"Stored", "ThawStarted", "ManufacturingStarted", "ManufacturingRestarted", "ContainersDerived"}
)
Stay = tuple[str, "Interval"]  # a shipper, and from when to when (ms) something was in it


class Hold(NamedTuple):
    """Of the shipper that a container is in. `charged_ms`, `ends_ms` None: no charge is known, or its
    time has no bound, and the hold time counts as used up. `proof`: positions."""

    shipper: str
    charged_ms: int | None
    ends_ms: int | None
    proof: tuple[int, ...]

    def left_ms(self, now_ms: int) -> int:
        """Below zero where it was used up that long ago; zero where nothing is known."""
        return 0 if self.ends_ms is None else self.ends_ms - now_ms


def hold_of(container: Container, chain: Chain, world: World) -> Hold | None:
    """None: it is in no shipper that was qualified with a hold time."""
    packing = container.packing
    shipper = registered(packing.shipper, chain, world) if packing else None
    if packing is None or shipper is None or shipper.hold_time_s is None or _left(container, packing):
        return None
    known = [(at_ms, one) for one in shipper.charges if (at_ms := earliest_ms(one, world)) is not None]
    if not known:
        return Hold(shipper.id, None, None, (packing.position,))
    charged_ms, charge = max(known, key=lambda pair: (pair[0], -pair[1].position))
    ends_ms = charged_ms + shipper.hold_time_s * 1000
    return Hold(shipper.id, charged_ms, ends_ms, tuple(sorted((packing.position, charge.position))))


def warm(shipper: Equipment, stay: Interval, world: World) -> list[Interval]:
    """When within the stay no charge that is known kept it cold."""
    hold_ms = (shipper.hold_time_s or 0) * 1000
    starts = [earliest_ms(one, world) for one in shipper.charges]
    return rest(stay, union((start, start + hold_ms) for start in starts if start is not None))


def find_used_up(entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """Asked at each packing, and at each statement about what is in a shipper."""
    for name in containers_of(entry.event) if entry.type in _PUTS_IN | _FINDS_INSIDE else ():
        for named, stay in _stays(entry, chain.containers.get(name) or chain.mentioned.get(name)):
            shipper = registered(named, chain, world)
            if shipper and shipper.hold_time_s is not None and warm(shipper, stay, world):
                found.add(USED_UP, name)


def _stays(entry: Entry, container: Container | None) -> Iterator[Stay]:
    """What the entry shows: in the new shipper, as far as is known since; and in the one before."""
    event: Any = entry.event
    seen_ms = latest_ms(event.occurred_at, entry.recorded_ms)
    if entry.type in _PUTS_IN:
        handed = container.custody.statements if container else ()
        later = (
            latest_ms(one.occurred_at, one.recorded_ms) for one in handed if _is_in(event, container, one)
        )
        yield event.shipper, (milliseconds(event.occurred_at), max((seen_ms, *later)))
    packing = container.packing if container and entry.type in _FINDS_INSIDE else None
    if packing and _is_in(packing, container, event):
        yield packing.shipper, (milliseconds(packing.occurred_at), seen_ms)


def _is_in(packing: Any, container: Container | None, said: Any) -> bool:
    """What was said is of the time between this packing and the next end of it."""
    left = _left(container, packing) if container else None
    return packing.occurred_at <= said.occurred_at and (left is None or said.occurred_at <= left)


def _left(container: Container, packing: Packing) -> str | None:
    """When it next left the shipper, was thawed or went into manufacture, by what the signers say."""
    away = (*container.unpacked, *container.put_in, *container.packed)
    ends: list[Moment] = [*away, *container.thaw_starts, *container.into_manufacture]
    after = (one.occurred_at for one in ends if one.occurred_at > packing.occurred_at)
    return min(after, default=None)
