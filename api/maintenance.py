"""`unbroken-server fsck`, `rebuild` and `demo`: to check, to rebuild, to show."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from api.home import Home
from clients.demo import story
from ledger.store.engines import migrate, open_engine
from ledger.store.fsck import fsck as check_store
from ledger.store.recorder import LedgerRecorder
from ledger.views.runner import Projector

Data = Annotated[Path, typer.Option("--data", help="The server's directory")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        envvar="UNBROKEN_DATABASE_URL", help="postgresql://…; by default a SQLite file in the directory"
    ),
]


def fsck(
    data: Data,
    database_url: DatabaseUrl = "",
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON")] = False,
) -> None:
    """Verify everything that is stored: entries, tree, checkpoints, signatures, rules, every row.

    Ends with 1 where anything is wrong, and names it. Needs no passphrase: it only reads.
    """
    home = Home(data)
    engine = open_engine(database_url or home.database_url)
    try:
        report = check_store(LedgerRecorder(engine), str(home.vkey()), workers=os.cpu_count() or 1)
    finally:
        engine.dispose()
    typer.echo(json.dumps(report.to_json(), indent=2) if as_json else report.text())
    if not report.ok:
        raise typer.Exit(1)


def rebuild(data: Data, database_url: DatabaseUrl = "") -> None:
    """Throw every read model away and fold it anew from the log."""
    home = Home(data)
    engine = open_engine(database_url or home.database_url)
    try:
        migrate(engine)
        recorder = LedgerRecorder(engine)
        Projector(engine, recorder).rebuild()
        typer.echo(f"The read models were rebuilt from {recorder.head()[0]} entries.")
    finally:
        engine.dispose()


def demo(
    exit_at_end: Annotated[bool, typer.Option("--exit", help="End after the story")] = False,
) -> None:
    """One therapy of three companies, on a real server, told hand-off by hand-off."""
    raise typer.Exit(story.tell(exit_at_end))
