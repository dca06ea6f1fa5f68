"""What requests and answers look like, for the OpenAPI document. A test checks each against its shape."""

from __future__ import annotations

import json
from typing import Any

COI = "isbt128:CHA999926000001"
FRESH, DOSE = "A9999-26-000001-F1", "A9999-26-000001-D1"
ID, OTHER_ID, KID = "ab" * 32, "cd" * 32, "ef" * 32
TIME = "2026-09-21T12:00:00.000Z"
BASE64 = "0oRYg6QBJwN4L2FwcGxpY2F0aW9u"
WARD = {"site": "st-mary", "department": "ward-5"}
CLEANROOM = {"site": "northcell-1", "department": "cleanroom"}

STATEMENT = "<a tagged COSE_Sign1, RFC 9052>"
ANSWER: dict[str, Any] = {
    "position": 4711,
    "statement_id": ID,
    "log_size": 4713,
    "recorded_at": TIME,
    "deviations": [
        {
            "position": 4712,
            "statement_id": OTHER_ID,
            "code": "claim_without_release",
            "severity": "minor",
            "blocking": False,
        }
    ],
    "receipt": BASE64,
}
ANSWERS: dict[str, Any] = {
    "answers": [
        {"status": 201} | ANSWER,
        {
            "type": "https://unbroken.example/problems/unknown_event",
            "title": "There is no such event",
            "status": 400,
            "detail": "there is no event type 'Teleported'",
            "code": "unknown_event",
        },
    ]
}

CHALLENGE = {"challenge": "AAABm8jY4AB0aGlzIGlzIG5vdCBhIHNlY3JldCwgYW5kIHNob3J0ZXI"}
OPENED = {"token": "dGhpcyBpcyBhbiBleGFtcGxlIG9mIGEgdG9rZW4hISE", "agent": "nora", "expires_at": TIME}
SESSION = {
    "agent": "nora",
    "organisation": "st-mary-trust",
    "roles": {"st-mary": ["nurse"]},
    "expires_at": TIME,
    "label_host": "labels.example",
}

LOG = {
    "origin": "ledger.example/unbroken",
    "vkey": "ledger.example/unbroken+0a1b2c3d+AexAmPlE",
    "second_vkey": "ledger.example/unbroken+4d3c2b1a+BexAmPlE",
    "size": 4713,
    "root": ID,
    "rule_set": 1,
}
_HASH = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="
NOTE = f"ledger.example/unbroken\n4713\n{_HASH}\n\n\u2014 ledger.example/unbroken …\n"
CHECKPOINTS = {"checkpoints": [{"size": 4713, "time": TIME, "note": NOTE}], "next_after": None}
TIME_STAMPS = {
    "time_stamps": [
        {
            "size": 4700,
            "authority": "https://tsa.example/",
            "time": TIME,
            "stamps": 1,
            "until": "2029-01-01T00:00:00.000Z",
            "record": "MII…",
        }
    ],
    "next_after": None,
}
TILE = "<hashes of 32 bytes>"
BUNDLE = "<entries, each behind its length in two bytes>"
RECEIPT = "<a COSE receipt, RFC 9942>"
PROOF = f"c2sp.org/tlog-proof@v1\nindex 4711\n{_HASH}\n\n{NOTE}"

EVENT: dict[str, Any] = {
    "type": "Packed",
    "v": 1,
    "occurred_at": TIME,
    "seen": {"size": 4700, "root": OTHER_ID},
    "seq": 12,
    "prev": OTHER_ID,
    "at": CLEANROOM,
    "containers": [DOSE],
    "shipper": "SHIPPER-7",
    "seal": "SEAL-1234",
}
_TOLD: dict[str, Any] = {
    "position": 4711,
    "statement_id": ID,
    "kid": KID,
    "signer": "mia",
    "stream": f"chain/{COI}",
    "recorded_at": TIME,
    "event": EVENT,
}
ENTRY = _TOLD | {"statement": BASE64}

