"""Laws of the Merkle tree and its tiles, against the recursion that RFC 9162 prints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import ProofInvalid
from ledger.proof import merkle, tiles

LEAVES = [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]
SIZES = range(1, 301)
LARGE = st.integers(301, 3000)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_reader(leaves: Sequence[bytes]) -> merkle.NodeReader:
    def read(level: int, index: int) -> bytes:
        below = leaves[index << level : (index + 1) << level]
        assert len(below) == 1 << level, "only complete subtrees are asked for"
        return naive_root(below)

    return read


def grown(size: int) -> tuple[tiles.Edge, tiles.Tiles]:
    return tiles.grow(tiles.EMPTY_EDGE, LEAVES[:size])


def reader(size: int) -> merkle.NodeReader:
    _, stored = grown(size)
    return tiles.tile_reader(lambda level, index: stored[level, index])


READ = reader(len(LEAVES))  # of any smaller tree too: complete subtrees never change
ROOTS = {size: merkle.root(size, READ) for size in range(3001)}


def refused(check: Callable[..., None], *case: Any) -> bool:
    try:
        check(*case)
    except ProofInvalid:
        return True
    return False


def flipped(data: bytes, bit: int) -> bytes:
    at = bit // 8 % len(data)
    return data[:at] + bytes([data[at] ^ (1 << bit % 8)]) + data[at + 1 :]


def test_every_root_up_to_300_is_the_recursions_from_leaves_tiles_and_edge() -> None:
    for size in range(301):
        expected = naive_root(LEAVES[:size])
        assert merkle.root(size, naive_reader(LEAVES)) == expected
        assert merkle.root(size, reader(size) if size else READ) == expected
        assert tiles.edge_root(grown(size)[0]) == expected == ROOTS[size]


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 69_999])
def test_roots_of_trees_of_three_tile_levels_are_the_recursions(size: int) -> None:
    edge, _ = grown(size)
    assert tiles.edge_root(edge) == merkle.root(size, READ) == naive_root(LEAVES[:size])
    assert len(edge.tiles) == (3 if size >= 65_536 else 2)


def test_every_inclusion_proof_up_to_size_300_verifies() -> None:
    verified = 0
    for size in SIZES:
        for index in {0, size // 3, size // 2, size - 2, size - 1} - {-1}:
            proof = merkle.inclusion_proof(index, size, READ)
            merkle.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
            verified += 1
    assert verified > 1400


def test_all_inclusion_proofs_of_a_tree_verify_and_none_proves_another_place() -> None:
    for size in (1, 2, 7, 33, 64, 100):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, READ)
            for place in range(size):
                case = (LEAVES[index], place, size, proof, ROOTS[size])
                found = refused(merkle.verify_inclusion, *case)
                assert found == (place != index)


@given(LARGE, st.data())
def test_inclusion_proofs_of_larger_trees_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, READ)
    merkle.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@given(st.integers(1, 400), st.data())
def test_one_flipped_bit_never_verifies_inclusion(size: int, data: st.DataObject) -> None:
    index, bit = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 255))
    proof, leaf, root = merkle.inclusion_proof(index, size, READ), LEAVES[index], ROOTS[size]
    wrong = [
        (flipped(leaf, bit), index, size, proof, root),
        (leaf, index, size, proof, flipped(root, bit)),
        (leaf, index ^ (1 << bit % 12), size, proof, root),
    ]
    for at, each in enumerate(proof):
        wrong.append((leaf, index, size, [*proof[:at], flipped(each, bit), *proof[at + 1 :]], root))
        wrong.append((leaf, index, size, [*proof[:at], *proof[at + 1 :]], root))
        wrong.append((leaf, index, size, [*proof[:at], each, *proof[at:]], root))
    assert all(refused(merkle.verify_inclusion, *case) for case in wrong)


@given(st.integers(2, 400), st.data())
def test_a_proof_under_a_size_of_another_shape_never_verifies(size: int, data: st.DataObject) -> None:
    """The size enters a proof only by the path's shape; a size of the same shape along this
    path is told apart by the root that is signed together with it."""
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, 800))
    proof = merkle.inclusion_proof(index, size, READ)
    same_shape = index < other and steps(index, other) == steps(index, size)
    found = refused(merkle.verify_inclusion, LEAVES[index], index, other, proof, ROOTS[size])
    assert found == (not same_shape)


def steps(index: int, size: int) -> list[str]:
    """On which side each sibling stands, from the leaf up, by RFC 9162 §2.1.3.1."""
    if size == 1:
        return []
    k = 1
    while k * 2 < size:
        k *= 2
    return [*steps(index, k), "right"] if index < k else [*steps(index - k, size - k), "left"]


def test_every_consistency_proof_up_to_size_70_verifies_and_none_between_other_roots() -> None:
    for new in range(1, 71):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, READ)
            merkle.verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)
            forged = flipped(ROOTS[old], old), flipped(ROOTS[new], new)
            assert refused(merkle.verify_consistency, old, forged[0], new, ROOTS[new], proof)
            assert refused(merkle.verify_consistency, old, ROOTS[old], new, forged[1], proof)


@given(LARGE, LARGE)
def test_consistency_proofs_of_larger_trees_verify(one: int, other: int) -> None:
    old, new = sorted((one, other))
    proof = merkle.consistency_proof(old, new, READ)
    merkle.verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)


@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 255))
def test_one_flipped_bit_never_verifies_consistency(one: int, other: int, bit: int) -> None:
    old, new = sorted((one, other))
    proof = merkle.consistency_proof(old, new, READ)
    wrong = [[*proof, ROOTS[new]]]
    for at, each in enumerate(proof):
        wrong.append([*proof[:at], flipped(each, bit), *proof[at + 1 :]])
        wrong.append([*proof[:at], *proof[at + 1 :]])
        wrong.append([*proof[:at], each, *proof[at:]])
    for forged in wrong:
        case = (old, ROOTS[old], new, ROOTS[new], forged)
        assert refused(merkle.verify_consistency, *case)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300))
def test_a_consistency_proof_holds_for_no_other_old_tree(one: int, other: int, claimed: int) -> None:
    old, new = sorted((one, other))
    proof = merkle.consistency_proof(old, new, READ)
    case = (claimed, ROOTS[claimed], new, ROOTS[new], proof)
    assert refused(merkle.verify_consistency, *case) == (claimed != old)


@given(st.lists(st.integers(0, 300), max_size=12))
def test_growing_in_any_split_equals_growing_at_once(parts: list[int]) -> None:
    edge, stored = tiles.EMPTY_EDGE, tiles.Tiles()
    for part in parts:
        edge, changed = tiles.grow(edge, LEAVES[edge.size : edge.size + part])
        stored |= changed
    assert (edge, stored) == grown(sum(parts))
    assert tiles.edge_root(edge) == merkle.root(edge.size, READ)


@given(st.integers(0, 69_000), st.integers(0, 400))
@settings(max_examples=50)
def test_an_edge_loaded_without_its_runs_grows_to_the_same(size: int, more: int) -> None:
    kept = EDGES[size // 1000 * 1000]
    kept, _ = tiles.grow(kept, LEAVES[kept.size : size])
    loaded = tiles.Edge(kept.size, kept.tiles)
    assert loaded == kept
    after, changed = tiles.grow(kept, LEAVES[size : size + more])
    again, changed_again = tiles.grow(loaded, LEAVES[size : size + more])
    assert (after, changed, tiles.edge_root(after)) == (again, changed_again, tiles.edge_root(again))


@given(st.integers(0, 69_000), st.integers(1, 600), st.data())
@settings(max_examples=50)
def test_a_batch_proves_its_entries_from_its_edge_and_changed_tiles_alone(
    size: int, more: int, data: st.DataObject
) -> None:
    before, _ = tiles.grow(EDGES[size // 1000 * 1000], LEAVES[size // 1000 * 1000 : size])
    before = data.draw(st.sampled_from([before, tiles.Edge(before.size, before.tiles)]))
    edge, changed = tiles.grow(before, LEAVES[size : size + more])
    bare = data.draw(st.sampled_from([edge, tiles.Edge(edge.size, edge.tiles)]))
    read = tiles.edge_reader(bare, changed)
    index = data.draw(st.integers(size, size + more - 1))
    proof = merkle.inclusion_proof(index, edge.size, read)
    merkle.verify_inclusion(LEAVES[index], index, edge.size, proof, tiles.edge_root(edge))


def _edges() -> dict[int, tiles.Edge]:
    found, edge = {0: tiles.EMPTY_EDGE}, tiles.EMPTY_EDGE
    for at in range(0, 69_000, 1000):
        edge, _ = tiles.grow(edge, LEAVES[at : at + 1000])
        found[edge.size] = edge
    return found


EDGES = _edges()


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_proofs_made_together_are_those_made_one_by_one(one: int, two: int, three: int) -> None:
    start, end, size = sorted((one, two, three))
    together = merkle.inclusion_proofs(start, end, size, READ)
    assert together == [merkle.inclusion_proof(index, size, READ) for index in range(start, end)]
