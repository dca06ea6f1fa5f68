"""The one form of a ZIP that holds evidence: any program opens it, and only one spelling of it exists.

APPNOTE.TXT 6.3.10. Files one behind the other, stored (method 0: what compresses today compresses
otherwise tomorrow), the names in ASCII, all of 1 January 1980, no attributes, comments or gaps.
ZIP64 (APPNOTE 4.3.14) begins where it must: at 65,535 files, and for what lies 4 GiB from the start.
So the bytes follow from names and contents alone, and a reader that writes the structure again and
compares finds every altered byte of it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ledger.errors import Malformed

Read = Callable[[int, int], bytes]
"""(offset, length) to the bytes there; fewer at the end."""

MAX_FILE = 2**32 - 2  # bytes; one file never needs ZIP64
MAX_FILES = 2**24  # whoever says there are more wants the memory, not the files
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_DATE = 0x0021  # 1980-01-01, the first day that there is
_PLAIN, _ZIP64 = 20, 45  # versions needed (APPNOTE 4.4.3.2)
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_EXTRA = struct.Struct("<HHQ")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


class Member(NamedTuple):
    """A file in the archive; `offset` is where its header begins."""

    name: str
    size: int
    crc: int
    offset: int

    @property
    def start(self) -> int:
        """Where its bytes begin."""
        return self.offset + _LOCAL.size + len(self.name)

    @property
    def end(self) -> int:
        return self.start + self.size


class Writer:
    """Makes an archive piece by piece; keeps what the directory at the end says of each file."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._at = 0

    def add(self, name: str, data: bytes) -> bytes:
        """The bytes of the next file. Raises `Malformed` (`malformed_archive`)."""
        if not _NAME.fullmatch(name) or len(data) > MAX_FILE:
            raise _malformed(f"{name[:80]!r} with {len(data)} bytes has no place in it")
        member = Member(name, len(data), zlib.crc32(data), self._at)
        self.members.append(member)
        self._at = member.end
        return _local(member) + data

    def end(self) -> bytes:
        """The directory, which ends the archive."""
        return b"".join(map(_central, self.members)) + _ending(self.members, self._at)


def open_archive(read: Read, length: int) -> list[Member]:
    """The files of an archive of `length` bytes; `read_member` gets and checks each.

    Raises `Malformed` (`malformed_archive`): cut off, lengthened, or not the one form.
    """
    count, start, size = _find_directory(read, length)
    members = list(_members(read(start, size), count))
    if len({one.name for one in members}) < len(members):
        raise _malformed("it names a file twice")
    at = 0
    for one in members:
        if one.offset != at:
            raise _malformed(f"{one.name} does not follow on the file before it")
        at = one.end
    directory = b"".join(map(_central, members)) + _ending(members, at)
    if at != start or read(start, length - start + 1) != directory:
        raise _malformed("its directory is not in the one form that is written here")
    return members


def read_member(read: Read, member: Member) -> bytes:
    """The file's bytes. Raises `Malformed` (`malformed_archive`): header or contents were altered."""
    raw = read(member.offset, member.end - member.offset)
    data = raw[member.start - member.offset :]
    if raw[: member.start - member.offset] != _local(member) or zlib.crc32(data) != member.crc:
        raise _malformed(f"{member.name} was altered")
    return data


def _find_directory(read: Read, length: int) -> tuple[int, int, int]:
    """(files, offset, bytes) of the directory, as the end of the archive says."""
    end = read(max(0, length - _END.size), _END.size)
    if len(end) < _END.size or end[:4] != b"PK\5\6":
        raise _malformed("it does not end as a ZIP does: cut off, or something stands behind it")
    count, size, start = _END.unpack(end)[4:7]
    if count == _FULL16 or start == _FULL32 or size == _FULL32:
        raw = read(max(0, length - _END.size - _LOCATOR.size - _END64.size), _END64.size)
        if len(raw) < _END64.size or raw[:4] != b"PK\6\6":
            raise _malformed("the end of a large ZIP is missing")
        count, size, start = _END64.unpack(raw)[7:]
    if count > MAX_FILES or size > length or start > length:
        raise _malformed(f"its end names {count} files, and more bytes than there are")
    return count, start, size


def _members(directory: bytes, count: int) -> Iterator[Member]:
    at = 0
    for _ in range(count):
        try:
            fields = _CENTRAL.unpack_from(directory, at)
            crc, size, width, extra, offset = fields[7], fields[9], fields[10], fields[11], fields[16]
            end = at + _CENTRAL.size + width
            name = directory[at + _CENTRAL.size : end].decode("ascii")
            if offset == _FULL32:
                offset = _EXTRA.unpack_from(directory, end)[2]
        except (struct.error, UnicodeDecodeError):
            raise _malformed("its directory cannot be read") from None
        if not _NAME.fullmatch(name):
            raise _malformed(f"{name[:80]!r} is no name of a file in it")
        yield Member(name, size, crc, offset)
        at = end + extra


def _local(one: Member) -> bytes:
    head = _LOCAL.pack(0x04034B50, _PLAIN, 0, 0, 0, _DATE, one.crc, one.size, one.size, len(one.name), 0)
    return head + one.name.encode()


def _central(one: Member) -> bytes:
    far = one.offset >= _FULL32
    extra = _EXTRA.pack(1, 8, one.offset) if far else b""
    version = _ZIP64 if far else _PLAIN
    head = _CENTRAL.pack(0x02014B50, version, version, 0, 0, 0, _DATE, one.crc, one.size, one.size,
                         len(one.name), len(extra), 0, 0, 0, 0, _FULL32 if far else one.offset)  # fmt: skip
    return head + one.name.encode() + extra


def _ending(members: list[Member], start: int) -> bytes:
    size, count = sum(len(_central(one)) for one in members), len(members)
    large = b""
    if count >= _FULL16 or start >= _FULL32 or size >= _FULL32:
        large = _END64.pack(0x06064B50, _END64.size - 12, _ZIP64, _ZIP64, 0, 0, count, count, size, start)
        large += _LOCATOR.pack(0x07064B50, 0, start + size, 1)
    shown = min(count, _FULL16)
    return large + _END.pack(0x06054B50, 0, 0, shown, shown, min(size, _FULL32), min(start, _FULL32), 0)


def _malformed(detail: str) -> Malformed:
    return Malformed("malformed_archive", detail)