CONTAINER: dict[str, Any] = {
    "container": DOSE,
    "chain": COI,
    "as_of_position": 4713,
    "status": "present",
    "quarantined": False,
    "lost": False,
    "rejected": False,
    "label": "L-0001",
    "returned": None,
    "destroyed": None,
    "holder": CLEANROOM,
    "held_since": 4650,
    "offered_to": WARD,
    "claimed_by": [],
    "made_by": "fill",
    "parents": [FRESH],
    "din": None,
    "product_code": None,
    "division": None,
    "volume_ul": 50_000,
    "left_ul": 50_000,
    "expires_at": "2026-12-20T12:00:00.000Z",
    "bag": 1,
    "of": 1,
    "component": None,
    "inside": None,
    "packing": {"shipper": "SHIPPER-7", "seal": "SEAL-1234", "logger": None, "position": 4711},
    "storage": {"location": "TANK-2", "place": "A4", "position": 4660, "retrieved": 4708},
    "releases": [
        {"kind": "full", "tests": [], "countries": ["GB"], "protocols": ["UB-001"], "position": 4700}
    ],
    "position": 4650,
}
DEVIATION: dict[str, Any] = {
    "statement_id": OTHER_ID,
    "position": 4712,
    "code": "claim_without_release",
    "severity": "minor",
    "blocking": False,
    "blocks": False,
    "containers": [DOSE],
    "cause": ID,
    "raised_by": "ledger",
    "disposition": None,
    "disposition_position": None,
}
CHAIN: dict[str, Any] = {
    "coi": COI,
    "version": 17,
    "as_of_position": 4713,
    "order": {
        "product": "decentra-car",
        "product_version": 1,
        "protocol": "UB-001",
        "country": "GB",
        "collection_site": "st-mary",
        "manufacturing_sites": ["northcell-1"],
        "treatment_site": "st-mary",
        "couriers": ["swift-depot"],
        "ordered_by": "carl",
        "position": 4500,
    },
    "provisional": None,
    "containers": [CONTAINER],
    "deviations": [DEVIATION],
    "quarantines": [
        {
            "statement_id": OTHER_ID,
            "position": 4655,
            "reason": "label_check",
            "containers": [DOSE],
            "put_by": "mia",
            "lifted_position": 4699,
        }
    ],
    "readiness": {
        "consent": {
            "stands": True,
            "form": "CONSENT v3",
            "recorded_position": 4501,
            "withdrawn_position": None,
        },
        "fitness": {
            "fit": True,
            "valid_until": "2026-10-05T12:00:00.000Z",
            "signer": "phil",
            "position": 4709,
        },
        "availability": None,
        "lymphodepletion": {"authorised_position": None, "started_position": None, "regimen": None},
    },
    "overrides": [
        {
            "statement_id": OTHER_ID,
            "position": 4703,
            "container": DOSE,
            "site": "st-mary",
            "gates": ["not_quarantined"],
            "reason": "no_other_dose",
            "signer": "phil",
            "confirmed_by": None,
            "confirmed_position": None,
        }
    ],
    "batches": [
        {
            "batch": "BATCH-7",
            "site": "northcell-1",
            "platform": "PLATFORM-2",
            "position": 4600,
            "replaces": None,
            "failed_position": None,
        }
    ],
    "closed_position": None,
}
TIMELINE: dict[str, Any] = {
    "coi": COI,
    "as_of_position": 4713,
    "entries": [_TOLD | {"type": "Packed", "occurred_at": TIME, "esignature": None, "corrected_by": [4712]}],
    "next_cursor": "NDcxMQ",
}
DEVIATIONS: dict[str, Any] = {
    "coi": COI,
    "as_of_position": 4713,
    "open": [DEVIATION],
    "closed": [],
    "reviews": [],
}
RAISED: dict[str, Any] = {
    "as_of_position": 4713,
    "lag": 0,
    "deviations": [
        {name: value for name, value in DEVIATION.items() if name != "blocks"}
        | {"chain": COI, "disposition": None}
    ],
    "next_cursor": None,
}
_PARENT = {
    "container": FRESH,
    "made_by": "collection",
    "position": 4510,
    "status": "consumed",
    "parents": [],
    "children": [DOSE],
}
_CHILD = {
    "container": DOSE,
    "made_by": "fill",
    "position": 4650,
    "status": "present",
    "parents": [FRESH],
    "children": [],
}
CHAIN_LINEAGE = {"coi": COI, "as_of_position": 4713, "containers": [_PARENT, _CHILD]}
BEDSIDE_CONTAINER: dict[str, Any] = CONTAINER | {
    "window": {
        "starts_with": "thaw_started",
        "opens_at": TIME,
        "closes_at": "2026-09-21T13:00:00.000Z",
        "ends_at": None,
        "state": "open",
    },
    "authorisation": {"site": "st-mary", "signer": "phil", "position": 4710},
    "dose_given_ul": None,
}
CONTAINER_LINEAGE: dict[str, Any] = {
    "container": DOSE,
    "chain": COI,
    "as_of_position": 4713,
    "parents": [_PARENT],
    "children": [],
    "ancestors": [_PARENT],
    "descendants": [],
}
CARRIER: dict[str, Any] = {
    "carrier": "shipment/ship-2026-11",
    "as_of_position": 4713,
    "holder": {"site": "swift-depot", "department": "van-2"},
    "inside": [{"container": DOSE, "chain": COI, "place": "SHIPPER-7", "position": 4660}],
    "others": 1,
    "entries": [],
    "next_cursor": None,
}
CUSTODY: dict[str, Any] = {
    "as_of_position": 4713,
    "lag": 0,
    "holdings": [
        {
            "container": DOSE,
            "chain": COI,
            "status": "present",
            "used_up": False,
            "holder": CLEANROOM,
            "held_since": 4650,
            "offered_to": WARD,
            "offered_since": 4710,
            "expires_at": "2026-12-20T12:00:00.000Z",
            "position": 4650,
        }
    ],
    "next_cursor": None,
}
HANDOVERS: dict[str, Any] = {
    "as_of_position": 4713,
    "lag": 0,
    "handovers": [
        {
            "kind": "release",
            "container": DOSE,
            "chain": COI,
            "statement_id": ID,
            "giver": CLEANROOM,
            "receiver": WARD,
            "recorded_at": TIME,
            "position": 4710,
        }
    ],
    "next_cursor": None,
}
KEY = {"kid": KID, "agent": "nora", "status": "active", "seq": 12, "last": ID, "position": 42}

