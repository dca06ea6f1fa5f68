"""Drawn signs, as outlines in numbers: no picture file, sharp at every resolution."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw

from ledger.labels.dots import Stamp, of_image

FINER = 8  # drawn so many times larger, then each dot is ink or not


@lru_cache(maxsize=64)
def mark(kind: str, width: int, height: int) -> Stamp:
    """The sign in as large a square as fits `width` by `height` dots."""
    side = min(width, height)
    large = Image.new("L", (side * FINER, side * FINER), 0)
    SIGNS[kind](ImageDraw.Draw(large), side * FINER)
    small = large.resize((side, side), Image.Resampling.BOX).point(lambda ink: 255 * (ink >= 128))
    return of_image(small.convert("1"))


def _biohazard(pen: ImageDraw.ImageDraw, side: int) -> None:
    """The sign of 29 CFR 1910.145(f)(8)(ii), in its units: horns of 30 about 11 from the middle, cut by
    circles of 21 about 15 from it; a ring 3.5 thick, 1 away from the horns; tips 4 apart."""
    unit = side / 53
    middle = (side / 2, side * 0.55)
    lobes = [_away(middle, 11 * unit, turn) for turn in (90, 210, 330)]
    holes = [_away(middle, 15 * unit, turn) for turn in (90, 210, 330)]
    for centre in lobes:
        _disc(pen, centre, 15 * unit, 255)
    for centre in holes:
        _disc(pen, centre, 10.5 * unit, 0)
    for turn in (90, 210, 330):
        pen.line([_away(middle, 20 * unit, turn), _away(middle, 30 * unit, turn)], 0, round(4 * unit))
        pen.line([middle, _away(middle, 6 * unit, turn)], 0, round(unit))
    _disc(pen, middle, 3 * unit, 0)
    _ring(pen, middle, unit, holes)


def _ring(
    pen: ImageDraw.ImageDraw, middle: tuple[float, float], unit: float, holes: list[tuple[float, float]]
) -> None:
    """Of the ring only what lies within the holes, a gap away from their edges."""
    size = pen.im.size
    ring, seen = Image.new("L", size, 0), Image.new("L", size, 0)
    band = ImageDraw.Draw(ring)
    _disc(band, middle, 12.5 * unit, 255)
    _disc(band, middle, 9 * unit, 0)
    window = ImageDraw.Draw(seen)
    for centre in holes:
        _disc(window, centre, 9.5 * unit, 255)
    pen.bitmap((0, 0), Image.composite(ring, Image.new("L", size, 0), seen), 255)


def _upright(pen: ImageDraw.ImageDraw, side: int) -> None:
    """This way up (ISO 780): two arrows on a line."""
    for middle in (0.27, 0.73):
        tip, wide, stem = 0.06, 0.19, 0.075
        outline = [
            (middle, tip), (middle + wide, 0.36), (middle + stem, 0.36), (middle + stem, 0.8),
            (middle - stem, 0.8), (middle - stem, 0.36), (middle - wide, 0.36),
        ]  # fmt: skip
        pen.polygon([(x * side, y * side) for x, y in outline], 255)
    pen.rectangle((0.04 * side, 0.88 * side, 0.96 * side, 0.97 * side), 255)


def _away(middle: tuple[float, float], distance: float, turn: float) -> tuple[float, float]:
    """`turn` in degrees, 0 to the right, 90 up."""
    angle = math.radians(turn)
    return middle[0] + distance * math.cos(angle), middle[1] - distance * math.sin(angle)


def _disc(pen: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, ink: int) -> None:
    x, y = centre
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), ink)


SIGNS: dict[str, Callable[[ImageDraw.ImageDraw, int], None]] = {
    "biohazard": _biohazard,
    "upright": _upright,
}
