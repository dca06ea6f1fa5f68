"""The SQL of the log, for one database."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ledger.store.prepared import Compiler, Prepared
from ledger.store.schema import checkpoint, entry, head, tag, tile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Engine

    Rows = Sequence[tuple[Any, ...]]
    Batch = tuple[Rows, Rows, Rows]
    Values = Mapping[str, Any]

NO_LIMIT = 2**62
ZERO, ONE = literal_column("0", Integer), literal_column("1", Integer)
CTI_STEP = 8  # keys by which the look-ups' lengths differ
CTI_CHUNK = 256  # keys of one look-up: SQLite's oldest limit of variables is 999
_STORED = (entry.c.position, entry.c.type, entry.c.data, entry.c.recorded_ms)
_CHECKPOINT = (checkpoint.c.size, checkpoint.c.root, checkpoint.c.time_ms, checkpoint.c.note)


class Statements(Compiler):
    """Every statement that the recorder runs, for one database."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._reads()
        self._checkpoint_reads()
        self._writes()
        self.positions_of_cti = lru_cache(maxsize=CTI_CHUNK // CTI_STEP + 1)(self._positions_of_cti)
        self.used_hashes = lru_cache(maxsize=CTI_CHUNK // CTI_STEP + 1)(self._used_hashes)

    def _reads(self) -> None:
        after, before, limit = (_number(name) for name in ("after", "before", "limit"))
        self.head = self.prepare(select(head.c.size, head.c.root, head.c.time_ms).where(head.c.id == ONE))
        span = (entry.c.position >= bindparam("start"), entry.c.position < bindparam("stop"))
        self.entries = self.prepare(select(*_STORED).where(*span).order_by(entry.c.position))
        either = or_(entry.c.type == bindparam("one"), entry.c.type == bindparam("other"))
        newest = select(entry.c.position).where(*span, either).order_by(entry.c.position.desc())
        self.newest_of = self.prepare(newest.limit(ONE).offset(ZERO))
        with_tags = select(*_STORED, entry.c.tags).where(*span).order_by(entry.c.position)
        self.entries_with_tags = self.prepare(with_tags)
        self._tag_reads(after, before, limit)
        known = select(entry.c.position).where(entry.c.statement_id == bindparam("statement_id"))
        self.position_of = self.prepare(known)
        where = (tile.c.level == bindparam("level"), tile.c.idx == bindparam("index"))
        self.tile = self.prepare(select(tile.c.hashes).where(*where))

    def _tag_reads(self, after: Any, before: Any, limit: Any) -> None:
        tagged = (
            select(*_STORED)
            .join_from(tag, entry, tag.c.position == entry.c.position)
            .where(tag.c.hash == _number("hash"), tag.c.position < before)
            .where(has_tag(bindparam("tag", type_=Text())))
        )
        first = tagged.where(tag.c.position > after).order_by(tag.c.position).limit(limit).offset(ZERO)
        self.by_tag = self.prepare(first)
        self.last_by_tag = self.prepare(tagged.order_by(tag.c.position.desc()).limit(ONE).offset(ZERO))
        self.tags_since = self.prepare(select(entry.c.tags).where(entry.c.position > after))

    def _checkpoint_reads(self) -> None:
        size, limit = _number("size"), _number("limit")
        any_ = select(*_CHECKPOINT)
        self.checkpoint = self.prepare(any_.where(checkpoint.c.size == size))
        later = any_.where(checkpoint.c.size > size).order_by(checkpoint.c.size).limit(limit).offset(ZERO)
        self.checkpoints = self.prepare(later)
        self.latest_checkpoint = self.prepare(any_.order_by(checkpoint.c.size.desc()).limit(ONE).offset(ZERO))
        by_time = any_.where(checkpoint.c.time_ms <= bindparam("time_ms"))
        # Many checkpoints can share one second: the largest of them is the state at its end.
        newest = (checkpoint.c.time_ms.desc(), checkpoint.c.size.desc())
        self.checkpoint_before = self.prepare(by_time.order_by(*newest).limit(ONE).offset(ZERO))

    def _writes(self) -> None:
        locked = select(head.c.size, head.c.root, head.c.time_ms).where(head.c.id == ONE).with_for_update()
        self.lock_head = self.prepare(locked)  # SQLite leaves FOR UPDATE out: BEGIN IMMEDIATE locks
        self.insert_entries = self.insert_rows(entry)
        self.insert_tags = self.insert_rows(tag)
        self.upsert_tiles = self.upsert_rows(tile)
        self.insert_checkpoint = self.prepare(insert(checkpoint))
        moved = update(head).where(head.c.id == ONE, head.c.size == bindparam("was"))
        values = {
            name: bindparam(f"new_{name}", type_=head.c[name].type) for name in ("size", "root", "time_ms")
        }
        self.move_head = self.prepare(moved.values(values))
        self._rows = (self.insert_entries, self.insert_tags, self.upsert_tiles)
        self._at_once = self.at_once([*self._rows, self.insert_checkpoint], self.move_head)

    def store(self, connection: Connection, rows: Batch, checkpoint: Values, moved: Values) -> int:
        """Insert rows of entries, tags and tiles, and a checkpoint; move the head, and return how many
        were moved. For PostgreSQL one statement: a round trip costs more than its work."""
        if self.is_postgres:
            arrays = [value for one, each in zip(self._rows, rows, strict=True) for value in one.arrays(each)]
            singles = (*self.insert_checkpoint.bound(checkpoint), *self.move_head.bound(moved))
            return self._at_once.run_with(connection, (*arrays, *singles))
        for one, each in zip(self._rows, rows, strict=True):
            one.many(connection, each)
        self.insert_checkpoint.run(connection, **checkpoint)
        return self.move_head.run(connection, **moved)

    def _positions_of_cti(self, count: int) -> Prepared:
        keys = [bindparam(f"k{number}", type_=LargeBinary) for number in range(count)]
        return self.prepare(select(entry.c.kid_cti, entry.c.position).where(entry.c.kid_cti.in_(keys)))

    def _used_hashes(self, count: int) -> Prepared:
        hashes = [_number(f"k{number}") for number in range(count)]
        return self.prepare(select(tag.c.hash).where(tag.c.hash.in_(hashes)).distinct())


class _Place(FunctionElement[int]):
    """Where the second text begins within the first, from 1; 0: nowhere."""

    inherit_cache = True
    type = Integer()


@compiles(_Place, "sqlite")
def _sqlite_place(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(_Place, "postgresql")
def _postgres_place(element: Any, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


def has_tag(name: Any) -> ColumnElement[bool]:
    """The entry's lines name the tag itself, not only one with the same hash. Most name it first: to
    see that, nothing has to be put together."""
    end = literal_column("'\n'", Text())
    first = _Place(entry.c.tags, name + end) == ONE
    return or_(first, _Place(end + entry.c.tags + end, end + name + end) > ZERO)


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger())
