"""Vaults for tests: a key database and a master key in a folder."""

from __future__ import annotations

from pathlib import Path

from ledger.vault.keys import KeyStore
from ledger.vault.master import Master, make_master_file, open_master

PERSON, OTHER = b"p" * 16, b"o" * 16


def master_in(folder: Path, name: str = "master.key") -> str:
    """The word of a new master key, which stands in a file."""
    make_master_file(folder / name)
    return f"file:{folder / name}"


def new_keys(folder: Path, master: Master | None = None) -> KeyStore:
    return KeyStore.create(folder / "keys.db", master or open_master(master_in(folder)))
