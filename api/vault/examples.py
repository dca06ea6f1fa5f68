"""Examples of the vault, for the description of the interface. The people are made up."""

from __future__ import annotations

from typing import Any

from api.bedside_examples import QUESTION
from api.examples import COI, ID, TIME

IDENTIFIERS = {"birth_date": "1961-04-23", "family_name": "Example", "record_number": "A9999-1"}
PATIENT = QUESTION["patient"]
PATIENT_ENTRY: dict[str, Any] = {"identifiers": IDENTIFIERS}
PATIENT_ENTERED: dict[str, Any] = {"coi": COI, "patient": PATIENT, "differs": []}
IDENTIFIED: dict[str, Any] = {"subject": f"chain/{COI}", "identifiers": IDENTIFIERS, "access": 41}
FIELD_KEYS: dict[str, Any] = {"coi": COI, "keys": {"birth_date": "5a" * 32}, "access": 42}
PERSON_ENTRY: dict[str, Any] = {"identifiers": {"name": "Nora Example"}}
PERSON: dict[str, Any] = {"subject": "agent/nora", "identifiers": {"name": "Nora Example"}, "access": 43}
COMMITMENT_QUESTION: dict[str, Any] = {"identifiers": IDENTIFIERS, "coi": COI}
COMMITMENTS: dict[str, Any] = {"found": [{"coi": COI, "patient": PATIENT}]}
VAULT: dict[str, Any] = {"available": True, "reasons": ["bedside_check", "contact"]}
ACCESSES: dict[str, Any] = {
    "accesses": [
        {
            "number": 41,
            "at": TIME,
            "agent": "nora",
            "kid": ID,
            "subject": f"chain/{COI}",
            "what": "read",
            "reason": "bedside_check",
            "reference": None,
            "fields": ["birth_date", "family_name", "record_number"],
        }
    ],
    "next_cursor": None,
}
