"""Out: a therapy's entries as EPCIS 2.0 events (JSON-LD).

Every event says in our own namespace which entry it was made from: statement, position, signer and
log. With these a partner gets the signed bytes and the proof; the EPCIS event itself proves nothing.
A patient's commitments and the bytes of a passkey's assertion are left out, also of a correction.

Some entries make more than one event: the logger that was put in, the shipper that was left, a
correction. Each of these says what it is a `part` of, and only the whole is read back as a fact.
`unbroken:findings` are the codes of what the ledger found wrong with the entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ledger.domain.events import to_payload
from ledger.domain.shares import share_of
from ledger.domain.times import timestamp
from ledger.export.epcis_hash import STANDARD, hash_id
from ledger.export.epcis_places import PREFIX, Members, own, unpossessed
from ledger.export.epcis_table import CORRECTION, LIFTING, MAPPED, OF_EVENT, RECALL, Row
from ledger.export.names import Names

if TYPE_CHECKING:
    from ledger.domain.entry import Entry
    from ledger.export.epcis_seen import Seen

NAMESPACE = "https://unbroken.example/ns/epcis/"
GS1_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CONTEXT: list[Any] = [GS1_CONTEXT, {PREFIX.rstrip(":"): NAMESPACE}]
CHAIN = f"{PREFIX}chain_of_identity"  # type of the business transaction that names the therapy
NAMESPACES = STANDARD | {PREFIX.rstrip(":"): NAMESPACE}
ABOUT = ("event", "version", "statement", "position", "signer", "key", "stream", "log", "part", "signed",
         "findings")  # fmt: skip
SECRET = ("patient", "commitment", "esignature", "assertion")  # in a member's path


def told(payload: Members) -> Members:
    """What leaves the ledger: no commitments of a patient, no bytes of a passkey's assertion.

    Nor what a correction says of such a member.
    """
    payload.pop("patient", None)
    (payload.get("esignature") or {}).pop("assertion", None)
    if payload["type"] == CORRECTION and any(word in payload["member"].lower() for word in SECRET):
        payload.pop("was", None)
        payload.pop("right", None)
    return payload


def therapy_events(entries: Iterable[Entry], seen: Seen, names: Names) -> Iterator[Members]:
    """All events of a therapy, in the log's order; `entries` are all that its reader may see of it."""
    for entry in entries:
        yield from events_of(entry, seen, names)


def events_of(entry: Entry, seen: Seen, names: Names) -> Iterator[Members]:
    """The events of one entry, as this therapy sees it; none where it says nothing of a container."""
    row = OF_EVENT.get(entry.type)
    if entry.type == CORRECTION:
        yield from _corrected(entry, seen, names)
    elif row is not None and (entry.type != RECALL or seen.named(entry)):
        event = _event(entry, seen, names, row)
        yield _identified(event)
        yield from map(_identified, _parts(event))


def document(events: Iterable[Members], created_ms: int) -> Members:
    """An EPCISDocument; `created_ms` the ledger time of the state that it shows."""
    return _headed("EPCISDocument", created_ms) | {"epcisBody": {"eventList": list(events)}}


def query_document(events: Iterable[Members], created_ms: int) -> Members:
    """An EPCISQueryDocument, the answer to a query."""
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}}
    return _headed("EPCISQueryDocument", created_ms) | {"epcisBody": {"queryResults": results}}


def _headed(type_: str, created_ms: int) -> Members:
    return {
        "@context": CONTEXT,
        "type": type_,
        "schemaVersion": "2.0",
        "creationDate": timestamp(created_ms),
    }


def _event(entry: Entry, seen: Seen, names: Names, row: Row) -> Members:
    payload = told(to_payload(share_of(entry, seen.chain.coi).event))
    about = _about(entry, seen, names, payload.pop("type"), payload.pop("v"))
    event = written(payload, seen.chain.coi, names, row) | {"recordTime": timestamp(entry.recorded_ms)}
    if row.names_none:
        event["epcList"] = [names.of("container", one) for one in dict.fromkeys(seen.named(entry))]
    if entry.type == LIFTING and seen.is_held(entry):
        del event["disposition"]
    return (event if seen.moves(entry) else unpossessed(event, names)) | about


