"""`unbroken export epcis|fhir`: a therapy in a standard that partners read, into a file or onwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from clients.cli.options import At, Before, Coi, Home, Json, PassphraseFile, as_of, client, coi_of
from clients.cli.screen import facts, show

app = typer.Typer(help="Give a therapy to a partner, in the standard that they read.", no_args_is_help=True)
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Where to write it; without: to the output."),
]


@app.command("epcis")
def epcis(
    coi: Coi,
    out: Out = None,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Write a therapy's events as an EPCIS 2.0 document (JSON-LD)."""
    _export("epcis", coi_of(coi), out, (before, at), (home, passphrase_file), as_json)


@app.command("fhir")
def fhir(
    coi: Coi,
    out: Out = None,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Write a therapy as a FHIR R5 Bundle, with every signed statement in it."""
    _export("fhir", coi_of(coi), out, (before, at), (home, passphrase_file), as_json)


def _export(
    form: Literal["epcis", "fhir"],
    coi: str,
    out: Path | None,
    moment: tuple[int | None, str | None],
    device: tuple[Path | None, Path | None],
    as_json: bool,
) -> None:
    before, at = moment
    with client(*device) as reader:
        document = reader.exported(coi, form, before=before, at=as_of(at))
    if out is None:
        typer.echo(document)
        return
    out.write_bytes(document)
    count = len(_listed(form, document))
    told = {"coi": coi, "form": form, "out": str(out), "bytes": len(document), "items": count}
    show(told, lambda console: _tell(console, out, count, form), as_json)


def _listed(form: str, document: bytes) -> list[object]:
    """Its events or resources."""
    found = json.loads(document)
    listed: list[object] = found["epcisBody"]["eventList"] if form == "epcis" else found["entry"]
    return listed


def _tell(console: Console, out: Path, count: int, form: str) -> None:
    console.print(
        facts({"written": str(out), "holds": f"{count} {'events' if form == 'epcis' else 'resources'}"})
    )
