"""What the answer about testing and Quality looks like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.examples import COI, DOSE, ID, OTHER_ID, TIME

SAMPLE = "A9999-26-000001-S1"
_ESIGNED: dict[str, Any] = {
    "position": 4700,
    "signer": "quinn",
    "meaning": "approval",
    "method": "passkey",
    "signed_at": TIME,
}
QUALITY: dict[str, Any] = {
    "coi": COI,
    "as_of_position": 4713,
    "country": "GB",
    "specification": [
        {
            "test": "viability",
            "unit": "percent",
            "min_milli": 70_000,
            "max_milli": None,
            "required": True,
            "may_be_pending": False,
        }
    ],
    "required_checks": ["identity_test", "esignature"],
    "containers": [
        {
            "container": DOSE,
            "outstanding": [],
            "out_of_specification": [],
            "results": [
                {
                    "test": "viability",
                    "value_milli": 91_500,
                    "unit": "percent",
                    "outcome": "pass",
                    "verdict": "passed",
                    "counts": True,
                    "sample": SAMPLE,
                    "site": "assay-lab",
                    "signer": "tess",
                    "occurred_at": TIME,
                    "certificate": ID,
                    "statement_id": OTHER_ID,
                    "position": 4690,
                }
            ],
            "identity_tests": [
                {
                    "method": "str",
                    "reference": ID,
                    "outcome": "match",
                    "site": "assay-lab",
                    "signer": "tess",
                    "occurred_at": TIME,
                    "position": 4691,
                }
            ],
            "confirmations": [],
            "releases": [
                {
                    "kind": "full",
                    "tests": [],
                    "request": None,
                    "countries": ["GB"],
                    "protocols": ["UB-001"],
                    "site": "northcell-1",
                    "signer": "quinn",
                    "position": 4700,
                    "esignature": _ESIGNED,
                }
            ],
            "rejections": [],
        }
    ],
    "samples": [
        {
            "sample": SAMPLE,
            "of": DOSE,
            "purpose": "release",
            "site": "northcell-1",
            "position": 4660,
        }
    ],
    "requests": [],
    "esigned": [_ESIGNED],
    "alerts": [],
}
RELEASE_QUESTION: dict[str, Any] = {"containers": [DOSE], "site": "northcell-1", "countries": ["GB"]}
RELEASE_CHECK: dict[str, Any] = {
    "verdict": "stop",
    "coi": COI,
    **RELEASE_QUESTION,
    "chain_version": 17,
    "as_of_position": 4713,
    "gates": [
        {
            "name": "no_blocking_deviation",
            "passed": False,
            "overridden": False,
            "detail": "damaged waits for Quality.",
            "proof": [{"position": 4650, "statement_id": ID}],
        }
    ],
}
UNRELEASED: dict[str, Any] = {
    "as_of_position": 4713,
    "lag": 0,
    "doses": [
        {
            "container": DOSE,
            "chain": COI,
            "bag": 1,
            "of": 2,
            "holder": {"site": "northcell-1", "department": "cleanroom"},
            "expires_at": TIME,
            "blocking": 0,
            "position": 4640,
        }
    ],
    "next_cursor": None,
}
