"""What is open to everybody has a limit for each address; who works here has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.settings import Settings
from tests.e2e.api_stage import COI, Stage, code, served
from tests.label_stage import issue, link_part, make_doses

LIMIT = 5


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    settings = Settings(label_checks_a_minute=LIMIT)
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path, settings) as opened:
        make_doses(opened.scenario, COI)
        issue(opened.scenario, COI, "L0001")
        yield opened


def check(stage: Stage, address: str = "192.0.2.1", **headers: str) -> httpx.Response:
    """As a request from that address is."""
    transport = httpx.ASGITransport(stage.app, client=(address, 1))
    stranger = httpx.AsyncClient(transport=transport, base_url="http://ledger.invalid")
    path = f"/v1/labels/{link_part('L0001')}"
    response: httpx.Response = stage.loop.run(stranger.get(path, headers=headers))
    return response


def test_a_stranger_who_asks_too_often_is_told_when_to_ask_again(stage: Stage) -> None:
    assert {check(stage).status_code for _ in range(LIMIT)} == {200}
    response = check(stage)
    assert (response.status_code, code(response)) == (429, "too_many_label_checks")
    assert 1 <= int(response.headers["retry-after"]) <= 60 / LIMIT
    assert check(stage, "192.0.2.2").status_code == 200


def test_what_is_no_link_counts_too_and_other_routes_do_not(stage: Stage) -> None:
    for _ in range(LIMIT * 2):
        assert stage.ask("GET", "/v1/health").status_code == 200
    answers = [stage.ask("GET", "/v1/labels/no-link").status_code for _ in range(LIMIT + 1)]
    assert answers == [400] * LIMIT + [429]


def test_a_session_has_no_limit_and_an_invented_one_has(stage: Stage) -> None:
    for _ in range(LIMIT * 2):
        assert check(stage, **stage.bearer("mia")).status_code == 200
    answers = [check(stage, authorization=f"Bearer {'A' * 43}").status_code for _ in range(LIMIT + 1)]
    assert answers == [200] * LIMIT + [429]
