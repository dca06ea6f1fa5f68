"""Laws of the COSE receipt (RFC 9942): for one entry under one root, and nothing else."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed, ProofInvalid
from ledger.proof import merkle, receipt, tiles
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ES256, SigningKey
from ledger.proof.statement import sig_structure

ORIGIN = "ledger.example/unbroken"
KEYS = [new_key(ED25519), new_key(ES256)]
ENTRIES = [number.to_bytes(2, "big") for number in range(300)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
_, STORED = tiles.grow(tiles.EMPTY_EDGE, LEAVES)
READ = tiles.tile_reader(lambda level, index: STORED[level, index])
NUMBERS = st.integers(0, 2**63 - 1)
HASHES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=63)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=40) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-2, 400), inner, max_size=4),
    max_leaves=10,
)


def token(index: int, size: int, key: SigningKey = KEYS[0], time_s: int = 1_790_000_000) -> bytes:
    signed = receipt.receipt_signature(key, ORIGIN, size, merkle.root(size, READ), time_s)
    return receipt.encode_receipt(signed, size, index, merkle.inclusion_proof(index, size, READ))


def outcome(data: bytes, entry: bytes, key: SigningKey = KEYS[0], origin: str = ORIGIN) -> str:
    try:
        receipt.verify_receipt(data, entry, key.public, origin)
    except ProofInvalid as error:
        return error.code
    return "accepted"


@given(st.integers(2, 300), st.sampled_from(KEYS), NUMBERS, st.data())
def test_a_receipt_proves_its_entry(size: int, key: SigningKey, time_s: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    found = receipt.verify_receipt(token(index, size, key, time_s), ENTRIES[index], key.public, ORIGIN)
    assert (found.origin, found.size, found.index, found.time_s) == (ORIGIN, size, index, time_s)
    assert (found.alg, found.kid) == (key.alg, key.public.kid)


@given(st.integers(2, 300), st.data())
def test_a_receipt_proves_no_other_entry_key_or_log(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 299))
    raw = token(index, size)
    assert outcome(raw, ENTRIES[other]) == ("accepted" if other == index else "bad_receipt")
    assert outcome(raw, ENTRIES[index], KEYS[1]) == "bad_receipt"
    assert outcome(raw, ENTRIES[index], origin="other.example/log") == "bad_receipt"


@given(st.integers(2, 300), st.integers(2, 300), st.data())
def test_one_batchs_signature_serves_no_other_tree(size: int, other: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, min(size, other) - 1))
    signed = receipt.receipt_signature(KEYS[0], ORIGIN, size, merkle.root(size, READ), 1)
    raw = receipt.encode_receipt(signed, other, index, merkle.inclusion_proof(index, other, READ))
    assert outcome(raw, ENTRIES[index]) == ("accepted" if other == size else "bad_receipt")


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "es256"])
def test_every_single_flipped_bit_of_a_receipt_is_refused(key: SigningKey) -> None:
    raw = token(5, 11, key)
    assert outcome(raw, ENTRIES[5], key) == "accepted"
    for bit in range(len(raw) * 8):
        at = bit // 8
        flipped = raw[:at] + bytes([raw[at] ^ (1 << bit % 8)]) + raw[at + 1 :]
        assert outcome(flipped, ENTRIES[5], key) == "bad_receipt", f"bit {bit}"


@given(st.text(st.characters(codec="utf-8"), max_size=30), NUMBERS, NUMBERS, NUMBERS, HASHES)
def test_a_receipt_reads_back(origin: str, time_s: int, size: int, index: int, proof: list[bytes]) -> None:
    signed = receipt.receipt_signature(KEYS[0], origin, size, bytes(32), time_s)
    found = receipt.parse_receipt(receipt.encode_receipt(signed, size, index, proof))
    assert (found.origin, found.time_s, found.size, found.index) == (origin, time_s, size, index)
    assert (list(found.proof), found.protected, found.signature) == (proof, *signed)


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_random_bytes_are_no_receipt(data: bytes) -> None:
    assert outcome(data, b"") == "bad_receipt"
    assert outcome(b"\xd2\x84" + data, b"") == "bad_receipt"


@given(st.data())
@settings(max_examples=300)
def test_mutated_receipts_are_refused_and_do_no_harm(data: st.DataObject) -> None:
    raw = token(5, 11)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    mutated = raw[:start] + data.draw(st.binary(max_size=40)) + raw[end:]
    assert outcome(mutated, ENTRIES[5]) == ("accepted" if mutated == raw else "bad_receipt")


PARTS = ["protected", "unprotected", "payload", "signature", "inclusion", "size", "index", "proof", "claims"]


@given(st.sampled_from(PARTS), VALUES)
@settings(max_examples=300)
def test_a_receipt_with_one_part_replaced_is_refused_and_does_no_harm(part: str, value: Any) -> None:
    assert outcome(rebuilt({part: value}), ENTRIES[5]) == "bad_receipt" or rebuilt({part: value}) == rebuilt(
        {}
    )


def rebuilt(replaced: dict[str, Any]) -> bytes:
    """The receipt of entry 5 of 11 with parts of it replaced, signed where it can be."""
    proof = merkle.inclusion_proof(5, 11, READ)
    inclusion = [replaced.get("size", 11), replaced.get("index", 5), replaced.get("proof", proof)]
    claims = replaced.get("claims", {1: ORIGIN, 2: ORIGIN, 6: 1, -65537: 11})
    header = {1: ED25519, 4: KEYS[0].public.kid, 15: claims, 395: 1}
    protected = replaced.get("protected", cbor2.dumps(header))
    to_sign = sig_structure(protected, merkle.root(11, READ))
    proofs = {396: {-1: [replaced.get("inclusion", cbor2.dumps(inclusion))]}}
    body = [protected, replaced.get("unprotected", proofs), replaced.get("payload"), KEYS[0].sign(to_sign)]
    body[3] = replaced.get("signature", body[3])
    return b"\xd2" + cbor2.dumps(body)


def test_the_rebuilt_receipt_is_the_one_that_we_write() -> None:
    assert rebuilt({}) == token(5, 11, time_s=1)


def test_a_tree_of_one_leaf_has_no_receipt_that_is_read() -> None:
    signed = receipt.receipt_signature(KEYS[0], ORIGIN, 1, LEAVES[0], 1)
    with pytest.raises(Malformed, match="malformed_receipt"):
        receipt.parse_receipt(receipt.encode_receipt(signed, 1, 0, []))
