"""What is said of what goes into a product and what it is made with: lots and equipment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.parts import Code, Containers, Decision, Fact, Label, Name, Party, Timestamp

EquipmentKind = Literal["shipper", "logger", "platform", "tank", "other"]

# --- lot/<id>: one delivery of one material, by the name that its organisation gave it ---


class LotReceived(Decision):
    """`material` is a code (vector, media, cytokine), `supplier_lot` the supplier's own number."""

    type: Literal["LotReceived"]
    v: Literal[1]
    organisation: Name
    site: Name
    material: Code
    supplier_lot: Label
    expires_at: Timestamp | None = None


class LotReleased(Decision):
    """Quality lets the lot be used."""

    type: Literal["LotReleased"]
    v: Literal[1]


class LotRecalled(Decision):
    """For good: nothing that it went into is released or infused from this position on."""

    type: Literal["LotRecalled"]
    v: Literal[1]
    reason: Code


# --- equipment/<id>: one shipper, logger, platform device or tank -------------------------


class EquipmentRegistered(Decision):
    """From now on statements that name it are judged by its qualification and calibration."""

    type: Literal["EquipmentRegistered"]
    v: Literal[1]
    organisation: Name
    site: Name
    equipment_kind: EquipmentKind
    model: Label
    serial: Label


class EquipmentQualified(Decision):
    """`hold_time_s`: of a shipper, how long it keeps cold from its charge. None: as before, if ever."""

    type: Literal["EquipmentQualified"]
    v: Literal[1]
    until: Timestamp
    hold_time_s: Annotated[int, Field(ge=60, le=90 * 86_400)] | None = None


class EquipmentCalibrated(Decision):
    type: Literal["EquipmentCalibrated"]
    v: Literal[1]
    until: Timestamp


class ShipperCharged(Decision):
    """It was filled up, with liquid nitrogen as a rule: its hold time runs from `charged_at`."""

    type: Literal["ShipperCharged"]
    v: Literal[1]
    charged_at: Timestamp


class EquipmentRetired(Decision):
    """For good."""

    type: Literal["EquipmentRetired"]
    v: Literal[1]
    reason: Code


# --- the therapy: chain/<coi> ------------------------------------------------------------


class MaterialConsumed(Fact):
    """Which lots went into these containers, in this batch, with which equipment."""

    type: Literal["MaterialConsumed"]
    v: Literal[1]
    at: Party
    batch: Label
    containers: Containers
    lots: Annotated[list[Name], Field(min_length=1, max_length=50)]
    equipment: Annotated[list[Name], Field(max_length=50)] | None = None
