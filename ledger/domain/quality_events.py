"""What is said of samples and results, of Quality's decisions, and of mistakes in the record."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.parts import (
    ChainDecision,
    Code,
    ContainerId,
    Containers,
    Country,
    Drawn,
    Fact,
    Hex32,
    Label,
    Milli,
    Name,
    NewContainer,
    Party,
    Reference,
    Tests,
)

Countries = Annotated[list[Country], Field(min_length=1, max_length=250)]
Protocols = Annotated[list[Label], Field(min_length=1, max_length=50)]


class SampleTaken(Fact):
    """A part of a container becomes a sample, with a custody of its own. It is never a dose."""

    type: Literal["SampleTaken"]
    v: Literal[1]
    at: Party
    of: Drawn
    sample: NewContainer
    purpose: Literal["release", "identity", "retained", "stability"]


class ResultReported(Fact):
    """One test of a sample, and the containers that it speaks for. The latest one counts.

    `outcome` is what the laboratory says; the ledger compares `value_milli` with the limits itself.
    """

    type: Literal["ResultReported"]
    v: Literal[1]
    at: Party
    sample: ContainerId
    containers: Containers
    test: Code
    unit: Code | None = None
    value_milli: Milli | None = None  # None: a test that passes or fails
    outcome: Literal["pass", "fail", "invalid"]
    certificate: Hex32 | None = None


class IdentityTested(Fact):
    """The cells were compared with the patient's: `reference` says with what (a code or a digest)."""

    type: Literal["IdentityTested"]
    v: Literal[1]
    at: Party
    containers: Containers
    method: Code  # hla, str or another
    reference: Reference
    outcome: Literal["match", "mismatch", "inconclusive"]


class BatchConfirmed(ChainDecision):
    """The manufacturing site's own confirmation that these containers were made under GMP."""

    type: Literal["BatchConfirmed"]
    v: Literal[1]
    site: Name
    containers: Containers
    confirmation: Hex32


class ReleasedPendingResults(ChainDecision):
    """Quality's release before the `outstanding` tests have results."""

    type: Literal["ReleasedPendingResults"]
    v: Literal[1]
    site: Name
    containers: Containers
    certificate: Hex32
    countries: Countries
    protocols: Protocols
    outstanding: Tests


class OutOfSpecificationRequested(ChainDecision):
    """The physician asks for these containers although these tests are out of specification."""

    type: Literal["OutOfSpecificationRequested"]
    v: Literal[1]
    site: Name
    containers: Containers
    tests: Tests
    reason: Code


class ReleasedOutOfSpecification(ChainDecision):
    """Quality's release although `tests` are out of specification.

    `request` is the statement id of the physician's request.
    """

    type: Literal["ReleasedOutOfSpecification"]
    v: Literal[1]
    site: Name
    containers: Containers
    certificate: Hex32
    countries: Countries
    protocols: Protocols
    request: Hex32
    tests: Tests


class Rejected(ChainDecision):
    """Quality forbids the use of these containers, and of all that is made of them, for good."""

    type: Literal["Rejected"]
    v: Literal[1]
    containers: Containers
    reason: Code


class Corrected(Fact):
    """A member of an earlier entry of this therapy was wrong. That entry stays as it is.

    `corrects` is its statement id; `member` the path, such as `containers.0.expires_at`.
    """

    type: Literal["Corrected"]
    v: Literal[1]
    corrects: Hex32
    member: Label
    was: Label
    right: Label
    reason: Code
