"""What events are made of: the kinds of values, the parts, and what every event carries.

Everything is frozen and strict: an unknown member, a float or a number out of range is
refused. Quantities are integers in the unit that the field's name states, times are
`YYYY-MM-DDThh:mm:ss.sssZ`, hashes and ids are lower-case hex.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

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
Din = Annotated[str, StringConstraints(pattern=r"^[A-NP-Z1-9][A-Z0-9]{12}$")]  # without its check character
CheckCharacter = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z*]$")]
Count = Annotated[int, Field(ge=0, le=MAX_INT)]
Containers = Annotated[list[ContainerId], Field(min_length=1, max_length=200)]
Milli = Annotated[int, Field(ge=-MAX_INT, le=MAX_INT)]  # thousandths of a unit that stands beside it
Credential = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,1364}$")]  # at most 1,023 bytes
RelyingParty = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,252}$")]
SecondVkey = Annotated[str, StringConstraints(pattern=r"^[^\s+]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{1751}=$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]
Photos = Annotated[list[Hex32], Field(min_length=1, max_length=20)]  # SHA-256 of each; not in the log
Tests = Annotated[list[Code], Field(min_length=1, max_length=100)]

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
RequiredCheck = Literal["identity_test", "site_confirmation", "esignature", "passkey"]
Condition = Literal["intact", "damaged", "thawed", "unknown"]
Method = Literal["scan", "typed"]
Phase = Literal["fresh", "frozen", "thawed"]
CentiC = Annotated[int, Field(ge=-27_300, le=20_000)]  # hundredths of a degree Celsius


class Part(BaseModel):
    """A frozen, strict piece of an event."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Seen(Part):
    """The newest checkpoint that the signing device held: tree size and root."""

    size: Count
    root: Hex32


class Assertion(Part):
    """What a passkey answered, each as base64url of its bytes (WebAuthn Level 2, section 5.2.2)."""

    credential: Credential
    authenticator_data: Base64
    client_data: Base64
    signature: Base64


class ESignature(Part):
    """The signer was asked again, at `signed_at`, and what their signature means.

    `passphrase`: for the key's own passphrase, as the device says. `passkey`: the assertion
    proves it; its challenge is the SHA-256 of the canonical payload without `assertion`.
    """

    meaning: Code
    method: Literal["passphrase", "passkey"]
    signed_at: Timestamp
    assertion: Assertion | None = None

    @model_validator(mode="after")
    def _proved_by_a_passkey(self) -> ESignature:
        if (self.method == "passkey") != (self.assertion is not None):
            raise ValueError("a passkey brings its assertion, a passphrase none")
        return self


class Event(Part):
    """What every event carries. The signer, stream, log and `cti` stand in the envelope."""

    kind: ClassVar[Kind]
    type: str
    v: int
    occurred_at: Timestamp
    seen: Seen | None  # None: a device that has never met the log
    seq: Count  # the number of this key's statement, from 0
    prev: Hex32 | None  # the id of this key's last statement; None with seq 0
    esignature: ESignature | None = None


class Fact(Event):
    kind: ClassVar[Kind] = "fact"


class Decision(Event):
    kind: ClassVar[Kind] = "decision"


class Carried(Part):
    """Containers of one therapy among those that a shipment or a tank carries."""

    coi: Coi
    containers: Containers


