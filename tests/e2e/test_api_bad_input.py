"""Bad input at the HTTP boundary: each kind is refused with its own stable code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ES256
from tests.e2e.api_stage import COI, STREAM, Stage, code, collected, served
from tests.scenario import APHERESIS, ORIGIN, b64, ordered

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(sqlite_url, tmp_path) as opened:
        opened.scenario.order(COI)
        yield opened


def signed(stage: Stage, payload: bytes, agent: str = "anna", **changed: Any) -> bytes:
    parts: dict[str, Any] = {"iss": agent, "sub": STREAM, "aud": ORIGIN, "cti": os.urandom(16)} | changed
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


def test_an_unknown_key_is_refused(stage: Stage) -> None:
    response = stage.post(stage.scenario.sign("stranger", STREAM, "TherapyOrdered", **ordered("p")))
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


@pytest.mark.parametrize("stream", ["site/st-mary", "chain", "nonsense/x", "chain/", f"{STREAM}/x"])
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
