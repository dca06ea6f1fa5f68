"""Which of our events is which EPCIS event: one row each.

What is no business step or disposition of the CBV gets a word of our own namespace. What is said of
a therapy or of the registry, and not of a container, is no visibility event and has no row. What ends
a hold, voids a label or recalls a lot names no container itself: its event names those it is about.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ledger.export.epcis_places import (
    PREFIX,
    READINGS,
    Place,
    certificate,
    detailed,
    listed,
    location,
    party,
    possessor,
    shipper,
    single,
    site,
    transaction,
)

CORRECTION = "Corrected"  # by who may, the corrected event once more with an error declaration: epcis.py
LIFTING = "QuarantineLifted"
RECALL = "LotRecalled"
Kind = Literal["ObjectEvent", "AggregationEvent", "TransformationEvent", "AssociationEvent"]
Action = Literal["ADD", "OBSERVE", "DELETE"]


class Row(NamedTuple):
    """`disposition` may depend on what a member says: the member, and value to disposition.

    `names_none`: its containers are those of what it is about, and are not read back.
    """

    event: str
    kind: Kind
    action: Action | None
    step: str
    places: tuple[Place, ...]
    disposition: str | tuple[str, dict[str, str]] | None = None
    names_none: bool = False


EPCS = listed("epcList")
EPC = single("epcList")
CHILDREN = listed("childEPCs")
AT = party()
SITE = site()
BATCH = transaction("batch", "prodorder", "batch")
GIVER = possessor("giver", "sourceList", "source")
GIVER_HERE = possessor("giver", "sourceList", "source", is_here=True)
RECEIVER = possessor("receiver", "destinationList", "destination")
RECEIVER_HERE = possessor("receiver", "destinationList", "destination", is_here=True)
RELEASE = transaction("release", "desadv", "statement")
BY_RESULT = ("outcome", {"pass": "conformant", "fail": "non_conformant", "invalid": "unknown"})
BY_IDENTITY = ("outcome", {"match": "conformant", "mismatch": "mismatch_instance", "inconclusive": "unknown"})


def _seen(event: str, step: str, *places: Place, disposition: str | None = None) -> Row:
    """Something was observed of containers, or done with them, that goes on existing."""
    return Row(event, "ObjectEvent", "OBSERVE", step, (EPCS, *places), disposition)


def _dose(event: str, step: str, disposition: str | None = None, action: Action = "OBSERVE") -> Row:
    return Row(event, "ObjectEvent", action, step, (EPC, SITE), disposition)


def _shipper(event: str, action: Action, step: str, *places: Place) -> Row:
    return Row(event, "AggregationEvent", action, step, (shipper(), CHILDREN, AT, *places))


def _about(
    event: str, *places: Place, step: str, disposition: str | tuple[str, dict[str, str]] | None = None
) -> Row:
    """Said of another statement, a label or a lot, and so of its containers."""
    return Row(event, "ObjectEvent", "OBSERVE", _word(step), places, disposition, names_none=True)


def _word(name: str) -> str:
    return PREFIX + name


ROWS: tuple[Row, ...] = (
    Row("CollectionCompleted", "ObjectEvent", "ADD", "commissioning",
        (detailed("containers", "epcList"), AT), "active"),
    Row("ChainLinked", "ObjectEvent", "OBSERVE", _word("chain_linked"),
        (detailed("containers", "epcList"), transaction("provisional", _word("provisional"), "chain"))),
    Row("ContainersDerived", "TransformationEvent", None, "commissioning",
        (detailed("parents", "inputEPCList"), detailed("children", "outputEPCList"), AT), "active"),
    Row("SampleTaken", "TransformationEvent", None, "sampling",
        (detailed("of", "inputEPCList", many=False), detailed("sample", "outputEPCList", many=False), AT)),
    Row("LabelApplied", "ObjectEvent", "OBSERVE", "encoding", (EPC, AT), "encoded"),
    _shipper("Packed", "ADD", "packing"),
    _shipper("Unpacked", "DELETE", "unpacking"),
    _shipper("ShipperSwapped", "ADD", "repackaging"),
    _shipper("SealChecked", "OBSERVE", "inspecting"),
    _shipper("ReceiptInspected", "OBSERVE", "arriving"),
    _seen("CustodyReleased", "shipping", GIVER_HERE, RECEIVER, disposition="in_transit"),
    _seen("CustodyAccepted", "receiving", GIVER, RECEIVER_HERE, RELEASE, disposition="in_progress"),
    _seen("CustodyRefused", _word("custody_refused"), GIVER, RECEIVER_HERE, RELEASE),
    _seen("Stored", "storing", AT, location()),
    _seen("Retrieved", "picking", AT, location()),
    Row("TemperatureEvidenceAttached", "ObjectEvent", "OBSERVE", "sensor_reporting", (EPCS, AT, READINGS)),
    _seen("ManufacturingStarted", _word("manufacturing_started"), AT, BATCH, disposition="in_progress"),
    _seen("StepCompleted", _word("step_completed"), AT, BATCH, disposition="in_progress"),
    _seen("MaterialConsumed", _word("material_consumed"), AT, BATCH, disposition="in_progress"),
    _seen("ManufacturingFailed", _word("manufacturing_failed"), AT, BATCH, disposition="non_conformant"),
    _seen("ManufacturingRestarted", _word("manufacturing_restarted"), AT, BATCH, disposition="in_progress"),
    Row("ResultReported", "ObjectEvent", "OBSERVE", "inspecting",
        (EPCS, AT, certificate("certificate")), BY_RESULT),
    Row("IdentityTested", "ObjectEvent", "OBSERVE", "inspecting", (EPCS, AT), BY_IDENTITY),
    _seen("DeviationRaised", _word("deviation_raised")),
    _seen("Quarantined", "holding", disposition="non_sellable_other"),
    _about("QuarantineLifted", transaction("quarantine", _word("quarantine"), "statement"),
           step="quarantine_lifted", disposition="in_progress"),
    _about("DeviationDispositioned", transaction("deviation", _word("deviation"), "statement"),
           step="deviation_dispositioned", disposition=("disposition", {"rejected": "non_conformant"})),
    _about("LabelVoided", AT, step="label_voided"),
    _about("LotRecalled", step="lot_recalled", disposition="recalled"),
    _seen("ContainerDamaged", _word("damage_reported"), AT, disposition="damaged"),
    _seen("ContainerLost", _word("loss_reported"), AT, disposition="unknown"),
    _seen("ContainerFound", _word("finding_reported"), AT, disposition="in_progress"),
    _seen("BatchConfirmed", _word("batch_confirmed"), SITE, certificate("confirmation"),
          disposition="conformant"),
    _seen("Released", _word("released"), SITE, certificate("certificate"), disposition="conformant"),
    _seen("ReleasedPendingResults", _word("released_pending_results"), SITE, certificate("certificate"),
          disposition="available"),
    _seen("OutOfSpecificationRequested", _word("out_of_specification_requested"), SITE,
          disposition="non_conformant"),
    _seen("ReleasedOutOfSpecification", _word("released_out_of_specification"), SITE,
          certificate("certificate"), disposition="non_conformant"),
    _seen("Rejected", _word("rejected"), disposition="non_conformant"),
    _seen("AvailabilityConfirmed", _word("availability_confirmed"), SITE, disposition="available"),
    _dose("EmergencyOverride", _word("gates_overridden")),
    _seen("ThawStarted", _word("thaw_started"), AT, disposition="in_progress"),
    _seen("ThawCompleted", _word("thaw_completed"), AT, disposition="in_progress"),
    _dose("InfusionChecked", _word("infusion_checked")),
    _dose("InfusionAuthorised", _word("infusion_authorised"), "reserved"),
    _dose("InfusionStarted", "dispensing", "partially_dispensed"),
    _dose("InfusionPaused", _word("infusion_paused"), "partially_dispensed"),
    _dose("InfusionResumed", _word("infusion_resumed"), "partially_dispensed"),
    _dose("InfusionStopped", _word("infusion_stopped"), "partially_dispensed"),
    _dose("InfusionCompleted", "dispensing", "dispensed", "DELETE"),
    _seen("Returned", _word("returned"), AT, disposition="returned"),
    Row("Destroyed", "ObjectEvent", "DELETE", "destroying", (EPCS, AT), "destroyed"),
    _seen("DestructionWitnessed", _word("destruction_witnessed"), AT, disposition="destroyed"),
    _about(CORRECTION, transaction("corrects", _word("corrects"), "statement"), step="corrected"),
)  # fmt: skip
OF_EVENT = {row.event: row for row in ROWS}
OF_SHAPE: dict[tuple[str, str | None, str], list[Row]] = {}
for _row in ROWS:
    OF_SHAPE.setdefault((_row.kind, _row.action, _row.step), []).append(_row)
MAPPED = frozenset(OF_EVENT)
