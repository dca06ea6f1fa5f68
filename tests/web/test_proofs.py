"""Receipts, checkpoints, notes and tree proofs that Python makes, and Node's verdict on them."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import UnbrokenError
from ledger.proof import merkle, note
from ledger.proof.checkpoint import Checkpoint, log_vkey, open_checkpoint, sign_checkpoint
from ledger.proof.keys import SigningKey
from ledger.proof.note import VerifierKey
from ledger.proof.receipt import encode_receipt, receipt_signature, verify_receipt
from ledger.proof.tiles import EMPTY_EDGE, Tiles, grow, tile_reader
from tests.property.mangled import every_flip
from tests.web.agent import Agent, Question

ORIGIN = "ledger.example/unbroken"
LOG = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
VKEY = log_vkey(ORIGIN, LOG.public)
ENTRIES = [f"entry {number}".encode() for number in range(300)]
TIME_S = 1_790_000_000


def reader(size: int) -> merkle.NodeReader:
    _, changed = grow(EMPTY_EDGE, [merkle.leaf_hash(entry) for entry in ENTRIES[:size]])
    tiles: Tiles = changed
    return tile_reader(lambda level, index: tiles[level, index])


def receipt(index: int, size: int) -> bytes:
    read = reader(size)
    proof = merkle.inclusion_proof(index, size, read)
    return encode_receipt(
        receipt_signature(LOG, ORIGIN, size, merkle.root(size, read), TIME_S), size, index, proof
    )


def checkpoint(size: int, *extensions: str) -> bytes:
    return sign_checkpoint(Checkpoint(ORIGIN, size, merkle.root(size, reader(size)), extensions), LOG, TIME_S)


def verdict(check: Callable[[], object]) -> str:
    try:
        check()
    except UnbrokenError as error:
        return error.code
    return "ok"


def asked_receipt(raw: bytes, entry: bytes) -> Question:
    return {"op": "receipt", "raw": raw, "entry": entry, "vkey": str(VKEY)}


def test_receipts_of_trees_of_every_shape_prove_the_same_root_to_both(node: Agent) -> None:
    rng = random.Random(1)
    pairs = [
        (rng.randrange(size), size) for size in (2, 3, 5, 8, 17, 64, 255, 256, 257, 300) for _ in range(3)
    ]
    questions = [asked_receipt(receipt(index, size), ENTRIES[index]) for index, size in pairs]
    for (index, size), answer in zip(pairs, node.many(questions), strict=True):
        assert answer == {"ok": [index, size, merkle.root(size, reader(size)).hex()]}


def test_every_one_flipped_bit_of_a_receipt_is_refused_by_both(node: Agent) -> None:
    mutants = every_flip(receipt(5, 9))
    codes = node.codes([asked_receipt(raw, ENTRIES[5]) for raw in mutants])
    assert len(mutants) > 2000
    assert set(codes) == {"bad_receipt"}
    assert {verdict(partial(verify_receipt, raw, ENTRIES[5], LOG.public, ORIGIN)) for raw in mutants} == {
        "bad_receipt"
    }


def test_a_receipt_of_another_entry_log_or_key_is_refused(node: Agent) -> None:
    raw = receipt(5, 9)
    other = str(log_vkey("elsewhere", LOG.public))
    stranger = str(log_vkey(ORIGIN, SigningKey(Ed25519PrivateKey.generate()).public))
    asked = asked_receipt(raw, ENTRIES[5])
    cases = [asked_receipt(raw, ENTRIES[6]), asked | {"vkey": other}, asked | {"vkey": stranger}]
    assert node.codes([asked, *cases]) == ["ok", "bad_receipt", "bad_receipt", "bad_receipt"]


def test_a_receipt_cannot_pass_for_another_position_of_another_tree(node: Agent) -> None:
    """ADR-0007: without the signed size, 10 of 11 would also be "3 of 4"."""
    read = reader(11)
    signed = receipt_signature(LOG, ORIGIN, 11, merkle.root(11, read), TIME_S)
    forged = encode_receipt(signed, 4, 3, merkle.inclusion_proof(10, 11, read))
    assert node.codes([asked_receipt(forged, ENTRIES[10])]) == ["bad_receipt"]


def test_checkpoints_open_for_both_and_say_the_same(node: Agent) -> None:
    notes = [checkpoint(size) for size in (0, 1, 2, 255, 256, 300)] + [checkpoint(7, "one extension", "two")]
    answers = node.many([{"op": "checkpoint", "note": each, "vkey": str(VKEY)} for each in notes])
    for raw, answer in zip(notes, answers, strict=True):
        head = open_checkpoint(raw, VKEY).checkpoint
        assert answer == {"ok": [head.size, head.root.hex(), TIME_S]}


def test_every_one_flipped_bit_of_a_checkpoint_gets_the_same_verdict(node: Agent) -> None:
    mutants = every_flip(checkpoint(7))
    codes = node.codes([{"op": "checkpoint", "note": raw, "vkey": str(VKEY)} for raw in mutants])
    assert codes == [verdict(partial(open_checkpoint, raw, VKEY)) for raw in mutants]
    assert "ok" not in codes


def test_a_checkpoint_needs_both_lines_once(node: Agent) -> None:
    text = checkpoint(7).decode()
    *head, plain, stamped, _ = text.split("\n")
    lines = [
        "\n".join([*head, *chosen, ""])
        for chosen in ([plain], [stamped], [plain, stamped, plain], [plain, stamped])
    ]
    asked = [{"op": "checkpoint", "note": one.encode(), "vkey": str(VKEY)} for one in lines]
    assert node.codes(asked) == ["bad_checkpoint", "bad_checkpoint", "bad_checkpoint", "ok"]


def test_notes_with_strange_names_and_signatures_get_the_same_verdict(node: Agent) -> None:
    body = "a text\n\nwith an empty line\n"
    line = note.sign_note(body, VKEY, LOG)
    strange = [
        f"— {name} AAAAAAA=\n" for name in ("x", "a b", "a+b", "", "é", "\u00a0", "\ufeff", "\x85", "\u200b")
    ]
    notes = [f"{body}\n{line}{each}".encode() for each in [*strange, "", "junk\n", "— x !!!\n", line, "\n"]]
    notes += [body.encode(), b"\xff", (body + "\n").encode(), f"{body}\n{line}".encode()[:-1]]
    codes = node.codes([{"op": "note", "note": raw, "vkey": str(VKEY)} for raw in notes])
    assert codes == [verdict(partial(note.verify_note, raw, [VKEY])) for raw in notes]
    assert codes.count("ok") > 3


def test_verifier_keys_get_the_same_verdict(node: Agent) -> None:
    whole = str(VKEY)
    name, check, material = whole.split("+", 2)
    cases = [
        whole,
        whole.upper(),
        f"{name}+{check}+{material[:-1]}",
        f"x+{check}+{material}",
        "",
        "+++",
        whole + "\n",
    ]
    cases += [f"{name}\u200b+{check}+{material}", f"{name}+{check}+" + "AQ" + "A" * 42]
    codes = node.codes([{"op": "vkey", "vkey": case} for case in cases])
    assert codes == [verdict(partial(VerifierKey.parse, case)) for case in cases]


def test_consistency_proofs_of_many_pairs_and_their_mutants_get_the_same_verdict(node: Agent) -> None:
    rng = random.Random(2)
    pairs = [tuple(sorted((rng.randint(1, 300), rng.randint(1, 300)))) for _ in range(60)] + [
        (256, 300),
        (1, 1),
    ]
    cases = [case for old, new in pairs for case in mutated(old, new, rng)]
    codes = node.codes([{"op": "consistency", **case} for case in cases])
    assert codes == [verdict(partial(consistent, case)) for case in cases]
    assert codes.count("ok") >= len(pairs)
    assert len(cases) > 300


def mutated(old: int, new: int, rng: random.Random) -> list[dict[str, Any]]:
    roots = [merkle.root(size, reader(size)) for size in (old, new)]
    proof = merkle.consistency_proof(old, new, reader(new))
    good = {"old": old, "size": new, "root1": roots[0], "root2": roots[1], "proof": proof}
    bad = rng.choice(every_flip(roots[1])[:256])
    changes: list[dict[str, Any]] = [
        {}, {"root2": bad}, {"root1": bad}, {"old": old + 1}, {"old": 0}, {"size": new + 1},
        {"proof": proof[::-1]}, {"proof": proof[:-1]}, {"proof": [*proof, bad]}, {"proof": [*proof, b"x"]},
    ]  # fmt: skip
    return [good | change for change in changes]


def consistent(case: dict[str, Any]) -> None:
    merkle.verify_consistency(case["old"], case["root1"], case["size"], case["root2"], case["proof"])


@pytest.mark.parametrize("size", [1, 2, 7, 256, 300])
def test_inclusion_proofs_and_their_mutants_get_the_same_verdict(node: Agent, size: int) -> None:
    read, rng = reader(size), random.Random(size)
    cases: list[dict[str, Any]] = []
    for index in {0, size - 1, size // 2}:
        proof = merkle.inclusion_proof(index, size, read)
        good = {"leaf": merkle.leaf_hash(ENTRIES[index]), "index": index, "size": size, "proof": proof}
        good["root"] = merkle.root(size, read)
        wrong = rng.randrange(size + 2)
        cases += [good, good | {"index": wrong}, good | {"size": size + 1}, good | {"proof": proof[1:]}]
        cases += [good | {"proof": [*proof, bytes(32)]}, good | {"root": bytes(32)}, good | {"index": size}]
    codes = node.codes([{"op": "inclusion", **case} for case in cases])
    assert codes == [verdict(partial(included, case)) for case in cases]


def included(case: dict[str, Any]) -> None:
    merkle.verify_inclusion(case["leaf"], case["index"], case["size"], case["proof"], case["root"])
