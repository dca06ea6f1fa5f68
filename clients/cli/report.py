"""`unbroken report`: a therapy's chain-of-identity and custody report, as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clients.cli.options import At, Before, Coi, Home, Json, PassphraseFile, as_of, client, coi_of
from clients.cli.screen import facts, show

SUFFIX = ".pdf"


def report(
    coi: Coi,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.pdf", help="Where to write it.")],
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Write a therapy's report: summary, journey, signatures, temperature, deviations, corrections."""
    if out.suffix.lower() != SUFFIX:
        raise typer.BadParameter(f"{out} would be a PDF: name it {out.stem}{SUFFIX}", param_hint="--out")
    with client(home, passphrase_file) as reader:
        pdf = reader.report(coi_of(coi), before=before, at=as_of(at))
    out.write_bytes(pdf)
    told = {"coi": coi_of(coi), "out": str(out), "bytes": len(pdf)}
    words = facts({"written": str(out), "size": f"{len(pdf):,} bytes"})
    show(told, lambda console: console.print(words), as_json)
