"""`unbroken product …`: a product's rules, written in a file, checked, and signed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.record import Yes, confirm_and_record
from clients.cli.screen import show
from clients.products.reading import decoded, product_of
from clients.products.shipped import example, examples
from clients.products.told import rules
from ledger.errors import Malformed

product = typer.Typer(no_args_is_help=True, help="A product's rules, written in a file.")
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A product's rules, as TOML.", exists=True, dir_okay=False)
]


@product.command("check")
def check(file: File, as_json: Json = False) -> None:
    """Check a product's file, without a server: its rules in words, or every fault with its line."""
    members = _read(file)
    document = {"product": members, "rules": rules(members)}
    show(document, lambda console: _draw(console, members), as_json)


@product.command("example")
def shipped(
    name: Annotated[str | None, typer.Argument(help="Print this one; all are listed without it.")] = None,
    as_json: Json = False,
) -> None:
    """List the example files, or print one to start from. Check each against the label in force."""
    if name:
        text = example(name)
        show({"name": name, "text": text}, lambda _: _print(text), as_json)
    else:
        listed = [_about(one, text) for one, text in examples().items()]
        show({"examples": listed}, lambda console: _draw_all(console, listed), as_json)


@product.command("define")
def define(
    file: File,
    name: Annotated[str, typer.Argument(metavar="PRODUCT", help="The product's name, e.g. decentra-car.")],
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Sign the rules of a file as the next version of a product (Quality and administrators).

    Orders name a product and its version; what they were ordered under never changes.
    """
    members = _read(file)
    stream = f"product/{name.removeprefix('product/')}"
    with client(home, passphrase_file) as signer:
        _draw(Console(highlight=False, quiet=as_json), members)
        fields = {"type": "ProductVersionDefined"} | members
        confirm_and_record(signer, fields, stream, None, False, yes, as_json)


def _read(file: Path) -> dict[str, Any]:
    return product_of(decoded(file.read_bytes(), str(file)), str(file))


def _draw(console: Console, members: dict[str, Any]) -> None:
    console.print("What the file says:\n")
    for line in rules(members):
        console.print(Padding(Text(line.strip()), (0, 0, 0, 4 if line.startswith(" ") else 2)))
    console.print()


def _about(name: str, text: str) -> dict[str, Any]:
    """What an example lacks: values that were not read at their source stay out of it."""
    try:
        product_of(text)
    except Malformed as error:
        return {"name": name, "missing": [one["key"] for one in error.extra["problems"]]}
    return {"name": name, "missing": []}


def _print(text: str) -> None:
    sys.stdout.write(text)


def _draw_all(console: Console, listed: list[dict[str, Any]]) -> None:
    console.print("Examples. Check each against the label in force in your country before you use it.\n")
    for one in listed:
        lacks = f": you have to add {', '.join(one['missing'])}" if one["missing"] else ""
        console.print(Text(f"  {one['name']}{lacks}"))
    console.print("\nOne of them, to start from: unbroken product example decentra-car > my-product.toml")
