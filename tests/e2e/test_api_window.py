"""The end of the window, as a bedside counts down to it, and the physician's authorisation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, Stage, read, served
from tests.scenario import therapy

BAG = "BAG-D1"
HOUR_S = 3600  # the product's window


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path) as stage:
        yield stage


def bag(stage: Stage, **params: Any) -> Any:
    return read(stage, "nora", f"/v1/containers/{BAG}", **params)


def test_the_window_opens_with_the_thaw_and_closes_by_the_ledgers_clock(stage: Stage) -> None:
    therapy(stage.scenario, COI)
    thawed, clock = bag(stage)["window"], stage.scenario.clock
    assert (thawed["starts_with"], thawed["state"]) == ("thaw_started", "open")
    began = clock() - 900_000  # infuse: 300 s of thaw, then 600 s
    assert (thawed["opens_at"], thawed["closes_at"]) == (timestamp(began), timestamp(began + HOUR_S * 1000))
    clock.forward(HOUR_S - 900)
    assert bag(stage)["window"]["state"] == "open"
    clock.forward(1)
    assert bag(stage)["window"]["state"] == "closed"


def test_before_the_thaw_there_is_no_window(stage: Stage) -> None:
    therapy(stage.scenario, COI)
    story = read(stage, "nora", f"/v1/chains/{COI}/timeline")["entries"]
    thaw = next(one["position"] for one in story if one["type"] == "ThawStarted")
    assert bag(stage, before_position=thaw)["window"] is None
    before = bag(stage, before_position=thaw + 1)["window"]
    stage.scenario.clock.forward(2 * HOUR_S)
    assert bag(stage, before_position=thaw + 1)["window"] == before  # of that moment, whenever asked
    assert before["state"] == "open"


def test_the_authorisation_and_the_dose_are_told_of_the_bag(stage: Stage) -> None:
    therapy(stage.scenario, COI)
    told = bag(stage)
    assert (told["authorisation"]["signer"], told["authorisation"]["site"]) == ("phil", "st-mary")
    assert told["dose_given_ul"] == 50_000
    earlier = bag(stage, before_position=told["authorisation"]["position"])
    assert (earlier["authorisation"], earlier["dose_given_ul"]) == (None, None)
