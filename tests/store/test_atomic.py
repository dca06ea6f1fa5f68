"""Whatever breaks in a write, nothing of it is stored, and the next write runs as ever."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from ledger.errors import Fault
from ledger.store.prepared import _running
from ledger.store.recorder import LedgerRecorder
from tests.store.log import TIME_MS, contents, grow_to, must_be_whole, new, seal, store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, Engine


def statements(engine: Engine) -> int:
    """Lock, entries, tags, tiles, checkpoint, head; PostgreSQL has the last five in one."""
    return 2 if engine.dialect.name == "postgresql" else 6


class Breaker:
    """Fails the numbered statements (from 0) that the engine is asked to run; notes them all."""

    def __init__(self, engine: Engine, at: Collection[int] = ()) -> None:
        self.engine = engine
        self.at = at
        self.seen: list[str] = []

    def __call__(self, _connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        self.seen.append(statement)
        if len(self.seen) - 1 in self.at:
            raise OperationalError(statement, None, broken(self.engine))


def broken(engine: Engine) -> Exception:
    if engine.dialect.name == "postgresql":
        return psycopg.errors.IoError("could not write block")
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR  # type: ignore[misc]
    return error


def lost(engine: Engine) -> Exception:
    """What the driver says when it can't know whether COMMIT arrived."""
    if engine.dialect.name == "postgresql":
        return psycopg.OperationalError("server closed the connection unexpectedly")
    return broken(engine)


@contextmanager
def listening(engine: Engine, name: str, listener: Any) -> Iterator[Any]:
    """A listener of SQLAlchemy's; to statements, also to those that the driver's own cursor runs."""
    event.listen(engine, name, listener)
    enter = _running.__enter__

    def entered(self: _running) -> Any:
        if name == "before_cursor_execute" and self._connection.engine.pool is engine.pool:
            listener(self._connection, None, self._sql, None, None, False)
        return enter(self)

    _running.__enter__ = entered  # type: ignore[method-assign]
    try:
        yield listener
    finally:
        _running.__enter__ = enter  # type: ignore[method-assign]
        event.remove(engine, name, listener)


@pytest.fixture
def begun(recorder: LedgerRecorder) -> LedgerRecorder:
    grow_to(recorder, 250)
    return recorder


def _batch() -> list[Any]:
    return [new("chain/a", "site/x") for _ in range(10)]  # fills a tile and begins one


def test_one_statement_stores_each_table_however_long_the_batch(
    begun: LedgerRecorder, engine: Engine
) -> None:
    counts = []
    for size in (1, 5, 100):
        with listening(engine, "before_cursor_execute", Breaker(engine)) as counter:
            store(begun, *[new("chain/a", "site/x", "agent/y") for _ in range(size)])
        counts.append(len(counter.seen))
    assert counts == [statements(engine)] * 3


def test_a_failure_at_any_statement_changes_nothing(begun: LedgerRecorder, engine: Engine) -> None:
    for at in range(1, statements(engine)):
        before = contents(engine)
        with (
            listening(engine, "before_cursor_execute", Breaker(engine, {at})),
            pytest.raises(Fault, match="store_failed"),
        ):
            store(begun, *_batch())
        assert contents(engine) == before
        store(begun, *_batch())
        must_be_whole(engine)


def test_a_failure_to_lock_is_tried_again_once_on_a_new_connection(
    begun: LedgerRecorder, engine: Engine
) -> None:
    with listening(engine, "before_cursor_execute", Breaker(engine, {0})):
        store(begun, *_batch())
    must_be_whole(engine)
    before = contents(engine)
    with listening(engine, "before_cursor_execute", Breaker(engine, {0, 1})), pytest.raises(Fault):
        store(begun, *_batch())
    assert contents(engine) == before


def test_a_failure_before_the_commit_changes_nothing(begun: LedgerRecorder, engine: Engine) -> None:
    before = contents(engine)

    def fail(_connection: Connection) -> None:
        raise OperationalError("COMMIT", None, broken(engine))

    with listening(engine, "commit", fail), pytest.raises(Fault):
        store(begun, *_batch())
    assert contents(engine) == before
    store(begun, *_batch())
    must_be_whole(engine)


def test_an_exception_of_the_caller_rolls_back_and_comes_out_as_it_is(
    begun: LedgerRecorder, engine: Engine
) -> None:
    before = contents(engine)
    with pytest.raises(ZeroDivisionError), begun.writing() as writing:
        writing.append(_batch(), TIME_MS, seal)
        _ = 1 // 0
    assert contents(engine) == before
    store(begun, *_batch())
    must_be_whole(engine)


def test_a_seal_that_fails_rolls_back(begun: LedgerRecorder, engine: Engine) -> None:
    def no_key(_size: int, _root: bytes) -> tuple[bytes, int]:
        raise Fault("internal", "the key is gone")

    before = contents(engine)
    with pytest.raises(Fault, match="key is gone"), begun.writing() as writing:
        writing.append(_batch(), TIME_MS, no_key)
    assert contents(engine) == before


def test_a_write_without_entries_changes_nothing(begun: LedgerRecorder, engine: Engine) -> None:
    before = contents(engine)
    with begun.writing() as writing:
        assert writing.size == 250
    assert contents(engine) == before
