"""A passkey's assertion: real ones verify, and not one bit of anything may differ."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Unauthentic
from ledger.proof.assertion import Assertion, Passkey, verify_assertion
from ledger.proof.keys import PublicKey
from tests.authenticator import RP_ID, UP, UV, Authenticator

P256 = Authenticator(private=ec.derive_private_key(7, ec.SECP256R1()))
ED25519 = Authenticator(private=ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
BOTH = [pytest.param(P256, id="es256"), pytest.param(ED25519, id="ed25519")]
CHALLENGE = hashlib.sha256(b"what is signed").digest()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def enrolled(authenticator: Authenticator) -> Passkey:
    return Passkey(PublicKey.from_spki(raw(authenticator.key)), authenticator.rp_id)


def given_by(said: dict[str, str]) -> Assertion:
    return Assertion(*(raw(said[part]) for part in ("authenticator_data", "client_data", "signature")))


def refusal(said: Assertion, by: Authenticator = P256, challenge: bytes = CHALLENGE) -> str:
    with pytest.raises(Unauthentic) as refused:
        verify_assertion(said, challenge, enrolled(by))
    assert refused.value.code == "bad_assertion"
    return refused.value.detail


@pytest.mark.parametrize("authenticator", BOTH)
@given(challenge=st.binary(min_size=32, max_size=32))
def test_every_real_assertion_verifies(authenticator: Authenticator, challenge: bytes) -> None:
    verify_assertion(given_by(authenticator.answer(challenge)), challenge, enrolled(authenticator))


@pytest.mark.parametrize("authenticator", BOTH)
def test_every_single_flipped_bit_is_refused(authenticator: Authenticator) -> None:
    right = given_by(authenticator.answer(CHALLENGE))
    for part in Assertion._fields:
        data = getattr(right, part)
        for bit in range(8 * len(data)):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            assert refusal(right._replace(**{part: bytes(flipped)}), authenticator)


@given(bit=st.integers(0, 255))
def test_an_assertion_for_another_challenge_is_refused(bit: int) -> None:
    other = bytearray(CHALLENGE)
    other[bit // 8] ^= 1 << bit % 8
    assert "made for another one" in refusal(given_by(P256.answer(CHALLENGE)), challenge=bytes(other))


def test_both_spellings_of_an_es256_signature_are_the_same_signature() -> None:
    """Authenticators write either S; the statement around it has only one spelling."""
    right = given_by(P256.answer(CHALLENGE))
    r, s = utils.decode_dss_signature(right.signature)
    twin = right._replace(signature=utils.encode_dss_signature(r, ORDER - s))
    verify_assertion(twin, CHALLENGE, enrolled(P256))


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_no_signature(data: bytes) -> None:
    assert refusal(given_by(P256.answer(CHALLENGE))._replace(signature=data))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_no_client_data_and_no_authenticator_data(data: bytes) -> None:
    right = given_by(P256.answer(CHALLENGE))
    assert refusal(right._replace(client_data=data))
    assert refusal(right._replace(authenticator_data=data))


def test_another_passkeys_assertion_is_refused() -> None:
    assert "not made by this key" in refusal(given_by(ED25519.answer(CHALLENGE))._replace(
        signature=given_by(Authenticator().answer(CHALLENGE)).signature))  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"type": "webauthn.create"}, "webauthn.get"),
        ({"type": None}, "webauthn.get"),
        ({"challenge": None}, "another one"),
        ({"challenge": 7}, "another one"),
        ({"origin": "https://ledger.example.evil.test"}, "not within"),
        ({"origin": "https://evilledger.example"}, "not within"),
        ({"origin": "http://ledger.example"}, "not within"),
        ({"origin": "https://ledger.example@evil.test"}, "not within"),
        ({"origin": "https://ledger.example/"}, "not within"),
        ({"origin": "https://example"}, "not within"),
        ({"origin": "android:apk-key-hash:AAAA"}, "not within"),
        ({"origin": ["https://ledger.example"]}, "not within"),
        ({"origin": None}, "not within"),
        ({"crossOrigin": True}, "cross-origin"),
        ({"crossOrigin": "false"}, "cross-origin"),
        ({"topOrigin": "https://elsewhere.test"}, "cross-origin"),
    ],
)
def test_client_data_that_says_something_else_is_refused(wrong: dict[str, Any], why: str) -> None:
    assert why in refusal(given_by(P256.answer(CHALLENGE, **wrong)))


@pytest.mark.parametrize(
    ("rp_id", "origin"),
    [
        ("ledger.example", "https://app.ledger.example"),
        ("ledger.example", "https://ledger.example:8443"),
        ("localhost", "http://localhost:8080"),
    ],
)
def test_an_origin_within_the_passkeys_domain_is_taken(rp_id: str, origin: str) -> None:
    local = Authenticator(rp_id, P256.private)
    verify_assertion(given_by(local.answer(CHALLENGE, origin=origin)), CHALLENGE, enrolled(local))


def test_what_browsers_add_to_the_client_data_does_not_matter() -> None:
    """Level 3, section 5.8.1: members may be added; some browsers leave `crossOrigin` out."""
    for more in ({"other_keys_can_be_added_here": "do not compare"}, {"crossOrigin": None}):
        verify_assertion(given_by(P256.answer(CHALLENGE, **more)), CHALLENGE, enrolled(P256))


def test_a_name_that_stands_twice_is_refused() -> None:
    usual = raw(P256.answer(CHALLENGE)["client_data"]).decode()
    twice = usual[:-1] + ',"type":"webauthn.get"}'
    assert json.loads(twice) == json.loads(usual)
    assert "not a JSON object" in refusal(given_by(P256.assertion(twice.encode())))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_only_some_readers_know_is_refused(literal: str) -> None:
    usual = raw(P256.answer(CHALLENGE)["client_data"]).decode()
    odd = usual[:-1] + f',"more":{literal}}}'
    assert "not a JSON object" in refusal(given_by(P256.assertion(odd.encode())))


@pytest.mark.parametrize(
    ("flags", "why"), [(UV, "user presence"), (UP, "user verification"), (0, "user presence")]
)
def test_without_presence_or_verification_it_is_refused(flags: int, why: str) -> None:
    assert why in refusal(given_by(P256.answer(CHALLENGE, flags=flags)))


def test_authenticator_data_for_another_domain_is_refused() -> None:
    assert "another domain" in refusal(given_by(P256.answer(CHALLENGE, rp_id="evil.test")))


def test_authenticator_data_that_goes_on_is_refused_unless_its_flags_say_so() -> None:
    client_data = raw(P256.answer(CHALLENGE)["client_data"])
    for flags, wrong in ((UP | UV, True), (UP | UV | 0x80, False)):
        data = hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + bytes(4) + b"\xa0"
        signature = P256.sign(data + hashlib.sha256(client_data).digest())
        made = Assertion(data, client_data, signature)
        if wrong:
            assert "goes on" in refusal(made)
        else:
            verify_assertion(made, CHALLENGE, enrolled(P256))
