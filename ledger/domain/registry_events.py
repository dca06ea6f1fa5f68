"""What is said about the log itself, its sites, people, devices, keys and products."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.parts import (
    MAX_INT,
    Administrator,
    Base64,
    Code,
    Country,
    Credential,
    Decision,
    Hex32,
    Label,
    Name,
    RelyingParty,
    RequiredCheck,
    RoleAtSite,
    SecondVkey,
    Seen,
    SiteKind,
    Specification,
    TemperatureProfiles,
    Timestamp,
)

# --- the log's own stream: log/<origin> ----------------------------------------------


class LogOpened(Decision):
    """Entry 0: what this log is, its keys, and the administrators of two organisations."""

    type: Literal["LogOpened"]
    v: Literal[1]
    origin: str
    format: Literal[1]
    log_key: str  # the C2SP verifier key of the checkpoints
    event_key: Base64  # SubjectPublicKeyInfo of the key that signs deviations and links
    administrators: Annotated[list[Administrator], Field(min_length=2, max_length=20)]
    continues: Seen | None = None  # the last head of a log that this one replaces


class RuleSetAdopted(Decision):
    """From this position on, entries are judged by this version of the rules."""

    type: Literal["RuleSetAdopted"]
    v: Literal[1]
    rule_set: Annotated[int, Field(ge=1, le=MAX_INT)]


class CheckpointKeyAdded(Decision):
    """From the head that covers this on, every head is signed by this key too, beside the log's own.

    `vkey`: a C2SP verifier key for ML-DSA-44 (c2sp.org/tlog-cosignature, type 0x06), under the log's name.
    """

    type: Literal["CheckpointKeyAdded"]
    v: Literal[1]
    vkey: SecondVkey


class AppPublished(Decision):
    """From this position on, people should be served this build of the app.

    `digest` is the SHA-256 of the build's `files.json`, which names each of its `files` files
    with the SHA-256 of what is in it.
    """

    type: Literal["AppPublished"]
    v: Literal[1]
    version: Label
    digest: Hex32
    files: Annotated[int, Field(ge=1, le=10_000)]


# --- the registry: site/<id>, agent/<id>, product/<id> --------------------------------


class SiteOnboarded(Decision):
    type: Literal["SiteOnboarded"]
    v: Literal[1]
    organisation: Name
    site_kind: SiteKind
    country: Country


class SiteSuspended(Decision):
    type: Literal["SiteSuspended"]
    v: Literal[1]
    reason: Code


class SiteResumed(Decision):
    type: Literal["SiteResumed"]
    v: Literal[1]
    reason: Code


class SiteClosed(Decision):
    """For good: a closed site is never resumed."""

    type: Literal["SiteClosed"]
    v: Literal[1]
    reason: Code


class AgentEnrolled(Decision):
    """A person or device, its first key, and what it may do where.

    Quality and administrator roles count only after a second signer's `EnrolmentApproved`.
    """

    type: Literal["AgentEnrolled"]
    v: Literal[1]
    organisation: Name
    roles: Annotated[list[RoleAtSite], Field(min_length=1, max_length=50)]
    key: Base64


class EnrolmentApproved(Decision):
    """The second signature under an enrolment or a change of roles, by another administrator.

    `enrolment` is the statement id of the `AgentEnrolled` or `AgentRolesChanged`.
    """

    type: Literal["EnrolmentApproved"]
    v: Literal[1]
    enrolment: Hex32


class AgentRolesChanged(Decision):
    """These roles in place of all that they had; none: they have left.

    Quality and administrator roles that are new count only after a second signer's
    `EnrolmentApproved`; those that they keep go on.
    """

    type: Literal["AgentRolesChanged"]
    v: Literal[1]
    roles: Annotated[list[RoleAtSite], Field(max_length=50)]
    reason: Code


class QualificationGranted(Decision):
    type: Literal["QualificationGranted"]
    v: Literal[1]
    qualification: Code
    expires_at: Timestamp


class QualificationWithdrawn(Decision):
    type: Literal["QualificationWithdrawn"]
    v: Literal[1]
    qualification: Code
    reason: Code


class KeyAdded(Decision):
    type: Literal["KeyAdded"]
    v: Literal[1]
    key: Base64


class KeyRetired(Decision):
    """The key may still record late facts, never decisions."""

    type: Literal["KeyRetired"]
    v: Literal[1]
    kid: Hex32
    reason: Code


class KeyRevoked(Decision):
    """Nothing signed with the key is accepted from this position on."""

    type: Literal["KeyRevoked"]
    v: Literal[1]
    kid: Hex32
    reason: Code


class PasskeyAdded(Decision):
    """A passkey of this person, the second component of their e-signatures. It signs no statement.

    `key` is base64url SubjectPublicKeyInfo DER, `rp_id` the domain that the passkey is bound to.
    """

    type: Literal["PasskeyAdded"]
    v: Literal[1]
    credential: Credential
    key: Base64
    rp_id: RelyingParty


class PasskeyRevoked(Decision):
    """No e-signature with the passkey counts from this position on."""

    type: Literal["PasskeyRevoked"]
    v: Literal[1]
    credential: Credential
    reason: Code


class ProductVersionDefined(Decision):
    """One version of a product's rules: window, limits, where it may be given."""

    type: Literal["ProductVersionDefined"]
    v: Literal[1]
    version: Annotated[int, Field(ge=1, le=MAX_INT)]
    name: Label
    window_starts: Literal["thaw_started", "thaw_completed", "retrieved"]
    window_s: Annotated[int, Field(ge=60, le=7 * 86400)]
    claim_limit_s: Annotated[int, Field(ge=60, le=30 * 86400)]
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)]
    sites: Annotated[list[Name], Field(min_length=1, max_length=500)]  # active under the master file
    temperature: TemperatureProfiles | None = None  # None: nothing is judged
    specifications: Annotated[list[Specification], Field(max_length=250)] | None = None
    required_checks: Annotated[list[RequiredCheck], Field(max_length=4)] | None = None
    # parts of a dose, in the order in which they are given
    components: Annotated[list[Code], Field(min_length=1, max_length=10)] | None = None
    # the infusion must have ended: after the window's opening, after its own start
    complete_within_s: Annotated[int, Field(ge=60, le=7 * 86400)] | None = None
    infuse_within_s: Annotated[int, Field(ge=60, le=7 * 86400)] | None = None
    thaw_in_order: bool | None = None  # bag n + 1 of a set is not thawed before bag n is given
