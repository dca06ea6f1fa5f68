"""Options that many commands share, and how a command gets at its device and server."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from clients.forms import moment
from clients.keys import Device, default_home, find_passphrase
from clients.sdk import Client

Home = Annotated[
    Path | None,
    typer.Option("--home", help="This device's folder.", show_default="UNBROKEN_HOME or ~/.unbroken"),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", help="Read the key's passphrase from here.", exists=True, dir_okay=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="MOMENT", help="As recorded by this moment, e.g. 2026-03-01T09:30Z."),
]
Before = Annotated[
    int | None, typer.Option("--before", metavar="POSITION", help="As of just before this entry.", min=0)
]
Coi = Annotated[
    str, typer.Argument(metavar="COI", help="The chain of identity, e.g. isbt128:CHA999926000001.")
]


def device(home: Path | None, passphrase_file: Path | None = None) -> Device:
    return Device(home or default_home(), passphrase(passphrase_file))


def client(home: Path | None, passphrase_file: Path | None = None) -> Client:
    return Client(device(home, passphrase_file))


def passphrase(file: Path | None, twice: bool = False) -> Callable[[], bytes]:
    """How to get the passphrase once it is needed; never from the command line."""
    return lambda: find_passphrase(file, (lambda: _asked(twice)) if sys.stdin.isatty() else None)


def _asked(twice: bool) -> str:
    while True:
        given = getpass.getpass("Passphrase of this device's key: ")
        if not twice or given == getpass.getpass("The same again: "):
            return given
        sys.stderr.write("These differ.\n")


def as_of(at: str | None) -> str | None:
    return moment(at) if at else None


def coi_of(stream: str) -> str:
    """A therapy may be named by its stream as well."""
    return stream.removeprefix("chain/")
