"""The statement's exact bytes, and each way in which others could be written."""

from __future__ import annotations

import hashlib
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ledger.errors import Malformed, Unauthentic
from ledger.proof import statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ED25519_FULL, ES256, SigningKey
from ledger.proof.statement import EVENT_CONTENT_TYPE, MAX_STATEMENT, SESSION_CONTENT_TYPE

KEY = SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
CURVE_KEY = SigningKey(ec.derive_private_key(7, ec.SECP256R1()))
KID = KEY.public.kid
CTI = bytes(range(16))
FIELDS: dict[str, Any] = {"iss": "nora", "sub": "chain/x:ABCD", "aud": "log.example", "cti": CTI}
PAYLOAD = b'{"type":"ThawStarted","v":1}'
RAW = statement.sign(KEY, **FIELDS, payload=PAYLOAD)
CLAIMS: dict[Any, Any] = {1: "nora", 2: "chain/x:ABCD", 3: "log.example", 7: CTI}
HEADER: dict[Any, Any] = {1: ED25519, 3: EVENT_CONTENT_TYPE, 4: KID, 15: CLAIMS}


def refusal(raw: bytes) -> str:
    with pytest.raises(Malformed) as found:
        statement.parse(raw)
    return found.value.code


def enveloped(
    protected: bytes, unprotected: Any = None, payload: Any = PAYLOAD, signature: Any = bytes(64)
) -> bytes:
    body = [protected, {} if unprotected is None else unprotected, payload, signature]
    return b"\xd2" + cbor2.dumps(body)


def with_header(header: Any) -> bytes:
    """A statement that is right but for its protected header, and signed over that."""
    protected = cbor2.dumps(header)
    return enveloped(protected, signature=KEY.sign(statement.sig_structure(protected, PAYLOAD)))


def without(members: dict[Any, Any], label: int) -> dict[Any, Any]:
    return {key: value for key, value in members.items() if key != label}


def test_the_bytes_are_those_of_rfc_9052() -> None:
    """Each byte written by hand: the layout that every other verifier relies on."""
    text = EVENT_CONTENT_TYPE.encode()
    claims = b"\xa4\x01\x64nora\x02\x6cchain/x:ABCD\x03\x6blog.example\x07\x50" + CTI
    protected = b"\xa4\x01\x27\x03\x78" + bytes([len(text)]) + text + b"\x04\x58\x20" + KID + b"\x0f" + claims
    to_sign = b"\x84\x6aSignature1" + b"\x58" + bytes([len(protected)]) + protected + b"\x40"
    to_sign += b"\x58" + bytes([len(PAYLOAD)]) + PAYLOAD
    signature = KEY.private.sign(to_sign)  # type: ignore[call-arg]
    expected = b"\xd2\x84\x58" + bytes([len(protected)]) + protected + b"\xa0"
    expected += b"\x58" + bytes([len(PAYLOAD)]) + PAYLOAD + b"\x58\x40" + signature
    assert expected == RAW
    found = statement.parse(RAW)
    assert (found.protected, found.tbs, found.signature) == (protected, to_sign, signature)


def test_the_id_is_the_hash_of_the_whole_bytes() -> None:
    assert statement.parse(RAW).id == hashlib.sha256(RAW).digest()


def test_an_es256_statement_says_so_and_verifies() -> None:
    found = statement.parse(statement.sign(CURVE_KEY, **FIELDS, payload=PAYLOAD))
    assert found.alg == ES256
    statement.verify(found, CURVE_KEY.public)


def test_the_fully_specified_ed25519_number_is_accepted() -> None:
    found = statement.parse(with_header(HEADER | {1: ED25519_FULL}))
    statement.verify(found, KEY.public)
    assert found.alg == ED25519_FULL


def test_another_key_is_the_wrong_key_before_it_is_a_bad_signature() -> None:
    with pytest.raises(Unauthentic, match="wrong_key"):
        statement.verify(statement.parse(RAW), new_key().public)


def test_an_algorithm_that_does_not_fit_the_key_never_verifies() -> None:
    found = statement.parse(with_header(HEADER | {1: ES256}))
    with pytest.raises(Malformed, match="unsupported_algorithm"):
        statement.verify(found, KEY.public)


