"""`unbroken follow`: what is recorded, as it is recorded, one line for each entry."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Home, Json, PassphraseFile, client
from clients.sdk import Client
from clients.words import clock, sentence
from ledger.errors import NotFound, UnbrokenError

Document = dict[str, Any]


def follow(
    after: Annotated[
        int | None,
        typer.Option(
            "--after", metavar="POSITION", min=-1, help="Begin behind this entry; -1: with the first."
        ),
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Tell every entry that you may read as it is recorded, in plain words, until Ctrl-C.

    Without --after it begins with what comes next. With --json it prints one document a line.
    """
    with client(home, passphrase_file) as reader, suppress(KeyboardInterrupt):
        console = Console(highlight=False, soft_wrap=True)
        for entry in reader.feed(after):
            try:
                said = Text(json.dumps(entry, ensure_ascii=False)) if as_json else _told(reader, entry)
            except UnbrokenError as error:
                # It is not told yet, so whoever goes on from here misses nothing.
                error.detail += f"; go on with --after {entry['position'] - 1}"
                raise
            console.print(said)
            sys.stdout.flush()


def _told(reader: Client, entry: Document) -> Text:
    """The entry in one line; its words are those of the statement, proved to stand in the log."""
    try:
        found = reader.entry(entry["position"])
        said = sentence(found.payload, found.signer, found.stream)
    except NotFound:  # between the two questions a bag changed hands
        said = f"{entry['signer']} recorded {entry['type']}, which is not yours to read any more"
    text = Text(f"#{entry['position']}  {clock(entry['recorded_at'])}  {said}.", style=_style(entry))
    if entry["review"]:
        text.append(" For review: the signer has no part in this therapy.", style="yellow")
    if entry["chain"]:
        text.append(f"  {entry['chain']}", style="dim")
    return text


def _style(entry: Document) -> str:
    return "yellow" if entry["type"] == "DeviationRaised" else ""
