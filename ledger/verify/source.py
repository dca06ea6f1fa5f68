"""Where an audit reads a log from. Nothing that a source returns is trusted."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ledger.errors import NotFound, ProofInvalid, UnbrokenError
from ledger.proof import tiles
from ledger.proof.evidence_record import MAX_RECORD
from ledger.proof.statement import MAX_STATEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NOTE = 1 << 16
MAX_TILE = tiles.TILE_WIDTH * 32
MAX_BUNDLE = tiles.TILE_WIDTH * (2 + MAX_STATEMENT)


class LogSource(Protocol):
    """The bytes of a log. Each method raises an `UnbrokenError` where it has no such bytes.

    Called from one thread. Bytes need not be right: the audit finds out.
    """

    def latest(self) -> bytes:
        """The note of the latest checkpoint."""

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """Every stored checkpoint, as (the size that it is stored under, note), ascending."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        """`width` hashes of 32 bytes; width 256 is a full tile."""

    def bundle(self, index: int, width: int) -> bytes:
        """The entries `256 * index` and on, `width` of them (C2SP tlog-tiles, Log Entries)."""

    def strays(self, size: int) -> Iterator[tuple[str, str]]:
        """(name, sentence) of what a log of `size` entries should not hold."""

    def time_stamps(self) -> Iterator[tuple[str, bytes]]:
        """(name, evidence record) of what authorities said of heads; see `ledger.verify.time_stamps`."""


class DirectorySource:
    """A downloaded log: `checkpoint`, `checkpoints/<size>`, `tile/…`, `timestamps/…` under one directory.

    The directory may come from anybody: only regular files are opened, and no more is read
    than the longest honest file holds.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def latest(self) -> bytes:
        return self._read("checkpoint", MAX_NOTE)

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        for size in sorted(_sizes(self._names("checkpoints"))):
            yield size, self._read(f"checkpoints/{size}", MAX_NOTE)

    def tile(self, level: int, index: int, width: int) -> bytes:
        return self._read(tiles.tile_path(level, index, width), MAX_TILE)

    def bundle(self, index: int, width: int) -> bytes:
        return self._read(tiles.entries_path(index, width), MAX_BUNDLE)

    def time_stamps(self) -> Iterator[tuple[str, bytes]]:
        for name in self._names("timestamps"):
            yield f"timestamps/{name}", self._read(f"timestamps/{name}", MAX_RECORD)

    def strays(self, size: int) -> Iterator[tuple[str, str]]:
        """What lies beside the log's own files. An older partial tile may stay, if it is a true prefix."""
        for name in self._names("checkpoints"):
            if not _sizes([name]):
                yield f"checkpoints/{name}", "is not the name of a checkpoint"
        for folder, _, names in os.walk(self.path / "tile"):
            for name in sorted(names):
                path = (Path(folder) / name).relative_to(self.path).as_posix()
                wrong = self._stray(path, size)
                if wrong:
                    yield path, wrong

    def _stray(self, path: str, size: int) -> str | None:
        try:
            ref = tiles.parse_tile_path(path)
            level = 0 if ref.level == "entries" else int(ref.level)
            width = min(tiles.TILE_WIDTH, (size >> 8 * level) - ref.index * tiles.TILE_WIDTH)
            if ref.width > max(width, 0):
                return "lies beyond the end of the log"
            return None if ref.width == width else self._older(path, ref.level, ref.index, width)
        except UnbrokenError as error:
            return error.detail

    def _older(self, path: str, level: int | str, index: int, width: int) -> str | None:
        """A partial file of a time when the log was smaller."""
        whole = self.bundle(index, width) if level == "entries" else self.tile(int(level), index, width)
        same = whole.startswith(self._read(path, MAX_BUNDLE))
        return None if same else "is an older part of the log, but not the beginning of the newer one"

    def _names(self, folder: str) -> list[str]:
        try:
            return sorted(path.name for path in (self.path / folder).iterdir())
        except OSError:
            return []

    def _read(self, name: str, limit: int) -> bytes:
        """Raises `NotFound` `missing_file`, `ProofInvalid` `unreadable_file`."""
        try:
            if not stat.S_ISREG((self.path / name).stat().st_mode):  # a pipe would never end
                raise ProofInvalid("unreadable_file", f"{name} is not a regular file")
            with (self.path / name).open("rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            raise NotFound("missing_file", f"{name} is missing") from None
        except OSError as error:
            raise ProofInvalid("unreadable_file", f"{name} cannot be read: {error.strerror}") from None
        if len(data) > limit:
            raise ProofInvalid("unreadable_file", f"{name} is longer than {limit} bytes")
        return data


def _sizes(names: list[str]) -> list[int]:
    """The names that are sizes as we write them: decimal, no leading zero, below 2^63."""
    plain = [name for name in names if name.isascii() and name.isdigit() and len(name) <= 19]
    return [int(name) for name in plain if str(int(name)) == name]