def test_the_largest_statement_is_read_and_one_byte_more_is_not() -> None:
    room = MAX_STATEMENT - len(statement.sign(KEY, **FIELDS, payload=bytes(300))) + 300
    largest = statement.sign(KEY, **FIELDS, payload=bytes(room))
    assert len(largest) == MAX_STATEMENT
    statement.verify(statement.parse(largest), KEY.public)
    with pytest.raises(Malformed, match="statement_too_large"):
        statement.sign(KEY, **FIELDS, payload=bytes(room + 1))


def test_a_sign_in_does_not_pass_for_an_event_nor_an_event_for_a_sign_in() -> None:
    session = statement.sign(KEY, **FIELDS, payload=PAYLOAD, content_type=SESSION_CONTENT_TYPE)
    assert refusal(session) == "wrong_content_type"
    with pytest.raises(Malformed, match="wrong_content_type"):
        statement.parse(RAW, SESSION_CONTENT_TYPE)


LABELS = [1, 3, 4, 15]
WRONG_HEADERS: dict[str, tuple[Any, str]] = {
    "an unknown label": (HEADER | {5: b"iv"}, "unknown_header"),
    "crit": ({1: ED25519, 2: [3]} | without(HEADER, 1), "unknown_header"),
    "a text label": (HEADER | {"alg": 1}, "unknown_header"),
    "a tagged label": (HEADER | {cbor2.CBORTag(30, (1, 2)): 1}, "malformed_cbor"),
    "an unknown claim": (HEADER | {15: CLAIMS | {4: 1}}, "unknown_header"),
    "an empty header": ({}, "malformed_cose"),
    "a list": (list(HEADER.items()), "malformed_cose"),
    "claims as a list": (HEADER | {15: [1, 2]}, "malformed_cose"),
    "labels in another order": (dict(reversed(HEADER.items())), "malformed_cbor"),
    "claims in another order": (HEADER | {15: dict(reversed(CLAIMS.items()))}, "malformed_cbor"),
    "true for the label 1": ({True: ED25519} | without(HEADER, 1), "malformed_cbor"),
    "1.0 for the label 1": ({1.0: ED25519} | without(HEADER, 1), "malformed_cbor"),
    "true for the claim 1": (HEADER | {15: {True: "nora"} | without(CLAIMS, 1)}, "malformed_cbor"),
    "an algorithm of others": (HEADER | {1: -35}, "unsupported_algorithm"),
    "an algorithm by name": (HEADER | {1: "EdDSA"}, "unsupported_algorithm"),
    "an algorithm as a float": (HEADER | {1: -8.0}, "unsupported_algorithm"),
    "no algorithm": (HEADER | {1: None}, "unsupported_algorithm"),
    "another content type": (HEADER | {3: "application/json"}, "wrong_content_type"),
    "a content type by number": (HEADER | {3: 50}, "wrong_content_type"),
    "a short key id": (HEADER | {4: KID[:31]}, "malformed_cose"),
    "a long key id": (HEADER | {4: KID + b"\0"}, "malformed_cose"),
    "a key id as text": (HEADER | {4: KID.hex()}, "malformed_cose"),
    "an issuer as bytes": (HEADER | {15: CLAIMS | {1: b"nora"}}, "malformed_cose"),
    "an empty issuer": (HEADER | {15: CLAIMS | {1: ""}}, "malformed_cose"),
    "an empty subject": (HEADER | {15: CLAIMS | {2: ""}}, "malformed_cose"),
    "several audiences": (HEADER | {15: CLAIMS | {3: ["log.example"]}}, "malformed_cose"),
    "a short cti": (HEADER | {15: CLAIMS | {7: CTI[:15]}}, "malformed_cose"),
    "a cti as text": (HEADER | {15: CLAIMS | {7: "0123456789abcdef"}}, "malformed_cose"),
}


@pytest.mark.parametrize("case", WRONG_HEADERS)
def test_a_header_that_we_would_not_write_is_refused(case: str) -> None:
    header, code = WRONG_HEADERS[case]
    assert refusal(with_header(header)) == code


@pytest.mark.parametrize("label", LABELS)
def test_a_header_that_lacks_a_label_is_refused(label: int) -> None:
    assert refusal(with_header(without(HEADER, label))) == "malformed_cose"


@pytest.mark.parametrize("claim", [1, 2, 3, 7])
def test_claims_that_lack_one_are_refused(claim: int) -> None:
    assert refusal(with_header(HEADER | {15: without(CLAIMS, claim)})) == "malformed_cose"


