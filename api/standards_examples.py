"""What partners' standards look like here, for the OpenAPI document. A test reads each back."""

from __future__ import annotations

from typing import Any

from api.examples import COI, DOSE, ID, KID, OTHER_ID, TIME
from ledger.export.epcis import CHAIN, CONTEXT, NAMESPACES
from ledger.export.epcis_hash import hash_id
from ledger.export.names import Names

_NAMES = Names("ledger.example/unbroken")
_THERAPY = _NAMES.of("chain", COI)
_EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": TIME,
    "eventTimeZoneOffset": "+00:00",
    "bizStep": "storing",
    "bizTransactionList": [{"type": CHAIN, "bizTransaction": _THERAPY}],
    "action": "OBSERVE",
    "epcList": [_NAMES.of("container", DOSE)],
    "readPoint": {"id": _NAMES.party({"site": "st-mary", "department": "ward-5"})},
    "bizLocation": {"id": _NAMES.of("location", "TANK-3")},
    "recordTime": TIME,
    "unbroken:event": "Stored",
    "unbroken:version": 1,
    "unbroken:statement": ID,
    "unbroken:position": 4711,
    "unbroken:signer": "nora",
    "unbroken:key": KID,
    "unbroken:stream": f"chain/{COI}",
    "unbroken:log": _NAMES.origin,
    "unbroken:seq": 12,
    "unbroken:prev": OTHER_ID,
}
EPCIS_EVENT = {"eventID": hash_id(_EVENT, NAMESPACES)} | _EVENT
_HEAD = {"@context": CONTEXT, "schemaVersion": "2.0", "creationDate": TIME}
EPCIS_DOCUMENT = _HEAD | {"type": "EPCISDocument", "epcisBody": {"eventList": [EPCIS_EVENT]}}
EPCIS_QUERY_DOCUMENT = _HEAD | {
    "type": "EPCISQueryDocument",
    "epcisBody": {
        "queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": [EPCIS_EVENT]}}
    },
}
FHIR_BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "identifier": {"system": f"{_NAMES.base}/chain", "value": COI},
    "timestamp": TIME,
    "entry": [],
}
JOB_ID = "q83vASNFZ4mrze8BI0VniQ"
JOB: dict[str, Any] = {
    "captureID": JOB_ID,
    "createdAt": TIME,
    "finishedAt": TIME,
    "running": False,
    "success": False,
    "captureErrorBehaviour": "rollback",
    "errors": [
        {
            "type": "https://unbroken.example/problems/signature_needed",
            "title": "The event lacks its signer's statement",
            "status": 422,
            "detail": "an event is recorded as a statement that its signer signed: sign the draft",
            "code": "signature_needed",
            "event": 0,
            "draft": {
                "stream": f"chain/{COI}",
                "event": {"type": "Stored", "v": 1, "occurred_at": TIME, "containers": [DOSE],
                          "at": {"site": "st-mary", "department": "ward-5"}, "location": "TANK-3"},
            },
        }
    ],
    "events": [{"event": 0, "status": "refused", "position": None}],
}  # fmt: skip
