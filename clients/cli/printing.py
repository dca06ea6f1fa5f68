"""`unbroken label print`: to a printer on the network, or into files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.prompt import Confirm
from rich.text import Text

from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.record import document_of, tell
from clients.cli.screen import WAITING, show
from clients.labels import UNSURE, Job, Labels, Medium
from clients.printer import Printer, parse_printer
from clients.sdk import Pending
from clients.sending import Answer
from ledger.errors import Conflict, Fault, Malformed
from ledger.labels.link import serial_in

MEDIA: tuple[Medium, ...] = get_args(Medium)
Target = Printer | Path


def print_labels(
    serials: Annotated[list[str], typer.Argument(metavar="SERIAL", help="Labels that were issued here.")],
    printer: Annotated[
        str | None, typer.Option("--printer", metavar="tcp://HOST:9100", help="A network printer (ZPL).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A .pdf, .png, .svg or .zpl; or a folder.")
    ] = None,
    template: Annotated[
        str, typer.Option("--template", help="cryobag, cassette, vial, shipper or patient_sheet.")
    ] = "cryobag",
    dpi: Annotated[int, typer.Option("--dpi", help="203, 300 or 600: the printer's own.")] = 300,
    medium: Annotated[str, typer.Option("--format", help="In a folder: pdf, png, svg or zpl.")] = "pdf",
    biohazard: Annotated[bool, typer.Option("--biohazard", help="Print the biohazard sign.")] = False,
    came_out: Annotated[
        bool | None,
        typer.Option("--came-out/--nothing-came", help="You looked what an attempt that ended unsure made."),
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Print labels that were issued on this device, and say that they are printed.

    That is said once the printer has taken every byte. Where it does not show that it has, look whether
    the label came out, then say --came-out, or --nothing-came to print it again. A printer that says
    another resolution than --dpi is sent nothing.
    """
    names = [serial_in(one).upper() for one in serials]  # as every kept one is
    target = _target(printer, out, len(names) > 1)
    form = medium if isinstance(target, Path) else "zpl"
    if isinstance(target, Path) and not target.is_dir():
        form = target.suffix.removeprefix(".")
    job = Job(template, dpi, _medium(form), biohazard)
    with client(home, passphrase_file) as signer:
        results = [_print(Labels(signer), name, job, target, came_out, as_json) for name in names]
    told = [{"serial": name} | document_of(one) for name, one in zip(names, results, strict=True)]
    show({"labels": told}, lambda console: _tell(console, names, results), as_json)
    if any(isinstance(one, Pending) for one in results):
        raise typer.Exit(WAITING)


def _target(printer: str | None, out: Path | None, several: bool) -> Target:
    if (printer is None) == (out is None):
        raise Malformed("bad_value", "say where to: --printer tcp://HOST:9100, or --out FILE")
    if out is None:
        return parse_printer(printer or "")
    if several and not out.is_dir():
        raise Malformed("bad_value", f"{out} is no folder: several labels go into a folder, one file each")
    return out


def _medium(text: str) -> Medium:
    for one in MEDIA:
        if one == text:
            return one
    raise Malformed("bad_value", f"{text!r} is none of {', '.join(MEDIA)}: name a file that ends in one")


def _print(
    labels: Labels, serial: str, job: Job, target: Target, came_out: bool | None, as_json: bool
) -> Answer | Pending:
    """One label; where an attempt ended unsure, ask the person, if there is one."""
    try:
        if came_out is not None and labels.store.find(serial).printing is not None:
            raise Conflict("label_unsure", "somebody looked")
        return _put_out(labels, serial, job, target)
    except (Conflict, Fault) as error:
        if error.code not in UNSURE | {"label_unsure"}:
            raise
        seen = came_out if came_out is not None else _asked(serial, error, as_json)
        said = labels.settle(serial, seen)
        return said or _put_out(labels, serial, job, target)


def _put_out(labels: Labels, serial: str, job: Job, target: Target) -> Answer | Pending:
    if isinstance(target, Printer):
        return labels.print(serial, job, target, _warn)
    path = target / f"{serial}.{job.medium}" if target.is_dir() else target
    return labels.save(serial, job, path)


def _asked(serial: str, error: Conflict | Fault, as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        raise error
    _warn(error.detail)
    return Confirm.ask(f"Did label {serial} come out?")


def _warn(detail: str) -> None:
    Console(stderr=True, highlight=False).print(Text(f"{detail}.", style="bold yellow"))


def _tell(console: Console, names: list[str], results: list[Any]) -> None:
    for name, one in zip(names, results, strict=True):
        console.print(Text(f"Label {name}", style="bold"))
        tell(console, one)
