"""What the documentation shows of alarms."""

from __future__ import annotations

import json
from typing import Any

from api.examples import COI, DOSE

ALARM: dict[str, Any] = {
    "alarm": 17,
    "chain": COI,
    "container": DOSE,
    "phase": "frozen",
    "kind": "excursion",
    "logger": "logger-7",
    "recording": "00112233445566778899aabbccddeeff",
    "began_at": "2026-03-01T12:00:00.000Z",
    "ended_at": None,
    "raised_at": "2026-03-01T12:01:00.412Z",
    "closed_at": None,
    "late": False,
    "peak_centi_c": -14_210,
    "step_pct": None,
    "tilt_deg": None,
    "battery_pct": None,
    "clock_s": None,
    "acknowledged_by": None,
    "acknowledged_at": None,
}
ALARMS: dict[str, Any] = {"last_event": 17, "alarms": [ALARM], "next_cursor": None}
_TOLD = ALARM | {"event": 17, "what": "begun", "at": "2026-03-01T12:01:00.412Z"}
_DATA = json.dumps(_TOLD, sort_keys=True, separators=(",", ":"))
ALARM_FEED = f"id: 16\nretry: 2000\n\nevent: begun\ndata: {_DATA}\nid: 17\n\n"
