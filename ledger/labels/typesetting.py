"""Text in its box: as large as it may be, on as many lines as it may take, or an error. Never cut."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ledger.errors import Malformed
from ledger.labels import fonts

if TYPE_CHECKING:
    from ledger.labels.dots import Bitmap


class Box(NamedTuple):
    """In dots."""

    x: int
    y: int
    w: int
    h: int


class Style(NamedTuple):
    """`size`, `least`: the em in dots, at most and at least. `top`: from the top, else in the middle."""

    font: str
    size: int
    least: int
    lines: int
    align: str
    ink: int
    top: bool


def set_text(bitmap: Bitmap, text: str, box: Box, style: Style, field: str) -> None:
    """Raises `Malformed`: `label_does_not_fit`, `not_printable`, each with the field's name."""
    pixels, lines = _fitted(text, box.w, box.h, style, field)
    below = fonts.DESCENT * pixels if len(lines) > 1 else 0  # one line is centred by its capitals
    spare = box.h - _height(len(lines), pixels) - below
    baseline = box.y + (0 if style.top else spare / 2) + fonts.CAP_HEIGHT * pixels
    for number, line in enumerate(lines):
        x = _start(box, fonts.length(style.font, pixels, line), style.align)
        y = round(baseline + number * fonts.LINE * pixels)
        text_ = fonts.drawn(style.font, pixels, line)
        if text_.ink:
            bitmap.put(text_.ink, x + text_.left, y + text_.top, style.ink)


def _start(box: Box, width: float, align: str) -> int:
    spare = box.w - width
    return round(box.x + {"left": 0, "center": spare / 2, "right": spare}[align])


@lru_cache(maxsize=4096)
def _fitted(text: str, width: int, height: int, style: Style, field: str) -> tuple[int, list[str]]:
    """The largest size at which it fits, and its lines. Kept: a batch of labels says much alike."""
    fonts.must_have(style.font, text, field)
    for pixels in range(style.size, style.least - 1, -1):
        lines = _wrapped(text, style.font, pixels, width)
        room = min(style.lines, _most_lines(height, pixels))
        if lines and len(lines) <= room:
            return pixels, lines
    raise Malformed(
        "label_does_not_fit", f"{field}: {text!r} does not fit its place on this label: shorten it"
    )


def _wrapped(text: str, font: str, pixels: int, width: int) -> list[str]:
    """Broken at spaces; empty if one word alone is too wide."""
    if fonts.length(font, pixels, text) <= width:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and fonts.length(font, pixels, longer) <= width:
            lines[-1] = longer
        elif fonts.length(font, pixels, word) <= width:
            lines.append(word)
        else:
            return []
    return lines


def _height(lines: int, pixels: int) -> float:
    """From the top of the capitals to the last baseline."""
    return (fonts.CAP_HEIGHT + (lines - 1) * fonts.LINE) * pixels


def _most_lines(height: int, pixels: int) -> int:
    """How many lines go into the height, descenders included."""
    first = (fonts.CAP_HEIGHT + fonts.DESCENT) * pixels
    return 0 if height + 1 < first else 1 + int((height + 1 - first) / (fonts.LINE * pixels))
