"""What is said before a dose is thawed: consent, fitness, availability, lymphodepletion, override."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.parts import (
    ChainDecision,
    Code,
    ContainerId,
    Containers,
    Fact,
    Hex32,
    Label,
    Name,
    Timestamp,
)


class ConsentRecorded(Fact):
    """The patient agreed. `form` is the version of the consent form, never the form itself."""

    type: Literal["ConsentRecorded"]
    v: Literal[1]
    site: Name
    form: Label


class ConsentWithdrawn(Fact):
    type: Literal["ConsentWithdrawn"]
    v: Literal[1]
    site: Name
    reason: Code


class PatientFitnessConfirmed(ChainDecision):
    """The latest one counts: fit until `valid_until`, or unfit until somebody finds otherwise."""

    type: Literal["PatientFitnessConfirmed"]
    v: Literal[1]
    site: Name
    outcome: Literal["fit", "unfit"]
    valid_until: Timestamp


class AvailabilityConfirmed(ChainDecision):
    """These doses are at the treatment site and may be used. The latest one counts."""

    type: Literal["AvailabilityConfirmed"]
    v: Literal[1]
    site: Name
    containers: Containers


class LymphodepletionAuthorised(ChainDecision):
    type: Literal["LymphodepletionAuthorised"]
    v: Literal[1]
    site: Name


class LymphodepletionStarted(Fact):
    """From here on the patient depends on the dose. `regimen` is its code in the protocol."""

    type: Literal["LymphodepletionStarted"]
    v: Literal[1]
    site: Name
    regimen: Code


class EmergencyOverride(ChainDecision):
    """Passes the named gates for one bag, once a second person confirms it; never identity."""

    type: Literal["EmergencyOverride"]
    v: Literal[1]
    site: Name
    container: ContainerId
    gates: Annotated[list[Code], Field(min_length=1, max_length=20)]
    reason: Code


class OverrideConfirmed(ChainDecision):
    """The second person. `override` is the statement id of the `EmergencyOverride`."""

    type: Literal["OverrideConfirmed"]
    v: Literal[1]
    override: Hex32
