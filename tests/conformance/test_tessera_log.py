"""A whole tlog-tiles log that another implementation wrote: 15 entries, 17 checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import ProofInvalid
from ledger.proof import merkle, note, tiles
from ledger.proof.add_checkpoint import Submission
from ledger.proof.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.proof.cosignature import cosigned_at
from ledger.proof.note import VerifierKey
from tests.conformance.vectors import vectors
from tests.witness_stage import TIME, WITNESS, witness

VKEY = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
SIZE = 15


def log() -> Path:
    return vectors("transparency-dev-tessera-log") / "testdata" / "log"


def heads() -> dict[int, Checkpoint]:
    """The checkpoint of every size, its signature checked."""
    return {size: checked((log() / f"checkpoint.{size}").read_bytes()) for size in range(SIZE + 1)}


def checked(data: bytes) -> Checkpoint:
    return parse_checkpoint(note.verify_note(data, [VKEY]).text)


def tile(size: int) -> bytes:
    return (log() / tiles.tile_path(0, 0, size)).read_bytes()


def bundle(size: int) -> list[bytes]:
    return tiles.decode_bundle((log() / tiles.entries_path(0, size)).read_bytes())


def reader(size: int) -> merkle.NodeReader:
    return tiles.tile_reader(lambda level, index: tile(size))


def test_all_17_checkpoints_carry_the_logs_signature() -> None:
    files = sorted(log().glob("checkpoint*"))
    assert len(files) == 17
    found = [checked(path.read_bytes()) for path in files]
    assert {head.origin for head in found} == {VKEY.name}
    assert sorted(head.size for head in found) == [*range(SIZE + 1), SIZE]


def test_all_17_checkpoints_are_written_again_byte_for_byte() -> None:
    files = sorted(log().glob("checkpoint*"))
    for path in files:
        parsed = note.parse_note(path.read_bytes())
        lines = [note.signature_line(VKEY, each.signature) for each in parsed.signatures]
        assert f"{parse_checkpoint(parsed.text).body()}\n{''.join(lines)}".encode() == path.read_bytes()
    assert len(files) == 17


def test_none_of_them_passes_for_one_of_ours_which_carries_a_time() -> None:
    for path in log().glob("checkpoint*"):
        with pytest.raises(ProofInvalid, match="bad_checkpoint"):
            open_checkpoint(path.read_bytes(), VKEY)


def test_every_signature_fails_once_its_text_says_another_size() -> None:
    for size in range(SIZE + 1):
        data = (log() / f"checkpoint.{size}").read_bytes()
        with pytest.raises(ProofInvalid, match="bad_note"):
            note.verify_note(data.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1)), [VKEY])


def test_all_15_bundles_hash_to_the_15_tiles_and_are_written_again_byte_for_byte() -> None:
    for size in range(1, SIZE + 1):
        entries = bundle(size)
        assert len(entries) == size
        assert tiles.bundle_hashes(entries) == tile(size)
        assert tiles.encode_bundle(entries) == (log() / tiles.entries_path(0, size)).read_bytes()


def test_all_16_roots_come_from_the_tiles_and_from_growing_the_edge() -> None:
    signed, edge = heads(), tiles.EMPTY_EDGE
    assert signed[0].root == merkle.EMPTY_ROOT == tiles.edge_root(edge)
    for size, entry in enumerate(bundle(SIZE), 1):
        edge, changed = tiles.grow(edge, [merkle.leaf_hash(entry)])
        assert changed[0, 0] == tile(size)
        assert signed[size].root == merkle.root(size, reader(size)) == tiles.edge_root(edge)


def test_all_120_inclusion_proofs_verify_against_the_signed_roots() -> None:
    signed, entries, verified = heads(), bundle(SIZE), 0
    for size in range(1, SIZE + 1):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, reader(size))
            merkle.verify_inclusion(merkle.leaf_hash(entries[index]), index, size, proof, signed[size].root)
            verified += 1
    assert verified == 120


def test_all_120_consistency_proofs_verify_between_the_signed_roots() -> None:
    signed, verified = heads(), 0
    for new in range(1, SIZE + 1):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, reader(new))
            merkle.verify_consistency(old, signed[old].root, new, signed[new].root, proof)
            verified += 1
    assert verified == 120


def test_a_witness_cosigns_the_whole_log_in_all_135_steps_of_growth(tmp_path: Path) -> None:
    """From every size, 0 too, to every later one: each a witness of its own, which then knows the later."""
    steps, signed = 0, heads()
    for old in range(SIZE + 1):
        for new in range(max(old, 1), SIZE + 1):
            keeper = witness(tmp_path / f"{old}-{new}.db", follows=VKEY)
            if old:
                keeper.add(Submission(0, (), (log() / f"checkpoint.{old}").read_bytes()).encode())
            proof = tuple(merkle.consistency_proof(old, new, reader(new))) if old else ()
            line = keeper.add(Submission(old, proof, (log() / f"checkpoint.{new}").read_bytes()).encode())
            known = keeper.register.known(VKEY.name)
            assert (known.size, known.root) == (new, signed[new].root)
            assert cosigned_at(note.parse_note(keeper.register.note(VKEY.name)), WITNESS) == TIME
            assert line.encode() in keeper.register.note(VKEY.name)
            keeper.register.close()
            steps += 1
    assert steps == 135
