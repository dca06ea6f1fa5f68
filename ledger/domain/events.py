"""The event vocabulary: the one schema of everything that a statement can say.

An event is the payload of one signed statement. It is frozen, versioned and strict: an
unknown member, a float or a number out of range is refused before anything is decided.
Quantities are integers in the unit that the field's name states, times are
`YYYY-MM-DDThh:mm:ss.sssZ`, hashes and ids are lower-case hex.

To add an event: write its class here with a `Literal` type and version (what it is made of
stands in `parts.py`, the registry, handling, readiness and bedside in files of their own), list it in
`EVENTS`, give it a row in `policy.py`, and a handler where it changes a state.
To change one: add a class with the next version beside the old one, which stays for ever.

A *fact* has happened whether or not a rule likes it, and is recorded; a *decision* is
allowed or refused. The difference is each class's `kind`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Field, TypeAdapter, ValidationError

from ledger.domain.bedside_events import (
    InfusionAuthorised,
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    ThawCompleted,
    ThawStarted,
)
from ledger.domain.handling_events import (
    ContainerDamaged,
    ContainerFound,
    ContainerLost,
    CustodyRefused,
    Destroyed,
    DestructionWitnessed,
    Packed,
    Quarantined,
    QuarantineLifted,
    ReceiptInspected,
    Retrieved,
    Returned,
    SealChecked,
    ShipperSwapped,
    Stored,
    Unpacked,
)
from ledger.domain.label_events import (
    LabelApplied,
    LabelDestroyed,
    LabelIssued,
    LabelScannedBack,
    LabelVoided,
    Serials,
)
from ledger.domain.parts import (
    Base64,
    CarriedFact,
    ChainDecision,
    Code,
    Coi,
    Condition,
    ContainerId,
    Containers,
    Country,
    Decision,
    Drawn,
    Event,
    Fact,
    Hex32,
    Label,
    LinkedContainers,
    Method,
    Name,
    NewContainers,
    Party,
    Patient,
    PlannedSites,
    ProductRef,
    Severity,
    Timestamp,
)
from ledger.domain.quality_events import (
    BatchConfirmed,
    Corrected,
    IdentityTested,
    OutOfSpecificationRequested,
    Rejected,
    ReleasedOutOfSpecification,
    ReleasedPendingResults,
    ResultReported,
    SampleTaken,
)
from ledger.domain.readiness_events import (
    AvailabilityConfirmed,
    ConsentRecorded,
    ConsentWithdrawn,
    EmergencyOverride,
    LymphodepletionAuthorised,
    LymphodepletionStarted,
    OverrideConfirmed,
    PatientFitnessConfirmed,
)
from ledger.domain.registry_events import (
    AgentEnrolled,
    AgentRolesChanged,
    EnrolmentApproved,
    KeyAdded,
    KeyRetired,
    KeyRevoked,
    LogOpened,
    ProductVersionDefined,
    QualificationGranted,
    QualificationWithdrawn,
    RuleSetAdopted,
    SiteClosed,
    SiteOnboarded,
    SiteResumed,
    SiteSuspended,
)
from ledger.domain.supply_events import (
    EquipmentCalibrated,
    EquipmentQualified,
    EquipmentRegistered,
    EquipmentRetired,
    LotRecalled,
    LotReceived,
    LotReleased,
    MaterialConsumed,
)
from ledger.domain.temperature_events import TemperatureEvidenceAttached
from ledger.errors import Malformed

# --- the therapy: chain/<coi> ----------------------------------------------------------


class TherapyOrdered(Decision):
    """Opens the chain of identity."""

    type: Literal["TherapyOrdered"]
    v: Literal[1]
    product: ProductRef
    protocol: Label
    country: Country
    sites: PlannedSites
    patient: Patient


class ChainLinked(ChainDecision):
    """Takes the containers of a provisional chain, restated, into this therapy."""

    type: Literal["ChainLinked"]
    v: Literal[1]
    provisional: Coi
    containers: LinkedContainers


class PatientIdentified(Fact):
    type: Literal["PatientIdentified"]
    v: Literal[1]
    site: Name
    patient: Patient
    method: Method
    typed_reason: Code | None = None
    outcome: Literal["match", "mismatch"]


class CollectionCompleted(Fact):
    type: Literal["CollectionCompleted"]
    v: Literal[1]
    at: Party
    containers: NewContainers
    ended_at: Timestamp


class CustodyReleased(CarriedFact):
    type: Literal["CustodyReleased"]
    v: Literal[1]
    giver: Party
    receiver: Party
    condition: Condition
    seal: Label | None = None


class CustodyAccepted(CarriedFact):
    """`release` names the release's statement id; without it the custody is claimed."""

    type: Literal["CustodyAccepted"]
    v: Literal[1]
    giver: Party
    receiver: Party
    release: Hex32 | None
    condition: Condition
    seal: Label | None = None
    labels: Serials | None = None  # as they were read from the bags


