"""Signing again: `--sign-again`, which asks for the key's passphrase once more.

Neither UNBROKEN_PASSPHRASE nor --passphrase-file answers it: what a program can give by
itself shows nobody that the person is still there. Where no terminal is, it is one line of
standard input, so that a program in between can ask in its own window.
"""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from ledger.domain.esignatures import meaning_of
from ledger.errors import Malformed

SignAgain = Annotated[
    bool, typer.Option("--sign-again", help="An e-signature: ask for the key's passphrase again.")
]
Meaning = Annotated[
    str | None,
    typer.Option("--meaning", metavar="CODE", help="What the e-signature means, if not the event's own."),
]


def meaning_given(event: str, sign_again: bool, meaning: str | None) -> str | None:
    """The meaning of the e-signature that is wanted; None: none is. Raises `Malformed` `bad_value`."""
    if meaning and not sign_again:
        raise Malformed("bad_value", "--meaning belongs to an e-signature: say --sign-again with it")
    return (meaning or meaning_of(event)) if sign_again else None


def typed_again(meaning: str) -> bytes:
    """The passphrase, from the person. Raises `Malformed` `no_passphrase` where nobody gave one."""
    if sys.stdin.isatty():
        given = getpass.getpass(f"Passphrase of this device's key again, to sign as {meaning}: ")
    else:
        given = sys.stdin.readline().removesuffix("\n")
    if not given:
        raise Malformed("no_passphrase", "nobody gave the passphrase again: nothing was signed")
    return given.encode()
