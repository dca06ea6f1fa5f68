"""ML-DSA-44 as `dilithium-py` has it, which is Python alone: each implementation takes the other's."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from dilithium_py.ml_dsa import ML_DSA_44

from ledger.errors import ProofInvalid
from ledger.proof import ml_dsa, note
from ledger.proof.checkpoint import Checkpoint, log_vkey, sign_checkpoint
from ledger.proof.keyfile import new_key
from ledger.proof.ml_dsa import SecondKey, SecondSigner, signed_at
from ledger.proof.note import parse_note

SEED = bytes(range(32))
HEAD = Checkpoint("ledger.example/unbroken", 4711, bytes(range(32)))
TIME_S = 1_790_000_000


def message() -> bytes:
    """From c2sp.org/tlog-cosignature, "ML-DSA-44 signed message"."""
    name = HEAD.origin.encode()
    sized = bytes([len(name)]) + name
    return (
        b"subtree/v1\n\0"
        + sized
        + TIME_S.to_bytes(8, "big")
        + sized
        + bytes(8)
        + (4711).to_bytes(8, "big")
        + HEAD.root
    )


def test_both_derive_the_same_key_from_a_seed() -> None:
    public, _ = ML_DSA_44.key_derive(SEED)
    assert SecondSigner(HEAD.origin, MLDSA44PrivateKey.from_seed_bytes(SEED)).public.raw == public


def test_it_verifies_our_line() -> None:
    second = SecondSigner(HEAD.origin, MLDSA44PrivateKey.from_seed_bytes(SEED))
    found = parse_note(sign_checkpoint(HEAD, new_key(), TIME_S, second))
    stamped = note.find(found, second.public)
    assert ML_DSA_44.verify(second.public.raw, message(), stamped[8:])
    assert not ML_DSA_44.verify(second.public.raw, message() + b"x", stamped[8:])


@pytest.mark.parametrize("deterministic", [True, False])
def test_we_verify_its_line(deterministic: bool) -> None:
    public, private = ML_DSA_44.key_derive(SEED)
    key, first = SecondKey(HEAD.origin, public), new_key()
    for said, is_ours in ((message(), True), (message() + b"\0", False)):
        signature = ML_DSA_44.sign(private, said, deterministic=deterministic)
        assert len(signature) == ml_dsa.SIGNATURE
        line = note.signature_line(key, TIME_S.to_bytes(8, "big") + signature)
        found = parse_note(sign_checkpoint(HEAD, first, TIME_S) + line.encode())
        if is_ours:
            assert signed_at(found, HEAD, key) == TIME_S
        else:
            with pytest.raises(ProofInvalid):
                signed_at(found, HEAD, key)
    assert log_vkey(HEAD.origin, first.public).key_id != key.key_id
