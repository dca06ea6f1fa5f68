"""A disk as a power cut leaves it, from the journal that `powerloss.c` wrote.

What was synced is there. Of what was not, any part may be: whole writes or single sectors,
in any combination, later ones without earlier ones; and a file that was made or removed
since its directory was synced may be there or not.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512  # bytes that a disk writes whole or not at all
_HEAD = struct.Struct("<cHqQ")

Keeps = Callable[[int], bool]
"""Does what record n asked for, without a sync, survive? Asked anew for each sector."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that was done.

    `kind`: w(rite), t(runcate), c(reate), u(nlink), r(ename), s(ync), d(irectory sync).
    """

    number: int
    kind: str
    name: str
    offset: int
    data: bytes


def read_journal(path: Path, folder: Path) -> list[Record]:
    """All whole records, their names relative to the folder; the folder itself is '.'."""
    return list(_records(path.read_bytes(), folder))


def _records(data: bytes, folder: Path) -> Iterator[Record]:
    at = number = 0
    while at + _HEAD.size <= len(data):
        kind, name_length, offset, length = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size
        at = start + name_length + length
        name = Path(data[start : start + name_length].decode()).relative_to(folder)
        yield Record(number, kind.decode(), str(name), offset, data[start + name_length : at])
        number += 1


@dataclass
class File:
    """What is surely there, and what may be."""

    synced: bytes = b""
    pending: list[Record] = field(default_factory=list)

    def after(self, keeps: Keeps) -> bytes:
        """The content, where `keeps` says what of the pending survives."""
        content = bytearray(self.synced)
        for record in self.pending:
            if record.kind == "t" and keeps(record.number):
                content = content[: record.offset].ljust(record.offset, b"\0")
            elif record.kind == "w":
                for offset, sector in _sectors(record):
                    if keeps(record.number):
                        _put(content, offset, sector)
        return bytes(content)


def _sectors(record: Record) -> Iterator[tuple[int, bytes]]:
    at, end = record.offset, record.offset + len(record.data)
    while at < end:
        stop = min(end, (at // SECTOR + 1) * SECTOR)
        yield at, record.data[at - record.offset : stop - record.offset]
        at = stop


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class Disk:
    """One directory. Starts from files that are surely there, then is told each record."""

    def __init__(self, base: Path) -> None:
        self._now = {path.name: File(path.read_bytes()) for path in base.iterdir() if path.is_file()}
        self._named = dict(self._now)  # as of the last directory sync
        self._renaming: list[Record] = []
        self._made: dict[int, File] = {}

    def do(self, record: Record) -> None:
        if record.kind in "wt":
            self._now.setdefault(record.name, File()).pending.append(record)
        elif record.kind == "s":
            file = self._now[record.name]
            file.synced, file.pending = file.after(lambda _: True), []
        elif record.kind == "d":
            self._named, self._renaming = dict(self._now), []
        else:
            self._rename(record, self._now)
            self._renaming.append(record)

    def _rename(self, record: Record, names: dict[str, File]) -> None:
        """A change of names, now or again after the cut: always of the same file."""
        if record.kind == "c":
            names[record.name] = self._made.setdefault(record.number, File())
        elif record.name in names:
            file = names.pop(record.name)
            if record.kind == "r":
                names[Path(record.data.decode()).name] = file

    def cut(self, target: Path, keeps: Keeps) -> None:
        """Write down what a restart finds. The -shm file is memory: it comes back as rubbish."""
        names = dict(self._named)
        for record in self._renaming:
            if keeps(record.number):
                self._rename(record, names)
        target.mkdir()
        for name, file in names.items():
            content = file.after(keeps)
            (target / name).write_bytes(b"\xaa" * len(content) if name.endswith("-shm") else content)


def ways(chance: random.Random, cut: int) -> dict[str, Keeps]:
    """How a disk may treat what was not synced before record `cut`."""
    start = chance.randrange(cut + 1)
    odds = chance.random()
    return {
        "nothing": lambda _: False,
        "everything": lambda _: True,
        "the first part": lambda number: number < start,
        "the last part": lambda number: number >= start,
        "sectors at random": lambda _: chance.random() < odds,
    }
