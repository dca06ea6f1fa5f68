"""What is said of one therapy: order, collection, custody, manufacture, deviations, release, end."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.label_events import Serials
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
    Fact,
    Hex32,
    Label,
    LinkedContainers,
    Method,
    Name,
    NewContainers,
    Party,
    Patient,
    Photos,
    PlannedSites,
    ProductRef,
    Severity,
    Timestamp,
)


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
    photos: Photos | None = None


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
    photos: Photos | None = None


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
    photos: Photos | None = None


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