PROTECTED = cbor2.dumps(HEADER)
BODY = cbor2.dumps([PROTECTED, {}, PAYLOAD, bytes(64)])
AT = len(BODY) - 66  # of the signature's head, 58 40
WRONG_BYTES: dict[str, tuple[bytes, str]] = {
    "no tag": (BODY, "malformed_cose"),
    "tag 98, several signers": (b"\xd8\x62" + BODY, "malformed_cose"),
    "the tag in a longer form": (b"\xd8\x12" + BODY, "malformed_cose"),
    "self-described CBOR": (b"\xd9\xd9\xf7\xd2" + BODY, "malformed_cose"),
    "a byte behind": (b"\xd2" + BODY + b"\xf6", "malformed_cbor"),
    "a message behind": (b"\xd2" + BODY + b"\xd2" + BODY, "malformed_cbor"),
    "an indefinite array": (b"\xd2\x9f" + BODY[1:] + b"\xff", "malformed_cbor"),
    "an array with a longer head": (b"\xd2\x98\x04" + BODY[1:], "malformed_cbor"),
    "a bstr with a longer head": (b"\xd2" + BODY[:AT] + b"\x59\x00\x40" + BODY[AT + 2 :], "malformed_cbor"),
    "an indefinite bstr": (b"\xd2" + BODY[:AT] + b"\x5f" + BODY[AT:] + b"\xff", "malformed_cbor"),
    "five elements": (b"\xd2" + cbor2.dumps([PROTECTED, {}, PAYLOAD, bytes(64), 1]), "malformed_cose"),
    "a map": (b"\xd2" + cbor2.dumps({1: 2}), "malformed_cose"),
    "no array": (b"\xd2\x01", "malformed_cose"),
    "nothing": (b"", "malformed_cose"),
    "the tag alone": (b"\xd2", "malformed_cbor"),
    "an unprotected kid": (enveloped(PROTECTED, {4: KID}), "unknown_header"),
    "an unprotected header that is a list": (enveloped(PROTECTED, []), "unknown_header"),
    "a detached payload": (enveloped(PROTECTED, payload=None), "malformed_cose"),
    "a payload as text": (enveloped(PROTECTED, payload="{}"), "malformed_cose"),
    "a payload in a tag": (enveloped(PROTECTED, payload=cbor2.CBORTag(24, b"{}")), "malformed_cbor"),
    "a short signature": (enveloped(PROTECTED, signature=bytes(63)), "malformed_cose"),
    "a DER signature": (enveloped(PROTECTED, signature=bytes(70)), "malformed_cose"),
    "a header that is no CBOR": (enveloped(b"\xff"), "malformed_cbor"),
    "a header with a byte behind": (enveloped(PROTECTED + b"\0"), "malformed_cbor"),
    "an empty header": (enveloped(b""), "malformed_cbor"),
    "a longer algorithm": (enveloped(PROTECTED[:2] + b"\x38\x07" + PROTECTED[3:]), "malformed_cbor"),
    "a label twice": (enveloped(b"\xa5" + PROTECTED[1:] + b"\x0f\xa0"), "malformed_cbor"),
    "an indefinite header": (enveloped(b"\xbf" + PROTECTED[1:] + b"\xff"), "malformed_cbor"),
    "text that is not UTF-8": (enveloped(PROTECTED.replace(b"nora", b"nor\xe9")), "malformed_cbor"),
    "a pattern in a tag": (b"\xd2\xd8\x23\x64(a+)", "malformed_cbor"),
    "a hundred arrays in one another": (b"\xd2" + b"\x81" * 100 + b"\x01", "malformed_cbor"),
    "a string that claims 2^63 bytes": (b"\xd2\x84\x5b\x7f" + b"\xff" * 7, "malformed_cbor"),
}


@pytest.mark.parametrize("case", WRONG_BYTES)
def test_bytes_that_we_would_not_write_are_refused(case: str) -> None:
    raw, code = WRONG_BYTES[case]
    assert refusal(raw) == code


def test_a_duplicate_label_with_equal_value_is_refused_too() -> None:
    twice = b"\xa5\x01\x27" + PROTECTED[1:]
    assert refusal(enveloped(twice)) == "malformed_cbor"


@pytest.mark.parametrize("fields", [{"cti": b"short"}, {"iss": ""}, {"sub": ""}, {"aud": ""}], ids=str)
def test_what_would_not_be_read_is_not_signed(fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="malformed_cose"):
        statement.sign(KEY, **(FIELDS | fields), payload=PAYLOAD)
