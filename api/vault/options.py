"""How the program is told of the vault: options of `unbroken-server serve` and `unbroken-server vault`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.vault.vault import Vault
from ledger.errors import Malformed
from ledger.store.vault import VaultStore
from ledger.vault.keys import KeyStore
from ledger.vault.master import open_master

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.store.recorder import LedgerRecorder

Keys = Annotated[
    Path | None,
    typer.Option(
        envvar="UNBROKEN_VAULT_KEYS",
        help="The vault's key database, outside the other's backups; else no vault",
    ),
]
Master = Annotated[
    str,
    typer.Option(
        envvar="UNBROKEN_VAULT_MASTER", help="Its master key: file:PATH, env:NAME or pkcs11:MODULE?token=…"
    ),
]


def must_be_named(keys: Path | None) -> Path:
    """Raises `Malformed` (`no_vault_here`)."""
    if keys is None:
        raise Malformed("no_vault_here", "no key database is named: give --vault-keys")
    return keys


def open_vault(
    keys: Path | None, master: str, recorder: LedgerRecorder, clock_ms: Callable[[], int]
) -> Vault | None:
    """None where no key database is named. Raises `Malformed`, `Fault` as `open_master` and `KeyStore`."""
    if keys is None:
        return None
    store = KeyStore(keys, open_master(master))
    return Vault(store, VaultStore(recorder.engine, recorder.turn), clock_ms)
