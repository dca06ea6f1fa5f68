"""The event vocabulary: the one schema of everything that a statement can say.

An event is the payload of one signed statement. It is frozen, versioned and strict: an
unknown member, a float or a number out of range is refused before anything is decided.
Quantities are integers in the unit that the field's name states, times are
`YYYY-MM-DDThh:mm:ss.sssZ`, hashes and ids are lower-case hex.

To add an event: write its class here with a `Literal` type and version, list it in
`EVENTS`, give it a row in `policy.py`, and an `on_…` handler where it changes a state.
To change one: add a class with the next version beside the old one, which stays for ever.

A *fact* has happened whether or not a rule likes it, and is recorded; a *decision* is
allowed or refused. The difference is each class's `kind`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from ledger.errors import Malformed

MAX_INT = 2**53 - 1

Kind = Literal["fact", "decision"]
_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}"


def _on_the_calendar(moment: str) -> str:
    """The pattern alone would let 31 February through, which has no place on a time line."""
    datetime.fromisoformat(moment)
    return moment


# [0-9], not \d: in pydantic's patterns \d takes the digits of every script, which don't sort.
Timestamp = Annotated[str, StringConstraints(pattern=f"^{_DATE}T{_TIME}Z$"), AfterValidator(_on_the_calendar)]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Coi = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{2,16}:[A-Z0-9-]{4,48}$")]
ContainerId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{3,47}$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,79}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60000}$")]
Count = Annotated[int, Field(ge=0, le=MAX_INT)]
Containers = Annotated[list[ContainerId], Field(min_length=1, max_length=200)]

Role = Literal[
    "administrator",
    "coordinator",
    "physician",
    "apheresis",
    "cell_lab",
    "courier",
    "manufacturer",
    "quality",
    "nurse",
    "auditor",
    "device",
]
SiteKind = Literal[
    "care", "manufacturing", "franchise", "headquarters", "testing", "contract", "courier", "training"
]
Severity = Literal["review", "minor", "major", "critical"]
Condition = Literal["intact", "damaged", "thawed", "unknown"]
Method = Literal["scan", "typed"]


class Part(BaseModel):
    """A frozen, strict piece of an event."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Seen(Part):
    """The newest checkpoint that the signing device held: tree size and root."""

    size: Count
    root: Hex32


class Event(Part):
    """What every event carries. The signer, stream, log and `cti` stand in the envelope."""

    kind: ClassVar[Kind]
    type: str
    v: int
    occurred_at: Timestamp
    seen: Seen | None  # None: a device that has never met the log
    seq: Count  # the number of this key's statement, from 0
    prev: Hex32 | None  # the id of this key's last statement; None with seq 0


class Fact(Event):
    kind: ClassVar[Kind] = "fact"


class Decision(Event):
    kind: ClassVar[Kind] = "decision"


class ChainDecision(Decision):
    """A decision on a therapy names the chain version (entries) that its signer saw."""

    chain_version: Count


# --- parts ---------------------------------------------------------------------------


class Commitment(Part):
    """A patient identifier, as an HMAC-SHA-256 under a per-field key that stays in the vault."""

    field: Code
    commitment: Hex32


class Party(Part):
    """Who can hold a bag: a department of a site. The person acting for it is the signer."""

    site: Name
    department: Name


class PlannedSites(Part):
    """The sites with a planned relation to this therapy."""

    collection: Name
    manufacturing: Annotated[list[Name], Field(min_length=1, max_length=20)]
    treatment: Name
    couriers: Annotated[list[Name], Field(max_length=20)]


class ProductRef(Part):
    product: Name
    version: Annotated[int, Field(ge=1, le=MAX_INT)]


class NewContainer(Part):
    """A container that comes to be. `bag` n of `of` m makes an ordered set of doses."""

    container: ContainerId
    din: Annotated[str, StringConstraints(pattern=r"^[A-NP-Z1-9][A-Z0-9]{12}$")] | None = None
    product_code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{5,8}$")] | None = None
    division: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,6}$")] | None = None
    volume_ul: Count
    expires_at: Timestamp | None = None
    bag: Annotated[int, Field(ge=1, le=99)] | None = None
    of: Annotated[int, Field(ge=1, le=99)] | None = None


class Drawn(Part):
    """How much of a parent went into a derivation."""

    container: ContainerId
    volume_ul: Count


class RoleAtSite(Part):
    role: Role
    site: Name


class Administrator(Part):
    """A root administrator named by genesis. `key` is base64url SubjectPublicKeyInfo DER."""

    agent: Name
    organisation: Name
    key: Base64


NewContainers = Annotated[list[NewContainer], Field(min_length=1, max_length=200)]
Patient = Annotated[list[Commitment], Field(min_length=2, max_length=8)]


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
    """The second signature under an enrolment, by another administrator."""

    type: Literal["EnrolmentApproved"]
    v: Literal[1]
    enrolment: Hex32


class QualificationGranted(Decision):
    type: Literal["QualificationGranted"]
    v: Literal[1]
    qualification: Code
    expires_at: Timestamp


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


class ProductVersionDefined(Decision):
    """One version of a product's rules: window, limits, where it may be given."""

    type: Literal["ProductVersionDefined"]
    v: Literal[1]
    version: Annotated[int, Field(ge=1, le=MAX_INT)]
    name: Label
    window_starts: Literal["thaw_started", "thaw_completed"]
    window_s: Annotated[int, Field(ge=60, le=7 * 86400)]
    claim_limit_s: Annotated[int, Field(ge=60, le=30 * 86400)]
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)]
    sites: Annotated[list[Name], Field(min_length=1, max_length=500)]  # active under the master file


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


class CustodyReleased(Fact):
    type: Literal["CustodyReleased"]
    v: Literal[1]
    containers: Containers
    giver: Party
    receiver: Party
    condition: Condition
    seal: Label | None = None


class CustodyAccepted(Fact):
    """`release` names the release's statement id; without it the custody is claimed."""

    type: Literal["CustodyAccepted"]
    v: Literal[1]
    containers: Containers
    giver: Party
    receiver: Party
    release: Hex32 | None
    condition: Condition
    seal: Label | None = None


class Packed(Fact):
    type: Literal["Packed"]
    v: Literal[1]
    at: Party
    containers: Containers
    shipper: Label
    seal: Label | None = None
    logger: Label | None = None


class ManufacturingStarted(Fact):
    type: Literal["ManufacturingStarted"]
    v: Literal[1]
    at: Party
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


class ThawStarted(Fact):
    type: Literal["ThawStarted"]
    v: Literal[1]
    at: Party
    containers: Containers


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


class InfusionCompleted(Fact):
    type: Literal["InfusionCompleted"]
    v: Literal[1]
    site: Name
    container: ContainerId
    dose_given_ul: Count


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
    AgentEnrolled,
    EnrolmentApproved,
    QualificationGranted,
    KeyAdded,
    KeyRetired,
    KeyRevoked,
    ProductVersionDefined,
    TherapyOrdered,
    PatientIdentified,
    CollectionCompleted,
    CustodyReleased,
    CustodyAccepted,
    Packed,
    ManufacturingStarted,
    ContainersDerived,
    DeviationRaised,
    DeviationDispositioned,
    Released,
    ThawStarted,
    ThawCompleted,
    InfusionChecked,
    InfusionAuthorised,
    InfusionStarted,
    InfusionCompleted,
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
