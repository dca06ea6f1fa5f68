"""Statements across the two languages: what one signs the other verifies, or both refuse."""

from __future__ import annotations

import random
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import UnbrokenError
from ledger.proof import canonical, sequence, statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ES256, SigningKey
from tests.property.mangled import ITEMS, altered, every_flip
from tests.web.agent import Agent

ORIGIN = "ledger.example/unbroken"
KEYS = {"Ed25519": new_key(ED25519), "ES256": new_key(ES256)}
ACROSS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def pkcs8(key: SigningKey) -> bytes:
    return key.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def sample(number: int) -> dict[str, Any]:
    payload = {"type": "Packed", "v": 1, "seq": number, "note": "bäg " + "x" * (number % 300)}
    claims = {"iss": "kit", "sub": f"chain/isbt128:CHA{number:012}", "aud": ORIGIN}
    return claims | {"cti": number.to_bytes(16, "big"), "payload": canonical.encode(payload)}


def signed(key: SigningKey, number: int = 7) -> bytes:
    return statement.sign(key, **sample(number))


def verdict(raw: bytes, key: SigningKey) -> str:
    try:
        statement.verify(statement.parse(raw), key.public)
    except UnbrokenError as error:
        return error.code
    return "ok"


def test_node_writes_the_same_ed25519_statements_byte_for_byte(node: Agent) -> None:
    key = KEYS["Ed25519"]
    asked = {"op": "sign", "pkcs8": pkcs8(key), "spki": key.public.spki}
    answers = node.many([asked | sample(number) for number in range(200)])
    assert [answer["ok"] for answer in answers] == [signed(key, number).hex() for number in range(200)]


@pytest.mark.parametrize("kind", KEYS)
def test_what_node_signs_python_verifies(node: Agent, kind: str) -> None:
    key = KEYS[kind]
    asked = {"op": "sign", "pkcs8": pkcs8(key), "spki": key.public.spki}
    for answer in node.many([asked | sample(number) for number in range(100)]):
        assert verdict(bytes.fromhex(answer["ok"]), key) == "ok"


@pytest.mark.parametrize("kind", KEYS)
def test_what_python_signs_node_verifies(node: Agent, kind: str) -> None:
    key = KEYS[kind]
    raws = [signed(key, number) for number in range(100)]
    assert set(node.codes([{"op": "verify", "raw": raw, "spki": key.public.spki} for raw in raws])) == {"ok"}


@pytest.mark.parametrize("kind", KEYS)
def test_every_one_flipped_bit_is_refused_by_both(node: Agent, kind: str) -> None:
    key = KEYS[kind]
    mutants = every_flip(signed(key))
    assert len(mutants) > 2000
    codes = node.codes([{"op": "verify", "raw": raw, "spki": key.public.spki} for raw in mutants])
    assert "ok" not in codes
    assert "ok" not in {verdict(raw, key) for raw in mutants}


@ACROSS
@given(data=st.data(), kind=st.sampled_from(list(KEYS)))
def test_altered_statements_get_the_same_verdict(node: Agent, data: st.DataObject, kind: str) -> None:
    key = KEYS[kind]
    mutants = [data.draw(altered(signed(key))) for _ in range(10)]
    codes = node.codes([{"op": "verify", "raw": raw, "spki": key.public.spki} for raw in mutants])
    assert [code == "ok" for code in codes] == [verdict(raw, key) == "ok" for raw in mutants]


@ACROSS
@given(parts=st.lists(ITEMS, min_size=4, max_size=4))
def test_any_other_envelope_gets_the_same_verdict(node: Agent, parts: list[Any]) -> None:
    raw = cbor2.dumps(cbor2.CBORTag(18, parts))
    (code,) = node.codes([{"op": "parse", "raw": raw}])
    with pytest.raises(UnbrokenError):
        statement.parse(raw)
    assert code != "ok"


def test_refusals_have_the_same_codes(node: Agent) -> None:
    key, other = KEYS["Ed25519"], KEYS["ES256"]
    raw = signed(key)
    session = statement.sign(key, **sample(1), content_type=statement.SESSION_CONTENT_TYPE)
    cases = [
        raw + b"\0",
        raw[:-1],
        b"",
        raw[1:],
        session,
        raw[:2] + b"\xff" + raw[3:],
        b"\xd2" + bytes(70_000),
    ]
    asked = [{"op": "verify", "raw": case, "spki": key.public.spki} for case in cases]
    assert node.codes(asked) == [verdict(case, key) for case in cases]
    assert node.codes([{"op": "verify", "raw": raw, "spki": other.public.spki}]) == [verdict(raw, other)]


def test_the_high_s_twin_is_refused_by_both(node: Agent) -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    key = KEYS["ES256"]
    raw = signed(key)
    twin = raw[:-32] + (order - int.from_bytes(raw[-32:], "big")).to_bytes(32, "big")
    assert (
        node.codes([{"op": "verify", "raw": twin, "spki": key.public.spki}])
        == [verdict(twin, key)]
        == ["high_s"]
    )


def test_a_sequence_is_taken_apart_the_same_way(node: Agent) -> None:
    rng = random.Random(4)
    whole = b"".join(signed(KEYS["Ed25519"], number) for number in range(5))
    cases = [whole[: rng.randrange(len(whole))] for _ in range(200)] + [
        whole,
        b"",
        b"\xff",
        b"\x5f\x41\x00\xff",
    ]
    answers = node.many([{"op": "split", "data": case} for case in cases])
    assert answers == [taken_apart(case) for case in cases]


def taken_apart(body: bytes) -> dict[str, Any]:
    try:
        return {"ok": [item.hex() for item in sequence.split(body)]}
    except UnbrokenError as error:
        return {"code": error.code, "detail": error.detail}
