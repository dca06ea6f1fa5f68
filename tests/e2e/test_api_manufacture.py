"""A batch that fails, the one that follows it on the same chain, and the end of a therapy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage, code, read, served
from tests.scenario import APHERESIS, CLEANROOM, hand_over

FRESH = "BAG-F1"
RUN: dict[str, Any] = {"at": CLEANROOM, "containers": [FRESH]}


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Cells in the cleanroom, and a batch begun."""
    with served(database_url, tmp_path) as opened:
        scenario = opened.scenario
        scenario.order(COI)
        ended = {"at": APHERESIS, "ended_at": timestamp(scenario.clock())}
        bags = [{"container": FRESH, "volume_ul": 200_000}]
        scenario.say("anna", STREAM, "CollectionCompleted", containers=bags, **ended)
        hand_over(scenario, COI, FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
        scenario.say("mia", STREAM, "ManufacturingStarted", batch="B-1", platform="P-1", **RUN)
        yield opened


def test_a_failed_batch_waits_for_quality_and_the_next_one_says_what_it_replaces(stage: Stage) -> None:
    say = stage.scenario.say
    say("mia", STREAM, "StepCompleted", batch="B-1", step="activation", **RUN)
    failed = say("mia", STREAM, "ManufacturingFailed", batch="B-1", reason="contamination", **RUN)
    assert [one.code for one in failed.deviations] == ["manufacturing_failed"]
    again = say(
        "mia", STREAM, "ManufacturingRestarted", failed_batch="B-1", batch="B-2", platform="P-2", **RUN
    )
    assert again.deviations == ()
    first, second = read(stage, "mia", f"/v1/chains/{COI}")["batches"]
    assert (first["batch"], first["failed_position"]) == ("B-1", failed.position)
    assert (second["batch"], second["replaces"], second["failed_position"]) == ("B-2", "B-1", None)


def test_a_closed_therapy_takes_facts_and_no_decision(stage: Stage) -> None:
    scenario = stage.scenario
    seen = {"chain_version": scenario.version(COI), "reason": "patient_withdrew"}
    closed = scenario.say("carl", STREAM, "TherapyClosed", **seen)
    assert read(stage, "mia", f"/v1/chains/{COI}")["closed_position"] == closed.position
    again = scenario.sign("carl", STREAM, "TherapyClosed", **seen | {"chain_version": scenario.version(COI)})
    assert code(stage.post(again)) == "chain_closed"
    late = scenario.say("mia", STREAM, "Stored", location="TANK-1", place="A4", **RUN)
    assert [one.code for one in late.deviations] == ["chain_closed"]
    stored = read(stage, "mia", f"/v1/containers/{FRESH}")["storage"]
    assert stored == {"location": "TANK-1", "place": "A4", "position": late.position, "retrieved": None}
