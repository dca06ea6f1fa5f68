"""Decisions about lots and equipment: each raises `Refused`, or a kind of it, or lets it pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ledger.domain.site_rules import require_own_site
from ledger.domain.times import timestamp
from ledger.errors import Conflict, Refused

if TYPE_CHECKING:
    from ledger.domain.equipment import Equipment
    from ledger.domain.lots import Lot
    from ledger.domain.supply_events import EquipmentRegistered, LotReceived
    from ledger.domain.world import Entry, World


def _lot_received(entry: Entry, event: LotReceived, world: World) -> None:
    if world.lot(_name(entry)) is not None:
        raise Conflict("lot_exists", f"{entry.stream} was received before: another delivery, another name")
    require_own_site(event.site, event.organisation, world)


def _lot_released(entry: Entry, _: Any, world: World) -> None:
    lot = _known_lot(entry, world)
    if lot.status == "released":
        raise Conflict("lot_already_released", f"{entry.stream} was released at position {lot.position}")
    if lot.is_expired(timestamp(entry.recorded_ms)):
        raise Refused("lot_expired", f"{entry.stream} expired at {lot.expires_at}")


def _lot_recalled(entry: Entry, _: Any, world: World) -> None:
    _known_lot(entry, world)


def _known_lot(entry: Entry, world: World) -> Lot:
    """Known and not recalled: a recall is the last word on a lot."""
    lot = world.lot(_name(entry))
    if lot is None:
        raise Refused("unknown_lot", f"{entry.stream} was never received")
    if lot.is_recalled:
        raise Conflict("lot_recalled", f"{entry.stream} was recalled at position {lot.position}")
    return lot


def _equipment_registered(entry: Entry, event: EquipmentRegistered, world: World) -> None:
    if world.equipment(_name(entry)) is not None:
        raise Conflict("equipment_exists", f"{entry.stream} was registered before")
    require_own_site(event.site, event.organisation, world)


def _equipment_changed(entry: Entry, _: Any, world: World) -> None:
    equipment = _known_equipment(entry, world)
    if equipment.retired is not None:
        raise Conflict("equipment_retired", f"{entry.stream} was retired at position {equipment.retired}")


def _known_equipment(entry: Entry, world: World) -> Equipment:
    equipment = world.equipment(_name(entry))
    if equipment is None:
        raise Refused("unknown_equipment", f"{entry.stream} was never registered")
    return equipment


def _name(entry: Entry) -> str:
    return entry.stream.partition("/")[2]


SUPPLY_CHECKS: dict[str, Callable[[Entry, Any, World], None]] = {
    "LotReceived": _lot_received,
    "LotReleased": _lot_released,
    "LotRecalled": _lot_recalled,
    "EquipmentRegistered": _equipment_registered,
    "EquipmentQualified": _equipment_changed,
    "EquipmentCalibrated": _equipment_changed,
    "ShipperCharged": _equipment_changed,
    "EquipmentRetired": _equipment_changed,
}