def written(payload: Members, coi: str, names: Names, row: Row) -> Members:
    """What a fact says as an event, without where it came from. Takes the payload apart."""
    event: Members = {
        "type": row.kind,
        "eventTime": payload.pop("occurred_at"),
        "eventTimeZoneOffset": "+00:00",
        "bizStep": row.step,
        "bizTransactionList": [{"type": CHAIN, "bizTransaction": names.of("chain", coi)}],
    }
    if row.action:
        event["action"] = row.action
    disposition = _disposition(row, payload)
    if disposition:
        event["disposition"] = disposition
    for place in row.places:
        place.write(names, payload, event)
    event |= own(payload)
    return event


def _about(entry: Entry, seen: Seen, names: Names, type_: str, version: int) -> Members:
    findings = seen.findings(entry)
    return {
        f"{PREFIX}event": type_,
        f"{PREFIX}version": version,
        f"{PREFIX}statement": entry.statement_id,
        f"{PREFIX}position": entry.position,
        f"{PREFIX}signer": entry.signer,
        f"{PREFIX}key": entry.kid,
        f"{PREFIX}stream": entry.stream,
        f"{PREFIX}log": names.origin,
    } | ({f"{PREFIX}findings": findings} if findings else {})


def _disposition(row: Row, payload: Members) -> str | None:
    if isinstance(row.disposition, tuple):
        member, of_value = row.disposition
        return of_value.get(payload.get(member, ""))
    return row.disposition


def _identified(event: Members) -> Members:
    return {"eventID": hash_id(event, NAMESPACES)} | event


# --- events beside the fact -------------------------------------------------------------------

_SHARED = ("eventTime", "eventTimeZoneOffset", "recordTime", "readPoint", "bizTransactionList",
           *(f"{PREFIX}{name}" for name in ABOUT))  # fmt: skip


def _parts(event: Members) -> Iterator[Members]:
    if event[f"{PREFIX}event"] not in ("Packed", "ShipperSwapped"):
        return
    names = _names_of(event)
    shared = {name: event[name] for name in _SHARED if name in event}
    if logger := event.get(f"{PREFIX}logger"):
        yield shared | {
            "type": "AssociationEvent", "action": "ADD", "bizStep": "installing",
            "parentID": event["parentID"], "childEPCs": [names.of("logger", logger)],
            f"{PREFIX}part": "logger",
        }  # fmt: skip
    if left := event.get(f"{PREFIX}old_shipper"):
        yield shared | {
            "type": "AggregationEvent", "action": "DELETE", "bizStep": "unpacking",
            "parentID": names.shipper(left), "childEPCs": event["childEPCs"],
            f"{PREFIX}part": "old_shipper",
        }  # fmt: skip


def _names_of(event: Members) -> Names:
    return Names(event[f"{PREFIX}log"])


def _corrected(entry: Entry, seen: Seen, names: Names) -> Iterator[Members]:
    """EPCIS 2.0 section 7.4.1.4: the event once more, same id, with the declaration of its error.

    Such a declaration retracts the event. Only its own signer or Quality can do that: what anybody
    else signed, and a correction of a correction, is an event of its own that points to the statement.
    """
    original = seen.find(entry.event.corrects)  # type: ignore[attr-defined]
    if original is None or original.type not in MAPPED:
        return
    if original.type != CORRECTION and seen.may_correct(entry, original):
        yield _declared(original, entry, seen, names)
    else:
        yield _identified(_event(entry, seen, names, OF_EVENT[CORRECTION]))


def _declared(original: Entry, entry: Entry, seen: Seen, names: Names) -> Members:
    """No corrective event is made: nobody signed one. What is right stands in the declaration."""
    event = _identified(_event(original, seen, names, OF_EVENT[original.type]))
    payload = told(to_payload(entry.event))
    declaration = {"declarationTime": payload.pop("occurred_at"), "reason": "incorrect_data"}
    payload.pop("corrects")
    about = _about(entry, seen, names, payload.pop("type"), payload.pop("v"))
    event["recordTime"] = timestamp(entry.recorded_ms)
    return event | {"errorDeclaration": declaration | about | own(payload)}
