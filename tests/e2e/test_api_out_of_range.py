"""Numbers that no log will ever reach: refused as such, never a failure of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api_stage import CHAIN, Stage, code, enrol, served

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
