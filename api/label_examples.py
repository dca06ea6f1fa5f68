"""What is asked and told about labels, for the OpenAPI document; as `examples.py`."""

from __future__ import annotations

from typing import Any

from api.examples import COI, DOSE, TIME

SERIAL = "L4T9ZK2M7QX"
CHECK = "7ZK3M9QWX2T5V8AB"
LINK_PART = f"{DOSE}.{SERIAL}.{CHECK}"

WANTED: dict[str, Any] = {
    "coi": COI,
    "container": DOSE,
    "serial": SERIAL,
    "check": CHECK,
    "template": "cryobag",
    "dpi": 300,
    "format": "png",
    "biohazard": False,
}
DRAWN = {
    "image/png": "<one bit a dot>",
    "image/svg+xml": "<svg …/>",
    "application/pdf": "<one page>",
    "application/vnd.zebra.zpl": "^XA…^XZ",
}
LABEL_CHECK: dict[str, Any] = {
    "genuine": True,
    "current": True,
    "status": "applied",
    "contact": "+44 20 7946 0000, day and night",
    "as_of": TIME,
    "position": 4713,
}
LABEL: dict[str, Any] = {
    "serial": SERIAL,
    "state": "applied",
    "ended": None,
    "issued": True,
    "issued_position": 4702,
    "container": DOSE,
    "replaces": None,
    "has_link": True,
    "printed": 1,
    "in_force": True,
}
RECONCILIATION: dict[str, Any] = {
    "coi": COI,
    "as_of_position": 4713,
    "reconciled": True,
    "counts": {"applied": 1},
    "astray": [],
    "labels": [LABEL],
}
VOIDED: dict[str, Any] = {
    "as_of_position": 4713,
    "lag": 0,
    "next_cursor": None,
    "labels": [{"serial": "L8Q2W5E7R9T", "chain": COI, "status": "replaced"}],
}
SCANNED_BACK: dict[str, Any] = {
    "text": f"HTTPS://LEDGER.EXAMPLE/B/{LINK_PART}",
    "container": DOSE,
    "serial": SERIAL,
    "genuine": True,
    "wrong_modules": 3,
    "modules": 1089,
}
