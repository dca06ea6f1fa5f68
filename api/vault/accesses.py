"""Who looked, and why: kept durably before anything is told, and read by auditors alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

from fastapi import Query
from pydantic import BaseModel

from clients.patients import DEFAULT_FIELDS
from ledger.domain.times import timestamp
from ledger.store.vault import Access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.reading import Reader
    from api.vault.vault import Vault

# What was done with a person's identifiers: values were entered, or read; keys were handed out; or
# what somebody read from a wristband was turned into commitments, or looked for; a name was printed; or
# who was entered for an order that never came was taken back.
What = Literal["entered", "bound", "read", "keys", "commitments", "matched", "reported", "withdrawn"]
Reason = Literal[
    "ordering",
    "collection",
    "bedside_check",
    "label",
    "contact",
    "correction",
    "emergency",
    "patient_request",
    "quality_review",
    "report",
]
REASONS: tuple[str, ...] = get_args(Reason)
TheReason = Annotated[Reason, Query(description="Why you look; it is kept", examples=["bedside_check"])]
TheReference = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,39}$",
        description="Number of a ticket or deviation, kept as it is: nothing of a patient",
        examples=["DEV-2026-17"],
    ),
]


class AccessDocument(BaseModel):
    """`fields`: names alone; never what they said. `reason` is null where the act is its own."""

    number: int
    at: str
    agent: str
    kid: str
    subject: str | None
    what: What
    reason: Reason | None
    reference: str | None
    fields: list[str]


def noted(
    reader: Reader,
    vault: Vault,
    subject: str,
    what: What,
    fields: Iterable[str],
    reason: str = "",
    reference: str | None = None,
) -> int:
    """Keep who looks, before they see anything; the record's number. Whose entry of a therapy's patient
    it is goes without saying. Raises `Fault`."""
    at_ms = reader.node.ledger.config.clock_ms()
    session = reader.session
    named = tuple(sorted(fields))
    about = "/".join(subject.split("/")[:2])
    one = Access(0, at_ms, session.agent, session.kid, about, what, reason, reference or "", named)
    return vault.rows.note(one)


def known_fields(vault: Vault, subject: str, asked: Iterable[str]) -> set[str]:
    """Names that this person's entry has, or that are usual: whatever else was sent may be anything."""
    return set(asked) & {*DEFAULT_FIELDS, *(vault.field_names(subject) if subject else ())}


def access_document(one: Access) -> AccessDocument:
    return AccessDocument(
        number=one.number,
        at=timestamp(one.at_ms),
        agent=one.agent,
        kid=one.kid,
        subject=one.subject or None,
        what=one.what,  # type: ignore[arg-type]  # as `noted` wrote it
        reason=one.reason or None,  # type: ignore[arg-type]
        reference=one.reference or None,
        fields=list(one.fields),
    )
