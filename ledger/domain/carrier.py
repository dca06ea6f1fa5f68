"""What a shipment or a tank holds, and who holds it.

Only for people to look up: custody is each therapy's own, and no decision reads this. Entries
may arrive in any order; what is inside is settled by what the signers say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.custody import Holder
from ledger.domain.shares import therapies_of

if TYPE_CHECKING:
    from ledger.domain.entry import Entry

_PUT_IN = frozenset({"Packed", "Stored", "ShipperSwapped"})
_TAKEN_OUT = frozenset({"Unpacked", "Retrieved"})


class Put(NamedTuple):
    """The latest of putting a container in and taking it out. `place`: shipper or location."""

    occurred_at: str
    inside: bool
    coi: str
    position: int
    place: str


class Held(NamedTuple):
    """The latest acceptance of the whole or a part of it."""

    occurred_at: str
    holder: Holder
    position: int


@dataclass(slots=True)
class Carrier:
    """The fold of one shipment's or tank's entries."""

    id: str
    version: int = 0
    chains: set[str] = field(default_factory=set)  # all that any entry was about
    puts: dict[str, Put] = field(default_factory=dict)
    held: Held | None = None

    def apply(self, entry: Entry) -> None:
        self.version += 1
        event: Any = entry.event
        self.chains.update(therapies_of(entry))
        if entry.type in _PUT_IN or entry.type in _TAKEN_OUT:
            for coi, name in _named(event):
                self._put(name, coi, entry)
        elif entry.type == "CustodyAccepted":
            held = Held(
                event.occurred_at, Holder(event.receiver.site, event.receiver.department), entry.position
            )
            self.held = max(self.held or held, held, key=lambda one: (one.occurred_at, one.position))

    def inside(self) -> dict[str, Put]:
        """What it holds now, by container."""
        return {name: put for name, put in self.puts.items() if put.inside}

    def _put(self, name: str, coi: str, entry: Entry) -> None:
        event: Any = entry.event
        place = event.location if entry.type in ("Stored", "Retrieved") else event.shipper
        put = Put(event.occurred_at, entry.type in _PUT_IN, coi, entry.position, place)
        before = self.puts.get(name)
        if before is None or before.occurred_at <= put.occurred_at:
            self.puts[name] = put


def _named(event: Any) -> Iterator[tuple[str, str]]:
    return ((one.coi, name) for one in event.therapies or () for name in one.containers)
