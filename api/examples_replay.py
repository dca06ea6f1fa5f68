"""What answers about the past look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.examples import BASE64, COI, DOSE, ID, KID, TIME

_THEN = {"position": 4700, "at": TIME, "shown": True}
_LATER = {"position": 4713, "at": TIME, "shown": True}
_HOLDER = f"custody/{DOSE}/holder"

ACCOUNT: dict[str, Any] = {
    "coi": COI,
    "container": None,
    "seen_by": "nora",
    "moment": _THEN,
    "points": {_HOLDER: "swift-depot/van-2", "therapy/consent": "stands: CONSENT v3"},
}
_CHANGED: dict[str, Any] = {
    "start": _THEN,
    "end": _LATER,
    "changes": [
        {
            "point": _HOLDER,
            "before": "swift-depot/van-2",
            "after": "st-mary/ward-5",
            "position": 4711,
            "at": TIME,
            "through": [4711],
        }
    ],
    "entries": [
        {
            "position": 4711,
            "statement_id": ID,
            "type": "CustodyAccepted",
            "signer": "nora",
            "stream": f"chain/{COI}",
            "occurred_at": TIME,
            "recorded_at": TIME,
        }
    ],
}
CHANGES: dict[str, Any] = {"coi": COI, "container": DOSE, "seen_by": None} | _CHANGED
SITE_CHANGES: dict[str, Any] = {"site": "st-mary", "seen_by": None} | _CHANGED
ORDER: dict[str, Any] = {
    "coi": COI,
    "as_of_position": 4713,
    "entries": [
        {
            "position": 4711,
            "statement_id": ID,
            "type": "CustodyAccepted",
            "signer": "kit",
            "occurred_at": "2026-09-21T09:00:00.000Z",
            "proved_after": "2026-09-21T08:00:00.000Z",
            "proved_before": TIME,
            "seen_size": 4600,
            "rank": 20,
            "claimed_rank": 17,
            "outside": None,
            "outside_ms": 0,
            "late_ms": 10_800_000,
        }
    ],
    "pairs": [{"earlier": 4711, "later": 4708, "by_ms": 3_600_000, "seen": False}],
    "more_pairs": 0,
    "unseen": [
        {
            "decision": 4710,
            "decision_type": "Released",
            "signer": "quinn",
            "entry": 4711,
            "entry_type": "CustodyAccepted",
            "why": "came_later",
            "recorded_after_ms": 120_000,
            "matters": ["container"],
            "raised": [],
        }
    ],
}
SIGNED: dict[str, Any] = {
    "as_of_position": 4713,
    "statements": [
        {
            "position": 4711,
            "recorded_at": TIME,
            "statement": BASE64,
            "tags": [f"chain/{COI}", f"signer/{KID}", f"container/{DOSE}"],
        }
    ],
    "next_after": 4711,
}
