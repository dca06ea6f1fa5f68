"""In: from an EPCIS event to the fact that it says, as a draft that somebody has to sign.

What we exported reads back to the same fact, but for a patient's commitments and a passkey's bytes,
which do not leave the ledger. A partner's own event is read where its shape says one thing only and
its identifiers are this log's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, get_args

from ledger.domain.events import VERSIONS
from ledger.domain.parts import Event
from ledger.errors import Malformed
from ledger.export.epcis import ABOUT, CHAIN, NAMESPACE
from ledger.export.epcis_hash import utc
from ledger.export.epcis_places import PREFIX, Members, plain
from ledger.export.epcis_table import CORRECTION, OF_EVENT, OF_SHAPE, Row
from ledger.export.names import Names

ENVELOPE = ("seen", "seq", "prev", "esignature")  # what a signer's own device adds
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
    if "errorDeclaration" in event:
        return _correction(event, names)
    if event.get(f"{PREFIX}part"):
        return None
    row = _row_of(event)
    coi = _therapy(event, names)
    payload = _begun(event, row.event, event.get("eventTime"))
    for place in row.places:
        place.read(names, event, payload)
    payload |= _rest(event)
    return _read(event, coi, _filled(payload))


def _read(about: Members, coi: str, payload: Members) -> Read:
    stream = about.get(f"{PREFIX}stream", f"chain/{coi}")
    return Read(stream, coi, payload, about.get(f"{PREFIX}statement"), about.get(f"{PREFIX}signed"))


def _correction(event: Members, names: Names) -> Read:
    declaration = event["errorDeclaration"]
    if not isinstance(declaration, dict) or declaration.get(f"{PREFIX}event") != CORRECTION:
        raise Malformed(
            "not_mapped",
            f"errorDeclaration: a correction here says which member was wrong, as {PREFIX}member, "
            f"{PREFIX}was, {PREFIX}right and {PREFIX}reason, and {PREFIX}event is {CORRECTION}",
        )
    payload = _begun(declaration, CORRECTION, declaration.get("declarationTime"))
    payload["corrects"] = event.get(f"{PREFIX}statement")
    return _read(declaration, _therapy(event, names), _filled(payload | _rest(declaration)))


def _begun(about: Members, type_: str, occurred_at: Any) -> Members:
    try:
        moment = utc(str(occurred_at))
    except ValueError:
        raise Malformed("invalid_epcis", f"{occurred_at!r} is no time with a zone") from None
    return {"type": type_, "v": about.get(f"{PREFIX}version", max(VERSIONS[type_])), "occurred_at": moment}


def _row_of(event: Members) -> Row:
    """By our own word for it, or by its shape where only one of our events has that."""
    said = event.get(f"{PREFIX}event")
    if isinstance(said, str) and said in OF_EVENT:
        return OF_EVENT[said]
    step = _STANDARD_STEP.sub("", str(event.get("bizStep", ""))).replace(NAMESPACE, PREFIX)
    shape = (str(event.get("type")), event.get("action"), step)
    rows = OF_SHAPE.get(shape, []) if said is None and isinstance(shape[1], str | None) else []
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


def _rest(event: Members) -> Members:
    """Members in our own namespace, but for those that say where the event came from."""
    taken = {f"{PREFIX}{name}" for name in (*ABOUT, "details")}
    return {
        name.removeprefix(PREFIX): plain(value)
        for name, value in event.items()
        if name.startswith(PREFIX) and name not in taken
    }


def _filled(payload: Members) -> Members:
    """What must be said, and was null, is nowhere in JSON-LD."""
    model = VERSIONS[payload["type"]].get(payload["v"])
    return {name: None for name in _nullable(model)} | payload if model else payload


def _nullable(model: type[Event]) -> list[str]:
    fields = model.model_fields.items()
    return [name for name, one in fields if one.is_required() and type(None) in get_args(one.annotation)]
