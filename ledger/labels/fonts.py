"""Type: IBM Plex, carried along (SIL Open Font License, `fonts/OFL.txt`), so that every machine
draws the same dots. Set without hidden shaping, without grey: what is drawn is what is burnt.
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files

from PIL import ImageFont

from ledger.errors import Malformed

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


@lru_cache(maxsize=8192)
def length(name: str, pixels: int, text: str) -> float:
    """Width in dots."""
    return font(name, pixels).getlength(text, mode="1")


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
