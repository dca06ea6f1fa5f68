"""A file that is there whole or not at all, whatever interrupts the one who makes it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def made_whole(path: Path) -> Iterator[Path]:
    """An empty file beside it (0600) to fill, which gets its name, durably, when it is filled.

    Never overwrites: raises `FileExistsError`, at once where it can be known. What a kill leaves behind
    has another name and is in nobody's way.
    """
    if path.exists():
        raise FileExistsError(path)
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield half
        _sync(half)
        os.link(half, path)
    finally:
        half.unlink()
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
