"""SQLAlchemy Core, compiled once: driver SQL with positional values.

Core's own execution binds and fetches row by row in Python, and puts ten times around a small
statement what the database takes for it. So a statement is written in Core, compiled at
start, and run by the driver's own cursor, in the transaction that Core keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import ARRAY, Integer, LargeBinary, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Dialect, Engine, Table
    from sqlalchemy.sql.base import Executable
    from sqlalchemy.types import TypeEngine

ALONE = "unbroken_alone"  # execution option: one statement that reads, which needs no transaction
Column: TypeAlias = tuple[Any, ...]
ToArray: TypeAlias = Callable[[Column], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Driver SQL and the order of its values."""

    sql: str
    names: tuple[str, ...]
    by_column: tuple[ToArray, ...] = ()  # takes one array a column

    def rows(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """All that it finds, as the driver's plain tuples."""
        with _running(connection, self.sql) as cursor:
            cursor.execute(self.sql, self.bound(values))
            found: Sequence[Any] = cursor.fetchall() if cursor.description else ()
        return found

    def run(self, connection: Connection, **values: Any) -> int:
        """Execute; return the number of rows touched."""
        return self.run_with(connection, self.bound(values))

    def run_with(self, connection: Connection, bound: Column) -> int:
        """The same with values that are in order."""
        with _running(connection, self.sql) as cursor:
            cursor.execute(self.sql, bound)
            touched: int = cursor.rowcount
        return touched

    def many(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute once for each row; values in the order of `names`."""
        if not rows:
            return
        with _running(connection, self.sql) as cursor:
            if self.by_column:
                cursor.execute(self.sql, self.arrays(rows))
            else:
                cursor.executemany(self.sql, rows)

    def bound(self, values: Mapping[str, Any]) -> Column:
        return tuple([values[name] for name in self.names])

    def arrays(self, rows: Sequence[tuple[Any, ...]]) -> Column:
        """Rows as one array a column."""
        columns = zip(*rows, strict=True) if rows else [()] * len(self.by_column)
        return tuple([array(values) for array, values in zip(self.by_column, columns, strict=True)])


class _running:  # noqa: N801  as a function is named: a generator would cost twice as much
    """The driver's cursor, inside a transaction unless the statement is `ALONE`. Its errors come out as
    SQLAlchemy's."""

    __slots__ = ("_connection", "_cursor", "_sql")

    def __init__(self, connection: Connection, sql: str) -> None:
        self._connection, self._sql = connection, sql

    def __enter__(self) -> Any:
        connection = self._connection
        if not connection.in_transaction() and ALONE not in connection.get_execution_options():
            connection.begin()
        try:
            self._cursor: Any = connection.connection.cursor()
        except connection.dialect.loaded_dbapi.Error as error:
            raise self._as_sqlalchemys(error) from error
        return self._cursor

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._cursor.close()
        if isinstance(error, self._connection.dialect.loaded_dbapi.Error):
            raise self._as_sqlalchemys(error) from error

    def _as_sqlalchemys(self, error: Exception) -> BaseException:
        """As Core's own execution does it."""
        connection, driver = self._connection, self._connection.dialect
        lost = driver.is_disconnect(cast("Any", error), connection.connection, None)
        if lost:
            connection.invalidate(error)
        base = driver.loaded_dbapi.Error
        return DBAPIError.instance(
            self._sql, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=driver
        )


class Compiler:
    """Compiles statements for one database."""

    def __init__(self, engine: Engine) -> None:
        self.is_postgres = engine.dialect.name == "postgresql"
        self._dialect = _positional(self.is_postgres)

    def prepare(self, statement: Executable) -> Prepared:
        compiled = cast("Any", statement).compile(dialect=self._dialect)
        return Prepared(str(compiled), tuple(compiled.positiontup or ()))

    def insert_rows(self, table: Table, columns: Sequence[str] = ()) -> Prepared:
        """Insert rows of all columns, or of some. Give them to `many`, values in the columns' order."""
        return self._insert(table, insert(table), columns=columns)

    def insert_new_rows(self, table: Table) -> Prepared:
        """The same; where a row with that key exists, nothing changes."""
        new = (postgresql.insert if self.is_postgres else sqlite.insert)(table)
        key = [column.name for column in table.primary_key]
        return self._insert(table, new, lambda query: query.on_conflict_do_nothing(index_elements=key))

    def upsert_rows(self, table: Table) -> Prepared:
        """The same; where a row with that key exists, its other columns change instead."""
        new = (postgresql.insert if self.is_postgres else sqlite.insert)(table)
        key = [column.name for column in table.primary_key]
        changed = {name: new.excluded[name] for name in table.c.keys() if name not in key}  # noqa: SIM118
        if not changed:
            return self.insert_new_rows(table)
        ending = {"index_elements": key, "set_": changed}
        return self._insert(table, new, lambda query: query.on_conflict_do_update(**ending))

    def at_once(self, first: Sequence[Prepared], last: Prepared) -> Prepared:
        """PostgreSQL: all of them as one statement, which touches as many rows as the last one does."""
        parts = ", ".join(f"part_{number} AS ({one.sql})" for number, one in enumerate(first))
        return Prepared(f"WITH {parts} {last.sql}", ())

    def delete_rows(self, table: Table) -> Prepared:
        """Delete by primary key, given to `many` in its order."""
        where = [column == bindparam(column.name) for column in table.primary_key]
        return self.prepare(delete(table).where(*where))

    def _insert(
        self, table: Table, new: Any, ending: Any = lambda query: query, columns: Sequence[str] = ()
    ) -> Prepared:
        """PostgreSQL takes one array a column, far cheaper than a round trip or a parse per row."""
        columns = tuple(columns or table.c.keys())
        if not self.is_postgres:
            return self.prepare(ending(new.values({name: bindparam(name) for name in columns})))
        arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in columns]
        rows = func.unnest(*arrays).table_valued(*columns).render_derived()
        query = select(*[rows.c[name] for name in columns])
        arrays_of = tuple(_to_array(table.c[name].type) for name in columns)
        return replace(self.prepare(ending(new.from_select(columns, query))), by_column=arrays_of)


def _to_array(kind: TypeEngine[Any]) -> ToArray:
    """How a column becomes an array. The driver's own way takes some Python calls a value."""
    if isinstance(kind, Integer):
        return _numbers
    return _bytes if isinstance(kind, LargeBinary) else list


def _numbers(values: Column) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _bytes(values: Column) -> str:
    """`{"\\\\x00ff",…}`: PostgreSQL's text of a bytea array. No NULL."""
    return "{" + ",".join(['"\\\\x' + value.hex() + '"' for value in values]) + "}"


def _positional(is_postgres: bool) -> Dialect:
    make: Any = postgresql.psycopg.dialect if is_postgres else sqlite.dialect
    dialect: Dialect = make(paramstyle="format" if is_postgres else "qmark")
    return dialect
