"""The tree in tiles of 256 hashes, as c2sp.org/tlog-tiles serves and we store it.

A tile at level L holds the hashes of complete subtrees of 256^L leaves. `Edge` is the
right edge: the partial tile of each level. It is all that is needed to grow the tree and,
with the tiles that a batch changed, to prove that batch's entries without reading a disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.merkle import NodeReader, leaf_hash, node_hash, root

TILE_HEIGHT = 8
TILE_WIDTH = 256
MAX_PATH = 64  # int() takes its time over thousands of digits
MAX_INDEX = 2**55  # of tiles of 256 in a log of 2^63; no column of a database holds much more
MAX_ENTRY = 65_535
_HASH = 32
_FULL = TILE_WIDTH * _HASH
_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)

Tiles: TypeAlias = dict[tuple[int, int], bytes]
TileReader: TypeAlias = Callable[[int, int], bytes]
Run: TypeAlias = tuple[int, list[bytes]]


@dataclass(frozen=True, slots=True)
class TileRef:
    """What a tile's path names. `width` is 256 for a full tile."""

    level: int | Literal["entries"]
    index: int
    width: int


def tile_path(level: int | Literal["entries"], index: int, width: int = TILE_WIDTH) -> str:
    """`tile/0/x001/x234/067.p/12`: index in groups of three digits, all but the last with `x`."""
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < TILE_WIDTH else "")


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """The path of an entry bundle."""
    return tile_path("entries", index, width)


def parse_tile_path(path: str) -> TileRef:
    """The inverse of `tile_path`, and nothing more. Raises `Malformed` (`malformed_tile_path`)."""
    match = _PATH.fullmatch(path[:MAX_PATH])
    if match:
        level, higher, lowest, width = match.groups()
        index = int(higher.replace("x", "").replace("/", "") + lowest)
        found = TileRef("entries" if level == "entries" else int(level), index, int(width or TILE_WIDTH))
        if tile_path(found.level, found.index, found.width) == path and index < MAX_INDEX:
            return found
    raise Malformed("malformed_tile_path", f"{path[:80]!r} is not the path of a tile")


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Each entry behind its length, two bytes big-endian. Raises `Malformed` (`malformed_bundle`)."""
    if len(entries) > TILE_WIDTH or any(len(entry) > MAX_ENTRY for entry in entries):
        raise Malformed("malformed_bundle", f"at most {TILE_WIDTH} entries of {MAX_ENTRY} bytes fit")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """Raises `Malformed` (`malformed_bundle`)."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data):
            raise Malformed("malformed_bundle", f"the bundle ends within its entry {len(entries)}")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) > TILE_WIDTH:
        raise Malformed("malformed_bundle", f"{len(entries)} entries; a bundle holds at most {TILE_WIDTH}")
    return entries


@dataclass(frozen=True, slots=True)
class Edge:
    """`tiles[L]`: the hashes of the partial tile at level L, joined; empty when none is begun.

    `runs[level]` is what the last `grow` computed anyway: the index of its first node at that
    level, and the nodes from there on. It saves hashing and says nothing that the tiles don't:
    an edge loaded without runs is equal and gives the same roots.
    """

    size: int
    tiles: tuple[bytes, ...]
    runs: tuple[Run, ...] = field(default=(), repr=False, compare=False)


EMPTY_EDGE = Edge(0, ())


def grow(edge: Edge, leaf_hashes: Sequence[bytes]) -> tuple[Edge, Tiles]:
    """Append leaves: the new edge, and every tile that changed, by (level, index).

    One node hash a leaf: at each level the new nodes are paired, the first of them with its
    left neighbour where that is the last node of the old tree.
    """
    read = edge_reader(edge, {})
    partial, changed, runs = list(edge.tiles), Tiles(), list[Run]()
    new, level, begun = list(leaf_hashes), 0, edge.size
    while new or begun:
        tile_level, height = divmod(level, TILE_HEIGHT)
        if new and not height:
            _fill(partial, changed, tile_level, begun // TILE_WIDTH, new)
        run = [read(level, begun - 1), *new] if begun & 1 else new
        runs.append((begun & ~1, run))
        new = [node_hash(run[at], run[at + 1]) for at in range(0, len(run) - 1, 2)]
        level, begun = level + 1, begun >> 1
    return Edge(edge.size + len(leaf_hashes), tuple(partial), tuple(runs)), changed


def _fill(partial: list[bytes], changed: Tiles, level: int, first: int, new: list[bytes]) -> None:
    """Put new hashes behind the partial tile of that level, which has the index `first`."""
    if level == len(partial):
        partial.append(b"")
    hashes = partial[level] + b"".join(new)
    for at in range(0, len(hashes), _FULL):
        changed[level, first + at // _FULL] = hashes[at : at + _FULL]
    partial[level] = hashes[len(hashes) // _FULL * _FULL :]


def edge_root(edge: Edge) -> bytes:
    """The root of the whole tree, from its right edge alone."""
    return root(edge.size, edge_reader(edge, {}))


def edge_reader(edge: Edge, changed: Tiles) -> NodeReader:
    """Nodes of the right edge and of the changed tiles: enough for the batch's own proofs.

    Raises `ProofInvalid` (`no_such_tile`) for a node further left.
    """

    def read_tile(level: int, index: int) -> bytes:
        found = changed.get((level, index))
        if found is None and index == edge.size >> TILE_HEIGHT * (level + 1) and level < len(edge.tiles):
            found = edge.tiles[level]
        if found is None:
            raise ProofInvalid("no_such_tile", f"tile {level}/{index} is not on the edge")
        return found

    in_tiles = tile_reader(read_tile)

    def read(level: int, index: int) -> bytes:
        first, run = edge.runs[level] if level < len(edge.runs) else (0, [])
        at = index - first
        return run[at] if 0 <= at < len(run) else in_tiles(level, index)

    return read


def tile_reader(read_tile: TileReader) -> NodeReader:
    """Nodes from tiles; `read_tile(level, index)` gives the hashes that the tile has so far.

    Nodes inside a tile are computed from its hashes, and kept as long as the reader is.
    Raises `ProofInvalid` (`no_such_tile`) where a tile is too short.
    """
    nodes: dict[tuple[int, int], bytes] = {}
    held: Tiles = {}

    def read(level: int, index: int) -> bytes:
        found = nodes.get((level, index))
        if found is None:
            tile_level, height = divmod(level, TILE_HEIGHT)
            found = nodes[level, index] = _joined(hashes_in(tile_level, index << height, 1 << height))
        return found

    def hashes_in(tile_level: int, index: int, count: int) -> list[bytes]:
        tile, first = divmod(index, TILE_WIDTH)
        hashes = held.get((tile_level, tile))
        if hashes is None:
            hashes = held[tile_level, tile] = read_tile(tile_level, tile)
        if len(hashes) < (first + count) * _HASH:
            raise ProofInvalid("no_such_tile", f"tile {tile_level}/{tile} has no hash {first + count - 1}")
        return [hashes[at * _HASH : (at + 1) * _HASH] for at in range(first, first + count)]

    return read


def _joined(row: list[bytes]) -> bytes:
    """The node over a power of two of neighbours."""
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def bundle_hashes(entries: Sequence[bytes]) -> bytes:
    """The level-0 tile that belongs to a bundle."""
    return b"".join(map(leaf_hash, entries))
