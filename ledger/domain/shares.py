"""What of an entry belongs to which therapy.

Most statements are about one therapy and stand on its stream. One about a shipment or a tank
may carry several patients' containers: it is one statement on the carrier's stream, tagged
with each therapy, and each therapy sees its own share of it and nothing of the others'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.domain.entry import Entry
from ledger.domain.events import EVENTS
from ledger.domain.parts import CarriedFact

if TYPE_CHECKING:
    from collections.abc import Iterator

CARRIERS = ("shipment", "tank")
_CARRIER_STREAMS = tuple(f"{kind}/" for kind in CARRIERS)
CARRIED = frozenset(event.__name__ for event in EVENTS if issubclass(event, CarriedFact))


def is_carried(entry: Entry) -> bool:
    """True for an entry on a carrier's stream."""
    return entry.stream.startswith(_CARRIER_STREAMS)


def therapies_of(entry: Entry) -> tuple[str, ...]:
    """The therapies that the entry is about; none for what concerns the registry."""
    if is_carried(entry):
        event: Any = entry.event
        return tuple(one.coi for one in event.therapies)
    kind, _, coi = entry.stream.partition("/")
    return (coi,) if kind == "chain" else ()


def shares(entry: Entry) -> Iterator[Entry]:
    """The entry once for each therapy that it is about, as if it stood on that one's stream."""
    return (share_of(entry, coi) for coi in therapies_of(entry))


def share_of(entry: Entry, coi: str) -> Entry:
    """The entry as this therapy sees it: without the other patients' containers."""
    event: Any = entry.event
    if event.type not in CARRIED or event.therapies is None:
        return entry
    mine = [name for one in event.therapies if one.coi == coi for name in one.containers]
    own = event.model_copy(update={"containers": mine, "therapies": None})
    return Entry(
        entry.position,
        entry.statement_id,
        entry.kid,
        entry.signer,
        f"chain/{coi}",
        own,
        entry.recorded_ms,
    )
