"""Whatever goes wrong in a database becomes a `Fault` with a stable code.

store_unavailable   no connection, no answer in time: retry later
disk_full           nothing was written
commit_unknown      the connection died in COMMIT: ask by statement id what became of it
store_failed        anything else: a broken disk, a damaged file, a bug
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import exc
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ledger.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_SQLITE = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_BUSY: "store_unavailable",
    sqlite3.SQLITE_LOCKED: "store_unavailable",
    sqlite3.SQLITE_CANTOPEN: "store_unavailable",
}
_FULL = ("53100",)  # disk_full
# Connection exceptions; insufficient resources; operator intervention; lock not available.
_UNAVAILABLE = ("08", "53", "57", "55P03")


@contextmanager
def faults() -> Iterator[None]:
    """Turn every error of the database inside the block into a `Fault`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise Fault(code_of(error), _first_line(error)) from error


@contextmanager
def commit_faults() -> Iterator[None]:
    """The same around a COMMIT, where a lost connection or a failed sync leaves it open."""
    try:
        yield
    except SQLAlchemyError as error:
        code = "commit_unknown" if _ambiguous(error) else code_of(error)
        raise Fault(code, _first_line(error)) from error


def code_of(error: SQLAlchemyError) -> str:
    """The fault's code for an error of SQLAlchemy or of the driver under it."""
    if isinstance(error, exc.TimeoutError):
        return "store_unavailable"  # every connection of the pool is busy
    if not isinstance(error, DBAPIError):
        return "store_failed"
    if isinstance(error.orig, sqlite3.Error):
        return _SQLITE.get(_sqlite_code(error.orig), "store_failed")
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the driver itself gave up: no server spoke
        return "store_unavailable" if _is_operational(error) else "store_failed"
    if state.startswith(_FULL):
        return "disk_full"
    return "store_unavailable" if state.startswith(_UNAVAILABLE) else "store_failed"


def _ambiguous(error: SQLAlchemyError) -> bool:
    if not isinstance(error, DBAPIError):
        return True
    if isinstance(error.orig, sqlite3.Error):
        # The commit frame may be in the WAL although the sync after it failed.
        return _sqlite_code(error.orig) == sqlite3.SQLITE_IOERR
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(("08", "57"))


def _sqlite_code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _is_operational(error: DBAPIError) -> bool:
    return bool(error.connection_invalidated) or type(error.orig).__name__ in (
        "OperationalError",
        "InterfaceError",
        "ConnectionTimeout",
    )


def _first_line(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0] or type(cause).__name__
