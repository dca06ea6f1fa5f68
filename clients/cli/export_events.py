"""`unbroken export events`: the entries as a table for the auditor's own tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.evidence import LogKey
from clients.cli.options import Home, Json, PassphraseFile, client, coi_of
from clients.cli.replay_offline import answering, audited, draw_audit, leave
from clients.cli.screen import facts, show
from clients.past import Past
from ledger.errors import Malformed

Document = dict[str, Any]


def export_events(
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="One row an entry.")] = None,
    parquet: Annotated[
        Path | None,
        typer.Option("--parquet", metavar="FILE", help="With real types; needs pyarrow."),
    ] = None,
    containers: Annotated[
        Path | None,
        typer.Option(
            "--containers", metavar="FILE", help="Also one row for each container that an entry names."
        ),
    ] = None,
    therapy: Annotated[
        str | None, typer.Option("--therapy", metavar="COI", help="Only what is about this therapy.")
    ] = None,
    files: Annotated[
        Path | None,
        typer.Option(
            "--in", metavar="DIR_OR_BUNDLE", help="Without a server: from these files.", exists=True
        ),
    ] = None,
    log_key: LogKey = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Write the entries that you may read as CSV or Parquet, each signature checked.

    From a server: all that this device may read. With --in, from a downloaded log or a bundle, which is
    audited on the way: exit code 1 or 6, as `unbroken verify` has them, and the table says which rows are
    wrong. The columns: docs/reference/tables.md.
    """
    from clients.tables.files import writing  # the rules: only this command needs them
    from clients.tables.filling import TableWatch, from_server

    form, path = _form(csv, parquet)
    report = None
    with writing(path, containers, form, coi_of(therapy) if therapy else None) as tables:
        if files is not None:
            report = answering(files, log_key, home, TableWatch(tables), as_json)
        else:
            with client(home, passphrase_file) as reader:
                from_server(Past(reader.remote).statements(), reader.vkey.name, tables)
    document: Document = {"file": str(path), "form": form, "entries": tables.entries, "wrong": tables.wrong}
    document |= {"containers": str(containers), "names": tables.names} if containers else {}
    document |= audited(report, ()) if report else {}
    show(document, lambda console: _draw(console, document), as_json)
    if report:
        leave(report, document)


def _form(csv: Path | None, parquet: Path | None) -> tuple[str, Path]:
    if (csv is None) == (parquet is None):
        raise Malformed("bad_form", "say either --csv FILE or --parquet FILE")
    return ("csv", csv) if csv is not None else ("parquet", parquet or Path())


def _draw(console: Console, document: Document) -> None:
    console.print(f"{document['entries']} entries in {document['file']}.", soft_wrap=True)
    if document.get("containers"):
        console.print(facts({"containers": f"{document['names']} names in {document['containers']}"}))
    if document["wrong"]:
        told = f"The signatures of {document['wrong']} entries are WRONG: see the column signature."
        console.print(Text(told, style="bold red"))
    if "audit" in document:
        draw_audit(console, document)
    else:
        console.print("\nSignatures were checked here. Whether the log is whole and its rules were kept was")
        console.print("not: for that, download the log and say --in.")
