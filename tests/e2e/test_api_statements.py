"""Recording over HTTP: what is answered, to one and to many, and when our own side fails."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from sqlalchemy import event

from api.settings import Settings
from ledger.errors import Fault
from ledger.proof import receipt
from tests.e2e.api_stage import COI, SEQUENCE, STREAM, Stage, code, collected, served
from tests.scenario import APHERESIS, ORIGIN, ordered


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(sqlite_url, tmp_path) as opened:
        opened.scenario.order(COI)
        yield opened


def test_a_statement_is_answered_with_its_place_and_a_receipt_that_verifies(stage: Stage) -> None:
    raw = collected(stage)
    response = stage.post(raw)
    answer = response.json()
    assert (response.status_code, response.headers["content-type"]) == (201, "application/json")
    assert answer["statement_id"] == hashlib.sha256(raw).hexdigest()
    assert answer["deviations"] == []
    data = base64.urlsafe_b64decode(answer["receipt"] + "==")
    found = receipt.verify_receipt(data, raw, stage.scenario.ledger.config.log_key.public, ORIGIN)
    assert (found.index, found.size) == (answer["position"], answer["log_size"])


def test_the_same_bytes_twice_give_byte_identical_answers(stage: Stage) -> None:
    raw = collected(stage)
    first, second = stage.post(raw), stage.post(raw)
    assert (first.status_code, first.content) == (second.status_code, second.content)


def test_the_same_bytes_at_once_give_byte_identical_answers(stage: Stage) -> None:
    answers = stage.together([collected(stage)] * 8)
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}


def test_a_fact_that_breaks_a_rule_is_recorded_and_the_answer_names_the_deviation(stage: Stage) -> None:
    stage.post(collected(stage))
    raw = stage.scenario.sign("kit", STREAM, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1")
    answer = stage.post(raw).json()
    assert answer["deviations"]
    assert {"position", "statement_id", "code", "severity", "blocking"} == set(answer["deviations"][0])
    assert stage.post(raw).json() == answer


def test_many_in_one_body_are_answered_each_on_its_own(stage: Stage) -> None:
    good = collected(stage)
    stranger = stage.scenario.sign("stranger", STREAM, "TherapyOrdered", **ordered("patient-1"))
    body = good + cbor2.dumps(["not", "a", "statement"]) + stranger + good
    response = stage.post(body, SEQUENCE)
    answers = response.json()["answers"]
    assert response.status_code == 200
    assert [one["status"] for one in answers] == [201, 400, 401, 201]
    assert [one.get("code") for one in answers] == [None, "malformed_cose", "unknown_key", None]
    assert answers[0] == answers[3]


def test_the_answers_of_a_body_equal_those_that_each_would_get_alone(stage: Stage) -> None:
    raw = collected(stage)
    (together,) = stage.post(raw, SEQUENCE).json()["answers"]
    assert together == {"status": 201} | stage.post(raw).json()


def test_an_empty_sequence_has_no_answers(stage: Stage) -> None:
    assert stage.post(b"", SEQUENCE).json() == {"answers": []}


def test_a_decision_on_a_stale_view_is_told_to_look_again(stage: Stage) -> None:
    scenario = stage.scenario
    stage.post(collected(stage))
    seen = scenario.version(COI)
    raised = stage.scenario.sign(
        "nora", STREAM, "DeviationRaised", code="bag_leaks", severity="major", blocking=True,
        containers=["BAG-1"], cause=None,
    )  # fmt: skip
    assert stage.post(raised).status_code == 201
    decision = scenario.sign(
        "quinn", STREAM, "Released", chain_version=seen, site="northcell-1", containers=["BAG-1"],
        certificate="ab" * 32, countries=["GB"], protocols=["UB-001"],
    )  # fmt: skip
    response = stage.post(decision)
    assert (response.status_code, code(response)) == (409, "stale_view")
    assert response.json()["chain_version"] == scenario.version(COI)


def test_a_decision_without_its_gates_is_told_every_gate(stage: Stage) -> None:
    stage.post(collected(stage))
    decision = stage.scenario.sign(
        "phil", STREAM, "InfusionAuthorised", chain_version=stage.scenario.version(COI), site="st-mary",
        container="BAG-1",
    )  # fmt: skip
    response = stage.post(decision)
    assert (response.status_code, code(response)) == (422, "gate_failed")
    assert {gate["passed"] for gate in response.json()["gates"]} == {True, False}


def test_a_decision_by_another_role_is_not_permitted(stage: Stage) -> None:
    response = stage.post(
        stage.scenario.sign("kit", "chain/isbt128:CHA999926000002", "TherapyOrdered", **ordered("p"))
    )
    assert response.status_code == 403
    assert code(response)


def test_a_statement_that_is_too_large_is_refused(stage: Stage) -> None:
    response = stage.post(b"\xd2" + bytes(65_535))
    assert (response.status_code, code(response)) == (413, "statement_too_large")


def test_a_statement_that_is_too_large_among_others_is_refused_alone(stage: Stage) -> None:
    answers = stage.post(cbor2.dumps(bytes(65_535)) + collected(stage), SEQUENCE).json()["answers"]
    assert [one["status"] for one in answers] == [413, 201]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(sqlite_url: str, tmp_path: Path) -> None:
    with served(sqlite_url, tmp_path, Settings(max_body=1000)) as stage:
        sent = 0

        async def endless() -> Any:
            nonlocal sent
            while True:
                sent += 1
                yield bytes(400)

        response = stage.ask("POST", "/v1/statements", content=endless(), headers={"content-type": SEQUENCE})
        assert (response.status_code, code(response)) == (413, "body_too_large")
        assert sent == 3


def test_more_statements_than_a_body_may_have_are_refused_and_none_is_recorded(
    sqlite_url: str, tmp_path: Path
) -> None:
    with served(sqlite_url, tmp_path, Settings(max_statements=2)) as stage:
        stage.scenario.order(COI)
        before = stage.scenario.ledger.store.head()
        response = stage.post(collected(stage) * 3, SEQUENCE)
        assert (response.status_code, code(response)) == (413, "too_many_statements")
        assert stage.scenario.ledger.store.head() == before


def test_a_sequence_that_breaks_off_is_refused_and_nothing_of_it_is_recorded(stage: Stage) -> None:
    before = stage.scenario.ledger.store.head()
    response = stage.post(collected(stage) + b"\x83\x01", SEQUENCE)
    assert (response.status_code, code(response)) == (400, "malformed_cbor")
    assert stage.scenario.ledger.store.head() == before


@pytest.mark.parametrize("content_type", ["", "application/json", "application/cbor", "text/plain"])
def test_another_media_type_is_refused(stage: Stage, content_type: str) -> None:
    response = stage.post(collected(stage), content_type)
    assert (response.status_code, code(response)) == (415, "unsupported_media_type")


def test_a_media_type_may_have_parameters_and_capitals(stage: Stage) -> None:
    assert stage.post(collected(stage), 'Application/COSE; cose-type="cose-sign1"').status_code == 201


@pytest.mark.parametrize("failure", ["disk_full", "store_unavailable", "commit_unknown", "clock_behind"])
def test_a_failure_of_ours_is_a_503_that_says_when_to_come_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    raw = collected(stage)

    def broken() -> None:
        raise Fault(failure, "made up for a test")

    with monkeypatch.context() as patched:
        patched.setattr(stage.scenario.ledger.store, "writing", broken)
        response = stage.post(raw)
    if failure != "commit_unknown":  # the ledger looks for itself what became of that one
        assert code(response) == failure
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert stage.post(raw).status_code == 201


def test_a_full_disk_loses_nothing_that_was_acknowledged(sqlite_url: str, tmp_path: Path) -> None:
    with served(sqlite_url, tmp_path) as stage:
        stage.scenario.order(COI)
        stage.post(collected(stage))
        engine = stage.scenario.ledger.store.engine
        pages = engine.connect().exec_driver_sql("PRAGMA page_count").scalar_one()

        def limit(connection: Any, _record: Any, _proxy: Any) -> None:
            connection.execute(f"PRAGMA max_page_count={pages}")

        stage.scenario.ledger.store._abandon()
        event.listen(engine, "checkout", limit)
        head = stage.scenario.ledger.store.head()
        answers = [stage.post(collected(stage, f"BAG-{number}")) for number in range(2, 40)]
        full = [one for one in answers if one.status_code == 503]
        assert full
        assert {code(one) for one in full} == {"disk_full"}
        assert stage.scenario.ledger.store.head()[0] >= head[0]
        event.remove(engine, "checkout", limit)


# --- what is left behind ---------------------------------------------------------------------


def test_a_body_that_breaks_off_is_not_recorded(stage: Stage) -> None:
    raw = collected(stage)
    messages = [{"type": "http.request", "body": raw, "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def broken_off() -> None:
        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/cose"), (b"content-length", b"%d" % (len(raw) + 1))]
        scope = {"type": "http", "method": "POST", "path": "/v1/statements", "headers": headers}
        await stage.app(scope, receive, send)

    before = stage.scenario.ledger.store.head()
    stage.loop.run(broken_off())
    assert (sent, stage.scenario.ledger.store.head()) == ([], before)
    assert 'route="/v1/statements",status="499"} 1' in stage.get("/metrics").text


def test_a_refusal_leaves_a_line_with_its_code_and_without_the_statement(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "unbroken.requests")
    response = stage.post(stage.scenario.sign("stranger", STREAM, "TherapyOrdered", **ordered("patient-1")))
    (line,) = [vars(record) for record in caplog.records if record.name == "unbroken.requests"]
    assert (line["route"], line["status"], line["code"]) == ("/v1/statements", 401, "unknown_key")
    assert line["request_id"] == response.headers["x-request-id"]
    assert COI not in str(line)
    assert 'unbroken_statements_total{code="unknown_key"} 1' in stage.get("/metrics").text
