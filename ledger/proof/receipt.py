"""Proofs to carry away: COSE receipts (RFC 9942) and tlog-proof files (c2sp.org/tlog-proof).

A receipt is a COSE_Sign1 whose detached payload is the root that its inclusion proof leads
to. One signature over a root serves every entry of a batch: only the proofs differ.

RFC 9942 leaves tree size and leaf index unsigned, and the root alone does not tell them: the
proof of entry 10 of 11 leads to the same root as one "of entry 3 of 4". So our receipts sign
the size too, as a private claim that other verifiers pass over; size and root together leave
the index no choice. (A tlog-proof needs none of this: a checkpoint signs its size.)
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cbor2

from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.proof import checkpoint, merkle, note
from ledger.proof.cbor import load
from ledger.proof.checkpoint import SignedCheckpoint
from ledger.proof.keys import ED25519, ES256, PublicKey, SigningKey
from ledger.proof.note import VerifierKey
from ledger.proof.statement import sig_structure

_TAG = b"\xd2"
_ALG, _KID, _CLAIMS, _VDS, _VDP = 1, 4, 15, 395, 396  # RFC 9942 §4
_RFC9162_SHA256 = 1  # RFC 9942 §5: the verifiable data structure
_INCLUSION = -1
_BYTES_32 = b"\x58\x20"  # the head of a byte string of 32
_START = _TAG + b"\x84"  # an array of four
_PROOFS = b"\xa1\x19\x01\x8c\xa1\x20\x81"  # {396: {-1: [ ... ]}}
_NIL = b"\xf6"
_ISS, _SUB, _IAT = 1, 2, 6
_SIZE = -65537  # CWT claims below -65536 are for private use (RFC 8392 §9.1)
_ALGORITHMS = (ED25519, ES256)  # what `SigningKey` emits
_TOP = 2**63
_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says: entry `index` of the tree of `size`, at `time_s` (claimed by the log)."""

    origin: str
    alg: int
    kid: bytes
    time_s: int
    size: int
    index: int
    proof: tuple[bytes, ...]
    protected: bytes
    signature: bytes


def _protected(alg: int, kid: bytes, origin: str, time_s: int, size: int) -> bytes:
    claims = {_ISS: origin, _SUB: origin, _IAT: time_s, _SIZE: size}
    return cbor2.dumps({_ALG: alg, _KID: kid, _CLAIMS: claims, _VDS: _RFC9162_SHA256})


def receipt_signature(
    key: SigningKey, origin: str, size: int, root: bytes, time_s: int
) -> tuple[bytes, bytes]:
    """The protected header and the signature over `root`, for every entry of that tree."""
    protected = _protected(key.alg, key.public.kid, origin, time_s, size)
    return protected, key.sign(sig_structure(protected, root))


def encode_receipt(signed: tuple[bytes, bytes], size: int, index: int, proof: list[bytes]) -> bytes:
    """The receipt of entry `index`. A tree of one leaf has no proof to show (RFC 9942 §5.2).

    Cheap on purpose: it is made for every answer, so the hashes are joined by hand.
    `proof` is what `merkle` gave: hashes of 32 bytes.
    """
    start, head, end = _of_tree(signed, size)
    count = len(proof)
    array = bytes([0x80 | count]) if count < 24 else bytes([0x98, count])
    inclusion = _BYTES_32.join([head + cbor2.dumps(index) + array, *proof])
    return b"".join((start, cbor2.dumps(inclusion), end))


@lru_cache(maxsize=4)
def _of_tree(signed: tuple[bytes, bytes], size: int) -> tuple[bytes, bytes, bytes]:
    """What the receipts of one batch share: all before the proof, its own head, all behind it."""
    protected, signature = signed
    start = _START + cbor2.dumps(protected) + _PROOFS
    return start, b"\x83" + cbor2.dumps(size), _NIL + cbor2.dumps(signature)


