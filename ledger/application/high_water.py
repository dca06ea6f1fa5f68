"""The high-water mark: the newest head that this node let out, kept outside the database.

A restored backup or a lagging replica can be younger than what people already hold
receipts for. Signing on from there would make two histories. So the mark (size, root) is
written after each commit and before the first answer, and checked at start.

The file has two slots, written in turn: a torn write spoils one and leaves the other. It
is not synced, because a mark that lags is only a weaker promise, never a wrong one.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SLOT = 128


@dataclass(frozen=True, slots=True)
class Mark:
    """A head: tree size and root (32 bytes)."""

    size: int
    root: bytes


class HighWater:
    """One node's mark. Written by the writer's thread only."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._turn = 0

    def read(self) -> Mark | None:
        """The newest whole mark, or None where nothing was ever let out."""
        marks = [_parse(os.pread(self._file, _SLOT, slot * _SLOT)) for slot in (0, 1)]
        return max((mark for mark in marks if mark), key=lambda mark: mark.size, default=None)

    def write(self, mark: Mark) -> None:
        """Remember the mark; returns before it is on the disk."""
        text = f"{mark.size} {mark.root.hex()}"
        line = f"{text} {zlib.crc32(text.encode()):08x}".ljust(_SLOT - 1) + "\n"
        os.pwrite(self._file, line.encode(), self._turn * _SLOT)
        self._turn ^= 1

    def close(self) -> None:
        os.close(self._file)


def _parse(slot: bytes) -> Mark | None:
    text, _, crc = slot.decode("ascii", "replace").strip().rpartition(" ")
    if not text or crc != f"{zlib.crc32(text.encode()):08x}":
        return None
    size, root = text.split(" ")
    return Mark(int(size), bytes.fromhex(root))
