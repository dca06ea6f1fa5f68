"""A write: everything that one batch changes, in one transaction.

Entries, their tags, the tree's tiles, the checkpoint and the head are stored together or
not at all. Nobody else can write between the lock and the commit, so a position is a
number that was read, never one that a sequence handed out: no gap can come from a
transaction that failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.errors import Fault
from ledger.proof.merkle import inclusion_proofs, leaf_hash, root
from ledger.proof.tiles import TILE_WIDTH, Edge, Tiles, edge_reader, grow
from ledger.store.reading import Reads
from ledger.store.schema import tag_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.proof.merkle import NodeReader
    from ledger.store.prepared import Prepared
    from ledger.store.statements import Statements

Seal = Callable[[int, bytes], tuple[bytes, int]]
"""(size, root) -> (signed checkpoint note, its time in ms)."""


class NewEntry(NamedTuple):
    """A statement to store. `kid_cti`: 32 + 16 bytes, never used before; `data`: exact bytes."""

    type: str
    statement_id: bytes
    kid_cti: bytes
    data: bytes
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Sealed:
    """A batch as it was stored: positions `first` up to `size`, and the head over them."""

    first: int
    size: int
    root: bytes
    note: bytes
    time_ms: int
    _read: NodeReader = field(repr=False)

    def inclusion(self, position: int) -> list[bytes]:
        """The inclusion proof of one of this batch's entries, from memory."""
        return self._proofs[position - self.first]

    @cached_property
    def _proofs(self) -> list[list[bytes]]:
        return inclusion_proofs(self.first, self.size, self.size, self._read)


class Writing(Reads):
    """One transaction that holds the head's lock. Belongs to one thread; made by the recorder."""

    def __init__(
        self, connection: Connection, sql: Statements, edge: Edge, root: bytes, time_ms: int
    ) -> None:
        self.connection = connection
        self._sql = sql
        self.edge = edge
        self.root = root
        self.last_time_ms = time_ms

    @property
    def size(self) -> int:
        """Entries in the log: the position that the next entry takes."""
        return self.edge.size

    def append(self, entries: Sequence[NewEntry], time_ms: int, seal: Seal) -> Sealed:
        """Store the entries at the next positions, grow the tree, sign and store its head.

        Durable only once the transaction has committed. `time_ms` is the ledger's time, which
        the sealed note must carry. Raises `Fault`; then roll back.
        """
        return self._append(entries, time_ms, seal)

    def append_now(self, entries: Sequence[NewEntry], seal: Seal) -> Sealed:
        """The same, at whatever time the seal says."""
        return self._append(entries, None, seal)

    def _append(self, entries: Sequence[NewEntry], time_ms: int | None, seal: Seal) -> Sealed:
        edge, changed = grow(self.edge, [leaf_hash(entry.data) for entry in entries])
        read = edge_reader(edge, changed)  # keeps the nodes: root and proofs share them
        tree_root = root(edge.size, read)
        note, sealed_ms = seal(edge.size, tree_root)
        if sealed_ms < self.last_time_ms or sealed_ms != (sealed_ms if time_ms is None else time_ms):
            told = f"the batch's time is {time_ms} ms, the head's before it {self.last_time_ms} ms"
            raise Fault("store_failed", f"sealed at {sealed_ms} ms, but {told}")
        sealed = Sealed(self.size, edge.size, tree_root, note, sealed_ms, read)
        self._store(entries, sealed, changed)
        self.edge, self.root, self.last_time_ms = edge, tree_root, sealed_ms
        return sealed

    def _store(self, entries: Sequence[NewEntry], sealed: Sealed, tiles: Tiles) -> None:
        rows = (
            entry_rows(entries, sealed.first, sealed.time_ms),
            tag_rows(entries, sealed.first),
            [(level, index, data) for (level, index), data in tiles.items()],
        )
        head = {"size": sealed.size, "root": sealed.root, "time_ms": sealed.time_ms}
        moved = {"was": sealed.first} | {f"new_{name}": value for name, value in head.items()}
        if self._sql.store(self.connection, rows, head | {"note": sealed.note}, moved) != 1:
            raise Fault("store_failed", "the head moved although this transaction holds its lock")

    def _rows(self, statement: Prepared, **values: Any) -> Sequence[Any]:
        return statement.rows(self.connection, **values)


def entry_rows(entries: Sequence[NewEntry], first: int, time_ms: int) -> list[tuple[Any, ...]]:
    """Rows of `entry`. Raises `Fault` for a tag that would read back as two."""
    rows = []
    for position, entry in enumerate(entries, first):
        line = "\n".join(entry.tags)
        if line.count("\n") >= len(entry.tags) > 0:
            raise Fault("store_failed", f"a tag of entry {position} holds a line break")
        rows.append((position, entry.type, entry.statement_id, entry.kid_cti, time_ms, line, entry.data))
    return rows


def tag_rows(entries: Sequence[NewEntry], first: int) -> list[tuple[int, int]]:
    """Rows of `tag`, in the order of its key: neighbours go to the same page."""
    named = enumerate(entries, first)
    return sorted({(tag_hash(tag), position) for position, entry in named for tag in entry.tags})


def edge_at(size: int, read: Reads) -> Edge:
    """The tree's right edge, from at most one partial tile a level."""
    return Edge(size, tuple(_partial_tiles(size, read)))


def _partial_tiles(size: int, read: Reads) -> Iterator[bytes]:
    level, nodes = 0, size
    while nodes:
        index, width = divmod(nodes, TILE_WIDTH)
        hashes = (read.tile(level, index) or b"")[: 32 * width] if width else b""
        if len(hashes) != 32 * width:
            raise Fault("store_failed", f"tile {level}/{index} lacks hashes for a tree of {size}")
        yield hashes
        level, nodes = level + 1, index
