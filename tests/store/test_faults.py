"""Each way in which a database fails, and the code that it is answered with."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import InvalidRequestError, OperationalError, TimeoutError  # noqa: A004

from ledger.errors import Fault
from ledger.store.engines import migrate, open_engine
from ledger.store.faults import code_of
from ledger.store.recorder import LedgerRecorder
from tests.store.log import grow_to, must_be_whole, new, store
from tests.store.test_atomic import listening

if TYPE_CHECKING:
    from pathlib import Path


def _sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode = code  # type: ignore[misc]
    return error


DRIVER_ERRORS: list[tuple[Exception, str]] = [
    (_sqlite(sqlite3.SQLITE_FULL), "disk_full"),
    (_sqlite(sqlite3.SQLITE_BUSY), "store_unavailable"),
    (_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), "store_unavailable"),
    (_sqlite(sqlite3.SQLITE_CANTOPEN), "store_unavailable"),
    (_sqlite(sqlite3.SQLITE_IOERR), "store_failed"),
    (_sqlite(sqlite3.SQLITE_CORRUPT), "store_failed"),
    (sqlite3.ProgrammingError("Cannot operate on a closed database."), "store_failed"),
    (psycopg.errors.DiskFull(), "disk_full"),
    (psycopg.errors.TooManyConnections(), "store_unavailable"),
    (psycopg.errors.AdminShutdown(), "store_unavailable"),
    (psycopg.errors.LockNotAvailable(), "store_unavailable"),
    (psycopg.errors.ConnectionFailure(), "store_unavailable"),
    (psycopg.OperationalError("connection refused"), "store_unavailable"),
    (psycopg.errors.UniqueViolation(), "store_failed"),
    (psycopg.errors.DataCorrupted(), "store_failed"),
    (psycopg.DataError("the driver cannot make a value of it"), "store_failed"),
]


@pytest.mark.parametrize(("error", "code"), DRIVER_ERRORS)
def test_each_error_of_a_driver_has_its_code(error: Exception, code: str) -> None:
    assert code_of(OperationalError("SELECT", None, error)) == code


def test_a_pool_without_a_free_connection_is_unavailable_not_broken() -> None:
    assert code_of(TimeoutError()) == "store_unavailable"
    assert code_of(InvalidRequestError()) == "store_failed"


def test_a_directory_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/missing/ledger.db")
    with pytest.raises(Fault) as caught:
        migrate(engine)
    assert caught.value.code == "store_unavailable"


def test_a_server_that_is_not_there_is_unavailable() -> None:
    engine = open_engine("postgresql://127.0.0.1:1/ledger")
    with pytest.raises(Fault) as caught:
        migrate(engine)
    assert caught.value.code == "store_unavailable"


def test_a_file_that_is_no_database_is_a_failed_store(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database, whatever its name says" * 100)
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.db")
    with pytest.raises(Fault) as caught:
        migrate(engine)
    assert caught.value.code == "store_failed"
    engine.dispose()


def test_a_read_without_tables_is_a_failed_store(database_url: str) -> None:
    engine = open_engine(database_url)
    recorder = LedgerRecorder(engine)
    for action in (
        recorder.head,
        lambda: recorder.entries(0, 1),
        recorder.read,
        lambda: store(recorder, new()),
    ):
        with pytest.raises(Fault) as caught:
            action()
        assert caught.value.code == "store_failed"
    engine.dispose()


def test_a_full_disk_stores_nothing_and_says_so(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.db")
    migrate(engine)
    recorder = LedgerRecorder(engine)
    grow_to(recorder, 10)
    assert recorder._writer is not None
    recorder._writer.exec_driver_sql("PRAGMA max_page_count = 1")
    recorder._writer.commit()
    with pytest.raises(Fault) as caught:
        store(recorder, *[new() for _ in range(900)])
    assert caught.value.code == "disk_full"
    must_be_whole(engine)
    assert store(recorder, new()).first == 10, "the disk has room again: a new connection has no such limit"
    recorder.close()
    engine.dispose()


def test_a_connection_killed_before_commit_is_unknown_and_turns_out_not_stored(
    fresh_postgres_url: str,
) -> None:
    engine = open_engine(fresh_postgres_url)
    migrate(engine)
    recorder = LedgerRecorder(engine)
    grow_to(recorder, 2)

    def kill(connection: Connection) -> None:
        pid: Any = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        with psycopg.connect(fresh_postgres_url, autocommit=True) as another:
            another.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    one = new()
    with listening(engine, "commit", kill), pytest.raises(Fault) as caught:
        store(recorder, one)
    assert caught.value.code == "commit_unknown"
    assert recorder.position_of(one.statement_id) is None
    assert store(recorder, one).first == 2
    must_be_whole(engine)
    recorder.close()
    engine.dispose()


def test_a_server_that_would_acknowledge_too_early_is_told_otherwise(fresh_postgres_url: str) -> None:
    for asked, got in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
        engine = open_engine(f"{fresh_postgres_url}%20-csynchronous_commit%3D{asked}")
        with engine.connect() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == got
        engine.dispose()


def test_sqlite_syncs_every_commit(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    engine.dispose()
