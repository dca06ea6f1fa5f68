"""Tiles and proofs at their borders: paths, bundles, what lies on an edge and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.proof import merkle, tiles
from ledger.proof.tiles import TileRef

LEAVES = [merkle.leaf_hash(number.to_bytes(2, "big")) for number in range(600)]


def code(check: Any, *case: Any) -> str:
    try:
        check(*case)
    except UnbrokenError as error:
        return error.code
    return "accepted"


PATHS = {
    "tile/0/000": TileRef(0, 0, 256),
    "tile/63/999": TileRef(63, 999, 256),
    "tile/0/x001/000": TileRef(0, 1000, 256),
    "tile/1/x001/x234/067": TileRef(1, 1234067, 256),
    "tile/0/x001/x234/067.p/12": TileRef(0, 1234067, 12),
    "tile/0/000.p/255": TileRef(0, 0, 255),
    "tile/entries/000.p/1": TileRef("entries", 0, 1),
    "tile/entries/x036/x028/x797/x018/x963/967": TileRef("entries", 2**55 - 1, 256),
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_read_and_written(path: str) -> None:
    found = tiles.parse_tile_path(path)
    assert found == PATHS[path]
    assert tiles.tile_path(found.level, found.index, found.width) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/x000/x001/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/X001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/entry/000",
        "tile/0/../../checkpoint",
        "tile/0/\u0660\u0660\u0660",  # digits, but not ASCII
        "tile/entries/x036/x028/x797/x018/x963/968",
        "tile/0/" + "x999/" * 2000 + "999",
    ],
    ids=lambda path: path[:30],
)
def test_another_spelling_of_a_path_is_refused(path: str) -> None:
    assert code(tiles.parse_tile_path, path) == "malformed_tile_path"


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x01", b"\x00\x00\x00", b"\x00\x02a", b"\x00\x00" * 257])
def test_a_bundle_that_ends_within_an_entry_or_holds_too_many_is_refused(data: bytes) -> None:
    assert code(tiles.decode_bundle, data) == "malformed_bundle"


def test_a_bundle_holds_256_entries_of_65535_bytes_and_no_more() -> None:
    largest = [bytes(65_535)] * 256
    assert tiles.decode_bundle(tiles.encode_bundle(largest)) == largest
    assert code(tiles.encode_bundle, [b""] * 257) == "malformed_bundle"
    assert code(tiles.encode_bundle, [bytes(65_536)]) == "malformed_bundle"


def test_a_full_tile_leaves_an_empty_edge_and_one_hash_above() -> None:
    edge, changed = tiles.grow(tiles.EMPTY_EDGE, LEAVES[:256])
    assert edge.tiles == (b"", merkle.root(256, tiles.edge_reader(edge, changed)))
    assert changed == {(0, 0): b"".join(LEAVES[:256]), (1, 0): edge.tiles[1]}


def test_growing_by_nothing_changes_nothing() -> None:
    edge, _ = tiles.grow(tiles.EMPTY_EDGE, LEAVES[:300])
    assert tiles.grow(edge, []) == (edge, {})
    assert tiles.grow(tiles.EMPTY_EDGE, []) == (tiles.EMPTY_EDGE, {})


def test_a_batch_that_crosses_a_tile_names_both_tiles_and_the_one_above() -> None:
    edge, _ = tiles.grow(tiles.EMPTY_EDGE, LEAVES[:250])
    _, changed = tiles.grow(edge, LEAVES[250:260])
    assert {key: len(data) // 32 for key, data in changed.items()} == {(0, 0): 256, (0, 1): 4, (1, 0): 1}


def test_what_lies_left_of_the_edge_is_said_to_be_missing() -> None:
    edge, _ = tiles.grow(tiles.EMPTY_EDGE, LEAVES[:600])
    read = tiles.edge_reader(tiles.Edge(edge.size, edge.tiles), {})
    assert code(merkle.inclusion_proof, 599, 600, read) == "accepted"
    assert code(merkle.inclusion_proof, 3, 600, read) == "no_such_tile"
    assert code(read, 0, 600) == "no_such_tile"
    assert code(read, 0, 3) == "no_such_tile"  # though the edge's own tile has a hash 3
    assert code(read, 8, 3) == "no_such_tile"
    assert code(read, 16, 0) == "no_such_tile"  # of a level that isn't begun


@pytest.mark.parametrize("held", [b"", bytes(31), bytes(32 * 4 + 31)], ids=len)
def test_a_tile_that_is_too_short_is_said_to_lack_the_hash(held: bytes) -> None:
    assert code(tiles.tile_reader(lambda level, index: held), 0, 4) == "no_such_tile"


def test_a_reader_asks_for_each_tile_once() -> None:
    _, stored = tiles.grow(tiles.EMPTY_EDGE, LEAVES)
    asked: list[tuple[int, int]] = []

    def read_tile(level: int, index: int) -> bytes:
        asked.append((level, index))
        return stored[level, index]

    read = tiles.tile_reader(read_tile)
    for index in range(0, 600, 7):
        merkle.inclusion_proof(index, 600, read)
    assert sorted(asked) == [(0, 0), (0, 1), (0, 2), (1, 0)]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_there_is_no_inclusion_proof_outside_of_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofInvalid, match="no_such_leaf"):
        merkle.inclusion_proof(index, size, lambda level, at: bytes(32))
    with pytest.raises(ProofInvalid, match="bad_inclusion_proof"):
        merkle.verify_inclusion(bytes(32), index, size, [], bytes(32))


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_there_is_no_consistency_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofInvalid, match="no_such_tree"):
        merkle.consistency_proof(old, new, lambda level, at: bytes(32))
    with pytest.raises(ProofInvalid, match="bad_consistency_proof"):
        merkle.verify_consistency(old, merkle.EMPTY_ROOT, new, merkle.EMPTY_ROOT, [])


def test_a_hash_of_another_length_is_refused_wherever_it_stands() -> None:
    read = tiles.tile_reader(lambda level, index: b"".join(LEAVES[:5]))
    proof, root = merkle.inclusion_proof(2, 5, read), merkle.root(5, read)
    merkle.verify_inclusion(LEAVES[2], 2, 5, proof, root)
    for at in range(len(proof)):
        cut = [*proof[:at], proof[at][:31], *proof[at + 1 :]]
        assert code(merkle.verify_inclusion, LEAVES[2], 2, 5, cut, root) == "bad_inclusion_proof"
    joined = [proof[0] + proof[1], *proof[2:]]
    assert code(merkle.verify_inclusion, LEAVES[2], 2, 5, joined, root) == "bad_inclusion_proof"


def test_a_leaf_never_passes_for_a_node_nor_a_node_for_a_leaf() -> None:
    left, right = LEAVES[0], LEAVES[1]
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
    with pytest.raises(Malformed):
        tiles.parse_tile_path("tile/leaf/000")
