"""The log's second signature: ML-DSA-44 as c2sp.org/tlog-cosignature has it; nothing else passes for it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed, ProofInvalid, Unauthentic, UnbrokenError
from ledger.proof.checkpoint import (
    Checkpoint,
    log_vkey,
    open_checkpoint,
    own_part,
    sign_checkpoint,
    with_lines,
)
from ledger.proof.keyfile import new_key, new_second_key, open_key, open_second_key, seal_key
from ledger.proof.ml_dsa import SecondKey, SecondSigner, is_second, signed_at
from ledger.proof.note import parse_note

ORIGIN = "ledger.example/unbroken"
KEY, SECOND = new_key(), SecondSigner(ORIGIN, MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))))
HEAD = Checkpoint(ORIGIN, 4711, bytes(range(32)))
NOTE = sign_checkpoint(HEAD, KEY, 1_790_000_000, SECOND)


def test_the_line_is_the_one_that_the_specification_describes() -> None:
    """Written out by hand from "ML-DSA-44 signed message" and "Format"."""
    name, raw = ORIGIN.encode(), SECOND.public.raw
    blob = base64.b64decode(NOTE.decode().splitlines()[-1].split(" ")[2])
    assert blob[:4] == hashlib.sha256(name + b"\n\x06" + raw).digest()[:4]
    assert blob[4:12] == (1_790_000_000).to_bytes(8, "big")
    message = b"subtree/v1\n\x00" + bytes([len(name)]) + name + (1_790_000_000).to_bytes(8, "big")
    message += bytes([len(name)]) + name + bytes(8) + (4711).to_bytes(8, "big") + bytes(range(32))
    MLDSA44PublicKey.from_public_bytes(raw).verify(blob[12:], message)
    assert len(blob) == 4 + 8 + 2420


def test_a_verifier_without_the_key_passes_the_line_over() -> None:
    signed = open_checkpoint(NOTE, log_vkey(ORIGIN, KEY.public))
    assert (signed.checkpoint, signed.time_s) == (HEAD, 1_790_000_000)


def test_both_lines_say_the_same_time() -> None:
    assert signed_at(parse_note(NOTE), HEAD, SECOND.public) == 1_790_000_000


@given(st.integers(0, 8 * (8 + 2420) - 1))
def test_one_flipped_bit_of_the_line_never_verifies(bit: int) -> None:
    *lines, last = NOTE.decode().splitlines()
    mark, name, text = last.split(" ")
    blob = bytearray(base64.b64decode(text))
    blob[4 + bit // 8] ^= 1 << bit % 8
    altered = "\n".join([*lines, f"{mark} {name} {base64.b64encode(blob).decode()}", ""]).encode()
    with pytest.raises(ProofInvalid):
        signed_at(parse_note(altered), HEAD, SECOND.public)


@pytest.mark.parametrize(
    "other",
    [
        Checkpoint("ledger.example/other", 4711, HEAD.root),
        Checkpoint(ORIGIN, 4712, HEAD.root),
        Checkpoint(ORIGIN, 4711, bytes(32)),
    ],
)
def test_the_line_is_of_one_head_only(other: Checkpoint) -> None:
    with pytest.raises(ProofInvalid) as caught:
        signed_at(parse_note(NOTE), other, SECOND.public)
    assert caught.value.code == "bad_cosignature"


def test_a_head_with_further_lines_is_not_signed_by_it() -> None:
    """The message leaves them out: whoever reads them would believe that they are signed."""
    with pytest.raises(ProofInvalid, match="further lines"):
        signed_at(parse_note(NOTE), Checkpoint(ORIGIN, 4711, HEAD.root, ("more",)), SECOND.public)


def test_a_note_without_the_line_or_with_two_is_told_apart_from_a_wrong_one() -> None:
    bare = sign_checkpoint(HEAD, KEY, 1_790_000_000)
    twice = with_lines(NOTE, [SECOND.line(HEAD, 1_790_000_001)])
    for data in (bare, twice):
        with pytest.raises(ProofInvalid) as caught:
            signed_at(parse_note(data), HEAD, SECOND.public)
        assert caught.value.code == "no_signature"


def test_the_own_part_ends_before_what_witnesses_add() -> None:
    assert own_part(NOTE) == NOTE
    assert own_part(with_lines(NOTE, ["— w.example/1 AAAAAAAA\n"])) == NOTE


def test_a_verifier_key_reads_back_and_only_in_its_one_form() -> None:
    text = str(SECOND.public)
    assert SecondKey.parse(text) == SECOND.public
    assert is_second(text)
    assert not is_second(str(log_vkey(ORIGIN, KEY.public)))
    name, key_id, material = text.split("+", 2)
    shorter = base64.b64encode(base64.b64decode(material)[:-3]).decode()
    for wrong in (f"x{text}", f"{name}+00000000+{material}", f"{name}+{key_id}+{shorter}", "", "a+b"):
        with pytest.raises(Malformed) as caught:
            SecondKey.parse(wrong)
        assert caught.value.code == "malformed_vkey"


def test_the_key_file_opens_with_its_passphrase_alone_and_as_its_own_kind() -> None:
    made = new_second_key(ORIGIN)
    pem = seal_key(made, b"secret")
    assert open_second_key(pem, b"secret", ORIGIN).public == made.public
    with pytest.raises(Unauthentic):
        open_second_key(pem, b"other", ORIGIN)
    for opens in (
        lambda: open_key(pem, b"secret"),
        lambda: open_second_key(seal_key(KEY, b"s"), b"s", ORIGIN),
    ):
        with pytest.raises(UnbrokenError) as caught:
            opens()
        assert caught.value.code == "malformed_key_file"
