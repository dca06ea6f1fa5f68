"""A SQLite file that a test looks into, or damages."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Committed and closed at the end. `sqlite3`'s own block leaves the file open until the connection is
    collected, and a write-ahead log beside it, which is read into whatever comes to stand there."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection
