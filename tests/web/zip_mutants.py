"""A bundle's files in archives that are not in the one form: as `zipfile` writes them, and worse."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from random import Random

from tests.forging import zipped

Files = dict[str, bytes]
LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
PLACES = {  # of a header's fields: where it begins, how wide it is
    LOCAL: [(4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)],
    CENTRAL: [(4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2),
              (32, 2), (34, 2), (36, 2), (38, 4), (42, 4)],
    END: [(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)],
}  # fmt: skip
VALUES = [0, 1, 8, 20, 45, 0x0021, 0x0800, 0x5A21, 0xFFFF, 0xFFFFFFFF]


def spelled(files: Files, chance: Random) -> bytes:
    """One of the spellings, by chance."""
    return chance.choice(SPELLINGS)(files, chance)


def field(files: Files, chance: Random) -> bytes:
    """One field of one header says something else."""
    raw = bytearray(zipped(files))
    kind = chance.choice([LOCAL, CENTRAL, END])
    at, (place, width) = chance.choice(starts(bytes(raw), kind, len(files))), chance.choice(PLACES[kind])
    old = int.from_bytes(raw[at + place : at + place + width], "little")
    value = chance.choice([*VALUES, old + 1, old ^ 0x80]) % (1 << 8 * width)
    raw[at + place : at + place + width] = value.to_bytes(width, "little")
    return bytes(raw)


def starts(raw: bytes, kind: bytes, count: int) -> list[int]:
    """Where headers of that kind begin, the archive being in the one form."""
    (start,) = struct.unpack_from("<I", raw, len(raw) - 6)
    if kind == END:
        return [len(raw) - 22]
    listed, at = [], start
    for _ in range(count):
        width, extra = struct.unpack_from("<HH", raw, at + 28)
        (offset,) = struct.unpack_from("<I", raw, at + 42)
        listed.append(at if kind == CENTRAL else offset)
        at += 46 + width + extra
    return listed


def by_zipfile(files: Files, chance: Random) -> bytes:
    """As the standard library writes it: times, attributes, perhaps deflated, perhaps with comments."""
    out = io.BytesIO()
    how = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(out, "w", how) as made:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, chance.choice([0, 2])))
            info.compress_type = how
            info.comment = chance.choice([b"", b"said"])
            info.extra = chance.choice([b"", struct.pack("<HH", 0xCAFE, 0)])
            with made.open(info, "w", force_zip64=chance.random() < 0.3) as member:
                member.write(data)
        made.comment = chance.choice([b"", b"said"])
    return out.getvalue()


def listed_otherwise(files: Files, chance: Random) -> bytes:
    """The directory in another order, with an entry twice, or without one; the contents stay."""
    raw = zipped(files)
    heads = starts(raw, CENTRAL, len(files))
    (start,) = struct.unpack_from("<I", raw, len(raw) - 6)
    pieces = [raw[at:end] for at, end in zip(heads, [*heads[1:], len(raw) - 22], strict=True)]
    one = chance.randrange(len(pieces))
    changed = chance.choice([
        chance.sample(pieces, len(pieces)), [*pieces, pieces[one]], pieces[:one] + pieces[one + 1 :]
    ])  # fmt: skip
    listed = b"".join(changed)
    return raw[:start] + listed + ended(len(changed), len(listed), start)


def ended(count: int, size: int, start: int) -> bytes:
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, start, 0)


def large(files: Files, chance: Random) -> bytes:
    """ZIP64's ending where none is due."""
    raw = zipped(files)
    size, start = struct.unpack_from("<II", raw, len(raw) - 10)
    count = len(files) + chance.choice([0, 0, 1])
    far = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<IIQI", 0x07064B50, 0, start + size, 1)
    shown = chance.choice(
        [(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), (len(files), size, start), (0xFFFF, size, start)]
    )
    return raw[:-22] + far + locator + ended(shown[0], shown[1], shown[2])


def gapped(files: Files, chance: Random) -> bytes:
    """Bytes that no file owns: in front, between contents and directory, before the end."""
    raw, some = zipped(files), chance.choice([b"\0", b"MZ", bytes(512)])
    (start,) = struct.unpack_from("<I", raw, len(raw) - 6)
    at = chance.choice([0, start, len(raw) - 22])
    moved = raw[:at] + some + raw[at:]
    if chance.random() < 0.5 and at <= start:  # and the end says where the directory is now
        moved = moved[:-6] + struct.pack("<I", start + len(some)) + moved[-2:]
    return moved


def renamed(files: Files, chance: Random) -> bytes:
    """One header calls a file otherwise than the other does."""
    raw = zipped(files)
    kind, name = chance.choice([LOCAL, CENTRAL]), chance.choice(sorted(files))
    places = starts(raw, kind, len(files))
    at = places[list(files).index(name)] + (30 if kind == LOCAL else 46)
    other = chance.choice([name.upper(), name.replace("0", "1"), "../" + name[3:], name[:-1] + "\0"])
    return raw[:at] + other.encode()[: len(name)] + raw[at + len(name) :]


SPELLINGS: list[Callable[[Files, Random], bytes]] = [
    field, field, field, by_zipfile, listed_otherwise, large, gapped, renamed
]  # fmt: skip
