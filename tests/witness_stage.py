"""Logs to be witnessed, built from leaves: each history knows its heads, and proofs between them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519

from api.witness.register import Register, Witness
from ledger.proof import merkle, tiles
from ledger.proof.add_checkpoint import Submission
from ledger.proof.checkpoint import Checkpoint, log_vkey, sign_checkpoint
from ledger.proof.keys import SigningKey
from ledger.proof.note import COSIGNATURE, VerifierKey, vkey_of

TIME = 1_790_000_000
ORIGIN = "ledger.example/witnessed"


def key(number: int) -> SigningKey:
    return SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


LOG_KEY, WITNESS_KEY = key(1), key(2)
LOG = log_vkey(ORIGIN, LOG_KEY.public)
WITNESS = vkey_of("witness.example/one", WITNESS_KEY.public, COSIGNATURE)


class History:
    """A log of these leaves, of fewer than 256: every head of it can be signed and proved."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self.leaves = list(leaves)
        edge, changed = tiles.grow(tiles.EMPTY_EDGE, [merkle.leaf_hash(leaf) for leaf in self.leaves])
        self._read = tiles.edge_reader(edge, changed)

    def root(self, size: int) -> bytes:
        return merkle.root(size, self._read)

    def signed(self, size: int, signer: SigningKey = LOG_KEY, origin: str = ORIGIN) -> bytes:
        return sign_checkpoint(Checkpoint(origin, size, self.root(size)), signer, TIME)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return tuple(merkle.consistency_proof(old, new, self._read)) if 0 < old <= new else ()

    def submission(self, old: int, new: int) -> Submission:
        return Submission(old, self.proof(old, new), self.signed(new))


class Clock:
    """Seconds, set by hand."""

    def __init__(self, now_s: int = TIME) -> None:
        self.now_s = now_s

    def __call__(self) -> int:
        return self.now_s


def witness(path: Path, clock: Clock | None = None, follows: VerifierKey = LOG) -> Witness:
    return Witness(Register(path), WITNESS, WITNESS_KEY, {follows.name: [follows]}, clock or Clock())
