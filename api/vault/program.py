"""`unbroken-server vault`: begin a vault, change its keys, see how it stands."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from api.home import Home
from api.recording import Data, DatabaseUrl, recorder_of
from api.vault.options import Keys, Master, must_be_named, open_vault
from ledger.errors import Malformed
from ledger.vault.key_file import connected, standing
from ledger.vault.keys import KeyStore
from ledger.vault.master import make_master_file, open_master

app = typer.Typer(
    help="Who patients are, sealed under keys that one can destroy; see docs/how-to/vault.md.",
    no_args_is_help=True,
)


@app.command()
def init(vault_keys: Keys = None, vault_master: Master = "") -> None:
    """Begin a vault: draw its keys. A master key in a file is drawn too, where there is none."""
    path = must_be_named(vault_keys)
    drawn = _draw(vault_master)
    KeyStore.create(path, open_master(vault_master))
    typer.echo(f"The vault's key database is {path}. Leave it out of the ledger's backups.")
    if drawn:
        typer.echo(f"Its master key is {drawn}. Keep a copy apart from both: without it the vault is lost.")


@app.command()
def rekey(
    data: Data, vault_keys: Keys = None, vault_master: Master = "", database_url: DatabaseUrl = ""
) -> None:
    """Seal everybody's identifiers under new keys; a server may run meanwhile. Again goes on."""
    must_be_named(vault_keys)
    with recorder_of(Home(data), database_url) as recorder:
        vault = open_vault(vault_keys, vault_master, recorder, lambda: time.time_ns() // 1_000_000)
        assert vault is not None
        sealed, damaged = vault.rekey_all()
    typer.echo(f"The identifiers of {sealed} persons are sealed under new keys.")
    typer.echo("Back up both databases now: neither opens with the other's backup of before.")
    if damaged:
        typer.echo(f"{damaged} persons were left as they are, for a key is missing: enter them again, or")
        typer.echo("restore the backup of the key database that belongs to this database.")


@app.command("rotate-master")
def rotate_master(
    new: Annotated[
        str, typer.Option("--next", help="The new master key; a file is drawn where there is none")
    ],
    vault_keys: Keys = None,
    vault_master: Master = "",
) -> None:
    """Put every key under another master key, all or none. Then serve with the new one."""
    drawn = _draw(new)
    if new == vault_master:
        raise Malformed("bad_master_key", "--next is the master key that there is")
    count = KeyStore(must_be_named(vault_keys), open_master(vault_master)).rotate(open_master(new))
    typer.echo(f"{count} keys are under {drawn or new}. Start the server with --vault-master {new}")
    typer.echo("and destroy the old master key: with an old copy of the key database it opens all.")


@app.command()
def state(vault_keys: Keys = None) -> None:
    """How the key database stands; needs no master key."""
    path = must_be_named(vault_keys)
    if not path.exists():
        raise Malformed("no_vault_here", f"there is no key database {path}")
    with connected(path) as connection:
        found = standing(connection)
    typer.echo(f"persons    {found.persons}")
    typer.echo(f"destroyed  {found.destroyed}")
    typer.echo(f"waiting    {found.waiting} (of a re-keying that did not end: run rekey)")
    typer.echo(f"master     {found.master.hex()}")


def _draw(word: str) -> Path | None:
    """The file that was made, where the word names one that is not there."""
    kind, _, where = word.partition(":")
    path = Path(where)
    if kind != "file" or not where or path.exists():
        return None
    make_master_file(path)
    return path
