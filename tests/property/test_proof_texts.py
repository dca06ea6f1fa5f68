"""Laws of the C2SP texts: what is written reads back, and no other bytes do harm or pass."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed, ProofInvalid
from ledger.proof import checkpoint, merkle, note, receipt, tiles
from ledger.proof.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.proof.keyfile import new_key

KEY = new_key()
OTHER = new_key()
ORIGIN = "ledger.example/unbroken"
VKEY = checkpoint.log_vkey(ORIGIN, KEY.public)
ENTRIES = [b"one", b"two", b"three", b"four", b"five"]
EDGE, CHANGED = tiles.grow(tiles.EMPTY_EDGE, [merkle.leaf_hash(entry) for entry in ENTRIES])
HEAD = Checkpoint(ORIGIN, len(ENTRIES), tiles.edge_root(EDGE))
SIGNED = sign_checkpoint(HEAD, KEY, 1_790_000_000)

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(
    lambda name: name.isprintable() and " " not in name and "+" not in name
)
LINES = st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1, max_size=30)
SIZES = st.integers(0, checkpoint.MAX_SIZE)
TIMES = st.integers(0, checkpoint.MAX_TIME)
ROOTS = st.binary(min_size=32, max_size=32)
ORIGINS = NAMES.filter(lambda name: name != "cosignature/v1")  # which `bad_origin` refuses
HEADS = st.builds(Checkpoint, ORIGINS, SIZES, ROOTS, st.lists(LINES, max_size=3).map(tuple))


def proof_file(index: int, extra: bytes = b"") -> bytes:
    proof = merkle.inclusion_proof(index, len(ENTRIES), tiles.edge_reader(EDGE, CHANGED))
    return receipt.encode_tlog_proof(index, proof, SIGNED, extra)


def outcome(check: Any, *case: Any) -> str:
    """`accepted`, or the code of the refusal; any other exception is a failure of the test."""
    try:
        check(*case)
    except (Malformed, ProofInvalid) as error:
        return error.code
    return "accepted"


def flips(data: bytes) -> list[bytes]:
    """Every copy of `data` with one bit flipped."""
    return [
        data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
        for at in range(len(data))
        for bit in range(8)
    ]


@given(HEADS, TIMES)
def test_a_signed_checkpoint_opens_as_what_was_signed(head: Checkpoint, time_s: int) -> None:
    data = sign_checkpoint(head, KEY, time_s)
    opened = open_checkpoint(data, checkpoint.log_vkey(head.origin, KEY.public))
    assert (opened.checkpoint, opened.time_s, opened.note) == (head, time_s, data)


@given(HEADS, TIMES)
def test_another_key_of_the_same_name_opens_no_checkpoint(head: Checkpoint, time_s: int) -> None:
    data = sign_checkpoint(head, KEY, time_s)
    assert outcome(open_checkpoint, data, checkpoint.log_vkey(head.origin, OTHER.public)) == "bad_checkpoint"


def test_every_single_flipped_bit_of_a_checkpoint_is_refused() -> None:
    assert outcome(open_checkpoint, SIGNED, VKEY) == "accepted"
    for forged in flips(SIGNED):
        assert outcome(open_checkpoint, forged, VKEY) == "bad_checkpoint"


@given(st.lists(st.tuples(NAMES, st.binary(min_size=5, max_size=80)), min_size=1, max_size=16))
def test_signatures_by_unknown_keys_are_ignored(others: list[tuple[str, bytes]]) -> None:
    lines = [f"— {name} {base64.b64encode(blob).decode()}\n" for name, blob in others]
    head, gap, ours = SIGNED.decode().partition("\n\n")
    mixed = f"{head}{gap}{''.join(lines)}{ours}".encode()
    assert open_checkpoint(mixed, VKEY).checkpoint == HEAD


@given(LINES.map(lambda line: f"{line}\n"), NAMES)
def test_a_signed_note_verifies_and_a_cosigners_key_does_not_fit_it(text: str, name: str) -> None:
    vkey = note.vkey_of(name, KEY.public)
    data = f"{text}\n{note.sign_note(text, vkey, KEY)}".encode()
    assert note.verify_note(data, [vkey]).text == text
    assert outcome(note.verify_note, data, [vkey.as_type(note.COSIGNATURE)]) == "bad_note"
    assert outcome(note.verify_note, data, [vkey, note.vkey_of(name, OTHER.public)]) == "no_signature"
    assert outcome(note.verify_note, data, []) == "no_signature"


@given(NAMES, st.sampled_from([note.SIGNATURE, note.COSIGNATURE]))
def test_a_verifier_key_reads_back(name: str, alg: int) -> None:
    vkey = note.vkey_of(name, KEY.public, alg)
    found = note.VerifierKey.parse(str(vkey))
    assert (found.name, found.alg, found.public.raw) == (name, alg, KEY.public.raw)
    assert str(found) == str(vkey)


def test_every_single_altered_character_of_a_verifier_key_is_refused() -> None:
    text = str(VKEY)
    for at in range(len(text)):
        for letter in "a0+/ \n=":
            altered = text[:at] + letter + text[at + 1 :]
            assert altered == text or outcome(note.VerifierKey.parse, altered) == "malformed_vkey"


@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_a_proof_file_verifies_for_its_entry_alone(index: int) -> None:
    for extra in (b"", b"batch 7"):
        data = proof_file(index, extra)
        assert receipt.verify_tlog_proof(data, ENTRIES[index], VKEY).checkpoint == HEAD
        for other in ENTRIES:
            found = outcome(receipt.verify_tlog_proof, data, other, VKEY)
            assert found == ("accepted" if other == ENTRIES[index] else "bad_tlog_proof")


def test_every_single_flipped_bit_of_a_proof_file_is_refused() -> None:
    for forged in flips(proof_file(3)):
        assert outcome(receipt.verify_tlog_proof, forged, ENTRIES[3], VKEY) == "bad_tlog_proof"


@given(
    st.integers(0, 2**63 - 1), st.lists(ROOTS, max_size=20), st.binary(max_size=60), st.binary(max_size=60)
)
def test_a_proof_file_reads_back(index: int, proof: list[bytes], extra: bytes, rest: bytes) -> None:
    data = receipt.encode_tlog_proof(index, proof, rest, extra)
    assert receipt.parse_tlog_proof(data) == (index, proof, rest, extra)


@given(st.integers(0, 63) | st.just("entries"), st.integers(0, tiles.MAX_INDEX - 1), st.integers(1, 256))
def test_a_tile_path_reads_back(level: Any, index: int, width: int) -> None:
    path = tiles.tile_path(level, index, width)
    assert tiles.parse_tile_path(path) == tiles.TileRef(level, index, width)


@given(st.lists(st.binary(max_size=40), max_size=256))
def test_an_entry_bundle_reads_back(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries)) == entries


TEXTS = st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))


@given(TEXTS)
@settings(max_examples=300)
def test_random_bytes_are_no_note_no_checkpoint_and_no_proof(data: bytes) -> None:
    assert outcome(open_checkpoint, data, VKEY) == "bad_checkpoint"
    assert outcome(receipt.verify_tlog_proof, data, b"one", VKEY) == "bad_tlog_proof"
    assert outcome(note.parse_note, data) in {"malformed_note", "accepted"}
    assert outcome(note.VerifierKey.parse, data.decode("utf-8", "replace")) == "malformed_vkey"


@given(st.sampled_from([SIGNED, proof_file(2)]), st.data())
@settings(max_examples=300)
def test_mutated_texts_are_refused_and_do_no_harm(whole: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 30)))
    mutated = whole[:start] + data.draw(TEXTS) + whole[end:]
    accepted = outcome(open_checkpoint, mutated, VKEY) == "accepted"
    accepted |= outcome(receipt.verify_tlog_proof, mutated, ENTRIES[2], VKEY) == "accepted"
    assert not accepted or mutated == whole or mutated.endswith(SIGNED.partition(b"\n\n")[2])
