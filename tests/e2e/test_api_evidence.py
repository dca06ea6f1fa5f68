"""Loggers' own files over HTTP: handed in for a therapy, and given to its readers alone."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from api.settings import Settings
from tests.e2e.api_stage import COI, OTHER, Stage, code, enrol, two_therapies
from tests.logger_files import berlinger

RAW = berlinger([490, None, 510])
BYTES = {"content-type": "application/octet-stream"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with two_therapies(tmp_path) as opened:
        yield opened


def hand_in(stage: Stage, agent: str, coi: str = COI, raw: bytes = RAW, **headers: str) -> httpx.Response:
    own = stage.bearer(agent) if agent else {}
    return stage.ask("POST", "/v1/evidence", params={"coi": coi}, content=raw, headers=own | BYTES | headers)


def test_a_file_is_kept_under_its_hash_and_given_back_byte_for_byte(stage: Stage) -> None:
    answer = hand_in(stage, "mia")
    assert answer.status_code == 201
    assert answer.json() == {"sha256": sha256(RAW).hexdigest(), "size": len(RAW)}
    assert hand_in(stage, "mia").json() == answer.json()
    given = stage.get(f"/v1/evidence/{sha256(RAW).hexdigest()}", "mia")
    assert given.content == RAW
    assert given.headers["content-disposition"] == "attachment"
    assert given.headers["x-content-type-options"] == "nosniff"


def test_whoever_may_not_read_the_therapy_neither_hands_in_nor_gets_its_files(stage: Stage) -> None:
    stage.scenario.say("cleo", "site/far-h", "SiteOnboarded", organisation="swift-cryo", site_kind="care",
                       country="GB")  # fmt: skip
    enrol(stage.scenario, "eve", "nurse", "cleo", "swift-cryo", "far-h")
    digest = hand_in(stage, "mia").json()["sha256"]
    assert code(hand_in(stage, "eve")) == "no_such_chain"
    assert code(stage.get(f"/v1/evidence/{digest}", "eve")) == "no_such_evidence"
    assert code(stage.get(f"/v1/evidence/{digest}")) == "no_session"
    assert code(hand_in(stage, "")) == "no_session"


def test_who_only_reads_hands_nothing_in(stage: Stage) -> None:
    digest = hand_in(stage, "mia").json()["sha256"]
    assert stage.get(f"/v1/evidence/{digest}", "audrey").status_code == 200
    assert code(hand_in(stage, "audrey", raw=b"other")) == "not_permitted"


def test_a_therapy_has_room_for_so_many_bytes_and_no_more(tmp_path: Path) -> None:
    with two_therapies(tmp_path, Settings(max_evidence_of_therapy=len(RAW))) as stage:
        assert hand_in(stage, "mia").status_code == 201
        assert code(hand_in(stage, "mia", raw=b"x")) == "evidence_full"
        assert hand_in(stage, "mia", OTHER, b"x").status_code == 201


def test_a_file_that_nobody_handed_in_is_answered_as_one_that_is_not_for_the_reader(stage: Stage) -> None:
    assert code(stage.get(f"/v1/evidence/{'00' * 32}", "mia")) == "no_such_evidence"
    assert stage.get("/v1/evidence/xyz", "mia").status_code == 400


def test_no_therapy_no_bytes_and_another_type_are_refused(stage: Stage) -> None:
    assert code(hand_in(stage, "mia", "isbt128:CHA999926009999")) == "no_such_chain"
    assert code(hand_in(stage, "mia", **{"content-type": "text/csv"})) == "unsupported_media_type"
    large = hand_in(stage, "mia", **{"content-length": str(17 * 1024 * 1024)})
    assert code(large) == "body_too_large"
