"""Examples of live readings, for the description of the interface."""

from __future__ import annotations

from typing import Any

from api.examples import COI, ID, TIME

RECORDING = "00112233445566778899aabbccddeeff"
LOGGER = "logger-7"
PACKET = "<one packet: COSE_Sign1>"
TOOK: dict[str, Any] = {
    "recordings": [{"recording": RECORDING, "logger": LOGGER, "have": [[0, 99], [120, 130]]}],
    "refused": [{"index": 2, "code": "revoked_key", "detail": f"the key {ID} is revoked"}],
}
RECORDINGS: dict[str, Any] = {
    "recordings": [
        {
            "recording": RECORDING,
            "logger": LOGGER,
            "chains": [COI],
            "started_at": TIME,
            "last_at": TIME,
            "interval_s": 60,
            "highest": 130,
            "packets": 12,
            "readings": 111,
            "missing": 20,
            "duplicates": 3,
            "disorder": 1,
            "replays": 0,
            "refused": 0,
            "first_received_at": TIME,
            "last_received_at": TIME,
        }
    ],
    "next_cursor": None,
}
READINGS: dict[str, Any] = {
    "recording": RECORDING,
    "logger": LOGGER,
    "packets": [
        {
            "first": 120,
            "started_at": TIME,
            "interval_s": 60,
            "readings_centi_c": [-15_210, -15_190, None],
            "range_low_centi_c": -20_000,
            "range_high_centi_c": 6_000,
            "battery_pct": 81,
            "tilt_deg": 3,
            "received_at": TIME,
            "segment": None,
        }
    ],
    "after": 130,
    "more": False,
}
