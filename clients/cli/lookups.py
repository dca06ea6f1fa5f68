"""`unbroken reach` and `search`: what something touches, and where something is."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.registry import draw_rest, draw_rows
from clients.cli.screen import rows, show
from clients.words import party, subject

Document = dict[str, Any]


def reach(
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="lot/…, site/…, equipment/… or agent/….")],
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """List every bag that a lot, site, person or piece of equipment touched, and who holds it now."""
    with client(home, passphrase_file) as reader:
        document = reader.reach(stream)
    show(document, lambda console: _draw_reach(console, document), as_json)


def search(
    text: Annotated[str, typer.Argument(help="The beginning of any identifier.")],
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Find a therapy, bag, batch, shipper, seal, lot, site, person or statement."""
    with client(home, passphrase_file) as reader:
        document = reader.search(text)

    def draw(console: Console) -> None:
        cells = {
            "Kind": lambda one: one["kind"].replace("_", " "),
            "Identifier": lambda one: str(one["id"]),
            "Therapy": lambda one: str(one["chain"] or "-"),
        }
        draw_rows(console, document["found"], cells)
        if document["more"]:
            console.print("\n  There is more: give more characters.")

    show(document, draw, as_json)


def _draw_reach(console: Console, document: Document) -> None:
    about = subject(f"{document['kind']}/{document['name']}")
    console.print(Text(f"{about} ({document['status']}) touches:\n", style="bold"))
    table = rows("Bag", "State", "Held by", "On the way to", "Therapy", narrow=2)
    for therapy in document["therapies"]:
        for one in therapy["containers"] or [{}]:
            table.add_row(*_cells(one), therapy["chain"])
    console.print(table if document["therapies"] else "  No therapy that you may see.")
    if document["hidden"]:
        console.print(Text(f"\n  And {_therapies(document['hidden'])} that you may not see.", style="bold"))
    draw_rest(console, document)


def _cells(one: Document) -> tuple[str | Text, ...]:
    """A therapy without any bag of its own has one line, too."""
    if not one:
        return ("no bag", "", "", "")
    state = Text(one["status"] or "NOT MADE HERE", style="" if one["status"] else "bold red")
    return (one["container"], state, _place(one["holder"]), _place(one["offered_to"]))


def _place(holder: dict[str, str] | None) -> str:
    return party(holder) if holder else "-"


def _therapies(count: int) -> str:
    return "1 therapy" if count == 1 else f"{count} therapies"
