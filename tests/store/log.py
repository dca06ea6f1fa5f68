"""Entries to store, and an audit of what was stored that shares no code with the store."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.store.recorder import LedgerRecorder, NewEntry, Sealed
from ledger.store.schema import checkpoint, entry, head, metadata, tag, tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

TIME_MS = 1_790_000_000_000


def seal(size: int, root: bytes) -> tuple[bytes, int]:
    """A head that is signed by nobody; the store doesn't look inside."""
    return f"head of {size} {root.hex()}".encode(), TIME_MS


def random_identity(_data: bytes) -> tuple[bytes, bytes]:
    """The library's own suite appends equal bytes many times, which no statement may be."""
    return os.urandom(32), os.urandom(48)


def new(*tags: str, data: bytes | None = None) -> NewEntry:
    data = os.urandom(80) if data is None else data
    return NewEntry("Noted", hashlib.sha256(data).digest(), os.urandom(48), data, tags or ("chain/a",))


def store(recorder: LedgerRecorder, *entries: NewEntry) -> Sealed:
    with recorder.writing() as writing:
        return writing.append(entries, TIME_MS, seal)


def grow_to(recorder: LedgerRecorder, size: int) -> None:
    """Append what is missing, in one batch."""
    missing = size - recorder.head()[0]
    if missing:
        store(recorder, *[new() for _ in range(missing)])


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the log."""
    with engine.connect() as connection:
        return {
            name: sorted(tuple(row) for row in connection.execute(select(table)))
            for name, table in metadata.tables.items()
        }


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


def must_be_whole(engine: Engine) -> None:
    """Nothing is missing, nothing is half stored: every table agrees with the entries."""
    with engine.connect() as connection:
        entries = connection.execute(select(entry).order_by(entry.c.position)).all()
        ((_, size, root, time_ms),) = connection.execute(select(head)).all()
        tags = {tuple(row) for row in connection.execute(select(tag))}
        tiles = {(level, index): hashes for level, index, hashes in connection.execute(select(tile))}
        heads = connection.execute(select(checkpoint).order_by(checkpoint.c.size)).all()
    leaves = [hashlib.sha256(b"\x00" + row.data).digest() for row in entries]
    assert [row.position for row in entries] == list(range(size)), "positions without a gap"
    assert root == tree_root(leaves)
    assert tags == {(_hash(name), row.position) for row in entries for name in row.tags.split("\n")}
    assert tiles == _tiles(leaves)
    for row in heads:
        assert row.root == tree_root(leaves[: row.size])
    if size:
        assert (heads[-1].size, heads[-1].time_ms) == (size, time_ms)


def _hash(tag: str) -> int:
    return int.from_bytes(hashlib.blake2b(tag.encode(), digest_size=8).digest(), "big", signed=True)


def _tiles(leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    tiles: dict[tuple[int, int], bytes] = {}
    level, row = 0, list(leaves)
    while row:
        groups = [row[at : at + 256] for at in range(0, len(row), 256)]
        tiles |= {(level, index): b"".join(group) for index, group in enumerate(groups)}
        level, row = level + 1, [tree_root(group) for group in groups if len(group) == 256]
    return tiles
