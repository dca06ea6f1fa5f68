"""A bundle as the source of an audit. Nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from ledger.errors import NotFound
from ledger.proof.archive import Member, Read, open_archive, read_member
from ledger.proof.pruned import Hidden, decode_records
from ledger.verify.manifest import MANIFEST, SIGNATURE, Manifest, read_manifest


class BundleFile:
    """`LogSource`, and the bundle's other files. Reads with `read(offset, length)` from one thread.

    Raises `Malformed` (`malformed_archive`, `malformed_manifest`), `NotFound` (`missing_file`).
    """

    def __init__(self, read: Read, length: int) -> None:
        self._read = read
        self.members: dict[str, Member] = {one.name: one for one in open_archive(read, length)}
        self.manifest: Manifest = read_manifest(self.file(MANIFEST))

    def file(self, name: str) -> bytes:
        if name not in self.members:
            raise NotFound("missing_file", f"{name} is missing")
        return read_member(self._read, self.members[name])

    @property
    def signature(self) -> bytes:
        return self.file(SIGNATURE)

    def named(self, folder: str) -> list[str]:
        """The files of a folder, in their order."""
        return [name for name in self.members if name.startswith(f"{folder}/")]

    def evidence(self, sha256: str) -> bytes | None:
        name = f"evidence/{sha256}"
        return self.file(name) if name in self.members else None

    # --- as an audit reads a log ---------------------------------------------------------

    def latest(self) -> bytes:
        notes = [raw for name in self.named("checkpoints")[-1:] for raw in self._notes(name)]
        if not notes:
            raise NotFound("missing_file", "there is no checkpoint in it")
        return notes[-1]

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        for name in self.named("checkpoints"):
            for note in self._notes(name):
                yield _size_of(note), note

    def _notes(self, name: str) -> Iterator[bytes]:
        """A hash among them is no note: as empty bytes it opens with no key."""
        return (b"" if isinstance(one, Hidden) else one for one in decode_records(self.file(name)))

    def tile(self, level: int, index: int, width: int) -> NoReturn:
        raise NotFound("no_such_tile", "a bundle has no tiles")

    def bundle(self, index: int, width: int) -> NoReturn:
        raise NotFound("missing_file", "a bundle has no entry bundles")

    def time_stamps(self) -> Iterator[tuple[str, bytes]]:
        return ((name, self.file(name)) for name in self.named("timestamps"))

    def strays(self, size: int) -> Iterator[tuple[str, str]]:
        yield from ()


def _size_of(note: bytes) -> int:
    """The size that the note says, as far as it says one."""
    lines = note.split(b"\n", 2)
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() and len(lines[1]) < 20 else 0
