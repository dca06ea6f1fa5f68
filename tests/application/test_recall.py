"""Two nodes on one log: what one of them recalls, the other sees before it decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.application import Ledger
from ledger.errors import GateFailed, StaleView
from tests.e2e.supply_stage import DOSE, LOT, SECOND, make_doses
from tests.scenario import Scenario, open_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COI = "isbt128:CHA999926000001"
RELEASED: dict[str, Any] = {
    "site": "northcell-1",
    "certificate": "ab" * 32,
    "countries": ["GB"],
    "protocols": ["UB-001"],
}


@pytest.fixture
def scenario(database_url: str, tmp_path: Path) -> Iterator[Scenario]:
    opened = open_scenario(database_url, tmp_path)
    make_doses(opened)
    yield opened
    opened.ledger.close()


@pytest.fixture
def other(scenario: Scenario) -> Iterator[Scenario]:
    """The same people on a second node."""
    node = Ledger(replace(scenario.ledger.config, high_water=None))
    yield replace(scenario, ledger=node)
    node.close()


def test_a_recall_on_one_node_refuses_the_next_decision_on_another(
    scenario: Scenario, other: Scenario
) -> None:
    first = {"chain_version": other.version(COI), "containers": [DOSE]}
    other.say("quinn", f"chain/{COI}", "Released", **first, **RELEASED)  # it keeps the lot in memory
    looked = {"chain_version": other.version(COI), "containers": [SECOND]}
    scenario.say("quinn", f"lot/{LOT}", "LotRecalled", reason="contamination")
    with pytest.raises(GateFailed) as refusal:
        other.say("quinn", f"chain/{COI}", "Released", **looked, **RELEASED)
    failed = [gate["name"] for gate in refusal.value.extra["gates"] if not gate["passed"]]
    assert failed == ["lots_in_force"]


def test_material_recorded_on_one_node_makes_a_look_on_another_stale(
    scenario: Scenario, other: Scenario
) -> None:
    looked = {"chain_version": other.version(COI), "containers": [DOSE]}
    used = {"at": {"site": "northcell-1", "department": "cleanroom"}, "batch": "B-2026-1"}
    scenario.say("mia", f"chain/{COI}", "MaterialConsumed", containers=[DOSE], lots=[LOT], **used)
    with pytest.raises(StaleView):
        other.say("quinn", f"chain/{COI}", "Released", **looked, **RELEASED)
