"""In: from an EPCIS event to the fact that it says, as a draft that somebody has to sign.

What we exported reads back to the same fact, but for a patient's commitments and a passkey's bytes,
which do not leave the ledger. A partner's own event is read where its shape says one thing only and
its identifiers are this log's.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, get_args

from ledger.domain.events import VERSIONS
from ledger.domain.parts import Event
from ledger.errors import Malformed
from ledger.export.epcis import ABOUT, CHAIN, NAMESPACE, NAMESPACES, written
from ledger.export.epcis_hash import prehash, utc
from ledger.export.epcis_places import PARTIES, PREFIX, Members, own, plain, writes
from ledger.export.epcis_table import CORRECTION, OF_SHAPE, Row
from ledger.export.names import Names

ENVELOPE = ("seen", "seq", "prev", "esignature")  # what a signer's own device adds
_BESIDE = {"type", "@context", "eventID", "recordTime", "eventTimeZoneOffset",
           *(f"{PREFIX}{name}" for name in ABOUT)}  # fmt: skip
_STANDARD_STEP = re.compile(r"(https://ref\.gs1\.org/cbv/BizStep-|cbv:BizStep-|urn:epcglobal:cbv:bizstep:)")


@dataclass(frozen=True, slots=True)
class Read:
    """What one EPCIS event says: the statement's stream, its payload, and the therapy that sees it.

    `statement`: the id of the entry that it says it was made from. `signed`: the statement's bytes
    in base64url, where the event carries them.
    """

    stream: str
    coi: str
    payload: Members
    statement: str | None = None
    signed: str | None = None

    @property
    def draft(self) -> Members:
        """The event without what its signer's device adds."""
        return {name: value for name, value in self.payload.items() if name not in ENVELOPE}


def read_event(event: Members, names: Names) -> Read | None:
    """The fact in an event; None for what only repeats a part of another one.

    Raises `Malformed`: `not_mapped`, `foreign_identifier`, `invalid_epcis`, each naming what.
    """
    try:
        return _fact(event, names)
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Malformed("invalid_epcis", f"a member of our namespace is of another kind: {error!r}") from None


def _fact(event: Members, names: Names) -> Read | None:
    if "errorDeclaration" in event:
        return _correction(event, names)
    if event.get(f"{PREFIX}part"):
        return None
    row = _row_of(event)
    coi = _therapy(event, names)
    payload = _begun(event, row.event, event.get("eventTime"))
    for place in row.places:
        place.read(names, event, payload)
    payload |= _rest(event, writes(row.places))
    again = written(_said(payload), coi, names, row)
    again |= {
        f"{PREFIX}{one}": own(payload[one])
        for one, _, _ in PARTIES
        if one in writes(row.places) & set(payload)
    }
    _must_say_all(event, again, {"epcList"} if row.names_none else set())
    return _read(event, coi, _filled(payload))


def _said(payload: Members) -> Members:
    return {name: deepcopy(value) for name, value in payload.items() if name not in ("type", "v")}


def _must_say_all(event: Members, written_again: Members, told_beside: set[str]) -> None:
    """Whatever the event said must be in what was read of it. Raises `Malformed` (`invalid_epcis`)."""
    for name, value in event.items():
        if name not in _BESIDE | told_beside and not (
            name in written_again and _is_same(name, value, written_again[name])
        ):
            raise Malformed("invalid_epcis", f"{name}: the log has no place for it, or another value")


def _is_same(name: str, said: Any, read: Any) -> bool:
    """However the two are spelled."""
    one, other = ({"type": "", name: value} for value in (said, read))
    return prehash(one, NAMESPACES) == prehash(other, NAMESPACES)


def _read(about: Members, coi: str, payload: Members) -> Read:
    stream = _text(about, "stream") or f"chain/{coi}"
    return Read(stream, coi, payload, _text(about, "statement"), _text(about, "signed"))


def _text(about: Members, name: str) -> str | None:
    """What it says of where it came from. Raises `Malformed` (`invalid_epcis`)."""
    said = about.get(f"{PREFIX}{name}")
    if said is not None and not isinstance(said, str):
        raise Malformed("invalid_epcis", f"{PREFIX}{name}: expected a text")
    return said


def _correction(event: Members, names: Names) -> Read:
    declaration = event["errorDeclaration"]
    if not isinstance(declaration, dict) or declaration.get(f"{PREFIX}event") != CORRECTION:
        raise Malformed(
            "not_mapped",
            f"errorDeclaration: a correction here says which member was wrong, as {PREFIX}member, "
            f"{PREFIX}was, {PREFIX}right and {PREFIX}reason, and {PREFIX}event is {CORRECTION}",
        )
    payload = _begun(declaration, CORRECTION, declaration.get("declarationTime"))
    payload["corrects"] = _text(event, "statement")
    return _read(declaration, _therapy(event, names), _filled(payload | _rest(declaration, set())))


def _begun(about: Members, type_: str, occurred_at: Any) -> Members:
    try:
        moment = utc(str(occurred_at))
    except ValueError:
        raise Malformed("invalid_epcis", f"{occurred_at!r} is no time with a zone") from None
    version = about.get(f"{PREFIX}version", max(VERSIONS[type_]))
    if not isinstance(version, int) or version not in VERSIONS[type_]:
        raise Malformed("invalid_epcis", f"{PREFIX}version: {type_} has no version {version!r}")
    return {"type": type_, "v": version, "occurred_at": moment}


def _row_of(event: Members) -> Row:
    """By our own word for it, or by its shape where only one of our events has that."""
    said = event.get(f"{PREFIX}event")
    step = _STANDARD_STEP.sub("", str(event.get("bizStep", ""))).replace(NAMESPACE, PREFIX)
    shape = (str(event.get("type")), event.get("action"), step)
    known = OF_SHAPE.get(shape, []) if isinstance(shape[1], str | None) else []
    rows = [one for one in known if said in (None, one.event)]
    if len(rows) == 1:
        return rows[0]
    meant = " or ".join(one.event for one in rows) or "nothing"
    raise Malformed("not_mapped", f"{' '.join(map(str, shape))}: means {meant} here; say {PREFIX}event")


def _therapy(event: Members, names: Names) -> str:
    listed = event.get("bizTransactionList")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("type") in (CHAIN, CHAIN.replace(PREFIX, NAMESPACE)):
            return names.read("chain", one.get("bizTransaction"))
    raise Malformed("invalid_epcis", f"bizTransactionList: names no therapy, of type {CHAIN}")


def _rest(event: Members, read: set[str]) -> Members:
    """Members in our own namespace, but for those that were read or say where the event came from."""
    taken = {f"{PREFIX}{name}" for name in (*ABOUT, *read)}
    return {
        name.removeprefix(PREFIX): plain(value)
        for name, value in event.items()
        if name.startswith(PREFIX) and name not in taken
    }


def _filled(payload: Members) -> Members:
    """What must be said, and was null, is nowhere in JSON-LD."""
    return dict.fromkeys(_nullable(VERSIONS[payload["type"]][payload["v"]])) | payload


def _nullable(model: type[Event]) -> list[str]:
    fields = model.model_fields.items()
    return [name for name, one in fields if one.is_required() and type(None) in get_args(one.annotation)]
