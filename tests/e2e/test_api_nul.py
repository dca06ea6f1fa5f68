"""A NUL, which no name has and which PostgreSQL's texts cannot hold: refused like any wrong name.

Asked of both databases: what one of them would not even look up must be no failure of ours.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ledger.proof import canonical, statement
from tests.e2e.api_stage import COI, SEQUENCE, STREAM, Stage, code, enrol, served
from tests.scenario import ORIGIN, ordered

NULS = ("\x00", f"{COI}\x00", "acme:AB\x00CD")


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(database_url, tmp_path, with_vault=True) as opened:
        enrol(opened.scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        opened.scenario.order(COI)
        yield opened


def paths_of(stage: Stage) -> list[str]:
    """Every address that holds a name, and is read."""
    told: dict[str, Any] = stage.get("/openapi.json").json()
    return [path for path, item in told["paths"].items() if "get" in item and "{" in path]


@pytest.mark.parametrize("nul", NULS)
def test_a_name_with_a_nul_is_nothing_that_there_is(stage: Stage, nul: str) -> None:
    for path in paths_of(stage):
        before, _, after = path.partition("{")
        address = f"{before}{quote(nul, safe='')}{after.partition('}')[2]}"
        response = stage.get(address, "audrey", params={"site": "st-mary"})
        assert response.status_code in (400, 404), (path, response.text)
        assert code(response)


def test_a_cursor_with_a_nul_is_nobodys(stage: Stage) -> None:
    told: dict[str, Any] = stage.get("/openapi.json").json()
    paged = [
        path
        for path, item in told["paths"].items()
        if "{" not in path and "cursor" in str(item.get("get", {}).get("parameters"))
    ]
    assert len(paged) > 5
    for text in (b"\x00", b"a|\x00"):
        cursor = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
        for path in paged:
            response = stage.get(path, "audrey", params={"cursor": cursor, "q": "BAG"})
            assert (response.status_code, code(response)) == (400, "invalid_request"), path


@pytest.mark.parametrize("nul", NULS)
def test_a_stream_with_a_nul_is_refused_and_spoils_nobody_elses_statement(stage: Stage, nul: str) -> None:
    scenario = stage.scenario
    payload = canonical.encode(scenario.payload("carl", "TherapyOrdered", **ordered("patient-2")))
    key = scenario.signer("carl").key
    bad = statement.sign(key, iss="carl", sub=f"chain/{nul}", aud=ORIGIN, cti=os.urandom(16), payload=payload)
    good = scenario.sign("nora", STREAM, "ConsentRecorded", site="st-mary", form="CONSENT v4")
    answers = stage.post(bad + good, SEQUENCE).json()["answers"]
    assert [(one["status"], one.get("code")) for one in answers] == [(401, "wrong_stream"), (201, None)]
