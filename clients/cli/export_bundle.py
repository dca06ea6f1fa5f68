"""`unbroken export bundle`: say who takes what away and why, then fetch it into one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from clients.bundles import await_witnesses, begun, fetch_bundle
from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.record import Yes, confirmed
from clients.cli.screen import WAITING, facts, progress, show
from clients.forms import moment
from clients.sdk import Client, Pending
from ledger.errors import Conflict, Malformed

SCOPES = ("lot", "site")


def export_bundle(
    scope: Annotated[
        str, typer.Argument(metavar="SCOPE", help="A therapy (its COI), a bag, lot/…, site/…, or log.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the bundle goes.")],
    why: Annotated[str, typer.Option("--why", metavar="CODE", help="The reason, e.g. inspection.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="MOMENT", help="Of a site: recorded from then on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="MOMENT", help="Of a site: recorded before.")
    ] = None,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Take evidence away in one file that `unbroken verify` checks without any server.

    That you ask, and why, is signed and recorded first. A bag is given with its whole therapy. The
    same command again goes on with what was begun.
    """
    if out.exists():
        raise Conflict("file_exists", f"{out} is there already; it is not overwritten")
    asked = {"scope": scope, "why": why, "since": since, "until": until}
    with client(home, passphrase_file) as reader:
        position = _position(reader, asked, out, yes, as_json)
        await_witnesses(reader.remote, position)
        with progress("Fetching", as_json) as bar:
            length = fetch_bundle(reader.remote, position, asked, out, lambda at, of: bar(at, of or at))
    document: dict[str, Any] = {"file": str(out), "bytes": length, "request": position}
    show(document, lambda console: _draw(console, document), as_json)


def _position(reader: Client, asked: dict[str, Any], out: Path, yes: bool, as_json: bool) -> int:
    """Of the request that was begun with this very command, else of a new one."""
    known = begun(out)
    if known is not None and known.asked == asked:
        return known.position
    fields, stream = _request(reader, **asked)
    answer = confirmed(reader, fields, stream, None, False, yes, as_json)
    if isinstance(answer, Pending):
        show({"state": "pending", "why": answer.why}, lambda console: console.print(answer.why), as_json)
        raise typer.Exit(WAITING)
    return answer.position


def _request(
    reader: Client, scope: str, why: str, since: str | None, until: str | None
) -> tuple[dict[str, Any], str]:
    """The event's members, and the stream that it belongs to. Raises `Malformed` `bad_scope`."""
    kind, _, name = scope.partition("/")
    period = {"since": moment(since) if since else None, "until": moment(until) if until else None}
    given = {member: one for member, one in period.items() if one is not None}
    if scope == "log" or (kind in SCOPES and name):
        which = {"which": name} if name else {}
        fields = {"type": "ExportRequested", "scope": kind, "reason": why} | which | given
        return fields, f"log/{reader.vkey.name}"
    if given or ("/" in scope and not (name and kind == "chain")):
        raise Malformed("bad_scope", f"{scope!r}: a therapy, a bag, lot/…, site/… with a period, or log")
    coi = name or scope
    if ":" not in coi:
        coi = str(reader.container(coi)["chain"])
    version = int(reader.chain(coi)["version"])
    asking = {"type": "TherapyExportRequested", "reason": why, "chain_version": version}
    return asking, f"chain/{coi}"


def _draw(console: Console, document: dict[str, Any]) -> None:
    console.print(f"The evidence is in {document['file']}.")
    console.print(facts({"bytes": document["bytes"], "asked for at position": document["request"]}))
    console.print(f"\nVerify it, here or anywhere: unbroken verify {document['file']}", soft_wrap=True)
