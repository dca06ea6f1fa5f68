"""Recording over HTTP: what is answered, and how each kind of bad input is refused."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import event

from api.settings import Settings
from ledger.errors import Fault
from ledger.proof import canonical, receipt, statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ES256
from tests.e2e.api_stage import SEQUENCE, Stage, code, served
from tests.scenario import APHERESIS, ORIGIN, b64, ordered

COI = "isbt128:CHA999926000001"
CHAIN = f"chain/{COI}"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(sqlite_url, tmp_path) as opened:
        opened.scenario.order(COI)
        yield opened


def collected(stage: Stage, bag: str = "BAG-1", agent: str = "anna") -> bytes:
    return stage.scenario.sign(
        agent,
        CHAIN,
        "CollectionCompleted",
        at=APHERESIS,
        ended_at="2026-09-21T12:00:00.000Z",
        containers=[{"container": bag, "volume_ul": 100_000}],
    )


def signed(stage: Stage, payload: bytes, agent: str = "anna", **changed: Any) -> bytes:
    parts: dict[str, Any] = {"iss": agent, "sub": CHAIN, "aud": ORIGIN, "cti": os.urandom(16)} | changed
    key = parts.pop("key", None) or stage.scenario.signer(agent).key
    return statement.sign(key, payload=payload, **parts)


def payload(stage: Stage, **changed: Any) -> dict[str, Any]:
    """A good event, until `changed` says otherwise."""
    good = stage.scenario.payload(
        "anna",
        "CollectionCompleted",
        at=APHERESIS,
        ended_at="2026-09-21T12:00:00.000Z",
        containers=[{"container": "BAG-1", "volume_ul": 100_000}],
    )
    return good | changed


# --- what is answered ------------------------------------------------------------------


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
    raw = stage.scenario.sign("kit", CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1")
    answer = stage.post(raw).json()
    assert answer["deviations"]
    assert {"position", "statement_id", "code", "severity", "blocking"} == set(answer["deviations"][0])
    assert stage.post(raw).json() == answer


def test_many_in_one_body_are_answered_each_on_its_own(stage: Stage) -> None:
    good = collected(stage)
    stranger = stage.scenario.sign("stranger", CHAIN, "TherapyOrdered", **ordered("patient-1"))
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


# --- bytes that are no statement ---------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "malformed_cose"),
        (b"\xd2", "malformed_cbor"),
        (b"\xd2\x84\x40", "malformed_cbor"),
        (b"{}", "malformed_cose"),
        (b"\xd2" + cbor2.dumps([1, 2, 3]), "malformed_cose"),
        (b"\xd2\x9f\x40\xa0\x40\x40\xff", "malformed_cbor"),
        (b"\xd2" + cbor2.dumps([cbor2.dumps({}), {1: 1}, b"", b"s" * 64]), "unknown_header"),
        (b"\xd2" + cbor2.dumps([cbor2.dumps({1: -8}), {}, b"", b"s" * 64]), "malformed_cose"),
    ],
)
def test_bytes_that_are_no_statement_are_refused(stage: Stage, raw: bytes, expected: str) -> None:
    response = stage.post(raw)
    assert (response.status_code, code(response)) == (400, expected)


def test_an_unknown_header_is_refused(stage: Stage) -> None:
    body = list(cbor2.loads(collected(stage)).value)
    body[0] = cbor2.dumps(cbor2.loads(body[0]) | {99: 1})
    assert code(stage.post(b"\xd2" + cbor2.dumps(body))) == "unknown_header"


def test_an_unsupported_algorithm_is_refused(stage: Stage) -> None:
    body = list(cbor2.loads(collected(stage)).value)
    body[0] = cbor2.dumps(cbor2.loads(body[0]) | {1: -37})
    assert code(stage.post(b"\xd2" + cbor2.dumps(body))) == "unsupported_algorithm"


def test_a_trailing_byte_is_refused(stage: Stage) -> None:
    assert code(stage.post(collected(stage) + b"\x00")) == "malformed_cbor"


def test_another_content_type_in_the_envelope_is_refused(stage: Stage) -> None:
    raw = signed(stage, canonical.encode(payload(stage)), content_type=statement.SESSION_CONTENT_TYPE)
    assert code(stage.post(raw)) == "wrong_content_type"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"[]", "malformed_json"),
        (b'{"type":"Packed","v":1.0}', "float_in_payload"),
        (b'{"type":"Packed","v":NaN}', "float_in_payload"),
        (b'{"v":9007199254740992}', "integer_out_of_range"),
        (b'{"type": "Packed"}', "not_canonical"),
        (b'{"v":1,"type":"Packed"}', "not_canonical"),
        (b'{"type":"Packed","type":"Packed"}', "not_canonical"),
        (b'{"type":"Teleported","v":1}', "unknown_event"),
        (b'{"type":"Packed","v":2}', "unknown_event_version"),
        (b'{"type":"Packed","v":1}', "invalid_event"),
    ],
)
def test_a_payload_that_is_no_event_is_refused(stage: Stage, text: bytes, expected: str) -> None:
    response = stage.post(signed(stage, text))
    assert (response.status_code, code(response)) == (400, expected)


def test_an_unknown_member_is_refused_and_named(stage: Stage) -> None:
    response = stage.post(signed(stage, canonical.encode(payload(stage, note="hello"))))
    assert code(response) == "invalid_event"
    assert "note" in response.json()["detail"]


# --- signers ------------------------------------------------------------------------------


def test_an_unknown_key_is_refused(stage: Stage) -> None:
    response = stage.post(stage.scenario.sign("stranger", CHAIN, "TherapyOrdered", **ordered("p")))
    assert (response.status_code, code(response)) == (401, "unknown_key")
    assert "www-authenticate" in response.headers


def test_a_revoked_key_is_refused(stage: Stage) -> None:
    raw = collected(stage)
    kid = stage.scenario.signer("anna").key.public.kid.hex()
    stage.scenario.say("ada", "agent/anna", "KeyRevoked", kid=kid, reason="phone_lost")
    response = stage.post(raw)
    assert (response.status_code, code(response)) == (401, "revoked_key")


def test_a_statement_of_another_log_is_refused(stage: Stage) -> None:
    raw = signed(stage, canonical.encode(payload(stage)), aud="other.example/log")
    assert code(stage.post(raw)) == "wrong_log"


@pytest.mark.parametrize("stream", ["site/st-mary", "chain", "nonsense/x", "chain/", f"{CHAIN}/x"])
def test_a_statement_in_another_stream_is_refused(stage: Stage, stream: str) -> None:
    response = stage.post(signed(stage, canonical.encode(payload(stage)), sub=stream))
    assert code(response) == "wrong_stream"


def test_a_signature_in_somebody_elses_name_is_refused(stage: Stage) -> None:
    response = stage.post(signed(stage, canonical.encode(payload(stage)), iss="nora"))
    assert code(response) == "wrong_signer"


def test_a_signature_over_other_bytes_is_refused(stage: Stage) -> None:
    raw = bytearray(collected(stage))
    raw[-1] ^= 1
    assert code(stage.post(bytes(raw))) == "bad_signature"


def test_a_used_cti_with_other_bytes_is_refused(stage: Stage) -> None:
    first = statement.parse(collected(stage))
    stage.post(first.raw)
    other = payload(stage, ended_at="2026-09-21T11:00:00.000Z")
    response = stage.post(signed(stage, canonical.encode(other), cti=first.cti))
    assert (response.status_code, code(response)) == (409, "cti_reused")


def test_a_malleated_es256_signature_is_refused(stage: Stage) -> None:
    key = new_key(ES256)
    enrolled(stage, "newt", key.public.spki)
    raw = signed(stage, canonical.encode(payload(stage, seq=0, prev=None)), iss="newt", key=key)
    body = list(cbor2.loads(raw).value)
    s = int.from_bytes(body[3][32:], "big")
    body[3] = body[3][:32] + (P256_ORDER - s).to_bytes(32, "big")
    assert code(stage.post(b"\xd2" + cbor2.dumps(body))) == "high_s"
    assert stage.post(raw).status_code == 201


def test_a_low_order_signature_is_refused(stage: Stage) -> None:
    body = list(cbor2.loads(collected(stage)).value)
    body[3] = b"\x01" + bytes(31) + body[3][32:]  # R is the neutral element
    assert code(stage.post(b"\xd2" + cbor2.dumps(body))) == "low_order_point"


def test_a_low_order_key_is_not_enrolled(stage: Stage) -> None:
    good = stage.scenario.signer("anna").key.public.spki
    response = stage.post(enrolment(stage, "newt", good[:-32] + b"\x01" + bytes(31)))
    assert response.status_code in (400, 401)
    assert code(response) == "low_order_point"


def test_a_key_of_another_curve_is_not_enrolled(stage: Stage) -> None:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    der = public.public_bytes(serialization.Encoding.DER, form)
    assert code(stage.post(enrolment(stage, "newt", der))) == "unsupported_key"


def test_a_key_that_is_no_base64_is_not_enrolled(stage: Stage) -> None:
    raw = stage.scenario.sign("ada", "agent/newt", "KeyAdded", key="AAAAA")
    assert code(stage.post(raw)) == "malformed_key"


def enrolment(stage: Stage, agent: str, spki: bytes) -> bytes:
    return stage.scenario.sign(
        "ada",
        f"agent/{agent}",
        "AgentEnrolled",
        organisation="st-mary-trust",
        roles=[{"role": "apheresis", "site": "st-mary"}],
        key=b64(spki),
    )


def enrolled(stage: Stage, agent: str, spki: bytes) -> None:
    response = stage.post(enrolment(stage, agent, spki))
    assert response.status_code == 201, response.text


# --- decisions -----------------------------------------------------------------------------


def test_a_decision_on_a_stale_view_is_told_to_look_again(stage: Stage) -> None:
    scenario = stage.scenario
    stage.post(collected(stage))
    seen = scenario.version(COI)
    raised = stage.scenario.sign(
        "nora", CHAIN, "DeviationRaised", code="bag_leaks", severity="major", blocking=True,
        containers=["BAG-1"], cause=None,
    )  # fmt: skip
    assert stage.post(raised).status_code == 201
    decision = scenario.sign(
        "quinn", CHAIN, "Released", chain_version=seen, site="northcell-1", containers=["BAG-1"],
        certificate="ab" * 32, countries=["GB"], protocols=["UB-001"],
    )  # fmt: skip
    response = stage.post(decision)
    assert (response.status_code, code(response)) == (409, "stale_view")
    assert response.json()["chain_version"] == scenario.version(COI)


def test_a_decision_without_its_gates_is_told_every_gate(stage: Stage) -> None:
    stage.post(collected(stage))
    decision = stage.scenario.sign(
        "phil", CHAIN, "InfusionAuthorised", chain_version=stage.scenario.version(COI), site="st-mary",
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


# --- bodies --------------------------------------------------------------------------------


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


# --- when our side fails ---------------------------------------------------------------------


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
