"""Every tree of up to 130 leaves, every proof in it, and in small ones every bit of every proof.

130 crosses each power of two up to 128 from both sides; the tile's own border at 256 and
the next level's are crossed by batches further down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ledger.errors import ProofInvalid
from ledger.proof import merkle, tiles
from tests.property.mangled import every_flip

LIMIT = 130
SMALL = 18
LEAVES = [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(1200)]


def reader_and_root(size: int) -> tuple[merkle.NodeReader, bytes]:
    edge, stored = tiles.grow(tiles.EMPTY_EDGE, LEAVES[:size])
    return tiles.tile_reader(lambda level, index: stored[level, index]), tiles.edge_root(edge)


TREES = {size: reader_and_root(size) for size in range(1, LIMIT + 1)}


def verified(check: Callable[..., None], *case: Any) -> bool:
    try:
        check(*case)
    except ProofInvalid:
        return False
    return True


def with_one_flipped(proof: list[bytes]) -> Iterator[list[bytes]]:
    for at, each in enumerate(proof):
        for flipped in every_flip(each):
            yield [*proof[:at], flipped, *proof[at + 1 :]]


def test_all_8515_inclusion_proofs_verify_and_are_as_long_as_the_tree_is_high() -> None:
    count = 0
    for size, (read, root) in TREES.items():
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, read)
            merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
            assert len(proof) <= (size - 1).bit_length()
            count += 1
    assert count == LIMIT * (LIMIT + 1) // 2 == 8515


def test_all_8515_consistency_proofs_verify() -> None:
    count = 0
    for new, (read, root) in TREES.items():
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, read)
            merkle.verify_consistency(old, TREES[old][1], new, root, proof)
            count += 1
    assert count == 8515


def test_no_inclusion_proof_holds_for_another_index_under_the_same_size() -> None:
    for size, (read, root) in TREES.items():
        for index in {0, size // 2, size - 1}:
            proof = merkle.inclusion_proof(index, size, read)
            case = LEAVES[index], proof, root
            right = [
                at
                for at in range(-1, size + 1)
                if verified(merkle.verify_inclusion, case[0], at, size, *case[1:])
            ]
            assert right == [index]


def test_every_flipped_bit_of_leaf_proof_or_root_is_refused_in_small_trees() -> None:
    count = 0
    for size in range(1, SMALL + 1):
        read, root = TREES[size]
        for index in {0, size // 2, size - 1}:
            proof, leaf = merkle.inclusion_proof(index, size, read), LEAVES[index]
            forged = [(leaf, each, root) for each in with_one_flipped(proof)]
            forged += [(each, proof, root) for each in every_flip(leaf)]
            forged += [(leaf, proof, each) for each in every_flip(root)]
            for changed, path, claimed in forged:
                assert not verified(merkle.verify_inclusion, changed, index, size, path, claimed)
            count += len(forged)
    assert count > 60_000


def test_every_flipped_bit_of_proof_or_either_root_is_refused_in_small_trees() -> None:
    count = 0
    for new in range(1, SMALL + 1):
        read, root = TREES[new]
        for old in {1, new // 2, new - 1, new} - {0}:
            proof, before = merkle.consistency_proof(old, new, read), TREES[old][1]
            forged = [(before, root, each) for each in with_one_flipped(proof)]
            forged += [(each, root, proof) for each in every_flip(before)]
            forged += [(before, each, proof) for each in every_flip(root)]
            for first, second, path in forged:
                assert not verified(merkle.verify_consistency, old, first, new, second, path)
            count += len(forged)
    assert count > 60_000


def test_no_consistency_proof_holds_for_another_old_size_or_a_size_from_nothing() -> None:
    for new in range(1, SMALL * 2):
        read, root = TREES[new]
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, read)
            for claimed in range(-1, new + 2):
                before = TREES[claimed][1] if claimed > 0 else merkle.EMPTY_ROOT
                found = verified(merkle.verify_consistency, claimed, before, new, root, proof)
                assert found == (claimed == old)


def test_hashes_of_another_length_are_refused_wherever_they_stand() -> None:
    read, root = TREES[11]
    proof = merkle.inclusion_proof(3, 11, read)
    for wrong in (b"", bytes(31), bytes(33), bytes(64)):
        assert not verified(merkle.verify_inclusion, wrong, 3, 11, proof, root)
        assert not verified(merkle.verify_inclusion, LEAVES[3], 3, 11, [wrong, *proof[1:]], root)
        assert not verified(merkle.verify_inclusion, LEAVES[3], 3, 11, proof, wrong)
        steps = merkle.consistency_proof(3, 11, read)
        assert not verified(merkle.verify_consistency, 3, TREES[3][1], 11, root, [*steps[:-1], wrong])
        assert not verified(merkle.verify_consistency, 3, wrong, 11, root, steps)


BATCHES = [
    (0, 1),
    (0, 300),
    (1, 1),
    (255, 1),
    (255, 2),
    (256, 1),
    (100, 700),
    (511, 3),
    (768, 256),
    (1000, 200),
]


@pytest.mark.parametrize(("before", "more"), BATCHES)
def test_the_edge_and_the_changed_tiles_prove_every_entry_of_the_last_batch(before: int, more: int) -> None:
    """`edge_reader` is given no way to read a tile: what is further left raises `no_such_tile`."""
    grown, _ = tiles.grow(tiles.EMPTY_EDGE, LEAVES[:before])
    edge, changed = tiles.grow(tiles.Edge(grown.size, grown.tiles), LEAVES[before : before + more])
    root = tiles.edge_root(edge)
    for bare in (edge, tiles.Edge(edge.size, edge.tiles)):
        read = tiles.edge_reader(bare, changed)
        proofs = merkle.inclusion_proofs(before, edge.size, edge.size, read)
        assert len(proofs) == more
        for index, proof in enumerate(proofs, before):
            merkle.verify_inclusion(LEAVES[index], index, edge.size, proof, root)


def test_the_edge_alone_cannot_answer_for_an_entry_further_left() -> None:
    edge, changed = tiles.grow(tiles.grow(tiles.EMPTY_EDGE, LEAVES[:700])[0], LEAVES[700:701])
    with pytest.raises(ProofInvalid, match="no_such_tile"):
        merkle.inclusion_proof(3, 701, tiles.edge_reader(edge, changed))


def test_the_changed_tiles_of_each_batch_overwrite_only_the_right_edge() -> None:
    edge, stored = tiles.EMPTY_EDGE, tiles.Tiles()
    for size in range(1, 600):
        edge, changed = tiles.grow(edge, [LEAVES[size - 1]])
        for place, hashes in changed.items():
            assert hashes.startswith(stored.get(place, b"")), "a tile that was written only grows"
        stored |= changed
    assert {place: len(hashes) // 32 for place, hashes in stored.items()} == {
        (0, 0): 256,
        (0, 1): 256,
        (0, 2): 87,
        (1, 0): 2,
    }
