"""A drawn label: one bitmap, in whole printer dots, and the four formats that carry it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from ledger.labels import formats, zpl


@dataclass(frozen=True)
class Picture:
    """`rows`: `height` rows of `width` dots, eight to a byte, the highest bit left, 1 = ink; the last
    byte of a row is filled up with 0. `width_mm`, `height_mm`: the label's own size, which whole dots may
    miss by less than one.
    """

    width: int
    height: int
    dpi: int
    width_mm: float
    height_mm: float
    rows: bytes

    @property
    def row_bytes(self) -> int:
        return (self.width + 7) // 8

    @property
    def described(self) -> bytes:
        """Size and bitmap: what the digest is of. `ledger.verify.label_picture` makes a PNG of it again."""
        return f"unbroken label bitmap v1\n{self.width} {self.height} {self.dpi}\n".encode() + self.rows

    @cached_property
    def digest(self) -> str:
        """SHA-256 of size and bitmap, 64 hex digits: the same for every format."""
        return hashlib.sha256(self.described).hexdigest()

    def png(self) -> bytes:
        """One bit a dot, with the resolution (`pHYs`)."""
        return formats.png(self)

    def svg(self) -> bytes:
        """Sizes in millimetres, one path."""
        return formats.svg(self)

    def pdf(self) -> bytes:
        """One page of exactly the label's size, the bitmap as a mask in black."""
        return formats.pdf(self)

    def zpl(self, compress: bool = True) -> bytes:
        """For a Zebra printer. `compress` false: run lengths, which the oldest firmware reads too."""
        return zpl.zpl(self, compress)
