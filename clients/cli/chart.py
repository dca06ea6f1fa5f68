"""`unbroken temperature chart`: the picture of how warm it was, into a file or to the next program."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clients.cli.options import At, Before, Coi, Home, Json, PassphraseFile, as_of, client, coi_of
from clients.cli.screen import facts, show

SUFFIX = ".svg"


def chart(
    coi: Coi,
    container: Annotated[
        str | None, typer.Option("--container", help="One bag's journey, with all that it was made of.")
    ] = None,
    leg: Annotated[
        int | None,
        typer.Option("--leg", metavar="POSITION", help="The entry with which a carrier took it over.", min=0),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--zone", help="Of the time axes, e.g. Europe/Berlin.", show_default="TZ or UTC"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.svg", help="Where to write it; without: to the output."),
    ] = None,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Draw a therapy's temperature as SVG: bands, gaps, excursions, hand-overs, budgets."""
    if out and out.suffix.lower() != SUFFIX:
        raise typer.BadParameter(f"{out} would be an SVG: name it {out.stem}{SUFFIX}", param_hint="--out")
    with client(home, passphrase_file) as reader:
        picture = reader.temperature_chart(
            coi_of(coi), container=container, leg=leg, zone=zone or here(), before=before, at=as_of(at)
        )
    if out is None and not as_json:
        typer.echo(picture)
        return
    told = {"coi": coi_of(coi), "container": container, "leg": leg, "bytes": len(picture)}
    if out is None:
        show(told | {"svg": picture.decode()}, lambda _: None, as_json)
        return
    out.write_bytes(picture)
    show(told | {"out": str(out)}, lambda console: _tell(console, out, len(picture)), as_json)


def here() -> str:
    """The zone that TZ names, else UTC: what this computer's clock shows may have no name."""
    named = os.environ.get("TZ", "").removeprefix(":")
    return named if "/" in named and not named.startswith("/") else "UTC"


def _tell(console: Console, out: Path, size: int) -> None:
    console.print(facts({"written": str(out), "size": f"{size:,} bytes"}))
