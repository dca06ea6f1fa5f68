"""What questions before an infusion and their answers look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.examples import COI, DOSE, ID, OTHER_ID

QUESTION: dict[str, Any] = {
    "container": DOSE,
    "site": "st-mary",
    "patient": [
        {"field": "record_number", "commitment": ID},
        {"field": "birth_date", "commitment": OTHER_ID},
    ],
}
CHECK: dict[str, Any] = {
    "verdict": "stop",
    "coi": COI,
    "container": DOSE,
    "site": "st-mary",
    "chain_version": 17,
    "as_of_position": 4713,
    "gates": [
        {
            "name": "custody_here",
            "passed": False,
            "overridden": False,
            "detail": f"bag {DOSE} is held by the cleanroom at northcell-1, not here",
            "proof": [{"position": 4650, "statement_id": ID}],
        }
    ],
}
PATIENT_QUESTION: dict[str, Any] = {"site": "st-mary", "patient": QUESTION["patient"]}
PATIENT_MATCH: dict[str, Any] = {
    "site": "st-mary",
    "as_of_position": 4713,
    "lag": 0,
    "therapies": [
        {
            "coi": COI,
            "version": 17,
            "product": "decentra-car",
            "product_version": 1,
            "protocol": "UB-001",
            "country": "GB",
            "open": True,
            "closed_position": None,
        }
    ],
}
LYMPHODEPLETION: dict[str, Any] = {name: value for name, value in CHECK.items() if name != "container"} | {
    "gates": [
        {
            "name": "product_available",
            "passed": False,
            "overridden": False,
            "detail": "Nobody has confirmed that the doses are at st-mary: look, and say so.",
            "proof": [],
        }
    ],
}
