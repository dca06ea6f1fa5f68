"""`unbroken temperature check`: is what a statement says what its logger's file says?"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.logger_options import BerlingerRoot, pin
from clients.cli.loggers import EVENT
from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.screen import REFUSED, facts, show
from ledger.cold_chain.again import differs
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.errors import Malformed


def check(
    position: Annotated[int, typer.Argument(metavar="POSITION", help="The entry with the evidence.", min=0)],
    berlinger_root: BerlingerRoot = ROOT,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Read a logger's file again, and compare it with what was recorded of it.

    The entry is proved under the pinned key of the log, and the file by its SHA-256, so that the
    server cannot give another one.
    """
    with client(home, passphrase_file) as reader:
        entry = reader.entry(position)
        if entry.payload["type"] != EVENT:
            raise Malformed("bad_value", f"entry {position} is {entry.payload['type']}, not {EVENT}")
        raw = reader.evidence(entry.payload["raw"])
        named = (entry.payload.get("read_as") or {}).get("mapping")
        found = differs(entry.payload, raw, reader.evidence(named) if named else None, pin(berlinger_root))
    document = {"position": position, "raw": entry.payload["raw"], "agrees": found is None, "differs": found}
    show(document, lambda console: _draw(console, document, entry.payload), as_json)
    if found:
        raise typer.Exit(REFUSED)


def _draw(console: Console, document: dict[str, Any], event: dict[str, Any]) -> None:
    if document["agrees"]:
        count = len(event["readings_centi_c"])
        console.print(Text(f"✓ The file bears out all {count} readings", style="bold green"))
    else:
        console.print(Text(f"✗ DIFFERS: {document['differs']}", style="bold red"))
    console.print(
        facts({"entry": f"#{document['position']}", "logger": event["logger"], "SHA-256": event["raw"]})
    )
