"""Type: IBM Plex, carried along (SIL Open Font License, `fonts/OFL.txt`), so that every machine
draws the same dots. Set without hidden shaping, without grey: what is drawn is what is burnt.
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from ledger.errors import Malformed
from ledger.labels.dots import Stamp, of_image

FILES = {
    "plain": "IBMPlexSansCondensed-Medium.ttf",
    "bold": "IBMPlexSansCondensed-Bold.ttf",
    "mono": "IBMPlexMono-SemiBold.ttf",  # its zero has a dot: 0 and O stay apart
}
CAP_HEIGHT = 0.698  # of the em, in all three
DESCENT = 0.22
LINE = 1.16  # from one baseline to the next
_NO_CHARACTER = "\uffff"


@lru_cache(maxsize=256)
def font(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    """One of `FILES` with an em of so many dots."""
    return ImageFont.truetype(io.BytesIO(_file(name)), pixels, layout_engine=ImageFont.Layout.BASIC)


class Drawn(NamedTuple):
    """A character or text: its ink, where that lies from the point on the baseline, the way to the next."""

    ink: Stamp | None  # None: a space
    left: int
    top: int
    advance: float


@lru_cache(maxsize=16_384)
def glyph(name: str, pixels: int, character: str) -> Drawn:
    """Kept, since to draw a character from its outline takes longer than all else on a label."""
    type_ = font(name, pixels)
    left, top, right, bottom = (int(side) for side in type_.getbbox(character, mode="1", anchor="ls"))
    advance = type_.getlength(character, mode="1")
    if right <= left or bottom <= top:
        return Drawn(None, left, top, advance)
    ink = Image.new("1", (right - left, bottom - top))
    pen = ImageDraw.Draw(ink)
    pen.fontmode = "1"
    pen.text((-left, -top), character, 1, type_, anchor="ls")
    return Drawn(of_image(ink), left, top, advance)


def length(name: str, pixels: int, text: str) -> float:
    """Width in dots."""
    return sum([glyph(name, pixels, character).advance for character in text])


@lru_cache(maxsize=1024)  # at 600 dpi, 10 kB each
def drawn(name: str, pixels: int, text: str) -> Drawn:
    """A text without kerning. Kept too: most texts of a batch of labels are the same."""
    glyphs, starts, at = [glyph(name, pixels, character) for character in text], [], 0.0
    for one in glyphs:
        starts.append(round(at) + one.left)
        at += one.advance
    inked = [(one, start) for one, start in zip(glyphs, starts, strict=True) if one.ink]
    if not inked:
        return Drawn(None, 0, 0, at)
    left, top = min(start for _, start in inked), min(one.top for one, _ in inked)
    right = max(start + one.ink.width for one, start in inked if one.ink)
    bottom = max(one.top + one.ink.height for one, _ in inked if one.ink)
    rows = [0] * (bottom - top)
    for one, start in inked:
        if one.ink:
            shift = right - start - one.ink.width
            for number, row in enumerate(one.ink.rows, one.top - top):
                rows[number] |= row << shift
    return Drawn(Stamp(right - left, tuple(rows)), left, top, at)


def must_have(name: str, text: str, field: str) -> None:
    """Raises `Malformed` (`not_printable`) for a character that the font lacks: it would print as a box."""
    lacking = [character for character in text if not _has(name, character)]
    if lacking:
        raise Malformed("not_printable", f"{field}: the label's type has no {''.join(lacking)[:40]!r}")


@lru_cache(maxsize=4096)
def _has(name: str, character: str) -> bool:
    """Whether it is drawn otherwise than a character that is none."""
    large = font(name, 40)
    drawn, none = (large.getmask(one, mode="1") for one in (character, _NO_CHARACTER))
    return character == " " or (drawn.size, bytes(drawn)) != (none.size, bytes(none))


@lru_cache(maxsize=3)
def _file(name: str) -> bytes:
    return (files(__package__) / "fonts" / FILES[name]).read_bytes()
