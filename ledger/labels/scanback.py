"""Scan-back: how many modules of a printed symbol differ from those that were to be printed.

A count of modules, from a photo whose light nobody measured. It is no grade of ISO/IEC 15415 and
does not stand for one; it tells a worn print head from a good one, and a wrong label from the right.
"""

from __future__ import annotations

import io
import operator
from collections.abc import Iterator
from typing import NamedTuple

import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps

from ledger.errors import Malformed
from ledger.labels.symbols import Matrix

MAX_PIXELS = 60_000_000  # a phone's largest photo; a bomb unpacks to more
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_UNREADABLE = (
    OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
_CELL = 5  # samples along a module
_NEAR = 9  # modules around one that say what is dark there
_STEPS = (0.5, 0.25, 0.12)  # of a module, by which a corner is moved to fit better

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]


class ScanBack(NamedTuple):
    """`text`: what the symbol says; `wrong` of `modules`. A symbol of another size is wrong in all."""

    text: str
    wrong: int
    modules: int


def compare(photo: bytes, expected: Matrix) -> ScanBack:
    """The QR code in a photo that fits best, beside the matrix that was printed.

    Raises `Malformed`: `bad_photo` (no picture, or too large), `label_not_found` (no QR code is readable).
    """
    picture = _opened(photo)
    found = zxingcpp.read_barcodes(picture, formats=_QR)
    if not found:
        raise Malformed(
            "label_not_found", "no QR code can be read in this photo: nearer, sharper, more light"
        )
    modules = expected.size * expected.size
    scans = [ScanBack(one.text, _wrong(picture, one, expected), modules) for one in found]
    return min(scans, key=lambda scan: scan.wrong)


def texts_in(photo: bytes) -> list[str]:
    """What the QR codes in a photo say. Raises `Malformed` (`bad_photo`)."""
    found = zxingcpp.read_barcodes(_opened(photo), formats=_QR)
    return [one.text for one in found]


def _opened(photo: bytes) -> Image.Image:
    """Grey, upright as the camera was held. Grey from the start: in colour it takes four times the memory."""
    try:
        picture = Image.open(io.BytesIO(photo), formats=("JPEG", "PNG", "WEBP"))
        if picture.width * picture.height > MAX_PIXELS:
            raise Malformed("bad_photo", f"{picture.width} x {picture.height} pixels are too many")
        picture.draft("L", picture.size)  # a JPEG is unpacked without its colours
        grey = picture.convert("L")
        ImageOps.exif_transpose(grey, in_place=True)
        return grey
    except _UNREADABLE as error:
        raise Malformed("bad_photo", f"not a JPEG, PNG or WebP picture: {error}") from None


def _wrong(picture: Image.Image, found: zxingcpp.Barcode, expected: Matrix) -> int:
    extra: dict[str, str] = found.extra  # type: ignore[assignment]  # declared as an object
    size = 17 + 4 * int(extra.get("Version", 0))
    if size != expected.size:
        return expected.size * expected.size
    place = found.position
    corners = tuple(
        (float(corner.x), float(corner.y))
        for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    )
    return _best(picture, corners, expected)  # type: ignore[arg-type]  # four of them


def _best(picture: Image.Image, corners: Corners, expected: Matrix) -> int:
    """The reader's corners are whole pixels: each is moved a little while the symbol fits better so."""
    least = _count(picture, corners, expected)
    for step in _STEPS:
        for _ in range(2):
            for moved in _moved(corners, step / expected.size):
                wrong = _count(picture, moved, expected)
                if wrong < least:
                    least, corners = wrong, moved
            if not least:
                return 0
    return least


def _moved(corners: Corners, part: float) -> Iterator[Corners]:
    """Each corner moved along each side of the symbol, by a part of that side."""
    for index in range(4):
        for towards in ((index + 1) % 4, (index - 1) % 4):
            (x, y), (to_x, to_y) = corners[index], corners[towards]
            for sign in (part, -part):
                moved = list(corners)
                moved[index] = (x + sign * (to_x - x), y + sign * (to_y - y))
                yield moved[0], moved[1], moved[2], moved[3]


def _count(picture: Image.Image, corners: Corners, expected: Matrix) -> int:
    """Modules that are not as expected. Dark is what is below the middle of its surroundings."""
    size = expected.size
    flat = picture.transform(
        (size * _CELL, size * _CELL),
        Image.Transform.PERSPECTIVE,
        _perspective(corners, size * _CELL),
        Image.Resampling.BILINEAR,
    )
    cells = flat.reduce(_CELL)
    darkest, lightest = (cells.filter(each(_NEAR)) for each in (ImageFilter.MinFilter, ImageFilter.MaxFilter))
    darker = ImageChops.subtract(ImageChops.add(darkest, lightest, 2), cells)
    return sum(map(operator.ne, darker.tobytes().translate(_ANY_IS_DARK), expected.dark))


_ANY_IS_DARK = bytes([0]) + bytes([1]) * 255


def _perspective(corners: Corners, side: int) -> tuple[float, ...]:
    """Pillow's eight coefficients from a square of `side` to the four corners (Heckbert 1989, §2.2.3)."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dy1, dx2, dy2 = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1 or 1e-9
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    a, b = x1 - x0 + g * x1, x3 - x0 + h * x3
    d, e = y1 - y0 + g * y1, y3 - y0 + h * y3
    return a / side, b / side, x0, d / side, e / side, y0, g / side, h / side
