"""The SQL of the log, written once in SQLAlchemy Core and compiled once per database.

Core's own execution binds and fetches row by row in Python; on the write path that would
cost more than the database. So each statement is compiled at start and runs as driver SQL
with positional values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ledger.store.schema import checkpoint, entry, head, tag, tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Dialect, Engine
    from sqlalchemy.sql.base import Executable

NO_LIMIT = 2**62
ZERO, ONE = literal_column("0", Integer), literal_column("1", Integer)
CTI_CHUNK = 256  # keys of one look-up: SQLite's oldest limit of variables is 999
_STORED = (entry.c.position, entry.c.type, entry.c.data, entry.c.recorded_ms)
_CHECKPOINT = (checkpoint.c.size, checkpoint.c.root, checkpoint.c.time_ms, checkpoint.c.note)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Driver SQL and the order of its values."""

    sql: str
    names: tuple[str, ...]
    by_column: bool = False  # takes one array a column instead of one row

    def rows(self, connection: Connection, **values: Any) -> Sequence[Any]:
        bound = tuple([values[name] for name in self.names])
        return connection.exec_driver_sql(self.sql, bound).fetchall()

    def run(self, connection: Connection, **values: Any) -> int:
        """Execute; return the number of rows touched."""
        bound = tuple([values[name] for name in self.names])
        return connection.exec_driver_sql(self.sql, bound).rowcount

    def many(self, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
        """Execute once for each row; values in the order of `names`."""
        if not rows:
            return
        if self.by_column:
            connection.exec_driver_sql(self.sql, tuple([list(column) for column in zip(*rows, strict=True)]))
        else:
            connection.exec_driver_sql(self.sql, rows)


class Statements:
    """Every statement that the recorder runs, for one database."""

    def __init__(self, engine: Engine) -> None:
        self.is_postgres = engine.dialect.name == "postgresql"
        self._dialect = _positional(self.is_postgres)
        self._reads()
        self._checkpoint_reads()
        self._writes()
        self.positions_of_cti = lru_cache(maxsize=16)(self._positions_of_cti)

    def prepare(self, statement: Executable) -> Prepared:
        compiled = cast("Any", statement).compile(dialect=self._dialect)
        return Prepared(str(compiled), tuple(compiled.positiontup or ()))

    def _reads(self) -> None:
        after, before, limit = (_number(name) for name in ("after", "before", "limit"))
        self.head = self.prepare(select(head.c.size, head.c.root, head.c.time_ms).where(head.c.id == ONE))
        span = (entry.c.position >= bindparam("start"), entry.c.position < bindparam("stop"))
        self.entries = self.prepare(select(*_STORED).where(*span).order_by(entry.c.position))
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
        known = select(entry.c.position).where(entry.c.statement_id == bindparam("statement_id"))
        self.position_of = self.prepare(known)
        where = (tile.c.level == bindparam("level"), tile.c.idx == bindparam("index"))
        self.tile = self.prepare(select(tile.c.hashes).where(*where))

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
        self.insert_entries = self._bulk(entry, tuple(entry.c.keys()))
        self.insert_tags = self._bulk(tag, tuple(tag.c.keys()))
        self.upsert_tile = self.prepare(_upsert_tile(self.is_postgres))
        self.insert_checkpoint = self.prepare(insert(checkpoint))
        moved = update(head).where(head.c.id == ONE, head.c.size == bindparam("was"))
        values = {
            name: bindparam(f"new_{name}", type_=head.c[name].type) for name in ("size", "root", "time_ms")
        }
        self.move_head = self.prepare(moved.values(values))

    def _bulk(self, table: Any, columns: tuple[str, ...]) -> Prepared:
        """PostgreSQL takes one array a column, far cheaper than a round trip or a parse per row."""
        if not self.is_postgres:
            return self.prepare(insert(table).values({name: bindparam(name) for name in columns}))
        arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in columns]
        rows = func.unnest(*arrays).table_valued(*columns).render_derived()
        query = insert(table).from_select(columns, select(*[rows.c[name] for name in columns]))
        return replace(self.prepare(query), by_column=True)

    def _positions_of_cti(self, count: int) -> Prepared:
        keys = [bindparam(f"k{number}", type_=LargeBinary) for number in range(count)]
        return self.prepare(select(entry.c.kid_cti, entry.c.position).where(entry.c.kid_cti.in_(keys)))


def has_tag(name: Any) -> ColumnElement[bool]:
    """The entry's line names the tag itself, not only one with the same hash."""
    end = literal_column("'\n'", Text())
    line = end + entry.c.tags + end
    without: ColumnElement[bool] = func.replace(line, end + name + end, literal_column("''", Text())) != line
    return without


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger())


def _positional(is_postgres: bool) -> Dialect:
    make: Any = postgresql.psycopg.dialect if is_postgres else sqlite.dialect
    dialect: Dialect = make(paramstyle="format" if is_postgres else "qmark")
    return dialect


def _upsert_tile(is_postgres: bool) -> Executable:
    dialect_insert = postgresql.insert if is_postgres else sqlite.insert
    new = dialect_insert(tile)
    return new.on_conflict_do_update(index_elements=["level", "idx"], set_={"hashes": new.excluded.hashes})
