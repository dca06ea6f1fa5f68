"""What tests of findings say again and again, and what the ledger raised behind it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ledger.domain.findings import FINDINGS
from tests.domain_scene import (
    APHERESIS,
    CLEANROOM,
    DOSE,
    FRESH,
    WARD,
    Said,
    Scene,
    patient,
)

STARTED: dict[str, Any] = {"at": CLEANROOM, "batch": "B-1", "platform": "P-1"}


def raised(said: Said) -> dict[str, tuple[str, ...]]:
    """Codes and containers that the ledger recorded behind the statement; blocking as the table says."""
    events: list[Any] = [entry.event for entry in said.deviations]
    for event in events:
        meaning = FINDINGS[event.code]
        assert (event.severity, event.blocking) == (meaning.severity, meaning.blocking)
        assert event.cause == said.id
    return {event.code: tuple(event.containers) for event in events}


def pack(scene: Scene, signer: str = "anna", **fields: Any) -> Said:
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "SHIPPER-1"}
    return scene.on_chain(signer, "Packed", **packed | fields)


def identify(scene: Scene, **fields: Any) -> Said:
    read = {"site": "st-mary", "patient": patient(), "method": "scan", "outcome": "match"}
    return scene.on_chain("anna", "PatientIdentified", **read | fields)


def start_infusion(scene: Scene, signer: str = "nora", **fields: Any) -> Said:
    return scene.on_chain(signer, "InfusionStarted", **{"site": "st-mary", "container": DOSE} | fields)


def thaw(scene: Scene, *containers: str, at: Any = WARD, signer: str = "nora", **fields: Any) -> Said:
    return scene.on_chain(signer, "ThawStarted", at=at, containers=list(containers), **fields)


def named_tests(kind: str) -> set[str]:
    """The codes (or gates) that some `test_<kind>_<code>` of the rules' tests is named for."""
    files = (Path(__file__).parent / "unit").glob("test_domain_*.py")
    return {
        name for path in files for name in re.findall(rf"def test_{kind}_([a-z0-9_]+)\(", path.read_text())
    }
