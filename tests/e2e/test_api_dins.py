"""A scanned donation number whose check doesn't fit: from the scanner to the gate that stops the bag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.drafts import event_type
from clients.forms import filled, shape_of
from tests.e2e.api_stage import CHAIN, COI, STREAM, Stage, code, read, served

DIN = "A999921123456"


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(sqlite_url, tmp_path) as opened:
        opened.scenario.order(COI)
        yield opened


def collect(stage: Stage, scanned: str) -> dict[str, Any]:
    """A collection whose bag's number a scanner put into the form; the ledger's answer."""
    pairs = ["at=st-mary/apheresis", "ended_at=2026-09-21T12:00Z", "containers.0.container=BAG-1",
             "containers.0.volume_ul=200000", f"containers.0.din={scanned}"]  # fmt: skip
    members = filled(shape_of(event_type("CollectionCompleted")), pairs)
    response = stage.post(stage.scenario.sign("anna", STREAM, "CollectionCompleted", **members))
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


def confirm(stage: Stage) -> list[dict[str, Any]]:
    """The gates of Quality's release of the bag, which is refused: it is no finished product."""
    said = {"chain_version": stage.scenario.version(COI), "site": "northcell-1", "containers": ["BAG-1"],
            "certificate": "ab" * 32, "countries": ["GB"], "protocols": ["UB-001"]}  # fmt: skip
    response = stage.post(stage.scenario.sign("quinn", STREAM, "Released", **said))
    assert code(response) == "gate_failed"
    gates: list[dict[str, Any]] = response.json()["gates"]
    return [gate for gate in gates if gate["name"] == "no_blocking_deviation"]


def test_a_scanned_number_with_a_wrong_check_is_recorded_and_stops_the_bag(stage: Stage) -> None:
    answer = collect(stage, f"={DIN}60")
    (raised,) = answer["deviations"]
    assert (raised["code"], raised["severity"], raised["blocking"]) == (
        "check_character_wrong",
        "major",
        True,
    )
    (found,) = read(stage, "quinn", CHAIN)["containers"]
    assert found["din"] == DIN
    (gate,) = confirm(stage)
    assert (gate["passed"], raised["position"] in gate["proof"]) == (False, True)


def test_a_scanned_number_with_its_check_raises_nothing(stage: Stage) -> None:
    assert collect(stage, f"={DIN}63")["deviations"] == []
    (gate,) = confirm(stage)
    assert gate["passed"]


def test_a_check_character_that_is_none_is_refused(stage: Stage) -> None:
    bag = {"container": "BAG-1", "volume_ul": 1, "din": DIN, "din_check": "h"}
    at = {"site": "st-mary", "department": "apheresis"}
    said = {"at": at, "ended_at": "2026-09-21T12:00:00.000Z", "containers": [bag]}
    response = stage.post(stage.scenario.sign("anna", STREAM, "CollectionCompleted", **said))
    assert (response.status_code, code(response)) == (400, "invalid_event")