FEED_ENTRY: dict[str, Any] = {
    "position": 4712,
    "chain": COI,
    "type": "CustodyAccepted",
    "signer": "nora",
    "recorded_at": TIME,
    "statement_id": ID,
    "review": False,
    "carrier": None,
    "chains": [],
}
_TOLD_LIVE = json.dumps(FEED_ENTRY, sort_keys=True, separators=(",", ":"))
FEED = f"id: 4711\nretry: 2000\n\nevent: CustodyAccepted\ndata: {_TOLD_LIVE}\nid: 4712\n\nid: 4713\n\n"

HEALTH = {"status": "ok", "log_size": 4713, "projection_lag": 0, "app": "published", "witnessed_size": 4712,
          "witnesses": [{"name": "regulator", "log_size": 4712, "state": "cosigns"}],
          "authorities": [{"authority": "https://tsa.example/", "log_size": 4700, "state": "stamps"}],
          }  # fmt: skip
APP = {
    "version": "0.1.0",
    "digest": "ab" * 32,
    "files": 24,
    "position": 311,
    "newest": {"version": "0.1.0", "digest": "ab" * 32, "files": 24, "position": 311},
}
METRICS = (
    "# HELP unbroken_log_size Entries in the log.\n# TYPE unbroken_log_size gauge\nunbroken_log_size 4713\n"
)
