"""A piece of equipment, and until when it may be relied on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.domain.container import Moment

if TYPE_CHECKING:
    from ledger.domain.world import Entry


@dataclass(slots=True)
class Equipment:
    """The fold of `equipment/<id>`. `position` is the last entry that changed what may be done with it."""

    id: str
    version: int = 0
    organisation: str = ""
    site: str = ""
    kind: str = ""
    model: str = ""
    serial: str = ""
    qualified_until: str | None = None
    calibrated_until: str | None = None
    retired: int | None = None  # position
    hold_time_s: int | None = None  # of a shipper, from its charge
    charges: list[Moment] = field(default_factory=list)  # as `ShipperCharged.charged_at` says
    position: int = -1

    def is_fit(self, moment: str) -> bool:
        """Qualified, not retired, and where it was ever calibrated, still so at the moment (text)."""
        if self.retired is not None or self.qualified_until is None or self.qualified_until <= moment:
            return False
        return self.calibrated_until is None or self.calibrated_until > moment

    def apply(self, entry: Entry) -> None:
        self.version += 1
        handler = _ON_EQUIPMENT.get(entry.type)
        if handler:
            self.position = entry.position
            handler(self, entry, entry.event)

    def _registered(self, _: Entry, event: Any) -> None:
        self.organisation, self.site = event.organisation, event.site
        self.kind, self.model, self.serial = event.equipment_kind, event.model, event.serial

    def _qualified(self, _: Entry, event: Any) -> None:
        self.qualified_until = event.until
        self.hold_time_s = event.hold_time_s or self.hold_time_s

    def _calibrated(self, _: Entry, event: Any) -> None:
        self.calibrated_until = event.until

    def _charged(self, entry: Entry, event: Any) -> None:
        seen_size = event.seen.size if event.seen else None
        when = (event.charged_at, seen_size, entry.recorded_ms)
        self.charges.append(Moment(entry.position, *when, entry.signer, self.site))

    def _retired(self, entry: Entry, _: Any) -> None:
        self.retired = entry.position if self.retired is None else self.retired


_ON_EQUIPMENT: dict[str, Callable[[Equipment, Entry, Any], None]] = {
    "EquipmentRegistered": Equipment._registered,
    "EquipmentQualified": Equipment._qualified,
    "EquipmentCalibrated": Equipment._calibrated,
    "ShipperCharged": Equipment._charged,
    "EquipmentRetired": Equipment._retired,
}
