"""Bitmaps as rows of integers: the highest bit is the leftmost dot, 1 is ink.

A label has few dots of ink on half a million: to set those of a text or symbol in whole rows, and to
pack the rows at the end, takes a fifth of the time that a picture with a byte for each dot takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

    from ledger.labels.symbols import Matrix

INK, PAPER = 1, 0


class Stamp(NamedTuple):
    """Something that was drawn, `width` dots wide."""

    width: int
    rows: tuple[int, ...]

    @property
    def height(self) -> int:
        return len(self.rows)


def of_image(image: Image.Image) -> Stamp:
    """Of a picture of mode "1"."""
    each = (image.width + 7) // 8
    data, spare = image.tobytes(), each * 8 - image.width
    rows = (int.from_bytes(data[at : at + each]) >> spare for at in range(0, len(data), each))
    return Stamp(image.width, tuple(rows))


def of_matrix(matrix: Matrix, each: int) -> Stamp:
    """A symbol, each of its modules a square of `each` dots."""
    wide = matrix.size * each
    digits = matrix.dark.replace(b"\0", b"0" * each).replace(b"\1", b"1" * each)
    rows = [int(digits[at : at + wide], 2) for at in range(0, len(digits), wide)]
    return Stamp(wide, tuple([row for row in rows for _ in range(each)]))


class Bitmap:
    """`width` by `height` dots, white at first. What goes over an edge is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [0] * height

    def copy(self) -> Bitmap:
        made = Bitmap(self.width, self.height)
        made._rows = [*self._rows]
        return made

    def put(self, stamp: Stamp, x: int, y: int, ink: int = INK) -> None:
        """In ink, or in white on what is there."""
        top, bottom = max(y, 0), min(y + stamp.height, self.height)
        if bottom <= top:
            return
        shift, rows = self.width - x - stamp.width, stamp.rows[top - y : bottom - y]
        moved = [row << shift for row in rows] if shift >= 0 else [row >> -shift for row in rows]
        if x < 0:
            moved = [row & (1 << self.width) - 1 for row in moved]
        under = self._rows[top:bottom]
        pairs = zip(under, moved, strict=True)
        self._rows[top:bottom] = [a | b for a, b in pairs] if ink else [a & ~b for a, b in pairs]

    def fill(self, x: int, y: int, w: int, h: int) -> None:
        """A rectangle of ink."""
        if w > 0 and h > 0:
            self.put(Stamp(w, ((1 << w) - 1,) * h), x, y)

    def outline(self, x: int, y: int, w: int, h: int, thick: int) -> None:
        """A rectangle's edge, inside of it."""
        for top in (y, y + h - thick):
            self.fill(x, top, w, thick)
        for left in (x, x + w - thick):
            self.fill(left, y, thick, h)

    def packed(self) -> bytes:
        """Row by row, eight dots to a byte, the highest bit left; the last byte is filled up with 0."""
        each = (self.width + 7) // 8
        spare = each * 8 - self.width
        return b"".join([(row << spare).to_bytes(each) for row in self._rows])
