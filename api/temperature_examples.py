"""What answers about temperature look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.examples import COI, DOSE, FRESH, TIME

_EXCURSION: dict[str, Any] = {
    "started_at": "2026-09-21T10:05:00.000Z",
    "ended_at": "2026-09-21T10:20:00.000Z",
    "peak_centi_c": 1_140,
    "proof": [4630],
}
TEMPERATURE: dict[str, Any] = {
    "coi": COI,
    "as_of_position": 4713,
    "containers": [
        {
            "container": FRESH,
            "phase": "fresh",
            "low_centi_c": 200,
            "high_centi_c": 800,
            "within_limits": True,
            "proved": True,
            "broken": [],
            "spent_s": 900,
            "left_s": 2_700,
            "longest_s": 900,
            "mean_kinetic_centi_c": 612,
            "excursions": [_EXCURSION],
            "gaps": [],
            "evidence": [
                {
                    "position": 4630,
                    "logger": "LOGGER-3",
                    "started_at": "2026-09-21T08:00:00.000Z",
                    "ended_at": TIME,
                    "readings": 49,
                    "calibrated_until": "2027-03-01T00:00:00.000Z",
                    "device_signature": "valid",
                    "fit": True,
                }
            ],
            "last_evidence": 4630,
        }
    ],
    "unproved": [
        {
            "container": DOSE,
            "carrier": {"site": "swift-depot", "department": "van-2"},
            "started_at": "2026-09-20T08:00:00.000Z",
            "ended_at": "2026-09-20T12:00:00.000Z",
            "began": 4660,
            "ended": 4672,
        }
    ],
    "clocks": [
        {
            "logger": "LOGGER-3",
            "low_s": 3_480,
            "high_s": 4_020,
            "ahead_s": 0,
            "openings": 2,
            "off": True,
            "proof": [4620, 4630, 4641],
        }
    ],
    "holds": [
        {
            "container": DOSE,
            "shipper": "dry-7",
            "charged_at": "2026-09-20T06:00:00.000Z",
            "ends_at": "2026-09-30T06:00:00.000Z",
            "proof": [4655, 4658],
        }
    ],
    "out_of_storage": [
        {
            "container": DOSE,
            "spent_s": 260,
            "claimed_s": 240,
            "limit_s": 600,
            "left_s": 340,
            "since": None,
            "proof": [4656, 4658],
        }
    ],
}
EXCURSIONS: dict[str, Any] = {
    "as_of_position": 4713,
    "lag": 0,
    "excursions": [
        _EXCURSION
        | {"chain": COI, "container": FRESH, "phase": "fresh", "within_limits": True, "position": 4630}
    ],
    "next_cursor": None,
}