class ManufacturingStarted(Fact):
    type: Literal["ManufacturingStarted"]
    v: Literal[1]
    at: Party
    batch: Label
    platform: Label
    containers: Containers


class StepCompleted(Fact):
    """A step of the master batch record that an audit must see: `step` is its code there."""

    type: Literal["StepCompleted"]
    v: Literal[1]
    at: Party
    batch: Label
    step: Code
    containers: Containers


class ManufacturingFailed(Fact):
    type: Literal["ManufacturingFailed"]
    v: Literal[1]
    at: Party
    batch: Label
    containers: Containers
    reason: Code


class ManufacturingRestarted(Fact):
    """The same therapy, another batch: what is left of the material, or a second collection."""

    type: Literal["ManufacturingRestarted"]
    v: Literal[1]
    at: Party
    failed_batch: Label
    batch: Label
    platform: Label
    containers: Containers


class ContainersDerived(Fact):
    """Parents to children. A child never mixes two chains."""

    type: Literal["ContainersDerived"]
    v: Literal[1]
    at: Party
    how: Literal["split", "pool", "transform", "fill"]
    parents: Annotated[list[Drawn], Field(min_length=1, max_length=200)]
    children: NewContainers


class DeviationRaised(Fact):
    """By anyone, or by the ledger itself where a fact breaks a rule (`cause` names the fact)."""

    type: Literal["DeviationRaised"]
    v: Literal[1]
    code: Code
    severity: Severity
    blocking: bool
    containers: Annotated[list[ContainerId], Field(max_length=200)]  # empty: the whole chain
    cause: Hex32 | None


class DeviationDispositioned(ChainDecision):
    type: Literal["DeviationDispositioned"]
    v: Literal[1]
    deviation: Hex32
    disposition: Literal["accepted", "rejected", "corrected"]
    reason: Code


class Released(ChainDecision):
    """Quality's release of finished containers for named countries and protocols."""

    type: Literal["Released"]
    v: Literal[1]
    site: Name
    containers: Containers
    certificate: Hex32
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)]
    protocols: Annotated[list[Label], Field(min_length=1, max_length=50)]


class TherapyClosed(ChainDecision):
    """Nothing more is decided in this therapy but what is still open for Quality."""

    type: Literal["TherapyClosed"]
    v: Literal[1]
    reason: Code


class LateStatementAttested(ChainDecision):
    """What a revoked key signed and could not send, entered without authority of its own."""

    type: Literal["LateStatementAttested"]
    v: Literal[1]
    statement: Base64
    reason: Code


