"""What the C2SP specifications print: a note, a checkpoint with a cosignature, a proof's shape.

Of these only the note comes with a key. The cosignature's form is checked against what the
specification says of it; the proof is elided there, so that only its frame can be read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import ProofInvalid
from ledger.proof import note, receipt, tiles
from ledger.proof.checkpoint import cosigned_message, parse_checkpoint
from ledger.proof.note import VerifierKey
from tests.conformance.vectors import vectors


def examples() -> Path:
    return vectors("c2sp-spec-examples")


def vkey() -> VerifierKey:
    return VerifierKey.parse((examples() / "signed-note-example.vkey").read_text().strip())


def test_the_published_note_verifies_with_the_published_key() -> None:
    data = (examples() / "signed-note-example.txt").read_bytes()
    found = note.verify_note(data, [vkey()])
    assert found.text == "This is an example message.\n"
    assert [(one.name, one.key_id) for one in found.signatures] == [("example.com/foo", vkey().key_id)]


def test_the_published_key_is_written_again_as_it_was() -> None:
    assert str(vkey()) == (examples() / "signed-note-example.vkey").read_text().strip()


def test_the_published_note_fails_when_one_letter_of_its_text_changes() -> None:
    data = (examples() / "signed-note-example.txt").read_bytes()
    with pytest.raises(ProofInvalid, match="bad_note"):
        note.verify_note(data.replace(b"example message", b"Example message"), [vkey()])


def test_the_published_cosigned_checkpoint_has_the_form_that_we_write() -> None:
    found = note.parse_note((examples() / "checkpoint-with-cosignature-example.txt").read_bytes())
    head = parse_checkpoint(found.text)
    assert (head.origin, head.size, len(head.root)) == ("example.com/behind-the-sofa", 20852163, 32)
    log, witness = found.signatures
    assert (log.name, len(log.signature)) == (head.origin, 64)
    assert (witness.name, len(witness.signature)) == ("witness.example.com/w1", 8 + 64)


def test_the_published_cosigned_message_is_the_one_that_we_build() -> None:
    found = note.parse_note((examples() / "checkpoint-with-cosignature-example.txt").read_bytes())
    time_s = int.from_bytes(found.signatures[1].signature[:8], "big")
    printed = (  # c2sp.org/tlog-cosignature, "Ed25519 signed message"
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    assert cosigned_message(found.text, time_s) == printed


def test_the_published_proof_is_read_and_its_elided_checkpoint_proves_nothing() -> None:
    data = (examples() / "tlog-proof-shape-example.txt").read_bytes()
    index, proof, checkpoint, extra = receipt.parse_tlog_proof(data)
    assert (index, len(proof), extra[:13]) == (73894, 5, b"age-v1.2.1-da")
    assert receipt.encode_tlog_proof(index, proof, checkpoint, extra) == data
    with pytest.raises(ProofInvalid, match="bad_tlog_proof"):
        receipt.verify_tlog_proof(data, b"", vkey())


def test_the_paths_that_the_tiles_specification_prints_are_ours() -> None:
    assert tiles.entries_path(1234067) == "tile/entries/x001/x234/067"
    assert tiles.tile_path(0, 1234067) == "tile/0/x001/x234/067"


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    edge, changed = tiles.grow(tiles.EMPTY_EDGE, [bytes(32)] * 70_000)
    widths = [
        [len(data) // 32 for (level, _), data in sorted(changed.items()) if level == n] for n in (0, 1, 2)
    ]
    assert widths == [[256] * 273 + [112], [256, 17], [1]]
    assert [len(partial) // 32 for partial in edge.tiles] == [112, 17, 1]
