"""Killed at every step of a rotation of the master key: one of the two keys opens everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import Fault
from ledger.vault.keys import KeyStore
from ledger.vault.master import HeldMaster, make_master_file, open_master
from tests.vaulting import new_keys

OLD, NEW = b"o" * 32, b"n" * 32
PERSONS = [bytes([number]) * 16 for number in range(3)]
ROWS = 2 * len(PERSONS) + 1
VICTIM = """
import os, sys
from pathlib import Path
from ledger.vault import keys
from ledger.vault.master import HeldMaster
path, deadly = Path(sys.argv[1]), int(sys.argv[4])
old, new = map(bytes.fromhex, sys.argv[2:4])
count = 0
def step():
    global count
    count += 1
    if count > deadly:
        os.kill(os.getpid(), 9)
store = keys.KeyStore(path, HeldMaster(old))
store._scrub = step  # the last step: committed, the journal not overwritten yet
store.rotate(HeldMaster(new), step)
"""


def rotated(path: Path, deadly: int) -> int:
    words = [sys.executable, "-c", VICTIM, str(path), OLD.hex(), NEW.hex(), str(deadly)]
    return subprocess.run(words, cwd=Path(__file__).parents[2], check=False).returncode


@pytest.mark.parametrize("deadly", range(ROWS + 3))
def test_a_rotation_that_is_killed_loses_no_key(tmp_path: Path, deadly: int) -> None:
    keys = new_keys(tmp_path, HeldMaster(OLD))
    drawn = {person: keys.begin(person) for person in PERSONS}
    path = tmp_path / "keys.db"
    died = rotated(path, deadly) != 0
    assert died == (deadly < ROWS + 2)
    working = NEW if deadly > ROWS else OLD
    with pytest.raises(Fault, match="wrong_master_key"):
        KeyStore(path, HeldMaster(OLD if working == NEW else NEW))
    found = KeyStore(path, HeldMaster(working))
    assert {person: found.of(person) for person in PERSONS} == drawn
    found.rotate(HeldMaster(NEW if working == OLD else OLD))  # and it is taken up again


HALF = """
import os, sys
from pathlib import Path
from ledger.vault import keys, master, whole_file
from ledger.vault.master import HeldMaster
def die(*_):
    os.kill(os.getpid(), 9)
setattr(whole_file, sys.argv[2], die) if sys.argv[2] == "_sync" else setattr(os, sys.argv[2], die)
path = Path(sys.argv[1])
keys.KeyStore.create(path, HeldMaster(b"o" * 32)) if path.suffix == ".db" else master.make_master_file(path)
"""


@pytest.mark.parametrize("step", ["close", "_sync", "link", "unlink"])
@pytest.mark.parametrize("name", ["keys.db", "next.key"])
def test_what_was_begun_and_killed_is_there_whole_or_is_begun_again(
    tmp_path: Path, name: str, step: str
) -> None:
    path = tmp_path / name
    words = [sys.executable, "-c", HALF, str(path), step]
    assert subprocess.run(words, cwd=Path(__file__).parents[2], check=False).returncode == -9
    if not path.exists():
        KeyStore.create(path, HeldMaster(OLD)) if name == "keys.db" else make_master_file(path)
    if name == "keys.db":
        assert KeyStore(path, HeldMaster(OLD)).persons() == []
    else:
        open_master(f"file:{path}")
