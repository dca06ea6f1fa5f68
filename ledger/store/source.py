"""A database as the source of an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.errors import NotFound, ProofInvalid
from ledger.proof.tiles import TILE_WIDTH, encode_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.store.reading import Reads

PAGE = 1_000  # checkpoints fetched at a time


class RecorderSource:
    """`ledger.verify.LogSource` over a recorder, or any other `Reads`.

    The log may grow meanwhile: what came after the checkpoint that `latest` gave is left out.
    """

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._size: int | None = None

    def latest(self) -> bytes:
        found = self._reads.latest_checkpoint()
        if found is None:
            raise NotFound("no_such_checkpoint", "the database holds no checkpoint")
        self._size = found.size
        return _bytes(found.note, "checkpoint", found.size)

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        after = -1
        while page := self._reads.checkpoints(after, PAGE):
            for stored in page:
                if self._size is not None and stored.size > self._size:
                    return
                yield stored.size, _bytes(stored.note, "checkpoint", stored.size)
            after = page[-1].size

    def tile(self, level: int, index: int, width: int) -> bytes:
        hashes = self._reads.tile(level, index)
        if hashes is None:
            raise NotFound("no_such_tile", f"the row of tile {level}/{index} is missing")
        return _bytes(hashes, "tile", f"{level}/{index}")[: 32 * width]

    def bundle(self, index: int, width: int) -> bytes:
        first = index * TILE_WIDTH
        rows = {row.position: row.data for row in self._reads.entries(first, first + width)}
        missing = [position for position in range(first, first + width) if position not in rows]
        if missing:
            raise NotFound("no_such_entry", f"the row of entry {missing[0]} is missing")
        return encode_bundle([_bytes(data, "entry", position) for position, data in sorted(rows.items())])

    def time_stamps(self) -> Iterator[tuple[str, bytes]]:
        yield from ()  # `fsck` looks at their rows

    def strays(self, size: int) -> Iterator[tuple[str, str]]:
        """What else the tables hold is for `fsck` to see."""
        yield from ()


def _bytes(value: Any, table: str, key: object) -> bytes:
    """SQLite's columns hold whatever was put there."""
    if not isinstance(value, bytes):
        raise ProofInvalid("store_failed", f"the row {key} of {table} holds no bytes")
    return value
