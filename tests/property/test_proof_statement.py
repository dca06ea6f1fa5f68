"""Laws of the statement: it reads back, one flipped bit is refused, no bytes do harm."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed, Unauthentic
from ledger.proof import statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ES256, SigningKey
from ledger.proof.statement import EVENT_CONTENT_TYPE, SESSION_CONTENT_TYPE

KEYS = {ED25519: new_key(ED25519), ES256: new_key(ES256)}
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
FIELDS = st.fixed_dictionaries(
    {
        "iss": TEXTS,
        "sub": TEXTS,
        "aud": TEXTS,
        "cti": st.binary(min_size=16, max_size=16),
        "payload": st.binary(max_size=300),
        "content_type": st.sampled_from([EVENT_CONTENT_TYPE, SESSION_CONTENT_TYPE]),
    }
)
SIGNERS = st.sampled_from(list(KEYS.values()))
CBOR = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=64) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers(0, 20), inner, max_size=5),
    max_leaves=12,
)


def signed(key: SigningKey = KEYS[ED25519]) -> bytes:
    fields: dict[str, Any] = {"iss": "nora", "sub": "chain/x:ABCD", "aud": "log.example", "cti": bytes(16)}
    return statement.sign(key, **fields, payload=b'{"type":"ThawStarted","v":1}')


def outcome(raw: bytes, key: SigningKey = KEYS[ED25519]) -> str:
    """`accepted`, or the code of the refusal; any other exception is a failure of the test."""
    try:
        statement.verify(statement.parse(raw), key.public)
    except (Malformed, Unauthentic) as error:
        return error.code
    return "accepted"


@given(SIGNERS, FIELDS)
def test_what_is_signed_reads_back_and_verifies(key: SigningKey, fields: dict[str, Any]) -> None:
    raw = statement.sign(key, **fields)
    found = statement.parse(raw, fields["content_type"])
    statement.verify(found, key.public)
    assert {name: getattr(found, name) for name in fields} == fields
    assert (found.raw, found.kid, found.alg) == (raw, key.public.kid, key.alg)


@given(FIELDS)
def test_signing_the_same_twice_gives_the_same_bytes(fields: dict[str, Any]) -> None:
    for key in KEYS.values():
        assert statement.sign(key, **fields) == statement.sign(key, **fields)


@pytest.mark.parametrize("key", KEYS.values(), ids=["ed25519", "es256"])
def test_every_single_flipped_bit_is_refused(key: SigningKey) -> None:
    raw = signed(key)
    assert outcome(raw, key) == "accepted"
    for bit in range(len(raw) * 8):
        at = bit // 8
        flipped = raw[:at] + bytes([raw[at] ^ (1 << bit % 8)]) + raw[at + 1 :]
        assert outcome(flipped, key) != "accepted", f"bit {bit}"


def test_every_truncation_and_every_added_byte_is_refused() -> None:
    raw = signed()
    for at in range(len(raw)):
        assert outcome(raw[:at]) != "accepted"
        assert outcome(raw[:at] + b"\x00" + raw[at:]) != "accepted"
    assert outcome(raw + b"\x00") == "malformed_cbor"


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_random_bytes_are_refused_and_do_no_harm(data: bytes) -> None:
    assert outcome(data) != "accepted"
    assert outcome(b"\xd2\x84" + data) != "accepted"


@given(st.data())
@settings(max_examples=300)
def test_mutated_statements_are_refused_and_do_no_harm(data: st.DataObject) -> None:
    raw = signed()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    mutated = raw[:start] + data.draw(st.binary(max_size=40)) + raw[end:]
    assert outcome(mutated) != "accepted" or mutated == raw


@given(st.lists(CBOR, max_size=6), st.integers(0, 30) | st.none())
def test_any_well_formed_cbor_is_refused_and_does_no_harm(parts: list[Any], tag: int | None) -> None:
    value: Any = parts if tag is None else cbor2.CBORTag(tag, parts)
    assert outcome(cbor2.dumps(value)) != "accepted"


@given(st.dictionaries(st.sampled_from([1, 2, 3, 4, 5, 15, "1", -1]), CBOR, max_size=6))
@settings(max_examples=300)
def test_any_other_protected_header_is_refused_and_does_no_harm(header: dict[Any, Any]) -> None:
    sign = partial(statement.sig_structure, payload=b"{}")
    protected = cbor2.dumps(header)
    signature = KEYS[ED25519].sign(sign(protected))
    assert outcome(b"\xd2" + cbor2.dumps([protected, {}, b"{}", signature])) != "accepted"


@given(st.sampled_from([1, 3, 4, 15]), CBOR)
@settings(max_examples=300)
def test_a_header_with_one_value_replaced_is_refused_and_does_no_harm(label: int, value: Any) -> None:
    key = KEYS[ED25519]
    header = cbor2.loads(statement.parse(signed()).protected)
    ours = header[label]
    protected = cbor2.dumps(dict(header) | {label: value})
    signature = key.sign(statement.sig_structure(protected, b"{}"))
    found = outcome(b"\xd2" + cbor2.dumps([protected, {}, b"{}", signature]))
    assert (found == "accepted") == (type(value) is type(ours) and value == ours)


@given(st.data())
@settings(max_examples=300)
def test_a_header_whose_start_is_known_is_read_as_if_it_were_new(data: st.DataObject) -> None:
    """Whatever was read before, the same values come out, or the same refusal."""
    known = statement.parse(signed()).protected
    start = data.draw(st.integers(0, len(known)))
    end = data.draw(st.integers(start, min(len(known), start + 20)))
    changed = known[:start] + data.draw(st.binary(max_size=20)) + known[end:]
    for protected in (changed, known[:-16] + data.draw(st.binary(min_size=16, max_size=16))):
        assert header(statement._header, protected) == header(statement._read_header, protected)


def header(read: Callable[[bytes, str], object], protected: bytes) -> object:
    try:
        return read(protected, EVENT_CONTENT_TYPE)
    except Malformed as error:
        return error.code, error.detail


def test_a_long_header_is_read_and_not_kept() -> None:
    kept = statement._start.cache_info().currsize
    fields: dict[str, Any] = {"iss": "n" * 400, "sub": "chain/x:ABCD", "aud": "log.example", "cti": bytes(16)}
    statement.parse(statement.sign(KEYS[ED25519], **fields, payload=b"{}"))
    assert statement._start.cache_info().currsize == kept


_LENGTHS = st.sampled_from([0, 1, 23, 24, 255, 256, 65_000]).map(bytes) | st.binary(max_size=300)


@settings(max_examples=300)
@given(_LENGTHS, _LENGTHS, st.data())
def test_the_parts_are_those_that_a_cbor_library_reads(protected: bytes, payload: bytes, data: Any) -> None:
    """At every length at which the head of a byte string changes, and one change away from it."""
    raw = b"\xd2" + cbor2.dumps([protected, {}, payload, bytes(64)])
    assert statement._quickly(raw) == (protected, payload, bytes(64))
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + data.draw(st.binary(max_size=2)) + raw[at + data.draw(st.integers(0, 2)) :]
    quick = statement._quickly(changed)
    assert quick is None or quick == statement._parts(changed)
