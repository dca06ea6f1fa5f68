"""What the registry's answers look like, for the OpenAPI document; as `examples.py`."""

from __future__ import annotations

from typing import Any

from api.examples import CLEANROOM, COI, DOSE, FRESH, ID, KID, TIME, WARD

_PAGE: dict[str, Any] = {"as_of_position": 4713, "lag": 0, "next_cursor": None}

LOT: dict[str, Any] = {
    "lot": "lv-2026-117",
    "organisation": "northcell",
    "site": "northcell-1",
    "material": "vector",
    "supplier_lot": "LV 2026/117",
    "expires_at": TIME,
    "status": "recalled",
    "reason": "contamination",
    "position": 4700,
}
LOTS = _PAGE | {"lots": [LOT]}
EQUIPMENT: dict[str, Any] = {
    "equipment": "shipper-07",
    "organisation": "swift-cryo",
    "site": "swift-depot",
    "kind": "shipper",
    "model": "Dry shipper 12",
    "serial": "SN-0042",
    "qualified_until": TIME,
    "calibrated_until": None,
    "retired_position": None,
    "hold_time_s": 864_000,
    "charged_at": TIME,
    "position": 61,
}
EQUIPMENT_PAGE = _PAGE | {"equipment": [EQUIPMENT]}
SITE: dict[str, Any] = {
    "site": "northcell-1",
    "organisation": "northcell",
    "kind": "manufacturing",
    "country": "GB",
    "status": "suspended",
    "position": 4699,
}
SITES = _PAGE | {"sites": [SITE]}
_AGENT: dict[str, Any] = {
    "agent": "quinn",
    "organisation": "northcell",
    "roles": ["manufacturer@northcell-1"],
    "waiting_roles": ["quality@northcell-1"],
    "administrator": False,
    "position": 44,
}
AGENTS = _PAGE | {"agents": [_AGENT]}
_QUALIFICATION: dict[str, Any] = {
    "agent": "quinn",
    "qualification": "batch_release",
    "organisation": "northcell",
    "expires_at": TIME,
    "position": 46,
}
QUALIFICATIONS = _PAGE | {"qualifications": [_QUALIFICATION]}
_KEY: dict[str, Any] = {"kid": KID, "agent": "quinn", "status": "revoked", "position": 47}
KEYS = _PAGE | {"keys": [_KEY]}
_PASSKEY = {
    "credential": "c0meUnb1ddenT0mE",
    "kid": KID,
    "rp_id": "ledger.example",
    "status": "active",
    "position": 49,
    "added_position": 49,
}
AGENT = _AGENT | {"qualifications": [_QUALIFICATION], "keys": [_KEY], "passkeys": [_PASSKEY]}
PRODUCTS = _PAGE | {
    "products": [
        {
            "product": "decentra-car",
            "version": 1,
            "name": "Decentra-CAR",
            "owner": "quinn",
            "window_starts": "thaw_started",
            "window_s": 3600,
            "countries": ["GB"],
            "sites": ["northcell-1"],
            "position": 48,
        }
    ]
}
QUARANTINES = _PAGE | {
    "quarantines": [
        {
            "chain": COI,
            "statement_id": ID,
            "position": 4702,
            "reason": "seal_broken",
            "containers": [DOSE],
            "put_by": "nora",
            "lifted_position": None,
        }
    ]
}
_REACHED: dict[str, Any] = {
    "first_position": 4501,
    "status": "present",
    "used_up": False,
    "holder": CLEANROOM,
    "offered_to": None,
}
_SUBJECT: dict[str, Any] = {"kind": "lot", "name": "lv-2026-117", "status": "recalled"}
_THERAPY: dict[str, Any] = {
    "chain": COI,
    "first_position": 4501,
    "containers": [
        _REACHED | {"container": DOSE, "offered_to": WARD},
        _REACHED | {"container": FRESH, "status": "consumed", "used_up": True},
    ],
}
REACH = _PAGE | _SUBJECT | {"therapies": [_THERAPY], "hidden": 1}
EQUIPMENT_REACH = REACH | {"kind": "equipment", "name": "shipper-07", "status": "registered"}
SITE_REACH = REACH | {"kind": "site", "name": "northcell-1", "status": "suspended"}
AGENT_REACH = REACH | {"kind": "agent", "name": "kit", "status": "courier@swift-depot"}
FOUND: dict[str, Any] = {
    "q": DOSE[:10],
    "found": [{"kind": "container", "id": DOSE, "chain": COI, "link": f"/v1/containers/{DOSE}"}],
    "more": False,
}
