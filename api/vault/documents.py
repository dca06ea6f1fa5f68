"""What goes into the vault and comes out of it, by HTTP. Nothing of it is for a cache."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.responses import Response

from api.bodies import JSON
from api.vault.accesses import AccessDocument
from ledger.domain.parts import Code, Coi, Commitment

SECRET = {"cache-control": "no-store"}

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Some = Annotated[dict[Code, Text], Field(min_length=1, max_length=12)]
Two = Annotated[dict[Code, Text], Field(min_length=2, max_length=8)]  # as many as an order takes


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


# Why the vault is to say something else than the order in the log: what was entered was wrong, or the
# patient's own data have changed; or the order was made under keys that this vault does not have.
Correction = Literal["entered_in_error", "changed", "keyed_elsewhere"]


class PatientEntry(_Sent):
    """The patient's identifiers, as they are written; or the provisional chain whose patient it is.

    `correction`: why they may contradict the order in the log, after which its wristband matches no more.
    """

    identifiers: Two | None = None
    same_as: Coi | None = None
    correction: Correction | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.identifiers is None) == (self.same_as is None):
            raise ValueError("identifiers or same_as, and not both")
        if self.correction and self.identifiers is None:
            raise ValueError("a correction says which identifiers are right")
        return self


class PersonEntry(_Sent):
    """What is to stand where this person has signed: `name`, and what the organisation needs beside."""

    identifiers: Some


class CommitmentQuestion(_Sent):
    """What was read on a wristband; of which therapy, where that is known."""

    identifiers: Two
    coi: Coi | None = None


class PatientEntered(BaseModel):
    """The commitments to what was entered: they go into the order. `differs`: fields of the order in the
    log of which this says something else or nothing, so that a wristband no longer matches there."""

    coi: str
    patient: list[Commitment]
    differs: list[str]


class Identified(BaseModel):
    """Values, as they were entered. `access`: the number under which it is kept that you looked."""

    subject: str
    identifiers: dict[str, str]
    access: int


class FieldKeys(BaseModel):
    """The keys of the commitments to one patient's identifiers, in hex, by field: for a bedside
    without a network. Whoever has one can try every birth date against the log."""

    coi: str
    keys: dict[str, str]
    access: int


class TherapyCommitments(BaseModel):
    coi: str
    patient: list[Commitment]


class Commitments(BaseModel):
    """Under the keys of each therapy that you asked about, or that this patient has here."""

    found: list[TherapyCommitments]


class VaultState(BaseModel):
    """Whether this server keeps a vault, and what may be said for looking into it."""

    available: bool
    reasons: list[str]


class Accesses(BaseModel):
    """The newest first. `next_cursor`: ask with it for older ones."""

    accesses: list[AccessDocument]
    next_cursor: str | None


def secret(found: BaseModel) -> Response:
    """A document that nobody may keep on the way."""
    return Response(found.model_dump_json().encode(), media_type=JSON, headers=SECRET)
