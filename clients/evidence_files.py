"""Loggers' own files beside a downloaded log: fetched by their hash, found by their bytes.

DIR/evidence/<SHA-256>    what a `TemperatureEvidenceAttached` names as its file or its mapping
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from clients.download import pieces
from ledger.errors import NotFound, NotPermitted
from ledger.proof import canonical, statement
from ledger.proof.tiles import decode_bundle

FOLDER = "evidence"
EVENT = "TemperatureEvidenceAttached"
MAX_FILE = 64 << 20  # no logger holds so much; a device or a pipe is not read at all


class Fetched(NamedTuple):
    """`files` are there now; `withheld` the ledger doesn't have, or not for this reader."""

    files: int
    withheld: int


def named_files(folder: Path, size: int) -> list[str]:
    """The SHA-256 of each file that a downloaded log of `size` entries names, in order, once."""
    found: dict[str, None] = {}
    for piece in pieces(size):
        if piece.level is None:
            for raw in decode_bundle((folder / piece.path()).read_bytes()):
                found |= dict.fromkeys(_named(canonical.decode(statement.parse(raw).payload)))
    return list(found)


def _named(payload: dict[str, Any]) -> Iterator[str]:
    if payload["type"] == EVENT:
        yield payload["raw"]
        if mapping := (payload.get("read_as") or {}).get("mapping"):
            yield mapping


def fetch_files(read: Callable[[str], bytes], folder: Path, size: int) -> Fetched:
    """Put each file that the log names under `DIR/evidence`; `read` gives checked bytes by SHA-256."""
    there = folder / FOLDER
    there.mkdir(exist_ok=True)
    withheld = 0
    for digest in named_files(folder, size):
        if not (there / digest).exists():
            try:
                _write(there / digest, read(digest))
            except (NotFound, NotPermitted):
                withheld += 1
    return Fetched(sum(1 for _ in there.iterdir()), withheld)


def _write(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".fresh-{path.name}")
    fresh.write_bytes(data)
    fresh.rename(path)


def files_in(folder: Path) -> Callable[[str], bytes | None]:
    """Finds bytes by their SHA-256 among the regular files in a folder, whatever they are called."""
    where = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_FILE
    }

    def find(digest: str) -> bytes | None:
        raw = where[digest].read_bytes() if digest in where else None
        return raw if raw is not None and hashlib.sha256(raw).hexdigest() == digest else None

    return find
