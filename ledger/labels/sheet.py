"""A bitmap while it is drawn: millimetres become whole dots here, and only here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

from ledger.errors import Malformed
from ledger.labels import fonts
from ledger.labels.dots import INK, PAPER, Bitmap, Stamp, of_matrix
from ledger.labels.marks import mark as drawn_mark
from ledger.labels.symbols import Matrix
from ledger.labels.templates import MM_PER_INCH, QUIET_ZONE, Din, Frame, Item, Mark, Symbol, Template, Text
from ledger.labels.typesetting import Box, Style, set_text

CAPTION_MM = 1.9  # the em of the small words above a field
RULE_MM = 0.2
_RULE_LIFT_MM = 0.9  # away from the frame's line below
_DASH_MM = 1.6
_Item = TypeVar("_Item", bound=Item)


class Sheet:
    """`known`: the content's members that are there, marks included."""

    def __init__(self, bitmap: Bitmap, dpi: int, known: frozenset[str]) -> None:
        self.bitmap, self.dpi, self.known = bitmap, dpi, known

    @classmethod
    def blank(cls, template: Template, dpi: int, known: frozenset[str]) -> Sheet:
        """As many whole dots as lie on the label."""
        wide, high = (math.floor(mm * dpi / MM_PER_INCH) for mm in (template.width_mm, template.height_mm))
        return cls(Bitmap(wide, high), dpi, known)

    def wanted(self, items: Sequence[_Item]) -> Iterator[_Item]:
        """Those that are for a label with these marks."""
        for item in items:
            if all((flag[0] != "!") is (flag.removeprefix("!") in self.known) for flag in item.flags):
                yield item

    def knows(self, members: Sequence[str]) -> bool:
        return self.known.issuperset(members)

    def dots(self, mm: float) -> int:
        return max(1, round(mm * self.dpi / MM_PER_INCH))

    def frame(self, frame: Frame) -> None:
        box = self._box(frame)
        if frame.line is None:
            self.bitmap.fill(*box)
        elif not frame.dashed:
            self.bitmap.outline(*box, self.dots(frame.line))
        else:
            self._dashes(box, self.dots(frame.line))

    def _dashes(self, box: Box, thick: int) -> None:
        step = self.dots(_DASH_MM)
        right, bottom = box.x + box.w, box.y + box.h
        for x in range(box.x, right - step, 2 * step):
            for y in (box.y, bottom - thick):
                self.bitmap.fill(x, y, step + 1, thick)
        for y in range(box.y, bottom - step, 2 * step):
            for x in (box.x, right - thick):
                self.bitmap.fill(x, y, thick, step + 1)

    def mark(self, mark: Mark) -> None:
        box = self._box(mark)
        self._put(drawn_mark(mark.kind, box.w, box.h), box)

    def caption_or_rule(self, item: Text | Din, members: Sequence[str], write: bool) -> None:
        """The small words above, and a line to write on where a member is not known yet."""
        known = self.knows(members)
        if item.caption and (known or write):
            style = Style("plain", self.dots(CAPTION_MM), self.dots(CAPTION_MM), 1, "left", INK, top=True)
            box = self._box(item)
            set_text(self.bitmap, item.caption, box._replace(h=self._caption_dots), style, item.caption)
        if write and not known:
            self._rule(self._box(item))

    def _rule(self, box: Box) -> None:
        thick = self.dots(RULE_MM)
        self.bitmap.fill(box.x, box.y + box.h - self.dots(_RULE_LIFT_MM) - thick, box.w, thick)

    def words(self, item: Text, words: str) -> None:
        """A text of its own, or with the content's members filled in."""
        least = item.size if item.least is None else item.least
        ink, top = PAPER if item.white else INK, bool(item.caption)
        style = Style(item.font, self.dots(item.size), self.dots(least), item.lines, item.align, ink, top)
        set_text(self.bitmap, words, self._below_caption(item), style, " and ".join(item.members) or words)

    def din(self, item: Din, number: str, check: str) -> None:
        """ST-001: the check character is for who types, and stands apart in a box."""
        box, em = self._below_caption(item), self.dots(item.size)
        style = Style("mono", em, em, 1, "left", INK, top=True)
        side = round(em * 0.98)
        wide = math.ceil(fonts.length("mono", em, number)) + round(em * 0.35)
        if wide + side > box.w or side > box.h + 1:
            raise _too_large("din", number)
        set_text(self.bitmap, number, box, style, "din")
        left, top = box.x + wide, box.y - round((side - fonts.CAP_HEIGHT * em) / 2)
        self.bitmap.outline(left, top, side + 1, side + 1, self.dots(0.3))
        inner = Box(left, top, side, side)
        set_text(self.bitmap, check, inner, style._replace(align="center", top=False), "din_check")

    def symbol(self, item: Symbol, matrix: Matrix) -> None:
        """Modules of as many whole dots as its place allows, and never less than `module`."""
        box, side = self._box(item), matrix.size
        each = min(box.w, box.h) // (side + 2 * QUIET_ZONE[item.kind])
        if each < math.ceil(item.module * self.dpi / MM_PER_INCH - 1e-9):
            raise _too_large(item.member, f"a symbol of {side} modules of {item.module} mm")
        self._put(of_matrix(matrix, each), box)

    @property
    def _caption_dots(self) -> int:
        return round(self.dots(CAPTION_MM) * 1.28)

    def _below_caption(self, item: Text | Din) -> Box:
        box = self._box(item)
        skip = self._caption_dots if item.caption else 0
        return Box(box.x, box.y + skip, box.w, box.h - skip)

    def _box(self, item: Item) -> Box:
        x, y, right, bottom = (
            round(mm * self.dpi / MM_PER_INCH) for mm in (item.x, item.y, item.x + item.w, item.y + item.h)
        )
        return Box(x, y, max(1, right - x), max(1, bottom - y))

    def _put(self, drawn: Stamp, box: Box) -> None:
        """In the middle."""
        self.bitmap.put(drawn, box.x + (box.w - drawn.width) // 2, box.y + (box.h - drawn.height) // 2)


def _too_large(field: str, what: str) -> Malformed:
    return Malformed("label_does_not_fit", f"{field}: {what} does not fit its place on this label")
