"""`unbroken shipment` and `unbroken tank`: what is inside, who holds it, what was said of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.chains import draw_timeline
from clients.cli.options import At, Before, Home, Json, PassphraseFile, as_of, client
from clients.cli.screen import facts, rows, show
from clients.words import party

Name = Annotated[str, typer.Argument(metavar="NAME", help="As it was recorded, e.g. ship-2026-11.")]


def shipment(
    name: Name,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show what a shipment holds, and its story."""
    _show(f"shipment/{name}", at, before, home, passphrase_file, as_json)


def tank(
    name: Name,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show what a tank holds, and its story."""
    _show(f"tank/{name}", at, before, home, passphrase_file, as_json)


def _show(stream: str, at: Any, before: Any, home: Any, passphrase_file: Any, as_json: bool) -> None:
    with client(home, passphrase_file) as reader:
        document = reader.carrier(stream, before=before, at=as_of(at))
    show(document, lambda console: _draw(console, document), as_json)


def _draw(console: Console, document: dict[str, Any]) -> None:
    holder = document["holder"]
    console.print(facts({"held by": party(holder) if holder else "nobody has taken it over yet"}))
    console.print()
    table = rows("Container", "Therapy", "In", "Since", narrow=2)
    for one in document["inside"]:
        table.add_row(one["container"], one["chain"], one["place"], f"#{one['position']}")
    console.print(table if document["inside"] else Text("Nothing of yours is in it."))
    if document["others"]:
        console.print(Text(f"{document['others']} more, of therapies that are not yours to read."))
    console.print()
    draw_timeline(console, document)