class CarriedFact(Fact):
    """A fact about containers on the way or in store.

    On a therapy's stream `therapies` is absent. On a shipment's or a tank's, which may carry
    several patients' containers, it says whose each is, as the signer read it on the labels.
    """

    containers: Containers
    therapies: Annotated[list[Carried], Field(min_length=1, max_length=100)] | None = None

    @field_validator("therapies")  # asked only where it is given
    @classmethod
    def _each_in_one_therapy(
        cls, therapies: list[Carried] | None, info: ValidationInfo
    ) -> list[Carried] | None:
        if therapies is not None and "containers" in info.data:
            if len({one.coi for one in therapies}) < len(therapies):
                raise ValueError("each therapy may be named once")
            named = sorted(name for one in therapies for name in one.containers)
            if named != sorted(set(info.data["containers"])):
                raise ValueError("must name the same containers as containers does, each once")
        return therapies


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
    din: Din | None = None
    din_check: CheckCharacter | None = None  # as a scanner read it beside the number
    product_code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{5,8}$")] | None = None
    division: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,6}$")] | None = None
    volume_ul: Count
    expires_at: Timestamp | None = None
    bag: Annotated[int, Field(ge=1, le=99)] | None = None
    of: Annotated[int, Field(ge=1, le=99)] | None = None
    component: Code | None = None  # of a dose in several: cd8, cd4
    inside: ContainerId | None = None  # its cassette, until it is thawed


class LinkedContainer(NewContainer):
    """A container of a provisional chain, restated: who holds it, and the label in force on it."""

    at: Party
    label: Label | None = None


class Drawn(Part):
    """How much of a parent went into a derivation."""

    container: ContainerId
    volume_ul: Count


class TemperatureProfile(Part):
    """What a product bears in one phase. Either edge of the band may be open.

    Time outside the band: one event at most `longest_excursion_s`, all together at most
    `cumulative_excursion_s`, at most `excursions` of them; zero in any of these forbids all.
    Readings further apart than `largest_gap_s` leave a gap. `required`: without evidence of
    every leg with a carrier, nothing is released or infused. `out_of_storage_s`: how long a
    container may be out of its storage in all, before it is thawed.
    """

    phase: Phase
    low_centi_c: CentiC | None = None
    high_centi_c: CentiC | None = None
    longest_excursion_s: Annotated[int, Field(ge=0, le=365 * 86400)]
    cumulative_excursion_s: Annotated[int, Field(ge=0, le=365 * 86400)]
    excursions: Annotated[int, Field(ge=0, le=10_000)] | None = None
    largest_gap_s: Annotated[int, Field(ge=1, le=30 * 86400)]
    required: bool = False
    out_of_storage_s: Annotated[int, Field(ge=0, le=365 * 86400)] | None = None

    @model_validator(mode="after")
    def _band_holds_something(self) -> TemperatureProfile:
        low, high = self.low_centi_c, self.high_centi_c
        if low is None and high is None:
            raise ValueError("a band has low_centi_c, high_centi_c or both")
        if low is not None and high is not None and low >= high:
            raise ValueError("low_centi_c must be below high_centi_c")
        return self


def _one_per_phase(profiles: list[TemperatureProfile]) -> list[TemperatureProfile]:
    if len({one.phase for one in profiles}) < len(profiles):
        raise ValueError("there is one profile for each phase")
    return profiles


class SpecifiedTest(Part):
    """A test and its limits, both included. Without limits, the laboratory says pass or fail.

    Not `required`: it need not be done, but once it is done it must pass.
    """

    test: Code
    unit: Code | None = None
    min_milli: Milli | None = None
    max_milli: Milli | None = None
    required: bool
    may_be_pending: bool


class Specification(Part):
    """What a product must meet to be released for a country."""

    country: Country
    tests: Annotated[list[SpecifiedTest], Field(min_length=1, max_length=100)]


class RoleAtSite(Part):
    role: Role
    site: Name


class Administrator(Part):
    """A root administrator named by genesis. `key` is base64url SubjectPublicKeyInfo DER."""

    agent: Name
    organisation: Name
    key: Base64


NewContainers = Annotated[list[NewContainer], Field(min_length=1, max_length=200)]
LinkedContainers = Annotated[list[LinkedContainer], Field(min_length=1, max_length=200)]
Patient = Annotated[list[Commitment], Field(min_length=2, max_length=8)]
TemperatureProfiles = Annotated[
    list[TemperatureProfile], Field(min_length=1, max_length=3), AfterValidator(_one_per_phase)
]
