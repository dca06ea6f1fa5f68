"""Open a database and bring its tables up to date.

A URL names the engine: `sqlite:////path/to/file` (the default, nothing to install) or
`postgresql://user@host/database`. Both commit durably: an append that returned survives a
power cut, as far as the disk keeps what it says it has synced.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from ledger.errors import Fault
from ledger.store.faults import faults
from ledger.store.prepared import ALONE

if TYPE_CHECKING:
    from sqlalchemy import URL

WRITE = {"unbroken_write": True}  # execution option: this transaction will write
MIGRATION_LOCK = 0x756E62726F6B656E  # any number that no other program locks
_BUSY_MS = 30_000
_WAL_PAGES = 10_000  # 40 MB: rewriting hot index pages once per checkpoint, not once per batch
_SQLITE = (
    f"PRAGMA busy_timeout={_BUSY_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA wal_autocheckpoint={_WAL_PAGES}",
    "PRAGMA cache_size=-16000",
)
# A server that runs with it off would acknowledge what a power cut can take back.
_SYNCHRONOUS = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)
_POSTGRES = (
    _SYNCHRONOUS,
    # A node that hangs must not hold the head's lock for ever.
    "SET idle_in_transaction_session_timeout = '60s'",
)


def open_engine(url: str) -> Engine:
    """An engine whose connections are set up as this ledger needs them. Thread-safe.

    Raises `Fault` (`store_unavailable`) for a URL that is neither SQLite file nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the text may hold a password: it is not repeated
        raise Fault("store_unavailable", "the database's URL cannot be read") from None
    kind = parsed.get_backend_name()
    if kind == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return _open_sqlite(parsed)
    if kind == "postgresql":
        return _open_postgres(parsed)
    raise Fault("store_unavailable", f"{kind} is no database for a ledger: a SQLite file or PostgreSQL is")


def _open_sqlite(url: URL) -> Engine:
    url = url.set(drivername="sqlite+pysqlite")
    engine = create_engine(url, pool_size=20, max_overflow=20, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes late and is never IMMEDIATE: we say it ourselves.
        connection.isolation_level = None
        _run(connection, _SQLITE)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that turns writer midway can fail; a writer says so from the start.
        options = connection.get_execution_options()
        if ALONE not in options:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if "unbroken_write" in options else "BEGIN")

    return engine


def _open_postgres(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 10, "application_name": "unbroken"},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        _run(connection, _POSTGRES)
        connection.commit()

    return engine


def _run(connection: Any, statements: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


def migrate(engine: Engine) -> None:
    """Create or upgrade the tables. Safe when several nodes start at once: one works, all wait.

    Raises `Fault`; nothing is half-migrated, because all of it is one transaction.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with faults(), engine.connect().execution_options(**WRITE) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
