"""The two symbols of a label, as modules: a QR code (level Q) and a square DataMatrix.

The QR encoder is the `qrcode` package: its codewords, its error correction, its placing. Five parts
in six of its work were the choice of the mask, and half of the rest the placing, module by module.
Both are done here on whole symbols as integers: two masks differ by a pattern that the data does
not change, the place of each bit is asked of the package once for each version, and the penalties
of ISO/IEC 18004:2015 §7.8.3 are counted on all modules at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import zxingcpp
from qrcode import QRCode
from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import BIT_LIMIT_TABLE, MODE_ALPHA_NUM, QRData, create_data

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
    version = _version(len(text))
    size = _size(version)
    digits = "0" + "".join(map(_OCTET.__getitem__, codewords(text, version)))
    plain, turned = (_symbol(one, digits) for one in _places(version))
    masked = [
        (penalty(plain ^ change, turned ^ changed, size), plain ^ change)
        for change, changed in _mask_changes(version)
    ]
    _, best = min(masked)
    return Matrix(size, f"{best:0{size * size}b}".encode().translate(_FROM_DIGITS))


def codewords(text: str, version: int) -> list[int]:
    """The package's own work: data and error correction, interleaved (ISO/IEC 18004 §7.4 to §7.6)."""
    return create_data(  # type: ignore[no-any-return]
        version, ERROR_CORRECT_Q, [QRData(text.encode("ascii"), mode=MODE_ALPHA_NUM, check_data=False)]
    )


def _symbol(places: _Places, digits: str) -> int:
    """Under mask 0. The first digit is for the modules that carry no data."""
    return int("".join(places.order(digits)), 2) ^ places.empty


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


_OCTET = [f"{value:08b}" for value in range(256)]
_FINDERS = ((1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1))
_FROM_DIGITS = bytes.maketrans(b"01", b"\0\1")
_TO_DIGITS = bytes.maketrans(b"\0\1", b"01")
_FROM_PIXELS = bytes([1]) + bytes(255)  # black is dark


def _as_integer(dark: bytes) -> int:
    return int(dark.translate(_TO_DIGITS), 2)


def _turned(dark: bytes, size: int) -> bytes:
    """Rows become columns."""
    return b"".join(dark[column::size] for column in range(size))


@lru_cache(maxsize=512)
def _columns(size: int, right: int) -> int:
    """A bit for each module that has `right` more modules to its right."""
    return int(("1" * (size - right) + "0" * right) * size, 2)


class _Places(NamedTuple):
    """`empty`: the symbol of zeros; `order`: from digits to those of the modules, row by row."""

    empty: int
    order: Callable[[str], tuple[str, ...]]


@lru_cache(maxsize=40)
def _places(version: int) -> tuple[_Places, _Places]:
    """Under mask 0: as it is, and with rows for columns.

    Each bit of the data has a number, from 1. For each digit of these numbers the package places the
    digits of all of them: what changes at a module is that digit of the number of its bit.
    """
    bits, size = 8 * sum(block.total_count for block in rs_blocks(version, ERROR_CORRECT_Q)), _size(version)
    empty = _placed(version, bytes(bits // 8), 0)
    numbers = [0] * len(empty)
    for digit in range(bits.bit_length()):
        plane = int("".join(str(number >> digit & 1) for number in range(1, bits + 1)), 2)
        shown = _placed(version, plane.to_bytes(bits // 8), 0)
        numbers = [
            number | (one ^ zero) << digit for number, one, zero in zip(numbers, shown, empty, strict=True)
        ]
    columns = [number for column in range(size) for number in numbers[column::size]]
    return (
        _Places(_as_integer(empty), itemgetter(*numbers)),
        _Places(_as_integer(_turned(empty, size)), itemgetter(*columns)),
    )


@lru_cache(maxsize=40)
def _mask_changes(version: int) -> tuple[tuple[int, int], ...]:
    """What each of the eight masks changes on a symbol under mask 0, format bits included; and turned."""
    size = _size(version)
    symbols = [_placed(version, b"", mask) for mask in range(MASKS)]
    pairs = [(_as_integer(one), _as_integer(_turned(one, size))) for one in symbols]
    return tuple((plain ^ pairs[0][0], turned ^ pairs[0][1]) for plain, turned in pairs)


def _placed(version: int, data: bytes, mask: int) -> bytes:
    """The package's own placing, a byte for each module."""
    code = QRCode(version=version, error_correction=ERROR_CORRECT_Q)
    code.data_cache = list(data)
    code.makeImpl(test=False, mask_pattern=mask)
    return b"".join(map(bytes, code.modules))


def _size(version: int) -> int:
    return 17 + 4 * version
