"""`unbroken temperature judge`: loggers' own files against a product's profile, without a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.logger_answers import Answers
from clients.cli.logger_options import BerlingerRoot, Mapping, about_a_file, pin
from clients.cli.logger_verdict import draw_verdict
from clients.cli.loggers import read_file
from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.screen import DONE, REFUSED, USAGE, show
from clients.drafts import now
from clients.judging import IN_LIMITS, NOT_JUDGED, OUT_OF_LIMITS, Judged, read_for, verdict_document
from clients.products.reading import decoded, product_of
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.domain.parts import TemperatureProfile
from ledger.domain.times import milliseconds
from ledger.errors import Malformed, NotFound

Members = dict[str, Any]
EXITS = {IN_LIMITS: DONE, OUT_OF_LIMITS: REFUSED, NOT_JUDGED: USAGE}


@about_a_file
def judge(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Loggers' own files.", exists=True, dir_okay=False)
    ],
    *,
    product: Annotated[
        str, typer.Option("--product", help="A product's file, or PRODUCT:VERSION of the ledger.")
    ],
    phase: Annotated[str, typer.Option("--phase", help="fresh, frozen or thawed.")],
    told: Answers,
    mapping: Mapping = None,
    berlinger_root: BerlingerRoot = ROOT,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Judge loggers' own files by a product's profile, as the ledger would: nothing is signed or sent.

    Exit code 0: in limits. 1: out of limits. 2: not judged, because something is unknown or nothing
    could be read. Options hold for every file.
    """
    members = _product(product, home, passphrase_file)
    profile = _profile(members, product, phase)
    read = [
        _read(path, number, told, mapping, pin(berlinger_root), phase) for number, path in enumerate(files)
    ]
    about = {name: members[name] for name in ("name", "version")}
    document: Members = {"product": about} | verdict_document(read, profile, told.instrument)
    show(document, lambda console: _draw(console, document), as_json)
    raise typer.Exit(EXITS[document["verdict"]])


def _read(path: Path, number: int, told: Answers, mapping: Path | None, root: str, phase: str) -> Judged:
    raw = [path.read_bytes(), *([mapping.read_bytes()] if mapping else [])]
    found, told, _ = read_file(raw, told, root, False, sys.stdin.isatty())
    return read_for(str(path), found, told.instrument, phase, number, milliseconds(now()))


def _product(named: str, home: Path | None, passphrase_file: Path | None) -> Members:
    """The members of `ProductVersionDefined`: from a file, or from the entry that the ledger proves."""
    path = Path(named)
    if path.is_file():
        return product_of(decoded(path.read_bytes(), named), named)
    name, _, version = named.partition(":")
    if not (name and version.isascii() and version.isdecimal()):
        detail = f"--product: {named!r} is no file, and not written PRODUCT:VERSION, such as decentra-car:1"
        raise Malformed("bad_value", detail)
    with client(home, passphrase_file) as reader:
        rows = reader.products(product=name)["products"]
        row = next((one for one in rows if one["version"] == int(version)), None)
        if row is None:
            raise NotFound("no_such_product", f"there is no {named} that you may read")
        return reader.entry(row["position"]).payload


def _profile(members: Members, named: str, phase: str) -> TemperatureProfile:
    profiles = {one["phase"]: one for one in members.get("temperature") or ()}
    if phase not in profiles:
        known = ", ".join(profiles) or "no phase at all"
        raise Malformed("bad_value", f"--phase: {named} has a profile for {known}, not for {phase!r}")
    return TemperatureProfile.model_validate(profiles[phase])


def _draw(console: Console, document: Members) -> None:
    product = document["product"]
    console.print(Text(f"{product['name']}, version {product['version']}, {document['phase']}", style="dim"))
    draw_verdict(console, document)
