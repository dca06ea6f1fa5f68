"""What can be asked of the log, by a reader or in the middle of a write."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ledger.errors import NotFound
from ledger.store.schema import tag_hash
from ledger.store.statements import CTI_CHUNK, CTI_STEP, NO_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.store.prepared import Prepared
    from ledger.store.statements import Statements


class StoredEntry(NamedTuple):
    """One entry: leaf index, event type, the statement's exact bytes, ledger time (ms)."""

    position: int
    type: str
    data: bytes
    recorded_ms: int


Row: TypeAlias = tuple[int, str, bytes, int]  # of a `StoredEntry`

# What `StoredEntry._make` does, without a call of Python for each row.
_stored: Callable[[Iterable[Any]], StoredEntry] = partial(tuple.__new__, StoredEntry)


class StoredCheckpoint(NamedTuple):
    """A signed head: tree size, root (32 bytes), ledger time (ms), the note's exact bytes."""

    size: int
    root: bytes
    time_ms: int
    note: bytes


class Reads(ABC):
    """The look-ups. Every one raises `Fault` and nothing else when the database fails."""

    _sql: Statements

    @abstractmethod
    def _rows(self, statement: Prepared, **values: Any) -> Sequence[Any]:
        """Run one statement and fetch all that it finds."""

    def entries(self, start: int, stop: int) -> list[StoredEntry]:
        """Entries of the positions `start` up to, not including, `stop`."""
        return list(map(_stored, self._rows(self._sql.entries, start=start, stop=stop)))

    def entries_with_tags(self, start: int, stop: int) -> list[tuple[StoredEntry, list[str]]]:
        """The same, each with all that it was tagged with."""
        rows = self._rows(self._sql.entries_with_tags, start=start, stop=stop)
        return [(StoredEntry(*row[:4]), tags_of_line(row[4])) for row in rows]

    def newest_of(self, start: int, stop: int, one: str, other: str) -> int | None:
        """The newest position from `start` up to, not including, `stop` of an entry of either type."""
        rows = self._rows(self._sql.newest_of, start=start, stop=stop, one=one, other=other)
        return int(rows[0][0]) if rows else None

    def by_tag(
        self, tag: str, *, after: int = -1, before: int | None = None, limit: int | None = None
    ) -> list[StoredEntry]:
        """Entries with the tag at positions > `after` and < `before`, the oldest first."""
        return list(map(_stored, self.rows_by_tag(tag, after, before, limit)))

    def rows_by_tag(
        self, tag: str, after: int = -1, before: int | None = None, limit: int | None = None
    ) -> Sequence[Row]:
        """The same, for a fold of many: nothing is made of the database's own rows."""
        bounds = {"after": after, "before": _or_all(before), "limit": _or_all(limit)}
        return self._rows(self._sql.by_tag, tag=tag, hash=tag_hash(tag), **bounds)

    def last_by_tag(self, tag: str, before: int | None = None) -> StoredEntry | None:
        """The newest entry with the tag at a position < `before`."""
        rows = self._rows(self._sql.last_by_tag, tag=tag, hash=tag_hash(tag), before=_or_all(before))
        return StoredEntry(*rows[0]) if rows else None

    def tags_since(self, position: int) -> set[str]:
        """All tags of the entries at positions > `position`."""
        lines = [row[0] for row in self._rows(self._sql.tags_since, after=position)]
        return {tag for line in lines for tag in tags_of_line(line)}

    def position_of(self, statement_id: bytes) -> int | None:
        """Where the statement with this SHA-256 stands."""
        rows = self._rows(self._sql.position_of, statement_id=statement_id)
        return rows[0][0] if rows else None

    def positions_of_cti(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Which of these (kid, cti) pairs, 48 bytes each, were used, and at which position."""
        found: dict[bytes, int] = {}
        for values in _in_steps(keys):
            found.update(
                (row[0], row[1]) for row in self._rows(self._sql.positions_of_cti(len(values)), **values)
            )
        return found

    def used_tags(self, tags: Sequence[str]) -> set[str]:
        """Which of these tags may have entries: all that have, and hardly ever one more."""
        of_hash = {tag_hash(tag): tag for tag in tags}
        asked = _in_steps(list(of_hash))
        rows = [row for values in asked for row in self._rows(self._sql.used_hashes(len(values)), **values)]
        return {of_hash[row[0]] for row in rows}

    def tile(self, level: int, index: int) -> bytes | None:
        """The tile's hashes, full or partial, 32 bytes each."""
        rows = self._rows(self._sql.tile, level=level, index=index)
        return rows[0][0] if rows else None

    def checkpoint(self, size: int) -> StoredCheckpoint | None:
        return self._one_checkpoint(self._sql.checkpoint, size=size)

    def checkpoint_covering(self, position: int) -> StoredCheckpoint:
        """The first checkpoint whose tree holds the position. Raises `NotFound` (`no_such_entry`)."""
        found = self._one_checkpoint(self._sql.checkpoints, size=position, limit=1)
        if found is None or position < 0:
            raise NotFound("no_such_entry", f"the log has no entry {position} yet")
        return found

    def checkpoints(self, after_size: int, limit: int) -> list[StoredCheckpoint]:
        """Checkpoints of trees larger than `after_size`, the smallest first."""
        rows = self._rows(self._sql.checkpoints, size=after_size, limit=limit)
        return [StoredCheckpoint(*row) for row in rows]

    def checkpoint_before_ms(self, ms: int) -> StoredCheckpoint | None:
        """The largest tree whose checkpoint's time is not after `ms`."""
        return self._one_checkpoint(self._sql.checkpoint_before, time_ms=ms)

    def latest_checkpoint(self) -> StoredCheckpoint | None:
        return self._one_checkpoint(self._sql.latest_checkpoint)

    def _one_checkpoint(self, statement: Prepared, **values: Any) -> StoredCheckpoint | None:
        rows = self._rows(statement, **values)
        return StoredCheckpoint(*rows[0]) if rows else None


def _in_steps(keys: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Values of look-ups. Few distinct lengths make few statements: the last key fills up to a multiple
    of eight."""
    for start in range(0, len(keys), CTI_CHUNK):
        chunk = keys[start : start + CTI_CHUNK]
        width = -(-len(chunk) // CTI_STEP) * CTI_STEP if len(chunk) > 1 else 1
        yield {f"k{i}": chunk[min(i, len(chunk) - 1)] for i in range(width)}


def _or_all(bound: int | None) -> int:
    return NO_LIMIT if bound is None else bound


def tags_of_line(line: str) -> list[str]:
    """The tags of an entry's `tags` column."""
    return line.split("\n") if line else []
