"""The key database as a file: its tables, how it is opened, and what it tells without a key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ledger.errors import Fault

_BUSY_S = 10
_PRAGMAS = ("secure_delete=ON", "journal_mode=PERSIST", "synchronous=EXTRA", "temp_store=MEMORY")
TABLES = """
CREATE TABLE wrapped (owner BLOB, purpose TEXT, version INTEGER, master BLOB NOT NULL, sealed BLOB NOT NULL,
                      PRIMARY KEY (owner, purpose, version)) WITHOUT ROWID;
CREATE TABLE destroyed (person BLOB PRIMARY KEY, at_ms INTEGER NOT NULL, entry TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE found_by (hash BLOB, person BLOB, PRIMARY KEY (hash, person)) WITHOUT ROWID;
CREATE INDEX found_by_person ON found_by (person);
PRAGMA user_version = 1;
"""


class Standing(NamedTuple):
    """What can be told of the key database without a key."""

    persons: int
    destroyed: int
    waiting: int  # data keys of an older version: a re-keying did not end
    master: bytes  # by which id the keys are wrapped


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection as the key database needs it. Raises `Fault` (`keys_unavailable`)."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=_BUSY_S, isolation_level=None)
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").fetchall()
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Fault("keys_unavailable", f"the key database {path} fails: {error}") from error


def standing(connection: sqlite3.Connection) -> Standing:
    """Of an open key database; no master key is needed."""
    persons, waiting, master = connection.execute(
        "SELECT count(DISTINCT CASE purpose WHEN 'commitment' THEN owner END),"
        " sum(purpose = 'data') - sum(purpose = 'commitment'), max(master) FROM wrapped"
    ).fetchone()
    (destroyed,) = connection.execute("SELECT count(*) FROM destroyed").fetchone()
    return Standing(persons, destroyed, waiting, master)
