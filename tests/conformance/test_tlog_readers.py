"""Public implementations of C2SP's transparency logs, from PyPI, read what our server publishes.

`tlog-scales` (Florian Larysch, the code of two log monitors) and `aics-tlog` (Peter Politopoulos) were each
written from the specifications by people who know nothing of us. Each runs in an environment of its own,
made here by pip and kept for the next run; where none can be made, the test is skipped and says so. They
open the checkpoint under the pinned key and the log's cosignature, put the tiles together to the signed
root, make and check proofs of consistency and inclusion, and refuse an altered tile.

`aics-tlog` asks for Python 3.12; on 3.11 it is installed all the same (`--ignore-requires-python`) and runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from ledger.proof.note import COSIGNATURE, VerifierKey
from tests.e2e.house import House
from tests.scenario import open_scenario, therapy
from tests.unit.verify_book import Book

READERS = {"tlog-scales": "0.0.3", "aics-tlog": "0.2.1"}
SCRIPTS = Path(__file__).parent / "readers"
ENVIRONMENTS = Path(tempfile.gettempdir()) / "unbroken-readers"
ENTRIES = 300  # more than one tile holds
INSTALL_S, READ_S = 300, 120


@dataclass(frozen=True)
class Published:
    """A server's `/log`, a copy of the same log in a folder, and what somebody pins."""

    url: str
    folder: Path
    book: Book

    @property
    def cosigner(self) -> str:
        return str(VerifierKey.parse(self.book.vkey).as_type(COSIGNATURE))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("log")
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder)
    number = 0
    while scenario.ledger.store.head()[0] < ENTRIES:
        number += 1
        therapy(scenario, f"isbt128:CHA99992600{number:04}", f"patient-{number}", f"BAG{number}")
    book = Book.of(scenario)
    house = House(scenario)
    house.open(folder)
    yield Published(f"{house.url}/log", book.write(folder / "copy"), book)
    house.close()
    scenario.ledger.close()


@cache
def interpreter(name: str) -> Path:
    """A Python that has this reader, of this version. Skips the test where it cannot be had."""
    home = ENVIRONMENTS / f"{name}-{READERS[name]}-py{sys.version_info.major}.{sys.version_info.minor}"
    python = home / "bin" / "python"
    if not (home / "done").exists():
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                   "--ignore-requires-python", f"{name}=={READERS[name]}"]  # fmt: skip
        for command in ([sys.executable, "-m", "venv", "--clear", str(home)], install):
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
            if done.returncode:
                pytest.skip(f"{name} {READERS[name]} cannot be installed here: {done.stderr[-300:]}")
        (home / "done").touch()
    return python


def read(name: str, published: Published, folder: Path) -> subprocess.CompletedProcess[str]:
    script = SCRIPTS / f"{name.replace('-', '_')}_reads.py"
    old = published.book.batches[len(published.book.batches) // 2][0]
    given = [published.url, str(folder), published.book.vkey, published.cosigner, str(old)]
    return subprocess.run([str(interpreter(name)), "-I", str(script), *given], capture_output=True, text=True,
                          timeout=READ_S, check=False)  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_it_accepts_checkpoints_tiles_and_entries(name: str, published: Published) -> None:
    done = read(name, published, published.folder)
    assert done.returncode == 0, done.stderr
    found, book = json.loads(done.stdout), published.book
    assert found["size"] == len(book.raws) > 256
    assert book.vkey.startswith(f"{found['origin']}+")


@pytest.mark.parametrize(
    ("name", "said"), [("tlog-scales", "InclusionProofInvalid"), ("aics-tlog", "TileVerificationError")]
)
def test_it_refuses_an_altered_entry(name: str, said: str, published: Published, tmp_path: Path) -> None:
    """That they accept ours means something: one bit, and they don't."""
    book = published.book
    raw = bytearray(book.raws[17])
    raw[100] ^= 1
    altered = book.with_entry(17, bytes(raw)).write(tmp_path / "copy")
    done = read(name, published, altered)
    assert done.returncode != 0
    assert said in done.stderr