EVENTS: tuple[type[Event], ...] = (
    LogOpened,
    RuleSetAdopted,
    SiteOnboarded,
    SiteSuspended,
    SiteResumed,
    SiteClosed,
    AgentEnrolled,
    EnrolmentApproved,
    AgentRolesChanged,
    QualificationGranted,
    QualificationWithdrawn,
    KeyAdded,
    KeyRetired,
    KeyRevoked,
    ProductVersionDefined,
    LotReceived,
    LotReleased,
    LotRecalled,
    EquipmentRegistered,
    EquipmentQualified,
    EquipmentCalibrated,
    EquipmentRetired,
    TherapyOrdered,
    ConsentRecorded,
    ConsentWithdrawn,
    ChainLinked,
    PatientIdentified,
    CollectionCompleted,
    LabelIssued,
    LabelApplied,
    LabelScannedBack,
    LabelVoided,
    LabelDestroyed,
    CustodyReleased,
    CustodyAccepted,
    CustodyRefused,
    ReceiptInspected,
    Packed,
    Unpacked,
    SealChecked,
    ShipperSwapped,
    Stored,
    Retrieved,
    TemperatureEvidenceAttached,
    ManufacturingStarted,
    StepCompleted,
    MaterialConsumed,
    ManufacturingFailed,
    ManufacturingRestarted,
    ContainersDerived,
    SampleTaken,
    ResultReported,
    IdentityTested,
    DeviationRaised,
    DeviationDispositioned,
    Quarantined,
    QuarantineLifted,
    ContainerDamaged,
    ContainerLost,
    ContainerFound,
    BatchConfirmed,
    Returned,
    Destroyed,
    DestructionWitnessed,
    Released,
    PatientFitnessConfirmed,
    AvailabilityConfirmed,
    LymphodepletionAuthorised,
    LymphodepletionStarted,
    EmergencyOverride,
    OverrideConfirmed,
    ReleasedPendingResults,
    OutOfSpecificationRequested,
    ReleasedOutOfSpecification,
    Rejected,
    ThawStarted,
    ThawCompleted,
    InfusionChecked,
    InfusionAuthorised,
    InfusionStarted,
    InfusionPaused,
    InfusionResumed,
    InfusionStopped,
    InfusionCompleted,
    TherapyClosed,
    Corrected,
    LateStatementAttested,
)


def _versions() -> dict[str, dict[int, type[Event]]]:
    table: dict[str, dict[int, type[Event]]] = {}
    for event in EVENTS:
        (version,) = event.model_fields["v"].annotation.__args__  # type: ignore[union-attr]
        table.setdefault(event.__name__, {})[version] = event
    return table


VERSIONS = _versions()


def parse_event(payload: dict[str, Any]) -> Event:
    """Make the event of a decoded payload.

    Raises `Malformed`: `unknown_event`, `unknown_event_version`, `invalid_event` (naming
    the first member that is wrong).
    """
    name, version = payload.get("type"), payload.get("v")
    versions = VERSIONS.get(name) if type(name) is str else None
    if versions is None:
        raise Malformed("unknown_event", f"there is no event type {name!r}")
    event = versions.get(version) if type(version) is int else None  # True == 1, but isn't 1
    if event is None:
        raise Malformed("unknown_event_version", f"{name} has no version {version!r}")
    try:
        return event.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Malformed("invalid_event", f"{name}.{where}: {first['msg']}") from None


def _reader() -> TypeAdapter[Event]:
    """One validator for all: it picks the class by `type`, then by `v`."""
    kinds: list[Any] = [
        Annotated[Union[tuple(versions.values())], Field(discriminator="v")]  # noqa: UP007
        if len(versions) > 1
        else next(iter(versions.values()))
        for versions in VERSIONS.values()
    ]
    any_event: Any = Annotated[Union[tuple(kinds)], Field(discriminator="type")]  # noqa: UP007
    return TypeAdapter(any_event)


_READER = _reader().validator  # without the adapter's own layer of Python


def read_event(payload: bytes) -> Event:
    """Make the event of stored bytes, which were parsed strictly before they were stored.

    Twice as fast as decoding and `parse_event`. Raises `Malformed` (`invalid_event`).
    """
    try:
        event: Event = _READER.validate_json(payload)
    except ValidationError as error:
        raise Malformed("invalid_event", str(error.errors(include_input=False)[0]["msg"])) from None
    return event


def to_payload(event: Event) -> dict[str, Any]:
    """The event as a JSON-ready dict: members that are None by default are left out."""
    return event.model_dump(mode="json", exclude_unset=True)
