"""The COSE working group's COSE_Sign1 examples, through our Sig_structure and verifier.

Their profile isn't ours (no CWT claims, a kid in the unprotected header), so our parser
refuses every one of them by design. What is tested is the core below it: a lenient parser,
written here, feeds `sig_structure` and `PublicKey.verify`. Of the 15 messages, 11 are
Ed25519 or ES256; P-384, P-521, Ed448 and SHA-512 on P-256 are refused as unsupported.
"""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

from ledger.errors import Malformed, UnbrokenError
from ledger.proof.keys import PublicKey
from ledger.proof.statement import parse, sig_structure
from tests.conformance.test_wycheproof import lowered
from tests.conformance.vectors import load, vectors

CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
FOLDERS = ("sign1-tests", "ecdsa-examples", "eddsa-examples")
SIGN1 = {18, None}  # the tag is optional (RFC 9052 §2)


def examples() -> dict[str, dict[str, Any]]:
    """Every example of one signer, by name."""
    base = vectors("cose-wg-examples")
    found = {path.stem: load(path) for name in FOLDERS for path in sorted((base / name).glob("*.json"))}
    return {name: example for name, example in found.items() if "sign0" in example["input"]}


def spki_of(jwk: dict[str, str]) -> bytes:
    def coordinate(name: str) -> bytes:
        text = jwk.get(name, "")
        return bytes.fromhex(jwk[name + "_hex"]) if not text else base64.urlsafe_b64decode(text + "==")

    if jwk["crv"] == "Ed25519":
        key: Any = ed25519.Ed25519PublicKey.from_public_bytes(coordinate("x"))
    elif jwk["crv"] == "Ed448":
        key = ed448.Ed448PublicKey.from_public_bytes(coordinate("x"))
    else:
        x, y = (int.from_bytes(coordinate(name), "big") for name in "xy")
        key = ec.EllipticCurvePublicNumbers(x, y, CURVES[jwk["crv"]]).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(serialization.Encoding.DER, form))


def verify_leniently(example: dict[str, Any]) -> None:
    """Raises `UnbrokenError` where the message must not be believed."""
    sign0 = example["input"]["sign0"]
    value = cbor2.loads(bytes.fromhex(example["output"]["cbor"]))
    tag = value.tag if isinstance(value, cbor2.CBORTag) else None
    if tag not in SIGN1:
        raise Malformed("wrong_tag", f"tag {tag}")
    protected, unprotected, payload, signature = value.value if tag else value
    header = cbor2.loads(protected)
    # RFC 9052 §3: "Senders SHOULD encode a zero-length map as a zero-length string".
    to_sign = sig_structure(protected if header else b"", payload, bytes.fromhex(sign0.get("external", "")))
    alg = {**unprotected, **header}[1]
    key = PublicKey.from_spki(spki_of(sign0["key"]))
    try:
        key.verify(alg, signature, to_sign)
    except UnbrokenError as error:
        if error.code != "high_s":
            raise
        key.verify(alg, lowered(signature), to_sign)


def outcome(example: dict[str, Any]) -> str:
    try:
        verify_leniently(example)
    except UnbrokenError as error:
        return error.code
    return "valid"


UNSUPPORTED = {
    "ecdsa-sig-02": "unsupported_key",  # P-384
    "ecdsa-sig-03": "unsupported_key",  # P-521
    "ecdsa-sig-04": "unsupported_algorithm",  # SHA-512 on P-256
    "eddsa-sig-02": "unsupported_key",  # Ed448
}


def test_the_11_messages_under_our_algorithms_get_the_published_verdict() -> None:
    counted: Counter[str] = Counter()
    for name, example in examples().items():
        if name not in UNSUPPORTED:
            expected = "fail" if example.get("fail") else "pass"
            assert (outcome(example) == "valid") == (expected == "pass"), name
            counted[expected] += 1
    assert counted == {"pass": 5, "fail": 6}


def test_the_4_messages_under_other_algorithms_are_refused_as_unsupported() -> None:
    found = examples()
    assert {name: outcome(found[name]) for name in UNSUPPORTED} == UNSUPPORTED


def test_our_sig_structure_is_the_published_one_wherever_it_is_published() -> None:
    compared = 0
    for name, example in examples().items():
        protected, _, payload, _ = _body(bytes.fromhex(example["output"]["cbor"]))
        published = bytes.fromhex(example["intermediates"]["ToBeSign_hex"])
        aad = bytes.fromhex(example["input"]["sign0"].get("external", ""))
        if not example.get("fail"):
            assert sig_structure(protected if protected != b"\xa0" else b"", payload, aad) == published, name
            compared += 1
    assert compared == 9


def _body(raw: bytes) -> Any:
    value = cbor2.loads(raw)
    return value.value if isinstance(value, cbor2.CBORTag) else value


def test_our_own_parser_refuses_every_foreign_profile() -> None:
    found = examples()
    assert len(found) == 15
    for example in found.values():
        with pytest.raises(Malformed):
            parse(bytes.fromhex(example["output"]["cbor"]))
