"""What is said at the bedside: thaw, two blind checks, authorisation, infusion."""

from __future__ import annotations

from typing import Literal

from ledger.domain.label_events import Serials
from ledger.domain.parts import (
    ChainDecision,
    Code,
    ContainerId,
    Containers,
    Count,
    Fact,
    Label,
    Method,
    Name,
    Party,
    Patient,
)


class ThawStarted(Fact):
    type: Literal["ThawStarted"]
    v: Literal[1]
    at: Party
    containers: Containers
    labels: Serials | None = None  # as they were read from the bags


class ThawCompleted(Fact):
    type: Literal["ThawCompleted"]
    v: Literal[1]
    at: Party
    containers: Containers


class InfusionChecked(ChainDecision):
    """One of two blind bedside checks: what this person read on wristband and bag."""

    type: Literal["InfusionChecked"]
    v: Literal[1]
    site: Name
    container: ContainerId
    patient: Patient
    method: Method
    typed_reason: Code | None = None
    label: Label | None = None  # the serial that was read from the bag
    component: Code | None = None  # of the dose, as the bag says


class InfusionAuthorised(ChainDecision):
    type: Literal["InfusionAuthorised"]
    v: Literal[1]
    site: Name
    container: ContainerId


class InfusionStarted(Fact):
    type: Literal["InfusionStarted"]
    v: Literal[1]
    site: Name
    container: ContainerId


class InfusionPaused(Fact):
    type: Literal["InfusionPaused"]
    v: Literal[1]
    site: Name
    container: ContainerId
    reason: Code


class InfusionResumed(Fact):
    type: Literal["InfusionResumed"]
    v: Literal[1]
    site: Name
    container: ContainerId


class InfusionStopped(Fact):
    """It ended before the bag was empty."""

    type: Literal["InfusionStopped"]
    v: Literal[1]
    site: Name
    container: ContainerId
    dose_given_ul: Count
    reason: Code


class InfusionCompleted(Fact):
    type: Literal["InfusionCompleted"]
    v: Literal[1]
    site: Name
    container: ContainerId
    dose_given_ul: Count
