"""Is a value in these bytes, in whatever spelling and encoding? For proofs that it is nowhere."""

from __future__ import annotations

import base64
import contextlib
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Engine, inspect, text

from clients.patients import normalise
from ledger.errors import Malformed


def spellings(field: str, value: str) -> set[str]:
    """As it was entered, folded, in Unicode's four forms, and as it is committed to."""
    found = {value, value.casefold(), value.upper()}
    found |= {
        unicodedata.normalize(form, one) for form in ("NFC", "NFD", "NFKC", "NFKD") for one in set(found)
    }
    with contextlib.suppress(Malformed):
        found.add(normalise(field, value))
    return found


def encodings(value: str) -> Iterator[bytes]:
    """UTF-8, UTF-16, JSON's escapes; and the UTF-8 in hex and in base64, wherever in a text it begins."""
    raw = value.encode()
    yield raw
    yield value.encode("utf-16-le")
    yield value.encode("utf-16-be")
    yield value.encode("ascii", "backslashreplace")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            whole = code(bytes(before) + raw)
            yield whole[
                -(-before * 8 // 6) : (before + len(raw)) * 8 // 6
            ]  # what its neighbours do not change


def needles(values: dict[str, str]) -> dict[bytes, str]:
    """What to look for, and which field it would be; in lower case, as it is looked for."""
    return {
        code.lower(): field
        for field, value in values.items()
        for spelling in spellings(field, value)
        for code in encodings(spelling)
    }


def found_in(haystacks: Iterable[bytes], values: dict[str, str]) -> set[str]:
    """The fields whose values are anywhere in them."""
    wanted = needles(values)
    found = set()
    for hay in haystacks:
        low = hay.lower()
        found |= {field for needle, field in wanted.items() if needle in low}
    return found


def unpacked(raw: bytes) -> list[bytes]:
    """A file, and what is compressed in it: an archive's members, a PDF's streams."""
    found = [raw]
    if zipfile.is_zipfile(io.BytesIO(raw)):
        archive = zipfile.ZipFile(io.BytesIO(raw))
        for name in archive.namelist():
            found += [name.encode(), *unpacked(archive.read(name))]
    for start in _streams(raw):
        try:
            found.append(zlib.decompressobj().decompress(raw[start:]))
        except zlib.error:
            continue
    return found


def _streams(raw: bytes) -> Iterator[int]:
    at = raw.find(b"stream\n") if raw.startswith(b"%PDF") else -1
    while at >= 0:
        yield at + 7
        at = raw.find(b"stream\n", at + 1)


def every_row(engine: Engine) -> Iterator[bytes]:
    """Of every table and column there is: texts as UTF-8, bytes as they are."""
    with engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                yield b"\x00".join(_cell(cell) for cell in row)


def _cell(cell: object) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
