"""Assertions of passkeys across the two languages: both take the same, and refuse the same."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import UnbrokenError
from ledger.labels import base45
from ledger.proof import canonical, statement
from ledger.proof.assertion import Assertion, Passkey, verify_assertion
from ledger.proof.keys import PublicKey
from tests.authenticator import RP_ID, UP, UV, Authenticator
from tests.web.agent import Agent, Said

P256 = Authenticator(private=ec.derive_private_key(7, ec.SECP256R1()))
ED25519 = Authenticator(private=ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
BOTH = [pytest.param(P256, id="es256"), pytest.param(ED25519, id="ed25519")]
CHALLENGE = hashlib.sha256(b"what is signed").digest()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNED = Path(__file__).parents[1] / "vectors" / "0002-passkey"
ACROSS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Case = tuple[Assertion, Authenticator]


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def given_by(said: dict[str, str]) -> Assertion:
    return Assertion(*(raw(said[part]) for part in ("authenticator_data", "client_data", "signature")))


def question(said: Assertion, by: Authenticator) -> dict[str, Any]:
    return {
        "op": "assertion",
        "authenticator": said.authenticator_data,
        "client": said.client_data,
        "signature": said.signature,
        "challenge": CHALLENGE,
        "spki": raw(by.key),
        "rp": by.rp_id,
    }


def verdict(said: Assertion, by: Authenticator) -> str:
    try:
        verify_assertion(said, CHALLENGE, Passkey(PublicKey.from_spki(raw(by.key)), by.rp_id))
    except UnbrokenError as error:
        return error.code
    return "ok"


def agreed(node: Agent, *cases: Case) -> list[str]:
    """The verdicts, which must be the same on both sides."""
    found = [verdict(*case) for case in cases]
    assert node.codes([question(*case) for case in cases]) == found
    return found


def over(client_data: bytes, by: Authenticator = P256) -> Case:
    """Signed well, whatever the client data is."""
    return given_by(by.assertion(client_data)), by


@pytest.mark.parametrize("authenticator", BOTH)
def test_what_python_answers_the_browser_verifies(node: Agent, authenticator: Authenticator) -> None:
    assert agreed(node, (given_by(authenticator.answer(CHALLENGE)), authenticator)) == ["ok"]


@pytest.mark.parametrize("authenticator", BOTH)
def test_every_single_flipped_bit_is_refused_by_both(node: Agent, authenticator: Authenticator) -> None:
    right = given_by(authenticator.answer(CHALLENGE))
    cases = []
    for part in Assertion._fields:
        for bit in range(8 * len(getattr(right, part))):
            flipped = bytearray(getattr(right, part))
            flipped[bit // 8] ^= 1 << bit % 8
            cases.append((right._replace(**{part: bytes(flipped)}), authenticator))
    assert set(agreed(node, *cases)) == {"bad_assertion"}


def test_what_is_well_signed_but_says_something_else_gets_the_same_verdict(node: Agent) -> None:
    wrongs: list[dict[str, Any]] = [
        {"type": "webauthn.create"}, {"type": None}, {"challenge": None}, {"challenge": 7},
        {"origin": "https://ledger.example.evil.test"}, {"origin": "https://evilledger.example"},
        {"origin": "http://ledger.example"}, {"origin": "https://ledger.example@evil.test"},
        {"origin": "https://ledger.example/"}, {"origin": "https://ledger.example\n"},
        {"origin": "https://example"}, {"origin": ["https://ledger.example"]}, {"origin": None},
        {"crossOrigin": True}, {"crossOrigin": "false"}, {"crossOrigin": 0}, {"topOrigin": None, "x": 1},
        {"topOrigin": "https://elsewhere.test"}, {"crossOrigin": None}, {"more": "of it"},
        {"origin": "https://app.ledger.example"}, {"origin": "https://ledger.example:8443"},
        {"origin": "https://ledger.example:08443"}, {"origin": "HTTPS://ledger.example"},
    ]  # fmt: skip
    found = agreed(node, *((given_by(P256.answer(CHALLENGE, **wrong)), P256) for wrong in wrongs))
    taken = [wrong for wrong, code in zip(wrongs, found, strict=True) if code == "ok"]
    assert len(taken) == 5, taken
    local = Authenticator("localhost", P256.private)
    origins = ["http://localhost:8080", "http://app.localhost", "http://localhost.evil.test"]
    cases = [(given_by(local.answer(CHALLENGE, origin=one)), local) for one in origins]
    assert agreed(node, *cases) == ["ok", "ok", "bad_assertion"]


def test_client_data_that_readers_might_read_differently_is_refused_by_both(node: Agent) -> None:
    usual = raw(P256.answer(CHALLENGE)["client_data"])
    more = [
        b',"type":"webauthn.get"}', b',"\\u0074ype":"webauthn.get"}', b',"more":NaN}', b',"more":Infinity}',
        b',"more":{"a":1,"a":1}}', b',"more":[{"a":1,"\\u0061":1}]}', b',"more":"\x01"}', b',"more":"\xff"}',
        b',"more":01}', b',}', b'} {}',
    ]  # fmt: skip
    cases = [over(usual[:-1] + end) for end in more] + [over(b"\xef\xbb\xbf" + usual), over(b"[]"), over(b"")]
    assert set(agreed(node, *cases)) == {"bad_assertion"}
    fine = [b',"more":{"a":1,"b":{"a":1}}}', b',"more":"}\\"{:"}', b',"more":["a","a"]}', b" \n}"]
    assert set(agreed(node, *(over(usual[:-1] + end) for end in fine))) == {"ok"}


def test_every_spelling_of_a_signature_gets_the_same_verdict(node: Agent) -> None:
    right = given_by(P256.answer(CHALLENGE))
    r, s = utils.decode_dss_signature(right.signature)
    der = utils.encode_dss_signature
    spelt = [
        der(r, ORDER - s), der(r, s + ORDER), der(r + ORDER, s), der(0, s), der(r, 0), der(r, ORDER),
        right.signature + b"\0", right.signature[:-1], b"\x30\x81" + right.signature[1:], b"", b"\x30\x00",
        right.signature[:2] + b"\x02\x00" + right.signature[2:], r.to_bytes(32) + s.to_bytes(32),
        b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\x30\x06\x02\x01\x80\x02\x01\x01",
        b"\x30\x08\x02\x02\x00\x01\x02\x02\x00\x01",
    ]  # fmt: skip
    found = agreed(node, *((right._replace(signature=one), P256) for one in spelt))
    assert found == ["ok"] + ["bad_assertion"] * (len(spelt) - 1)


@ACROSS
@given(data=st.binary(max_size=90), part=st.sampled_from(Assertion._fields))
def test_arbitrary_bytes_are_refused_by_both(node: Agent, data: bytes, part: str) -> None:
    right = given_by(P256.answer(CHALLENGE))
    assert agreed(node, (right._replace(**{part: data}), P256)) == ["bad_assertion"]


def test_authenticator_data_gets_the_same_verdict(node: Agent) -> None:
    client_data = raw(P256.answer(CHALLENGE)["client_data"])
    cases = []
    for domain in (RP_ID, "evil.test"):
        for flags in (0, UP, UV, UP | UV, UP | UV | 0x80, UP | UV | 0x40):
            for end in (b"", b"\xa0"):
                data = hashlib.sha256(domain.encode()).digest() + bytes([flags]) + bytes(4) + end
                signature = P256.sign(data + hashlib.sha256(client_data).digest())
                cases.append((Assertion(data, client_data, signature), P256))
    assert agreed(node, *cases).count("ok") == 5


def test_the_kept_example_holds_in_the_browser_and_not_with_another_payload(node: Agent) -> None:
    payload = statement.parse((SIGNED / "statement.cose").read_bytes()).payload
    enrolled = json.loads((SIGNED / "passkey.json").read_text())
    asked = {"op": "esignature", "spki": raw(enrolled["key"]), "rp": enrolled["rp_id"]}
    assert node.codes([asked | {"payload": payload}]) == ["ok"]
    said = canonical.decode(payload)
    others = [said | {"seq": 1}, said | {"esignature": said["esignature"] | {"meaning": "review"}}]
    assert node.codes([asked | {"payload": canonical.encode(one)} for one in others]) == ["bad_assertion"] * 2


@ACROSS
@given(seq=st.integers(0, 2**53 - 1), meaning=st.sampled_from(["approval", "review"]))
def test_the_challenge_is_the_same_hash_of_the_payload(node: Agent, seq: int, meaning: str) -> None:
    payload = {"type": "Rejected", "v": 1, "seq": seq, "occurred_at": "2026-03-01T09:30:00.000Z"}
    signed = P256.esign(payload, meaning)
    answer = {"op": "esignature", "spki": raw(P256.key), "rp": RP_ID, "payload": canonical.encode(signed)}
    assert node.codes([answer]) == ["ok"]


def test_a_passkeys_request_says_what_its_enrolment_needs(node: Agent) -> None:
    asked = {"name": "quinn", "credential": P256.id, "spki": raw(P256.key), "rp": RP_ID}
    request = node.ask("passkey_request", **asked)
    assert {"credential": request["credential"], "key": request["spki"], "rp_id": request["rpId"]} == (
        P256.enrolment
    )
    kid = hashlib.sha256(raw(P256.key)).hexdigest()
    assert (request["kid"], "".join(request["fingerprint"])) == (kid, kid[:32])
    assert node.ask("read_passkey_request", text=request["text"]) == request


@pytest.mark.parametrize(
    "text", ["", "UBP1:", "UBP1:A", "UBE1:0000", "UBP1:" + base45.encode(cbor2.dumps([b"quinn", b"id", 3]))]
)
def test_what_is_no_passkeys_request_is_refused(node: Agent, text: str) -> None:
    with pytest.raises(Said, match="bad_passkey_request"):
        node.ask("read_passkey_request", text=text)
