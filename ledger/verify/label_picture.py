"""A printed label's bitmap as a PNG of one form, so that its digest is one that a statement names.

`LabelPrinted.digest` is the SHA-256 of the bitmap's description: a line, width, height and resolution, and
the rows. A PNG shows the same to everybody. This one is written in one way only: ISO/IEC 15948 with one
bit a dot, no filter, and the data stored, not compressed (RFC 1951 section 3.2.4): what compresses today
compresses otherwise tomorrow.
"""

from __future__ import annotations

import re
import struct
import zlib

from ledger.errors import Malformed

_HEAD = re.compile(rb"unbroken label bitmap v1\n([1-9][0-9]{0,5}) ([1-9][0-9]{0,5}) ([1-9][0-9]{2,3})\n")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BLOCK = 0xFFFF  # bytes of a stored block at most
_MM_PER_INCH = 25.4
_INVERTED = bytes(255 - value for value in range(256))  # 0 is black in the PNG, 1 is ink in the bitmap
_SIZE_AT = len(_SIGNATURE) + 8  # where width and height stand


def to_png(described: bytes) -> bytes:
    """Raises `Malformed` (`bad_label_picture`) for what describes no bitmap."""
    width, height, dpi, rows = _parts(described)
    each = (width + 7) // 8
    light = rows.translate(_INVERTED)
    lines = b"".join(b"\0" + light[at : at + each] for at in range(0, len(light), each))
    per_metre = round(dpi * 1000 / _MM_PER_INCH)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
        (b"IDAT", _stored(lines)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def from_png(data: bytes, dpi: int) -> bytes:
    """The description of the bitmap. Raises `Malformed` (`bad_label_picture`) for any other PNG."""
    if len(data) < _SIZE_AT + 8:
        raise _malformed()
    width, height = struct.unpack_from(">II", data, _SIZE_AT)
    each = (width + 7) // 8
    if not 0 < width < 10**6 or height * (each + 1) > len(data):
        raise _malformed()
    lines = _unstored(data, height * (each + 1))
    rows = b"".join(lines[at + 1 : at + 1 + each] for at in range(0, len(lines), each + 1))
    described = f"unbroken label bitmap v1\n{width} {height} {dpi}\n".encode() + rows.translate(_INVERTED)
    if to_png(described) != data:
        raise _malformed()
    return described


def _parts(described: bytes) -> tuple[int, int, int, bytes]:
    found = _HEAD.match(described)
    if found is None:
        raise _malformed()
    width, height, dpi = map(int, found.groups())
    rows = described[found.end() :]
    if len(rows) != height * ((width + 7) // 8):
        raise _malformed()
    return width, height, dpi, rows


def _stored(data: bytes) -> bytes:
    """RFC 1950, with stored blocks alone."""
    made = [b"\x78\x01"]
    for at in range(0, len(data), _BLOCK):
        some = data[at : at + _BLOCK]
        is_last = at + _BLOCK >= len(data)
        made.append(struct.pack("<BHH", is_last, len(some), len(some) ^ _BLOCK) + some)
    return b"".join([*made, struct.pack(">I", zlib.adler32(data))])


def _unstored(data: bytes, length: int) -> bytes:
    """`length` bytes out of the blocks, from where the one form has them; whoever writes again compares."""
    at = _SIZE_AT + 17 + 21 + 8 + 2  # behind IHDR, pHYs, and the headers of IDAT and of its data
    found = []
    for start in range(0, length, _BLOCK):
        width = min(_BLOCK, length - start)
        found.append(data[at + 5 : at + 5 + width])
        at += 5 + width
    return b"".join(found).ljust(length, b"\0")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _malformed() -> Malformed:
    return Malformed("bad_label_picture", "not the bitmap of a label in the one form that is written here")
