"""The stored log without its keys, for commands that work beside a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.home import Home
from ledger.errors import Malformed
from ledger.store.engines import open_engine
from ledger.store.recorder import LedgerRecorder

Data = Annotated[Path, typer.Option("--data", help="The server's directory")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        envvar="UNBROKEN_DATABASE_URL", help="postgresql://…; by default a SQLite file in the directory"
    ),
]


@contextmanager
def recorder_of(home: Home, database_url: str) -> Iterator[LedgerRecorder]:
    """Raises `Malformed` (`no_log_here`) where no file is."""
    if not database_url and not home.database.exists():
        raise Malformed("no_log_here", f"there is no {home.database}")
    engine = open_engine(database_url or home.database_url)
    recorder = LedgerRecorder(engine)
    try:
        yield recorder
    finally:
        recorder.close()
        engine.dispose()
