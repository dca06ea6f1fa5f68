"""The infusion check, what a client holds already, and a node's own affairs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.errors import Fault
from tests.e2e.api_stage import CHAIN, COI, Stage, code, size, two_therapies
from tests.scenario import patient


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def ask_infusion(stage: Stage, agent: str = "nora", coi: str = COI, **changed: Any) -> Any:
    question = {"container": "BAG-D1", "site": "st-mary", "patient": patient("patient-1")} | changed
    return stage.ask("POST", f"/v1/chains/{coi}/infusion-check", json=question, headers=stage.bearer(agent))


def test_an_infused_bag_is_stopped_and_every_gate_names_its_entries(stage: Stage) -> None:
    check = ask_infusion(stage).json()
    assert check["verdict"] == "stop"
    assert "not_infused" in {gate["name"] for gate in check["gates"] if not gate["passed"]}
    assert any(gate["passed"] for gate in check["gates"])
    proofs = [proof for gate in check["gates"] for proof in gate["proof"]]
    assert proofs
    for proof in proofs:
        (stored,) = stage.scenario.ledger.store.entries(proof["position"], proof["position"] + 1)
        assert hashlib.sha256(stored.data).hexdigest() == proof["statement_id"]


def test_the_wrong_patient_is_stopped(stage: Stage) -> None:
    gates = {gate["name"]: gate for gate in ask_infusion(stage, patient=patient("patient-2")).json()["gates"]}
    assert not gates["patient_matched"]["passed"]


def test_a_check_records_nothing(stage: Stage) -> None:
    before = stage.scenario.ledger.store.head()
    ask_infusion(stage)
    assert stage.scenario.ledger.store.head() == before


def test_a_check_is_for_readers_of_the_therapy(stage: Stage) -> None:
    mine, none = ask_infusion(stage, "otto"), ask_infusion(stage, "otto", coi="isbt128:NOBODY")
    assert (mine.status_code, mine.content) == (404, none.content)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{", "application/json", "malformed_json"),
        (b"", "application/json", "malformed_json"),
        (b"[]", "application/json", "invalid_request"),
        (b"{}", "application/json", "invalid_request"),
        (b'{"container":"BAG-D1","site":"st-mary","weight":70.5}', "application/json", "invalid_request"),
        (b'{"container":1.5,"site":"st-mary"}', "application/json", "invalid_request"),
        (b"{}", "text/plain", "unsupported_media_type"),
        (b" " * 70_000, "application/json", "body_too_large"),
    ],
)
def test_a_question_that_is_none_is_refused(
    stage: Stage, body: bytes, content_type: str, expected: str
) -> None:
    headers = stage.bearer("nora") | {"content-type": content_type}
    response = stage.ask("POST", f"{CHAIN}/infusion-check", content=body, headers=headers)
    assert code(response) == expected


@pytest.mark.parametrize(
    "path",
    [CHAIN, f"{CHAIN}/timeline", "/v1/entries/3", "/v1/custody", "/log/checkpoint", "/log/tile/0/000.p/9"],
)
def test_what_did_not_change_is_not_sent_again(stage: Stage, path: str) -> None:
    first = stage.get(path, "audrey")
    again = stage.get(path, "audrey", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_health_and_metrics_are_public_and_name_nobody(stage: Stage) -> None:
    health = stage.get("/v1/health").json()
    assert (health["status"], health["log_size"]) == ("ok", size(stage))
    ask_infusion(stage)
    text = stage.get("/metrics").text
    assert f"unbroken_log_size {size(stage)}" in text
    assert 'route="/v1/chains/{coi}"' in text
    assert COI not in text


def test_an_address_of_nothing_is_a_problem(stage: Stage) -> None:
    response = stage.get("/v1/nothing")
    assert (response.status_code, code(response)) == (404, "no_such_resource")


def test_a_method_that_is_not_done_is_a_problem(stage: Stage) -> None:
    for path in ("/v1/log", "/v1/statements"):
        response = stage.ask("PUT", path)
        assert (response.status_code, code(response)) == (405, "method_not_allowed")
        assert response.headers["allow"]


def test_a_database_that_is_gone_is_a_503(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise Fault("store_unavailable", "made up for a test")

    monkeypatch.setattr(stage.scenario.ledger.store, "head", gone)
    for path in ("/v1/health", "/v1/log", CHAIN):
        response = stage.get(path)
        assert (response.status_code, code(response)) == (503, "store_unavailable")
        assert response.headers["retry-after"] == "5"