def parse_receipt(data: bytes) -> Receipt:
    """Strict: only what `encode_receipt` writes. Raises `Malformed` (`malformed_receipt`)."""
    try:
        protected, unprotected, _, signature = load(data[1:])
        alg, kid, claims, _ = load(protected).values()
        (inclusion,) = unprotected[_VDP][_INCLUSION]
        size, index, proof = load(inclusion)
        origin, _, time_s, _ = claims.values()
        found = Receipt(origin, alg, kid, time_s, size, index, tuple(proof), protected, signature)
    except (Malformed, ValueError, TypeError, AttributeError, LookupError):
        raise Malformed("malformed_receipt", "not the structure of a receipt") from None
    _check(found)
    again = _protected(alg, kid, origin, time_s, size), signature
    if encode_receipt(again, size, index, proof) != data:
        raise Malformed("malformed_receipt", "not a receipt in the one form that is written here")
    return found


def _check(found: Receipt) -> None:
    """Every part's type and length: what passes is written again in one way only."""
    numbers: tuple[Any, ...] = (found.time_s, found.size, found.index)
    blobs: tuple[Any, ...] = (found.kid, *found.proof, found.signature)
    sound = type(found.origin) is str and type(found.alg) is int and found.alg in _ALGORITHMS
    if not sound or any(type(number) is not int or not 0 <= number < _TOP for number in numbers):
        raise Malformed("malformed_receipt", "the origin, algorithm, time, size or index is not one")
    if any(type(blob) is not bytes for blob in blobs) or len(found.signature) != 64:
        raise Malformed("malformed_receipt", "the key id, a hash or the signature is not one")
    if not found.proof or any(len(blob) != 32 for blob in blobs[:-1]):
        raise Malformed("malformed_receipt", "the key id and each hash have 32 bytes, and a hash is needed")


def verify_receipt(data: bytes, entry: bytes, key: PublicKey, origin: str) -> Receipt:
    """Recompute the root from the entry and check the log's signature over it.

    Raises `ProofInvalid` (`bad_receipt`).
    """
    try:
        found = parse_receipt(data)
        if (found.origin, found.kid) != (origin, key.kid):
            raise ProofInvalid("bad_receipt", f"a receipt by {found.origin!r}, where {origin!r} is due")
        root = merkle.root_of_inclusion(merkle.leaf_hash(entry), found.index, found.size, list(found.proof))
        key.verify(found.alg, found.signature, sig_structure(found.protected, root))
    except UnbrokenError as error:
        raise ProofInvalid("bad_receipt", error.detail) from None
    return found


def encode_tlog_proof(index: int, proof: list[bytes], checkpoint_note: bytes, extra: bytes = b"") -> bytes:
    """A self-contained proof file; `extra` is carried along and proves nothing."""
    lines = [_HEADER]
    if extra:
        lines.append("extra " + base64.b64encode(extra).decode())
    lines += [f"index {index}", *(base64.b64encode(each).decode() for each in proof), "", ""]
    return "\n".join(lines).encode() + checkpoint_note


def parse_tlog_proof(data: bytes) -> tuple[int, list[bytes], bytes, bytes]:
    """Index, inclusion proof, checkpoint note and extra data. Raises `Malformed`
    (`malformed_tlog_proof`)."""
    head, _, body = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    extra = b""
    if lines[1:2] and lines[1].startswith("extra "):
        extra = note.unbase64(lines.pop(1).removeprefix("extra "))
    index = lines[1].removeprefix("index ") if lines[1:2] else ""
    if index.isdigit() and index.isascii() and len(index) < 20:
        proof = [note.unbase64(line) for line in lines[2:]]
        if encode_tlog_proof(int(index), proof, body, extra) == data:
            return int(index), proof, body, extra
    raise Malformed("malformed_tlog_proof", "not a tlog-proof file")


def verify_tlog_proof(data: bytes, entry: bytes, vkey: VerifierKey) -> SignedCheckpoint:
    """Check the checkpoint and that it covers the entry. Raises `ProofInvalid` (`bad_tlog_proof`)."""
    try:
        index, proof, body, _ = parse_tlog_proof(data)
        opened = checkpoint.open_checkpoint(body, vkey)
        head = opened.checkpoint
        merkle.verify_inclusion(merkle.leaf_hash(entry), index, head.size, proof, head.root)
    except UnbrokenError as error:
        raise ProofInvalid("bad_tlog_proof", error.detail) from None
    return opened
