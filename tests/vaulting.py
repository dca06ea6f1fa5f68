"""Vaults for tests: a key database and a master key in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from api.vault.vault import Vault
from ledger.store.vault import VaultStore
from ledger.vault.keys import KeyStore
from ledger.vault.master import Master, make_master_file, open_master

if TYPE_CHECKING:
    from tests.scenario import Scenario

PERSON, OTHER = b"p" * 16, b"o" * 16


def master_in(folder: Path, name: str = "master.key") -> str:
    """The word of a new master key, which stands in a file."""
    make_master_file(folder / name)
    return f"file:{folder / name}"


def new_keys(folder: Path, master: Master | None = None) -> KeyStore:
    return KeyStore.create(folder / "keys.db", master or open_master(master_in(folder)))


def vault_in(folder: Path, scenario: Scenario) -> Vault:
    """The folder's vault; begun where there is none."""
    path = folder / "keys.db"
    keys = KeyStore(path, open_master(f"file:{folder}/master.key")) if path.exists() else new_keys(folder)
    store = scenario.ledger.store
    return Vault(keys, VaultStore(store.engine, store.turn), scenario.clock)
