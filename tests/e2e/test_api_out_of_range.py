"""Numbers that no log will ever reach: refused as such, never a failure of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.proof.keyfile import new_key
from tests.e2e.api_stage import CHAIN, COI, OTHER, STREAM, Stage, code, enrol, served
from tests.scenario import Signer, b64, ordered

HUGE = (2**53, 2**63, 2**64, 10**30)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("ledger")
    with served(f"sqlite:///{folder}/ledger.db", folder) as opened:
        enrol(opened.scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        yield opened


@pytest.mark.parametrize("huge", HUGE)
@pytest.mark.parametrize("path", ["/v1/checkpoints?after={}", "/log/checkpoint.{}", "/v1/entries/{}"])
def test_a_size_or_position_that_no_log_reaches_is_refused(stage: Stage, path: str, huge: int) -> None:
    response = stage.get(path.format(huge), "audrey")
    assert (response.status_code, code(response)) == (400, "invalid_request")


@pytest.mark.parametrize("huge", HUGE)
@pytest.mark.parametrize("path", [CHAIN, "/v1/custody", "/v1/deviations", "/v1/quarantines", "/v1/lots"])
def test_the_state_before_a_position_that_is_not_there_is_no_failure(
    stage: Stage, path: str, huge: int
) -> None:
    response = stage.get(path, "audrey", params={"before_position": huge})
    assert response.status_code in (200, 400, 404), response.text
    told: dict[str, Any] = stage.get("/openapi.json").json()
    documented = told["paths"][path.replace(CHAIN, "/v1/chains/{coi}")]["get"]["responses"]
    assert str(response.status_code) in documented


def test_a_key_that_used_up_its_numbers_is_told_so_and_its_owner_takes_another(stage: Stage) -> None:
    scenario = stage.scenario
    scenario.order(COI)
    last = scenario.sign("carl", STREAM, "ConsentRecorded", site="st-mary", form="CONSENT v4", seq=2**53 - 1)
    recorded = stage.post(last)
    assert [one["code"] for one in recorded.json()["deviations"]] == ["sequence_gap"]
    response = stage.post(scenario.sign("carl", f"chain/{OTHER}", "TherapyOrdered", **ordered("patient-2")))
    assert (response.status_code, code(response)) == (409, "out_of_sequence")
    scenario.signers["carl"] = Signer("carl", new_key())
    scenario.say("ada", "agent/carl", "KeyAdded", key=b64(scenario.signer("carl").key.public.spki))
    scenario.order(OTHER, "patient-2")
