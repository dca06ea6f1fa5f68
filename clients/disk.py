"""The one SQLite file of a device: what it signed, and which tree heads it has seen.

A logger keeps its readings in one of their own, with tables of their own (`clients/logger/buffer.py`).

A transaction that returned survives the loss of power (WAL, `synchronous=FULL`), one that
raised never happened, and several threads and processes may use the same file at once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import Fault

BUSY_S = 30.0  # how long one process waits for another's transaction, which takes milliseconds
SCHEMA = """
CREATE TABLE IF NOT EXISTS statement (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, kid BLOB NOT NULL,
  seq INTEGER NOT NULL, type TEXT NOT NULL, stream TEXT NOT NULL, raw BLOB NOT NULL,
  made_at TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'queued', answer TEXT, receipt BLOB, problem TEXT
);
CREATE INDEX IF NOT EXISTS statement_on_its_way ON statement (number) WHERE state IN ('queued', 'sent');
CREATE TABLE IF NOT EXISTS signer (
  kid BLOB PRIMARY KEY, seq INTEGER NOT NULL, last BLOB NOT NULL, position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS head (
  size INTEGER, root BLOB, evidence BLOB NOT NULL, checked INTEGER NOT NULL, PRIMARY KEY (size, root)
) WITHOUT ROWID;
"""


class Disk:
    """The file, opened. Every database error is a `Fault` `device_store_failed`."""

    def __init__(self, path: Path, schema: str = SCHEMA) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._lock = threading.RLock()
        with _as_fault():
            self._db = connect(path)
            self._db.executescript(schema)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _as_fault():
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed and durable at the end, undone by any exception."""
        with self._lock, _as_fault():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def sending(self, wait_s: float = 300.0) -> Iterator[None]:
        """Be the only sender of this device; the lock falls with the process, however it dies.

        A second file carries the lock, so that signing goes on while something is sent.
        Raises `Fault` `already_sending` when another process still sends after `wait_s`.
        """
        path = self.path.with_name("sending.db")
        db = sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)
        try:
            try:
                db.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raise Fault("already_sending", "another program is sending from here; try again") from None
            yield
        finally:
            db.close()


def connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


@contextmanager
def _as_fault() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Fault("device_store_failed", f"the store of this device failed: {error}") from error
