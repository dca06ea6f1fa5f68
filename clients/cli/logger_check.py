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
from clients.sdk import Client
from clients.segment_check import check_segment
from ledger.cold_chain.again import differs
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.errors import Malformed
from ledger.live.segment import NAME


def check(
    position: Annotated[int, typer.Argument(metavar="POSITION", help="The entry with the evidence.", min=0)],
    berlinger_root: BerlingerRoot = ROOT,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Read a logger's file again, and compare it with what was recorded of it.

    The entry is proved under the pinned key of the log, and the file by its SHA-256, so that the
    server cannot give another one. Live readings are checked with the keys that the log enrolled for
    their logger, as far as the server names them to you; a copy of the log needs nobody's word.
    """
    with client(home, passphrase_file) as reader:
        entry = reader.entry(position)
        if entry.payload["type"] != EVENT:
            raise Malformed("bad_value", f"entry {position} is {entry.payload['type']}, not {EVENT}")
        found, more = _compared(reader, position, entry.payload, pin(berlinger_root))
    document = {"position": position, "raw": entry.payload["raw"], "agrees": found is None, "differs": found}
    document |= more
    show(document, lambda console: _draw(console, document, entry.payload), as_json)
    if found:
        raise typer.Exit(REFUSED)


def _compared(
    reader: Client, position: int, event: dict[str, Any], root: str
) -> tuple[str | None, dict[str, Any]]:
    """What the file does not bear out, and what else is to be said of a segment."""
    raw, read_as = reader.evidence(event["raw"]), event.get("read_as") or {}
    if read_as.get("format") == NAME:
        checked = check_segment(reader, position, event, raw)
        return checked.differs, {"signature_checked": checked.signature, "key_entries": checked.keys}
    named = read_as.get("mapping")
    return differs(event, raw, reader.evidence(named) if named else None, root), {}


def _draw(console: Console, document: dict[str, Any], event: dict[str, Any]) -> None:
    if document["agrees"]:
        count = len(event["readings_centi_c"])
        console.print(Text(f"✓ The file bears out all {count} readings", style="bold green"))
    else:
        console.print(Text(f"✗ DIFFERS: {document['differs']}", style="bold red"))
    if "signature_checked" in document:
        console.print(_signed(document))
    console.print(
        facts({"entry": f"#{document['position']}", "logger": event["logger"], "SHA-256": event["raw"]})
    )


def _signed(document: dict[str, Any]) -> Text:
    """Whether the logger signed it, and by whose word."""
    if not document["signature_checked"]:
        what = "NOT CHECKED: whether the logger signed this. The server names no entry that enrols its key"
        return Text(f"! {what}; `unbroken verify` on a copy of the log says it", style="bold yellow")
    entries = ", ".join(f"#{position}" for position in document["key_entries"])
    return Text(f"The logger's keys are those of {entries}; that there are no others is the server's word")
