"""POST /v1/epcis/capture: from a partner's document to recorded statements, without forging one.

A statement is signed by whoever says it, so each event must bring its own (`unbroken:signed`), and say
the same. What brings none is answered with the draft of the fact, for its signer's device to sign.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from api.problems import problem_of
from api.standards import entry_with_id, names_of
from ledger.domain.entry import Entry
from ledger.domain.events import parse_event, to_payload
from ledger.domain.parts import Hex32
from ledger.domain.shares import share_of
from ledger.domain.times import timestamp
from ledger.errors import Malformed, Refused, UnbrokenError
from ledger.export.epcis import told
from ledger.export.epcis_places import Members
from ledger.export.epcis_reading import Read, read_event
from ledger.proof import canonical, statement
from ledger.verify.base64url import unbase64url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.reading import Reader
    from ledger.application import Answer

ROLLBACK, PROCEED = "rollback", "proceed"
_HEX = TypeAdapter(Hex32)


@dataclass(slots=True)
class Outcome:
    """One event's: what is wrong with it, or the statement that is to be recorded or was before."""

    index: int
    status: str = "recorded"  # or known, part, refused
    position: int | None = None
    error: UnbrokenError | None = None
    draft: Members | None = None
    raw: bytes | None = None


@dataclass(slots=True)
class Capture:
    """A document on its way in."""

    behaviour: str
    created_ms: int
    outcomes: list[Outcome] = field(default_factory=list)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def errors(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.error is not None]

    @property
    def waiting(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.raw is not None]


def captured(reader: Reader, events: Sequence[Members], behaviour: str) -> Capture:
    """Read all events; nothing is recorded yet.

    Raises `Malformed` (`rollback_not_possible`) for several statements that should stand or fall
    together: what was recorded is never taken back.
    """
    made = Capture(behaviour, reader.node.ledger.config.clock_ms())
    made.outcomes = [_outcome(reader, index, event) for index, event in enumerate(events)]
    if behaviour == ROLLBACK and len(made.waiting) > 1:
        raise Malformed(
            "rollback_not_possible",
            "a recorded statement is never taken back: capture one at a time, or say "
            "GS1-Capture-Error-Behaviour: proceed",
        )
    if behaviour == ROLLBACK and made.errors:
        for one in made.waiting:
            one.status, one.raw = "not_recorded", None
    return made


def _outcome(reader: Reader, index: int, event: Members) -> Outcome:
    try:
        found = read_event(event, names_of(reader))
        if found is None:
            return Outcome(index, "part")
        return _of_fact(reader, index, found)
    except UnbrokenError as error:
        return Outcome(index, "refused", error=error)


def _of_fact(reader: Reader, index: int, found: Read) -> Outcome:
    if found.signed is not None:
        raw = unbase64url(found.signed)
        _must_agree(_entry_of(raw), found)
        return Outcome(index, raw=raw)
    known = _recorded(reader, found)
    if known is not None:
        _must_agree(known, found)
        return Outcome(index, "known", known.position)
    draft = {"stream": found.stream, "event": found.draft}
    detail = "an event is recorded as a statement that its signer signed: sign the draft, and send it as "
    return Outcome(
        index, "refused", error=Refused("signature_needed", f"{detail}unbroken:signed, or to /v1/statements"),
        draft=draft,
    )  # fmt: skip


def _recorded(reader: Reader, found: Read) -> Entry | None:
    """The entry that the event says it was made from, as far as the reader may see it."""
    try:
        statement_id = _HEX.validate_python(found.statement)
    except ValidationError:
        return None
    return entry_with_id(reader, found.coi, statement_id)


def _entry_of(raw: bytes) -> Entry:
    """A statement as if it stood in the log. Raises as the strict parsers do."""
    parsed = statement.parse(raw)
    event = parse_event(canonical.decode(parsed.payload))
    return Entry(-1, parsed.id.hex(), parsed.kid.hex(), parsed.iss, parsed.sub, event, 0)


def _must_agree(entry: Entry, found: Read) -> None:
    """The event must not say one thing and the statement another. Raises `Malformed` (`signed_differs`)."""
    said = told(to_payload(share_of(entry, found.coi).event))
    of_envelope = {"seen", "seq", "prev", "esignature"}
    for name in (said.keys() | found.payload.keys()) - of_envelope:
        if said.get(name) != found.payload.get(name):
            raise Malformed("signed_differs", f"{name}: the signed statement says something else")
    if entry.stream != found.stream:
        raise Malformed("signed_differs", f"the signed statement belongs to {entry.stream}")


# --- the job ----------------------------------------------------------------------------------


def answered(made: Capture, results: Sequence[Answer | UnbrokenError]) -> None:
    """Put down what became of the statements."""
    for outcome, result in zip(made.waiting, results, strict=True):
        if isinstance(result, UnbrokenError):
            outcome.status, outcome.error = "refused", result
        else:
            outcome.position = result.position


def job(made: Capture, finished_ms: int, whole: bool) -> dict[str, Any]:
    """EPCIS 2.0 section 12.6.2's capture job. `whole`: with details and drafts, which are never kept."""
    return {
        "captureID": made.id,
        "createdAt": timestamp(made.created_ms),
        "finishedAt": timestamp(finished_ms),
        "running": False,
        "success": not made.errors,
        "captureErrorBehaviour": made.behaviour,
        "errors": [_error(one, whole) for one in made.errors],
        "events": [_event(one) for one in made.outcomes],
    }


def _error(one: Outcome, whole: bool) -> dict[str, Any]:
    assert one.error is not None
    members = problem_of(one.error).members() | {"event": one.index}
    if not whole:
        members["detail"] = members["title"]
    return members | ({"draft": one.draft} if whole and one.draft else {})


def _event(one: Outcome) -> dict[str, Any]:
    return {"event": one.index, "status": one.status, "position": one.position}
