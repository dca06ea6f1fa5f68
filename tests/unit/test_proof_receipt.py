"""A receipt's parts, each of the wrong type, length or value, in an envelope that is signed.

`parse_receipt` is asked alone: nothing that it lets through may wait for the signature to
be found out, since clients keep what it returns.
"""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from ledger.errors import Malformed, ProofInvalid
from ledger.proof import merkle, receipt
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ED25519_FULL, ES256
from ledger.proof.statement import sig_structure

KEY = new_key()
ORIGIN = "log.example/unbroken"
LEAF, SIBLING = merkle.leaf_hash(b"an entry"), merkle.leaf_hash(b"another")
ROOT = merkle.node_hash(LEAF, SIBLING)
SOUND: dict[str, Any] = {
    "alg": ED25519,
    "kid": KEY.public.kid,
    "iss": ORIGIN,
    "sub": ORIGIN,
    "time": 1_790_000_000,
    "signed size": 2,
    "structure": 1,
    "size": 2,
    "index": 0,
    "proof": [SIBLING],
    "payload": None,
}


def built(**changed: Any) -> bytes:
    """A receipt from its parts, signed by the log's own key whatever they are."""
    part = SOUND | changed
    claims = {1: part["iss"], 2: part["sub"], 6: part["time"], -65537: part["signed size"]}
    protected = cbor2.dumps({1: part["alg"], 4: part["kid"], 15: claims, 395: part["structure"]})
    inclusion = cbor2.dumps([part["size"], part["index"], part["proof"]])
    signature = part.get("signature", KEY.sign(sig_structure(protected, ROOT)))
    body = [protected, {396: {-1: part.get("proofs", [inclusion])}}, part["payload"], signature]
    return b"\xd2" + cbor2.dumps(body)


WRONG: dict[str, dict[str, Any]] = {
    "the algorithm that is read in statements alone": {"alg": ED25519_FULL},
    "an unknown algorithm": {"alg": -35},
    "an algorithm by name": {"alg": "EdDSA"},
    "an algorithm as a float": {"alg": -8.0},
    "no algorithm": {"alg": None},
    "a short key id": {"kid": bytes(31)},
    "a long key id": {"kid": bytes(33)},
    "a key id as text": {"kid": "k" * 32},
    "an issuer as bytes": {"iss": b"log", "sub": b"log"},
    "no issuer": {"iss": None, "sub": None},
    "another subject": {"sub": "log.example/other"},
    "a time below 0": {"time": -1},
    "a time of 2^63": {"time": 2**63},
    "a time beyond 64 bits": {"time": 2**64},
    "a time as a float": {"time": 1.5},
    "a time that is true": {"time": True},
    "no time": {"time": None},
    "a size below 0": {"size": -1, "signed size": -1},
    "a size of 2^63": {"size": 2**63, "signed size": 2**63},
    "a size that is not the signed one": {"size": 3},
    "a signed size that is not the size": {"signed size": 3},
    "a size as a float": {"size": 2.0, "signed size": 2.0},
    "an index below 0": {"index": -1},
    "an index of 2^63": {"index": 2**63},
    "an index that is false": {"index": False},
    "no hash": {"proof": []},
    "a short hash": {"proof": [SIBLING[:31]]},
    "a long hash": {"proof": [SIBLING + b"\0"]},
    "a hash as text": {"proof": ["h" * 32]},
    "hashes joined": {"proof": SIBLING * 2},
    "hashes as a map": {"proof": {0: SIBLING}},
    "another data structure": {"structure": 2},
    "a payload": {"payload": ROOT},
    "an empty payload": {"payload": b""},
    "a short signature": {"signature": bytes(63)},
    "a long signature": {"signature": bytes(65)},
    "a signature as text": {"signature": "s" * 64},
    "no signature": {"signature": None},
    "no proof": {"proofs": []},
    "two proofs": {"proofs": [cbor2.dumps([2, 0, [SIBLING]])] * 2},
    "a proof that is not in a bstr": {"proofs": [[2, 0, [SIBLING]]]},
    "a proof with a byte behind": {"proofs": [cbor2.dumps([2, 0, [SIBLING]]) + b"\0"]},
    "a proof of four": {"proofs": [cbor2.dumps([2, 0, [SIBLING], 0])]},
    "a proof with a longer size": {"proofs": [b"\x83\x18\x02\x00\x81\x58\x20" + SIBLING]},
}


def test_the_sound_parts_make_a_receipt_that_is_read_and_verifies() -> None:
    assert receipt.parse_receipt(built()).alg == ED25519
    found = receipt.verify_receipt(built(), b"an entry", KEY.public, ORIGIN)
    assert (found.size, found.index, found.proof) == (2, 0, (SIBLING,))


@pytest.mark.parametrize("case", WRONG)
def test_a_receipt_with_a_part_that_we_would_not_write_is_malformed(case: str) -> None:
    with pytest.raises(Malformed, match="malformed_receipt"):
        receipt.parse_receipt(built(**WRONG[case]))


@pytest.mark.parametrize("changed", [{"time": 0}, {"time": 2**63 - 1}, {"alg": ES256}], ids=str)
def test_a_part_at_its_limit_is_read(changed: dict[str, Any]) -> None:
    receipt.parse_receipt(built(**changed))


@pytest.mark.parametrize(
    "changed",
    [{"alg": ES256}, {"index": 1}, {"index": 2}, {"proof": [SIBLING] * 2}, {"proof": [LEAF]}, {"time": 1}],
    ids=["another algorithm", "another index", "no such index", "too long", "another sibling", "resigned"],
)
def test_a_receipt_that_is_read_proves_nothing_more_than_was_signed(changed: dict[str, Any]) -> None:
    original = receipt.parse_receipt(built()).signature
    with pytest.raises(ProofInvalid, match="bad_receipt"):
        receipt.verify_receipt(built(**changed, signature=original), b"an entry", KEY.public, ORIGIN)


def test_a_proof_file_holds_an_index_of_19_digits_and_no_more() -> None:
    longest = receipt.encode_tlog_proof(10**19 - 1, [SIBLING], b"a checkpoint")
    assert receipt.parse_tlog_proof(longest)[0] == 10**19 - 1
    with pytest.raises(Malformed, match="malformed_tlog_proof"):
        receipt.parse_tlog_proof(receipt.encode_tlog_proof(10**19, [SIBLING], b"a checkpoint"))
