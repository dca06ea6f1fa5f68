"""The two symbols of a label, as modules: a QR code (level Q) and a square DataMatrix.

The QR encoder is the `qrcode` package. Of its work, the choice of the mask took five parts
in six, so that is done here: two masks differ by a pattern that the data does not change,
and the penalties of ISO/IEC 18004:2015 §7.8.3 are counted on whole symbols as integers.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import zxingcpp
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import BIT_LIMIT_TABLE, MODE_ALPHA_NUM, QRData

from ledger.errors import Malformed

ALPHANUMERIC = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")  # ISO/IEC 18004 §7.3.4
MASKS = 8


class Matrix(NamedTuple):
    """A symbol's modules without its quiet zone: `size` rows of `size` bytes, 1 where dark."""

    size: int
    dark: bytes

    def row(self, number: int) -> bytes:
        return self.dark[number * self.size : (number + 1) * self.size]


def qr_code(text: str) -> Matrix:
    """The smallest QR code of level Q, in alphanumeric mode. Raises `Malformed` (`not_encodable`)."""
    odd = sorted(set(text) - ALPHANUMERIC)
    if odd or not text:
        raise Malformed("not_encodable", f"a QR code in alphanumeric mode cannot hold {''.join(odd)[:40]!r}")
    base = encoded(text, 0)
    width = base.size * base.size
    plain = _as_integer(base.dark)
    turned = _turned(plain, base.size)
    masked = [
        (penalty(plain ^ change, turned ^ changed, base.size), plain ^ change)
        for change, changed in _mask_changes(base.size)
    ]
    _, best = min(masked)
    return Matrix(base.size, f"{best:0{width}b}".encode().translate(_FROM_DIGITS))


def encoded(text: str, mask: int) -> Matrix:
    """The package's own work: data, error correction and placing, under one mask.

    Raises `Malformed` (`not_encodable`) for more than a QR code holds.
    """
    code = QRCode(version=_version(len(text)), error_correction=ERROR_CORRECT_Q, mask_pattern=mask)
    code.add_data(QRData(text.encode("ascii"), mode=MODE_ALPHA_NUM, check_data=False))
    code.make(fit=False)  # the package would write out all bits three times to find the version
    return Matrix(code.modules_count, b"".join(map(bytes, code.modules)))


def _version(characters: int) -> int:
    """The smallest that holds them (ISO/IEC 18004 §7.4.4, table 3: 4 bits of mode, then the count)."""
    data = 11 * (characters // 2) + 6 * (characters % 2)
    for version in range(1, 41):
        count = 9 if version < 10 else 11 if version < 27 else 13
        if 4 + count + data <= BIT_LIMIT_TABLE[ERROR_CORRECT_Q][version]:
            return version
    raise Malformed("not_encodable", f"{characters} characters are more than a QR code holds")


def datamatrix(text: str) -> Matrix:
    """The smallest square DataMatrix, ECC 200; text that begins with an application identifier in
    parentheses becomes a GS1 DataMatrix. Raises `Malformed` (`not_encodable`)."""
    made_as = {"force_square": True, "gs1": text.startswith("(")}
    try:
        made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, **made_as)
    except ValueError as error:
        raise Malformed("not_encodable", f"no DataMatrix of {text!r:.80}: {error}") from None
    pixels = memoryview(made.to_image(scale=1, add_quiet_zones=False)).tobytes()  # type: ignore[arg-type]
    return Matrix(math.isqrt(len(pixels)), pixels.translate(_FROM_PIXELS))


def penalty(modules: int, turned: int, size: int) -> int:
    """N1 to N4 of ISO/IEC 18004 §7.8.3: lower reads better. The upper left module is the highest bit.

    `turned`: the same with rows for columns.
    """
    dark_percent = 100 * modules.bit_count() / (size * size)
    return (
        _runs_and_finders(modules, size)
        + _runs_and_finders(turned, size)
        + 3 * _blocks(modules, size)
        + 10 * int(abs(dark_percent - 50) / 5)
    )


def _runs_and_finders(modules: int, size: int) -> int:
    """N1: 3 for five alike in a row and 1 for each more; N3: 40 for what looks like a finder."""
    same = _same(modules, size)
    five = same & same << 1 & same << 2 & same << 3
    runs = five.bit_count() + 2 * (five & ~(five >> 1)).bit_count()
    shifted = [modules << step for step in range(11)]
    found = 0
    for pattern in _FINDERS:
        match = _columns(size, 10)
        for is_dark, moved in zip(pattern, shifted, strict=True):
            match &= moved if is_dark else ~moved
        found += match.bit_count()
    return runs + 40 * found


def _blocks(modules: int, size: int) -> int:
    """N2: two by two of one colour."""
    same = _same(modules, size)
    below = ~(modules ^ modules << size) & _columns(size, 1)
    return (same & same << size & below & ~((1 << size) - 1)).bit_count()


def _same(modules: int, size: int) -> int:
    """Where a module is as its right neighbour."""
    return ~(modules ^ modules << 1) & _columns(size, 1)


_FINDERS = ((1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1))
_FROM_DIGITS = bytes.maketrans(b"01", b"\0\1")
_TO_DIGITS = bytes.maketrans(b"\0\1", b"01")
_FROM_PIXELS = bytes([1]) + bytes(255)  # black is dark


def _as_integer(dark: bytes) -> int:
    return int(dark.translate(_TO_DIGITS), 2)


def _turned(modules: int, size: int) -> int:
    """Rows become columns."""
    digits = f"{modules:0{size * size}b}"
    return int("".join(digits[column::size] for column in range(size)), 2)


@lru_cache(maxsize=512)
def _columns(size: int, right: int) -> int:
    """A bit for each module that has `right` more modules to its right."""
    return int(("1" * (size - right) + "0" * right) * size, 2)


@lru_cache(maxsize=40)
def _mask_changes(size: int) -> tuple[tuple[int, int], ...]:
    """What each of the eight masks changes on a symbol under mask 0, format bits included; and turned."""
    symbols = [_as_integer(_any_of_size(size, mask)) for mask in range(MASKS)]
    changes = [symbol ^ symbols[0] for symbol in symbols]
    return tuple((change, _turned(change, size)) for change in changes)


def _any_of_size(size: int, mask: int) -> bytes:
    code = QRCode(version=(size - 17) // 4, error_correction=ERROR_CORRECT_Q, mask_pattern=mask)
    code.add_data(QRData(b"0", mode=MODE_ALPHA_NUM, check_data=False))
    code.make(fit=False)
    return b"".join(map(bytes, code.modules))
