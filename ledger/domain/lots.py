"""A lot of material, and whether what it went into may still be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ledger.domain.world import Entry

LotStatus = Literal["received", "released", "recalled"]


@dataclass(slots=True)
class Lot:
    """The fold of `lot/<id>`. `position` proves its present status."""

    id: str
    version: int = 0
    organisation: str = ""
    site: str = ""
    material: str = ""
    supplier_lot: str = ""
    expires_at: str | None = None
    status: LotStatus = "received"
    reason: str | None = None  # of the recall
    position: int = -1

    @property
    def is_recalled(self) -> bool:
        return self.status == "recalled"

    def is_expired(self, moment: str) -> bool:
        return self.expires_at is not None and self.expires_at <= moment

    def apply(self, entry: Entry) -> None:
        self.version += 1
        handler = _ON_LOT.get(entry.type)
        if handler:
            handler(self, entry, entry.event)

    def _received(self, entry: Entry, event: Any) -> None:
        self.organisation, self.site = event.organisation, event.site
        self.material, self.supplier_lot = event.material, event.supplier_lot
        self.expires_at = event.expires_at
        self.position = entry.position

    def _released(self, entry: Entry, _: Any) -> None:
        if not self.is_recalled:
            self.status, self.position = "released", entry.position

    def _recalled(self, entry: Entry, event: Any) -> None:
        if not self.is_recalled:
            self.status, self.reason, self.position = "recalled", event.reason, entry.position


_ON_LOT: dict[str, Callable[[Lot, Entry, Any], None]] = {
    "LotReceived": Lot._received,
    "LotReleased": Lot._released,
    "LotRecalled": Lot._recalled,
}
