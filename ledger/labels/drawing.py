"""From content and template to one bitmap.

What labels of a kind share (frames, signs, captions, fixed words) is drawn once and kept; a
label is a copy of it, its own texts, and its symbols.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache

from ledger.errors import Malformed
from ledger.labels.content import Content
from ledger.labels.dots import Bitmap
from ledger.labels.picture import Picture
from ledger.labels.sheet import Sheet
from ledger.labels.symbols import datamatrix, qr_code
from ledger.labels.templates import RESOLUTIONS, Template

_MEMBERS = (*(field.name for field in fields(Content)), "din_text", "din_check", "numbered")
_ENCODERS = {
    "qr": lambda content: qr_code(content.link),
    "credential": lambda content: qr_code(content.credential),
    "datamatrix": lambda content: datamatrix(content.datamatrix),
}


def draw(content: Content, template: Template, dpi: int) -> Picture:
    """The label as one bitmap, at one of `RESOLUTIONS`.

    Raises `Malformed`: `label_does_not_fit` (and which field), `not_printable`, `not_encodable`,
    `bad_label_resolution`.
    """
    if dpi not in RESOLUTIONS:
        raise Malformed("bad_label_resolution", f"{dpi} dpi; labels are drawn at {RESOLUTIONS}")
    known = frozenset(name for name in _MEMBERS if getattr(content, name))
    sheet = Sheet(_background(template, dpi, known).copy(), dpi, known)
    for text in sheet.wanted(template.text):
        if text.members and sheet.knows(text.members):
            words = {name: getattr(content, name) for name in text.members}
            sheet.words(text, text.show.format_map(words))
    if content.din_text and content.din_check:
        for din in sheet.wanted(template.din):
            sheet.din(din, content.din_text, content.din_check)
    for symbol in sheet.wanted(template.symbol):
        if sheet.knows((symbol.member,)):
            sheet.symbol(symbol, _ENCODERS[symbol.kind](content))
    bitmap = sheet.bitmap
    size_mm = (template.width_mm, template.height_mm)
    return Picture(bitmap.width, bitmap.height, dpi, *size_mm, bitmap.packed())


@lru_cache(maxsize=64)  # a sheet at 600 dpi takes 1.5 MB
def _background(template: Template, dpi: int, known: frozenset[str]) -> Bitmap:
    """What all labels have in common of which the same members are known."""
    sheet = Sheet.blank(template, dpi, known)
    for frame in sheet.wanted(template.frame):
        sheet.frame(frame)
    for mark in sheet.wanted(template.mark):
        sheet.mark(mark)
    for text in sheet.wanted(template.text):
        sheet.caption_or_rule(text, text.members, text.write)
        if not text.members:
            sheet.words(text, text.show)
    for din in sheet.wanted(template.din):
        sheet.caption_or_rule(din, ("din",), True)
    return sheet.bitmap
