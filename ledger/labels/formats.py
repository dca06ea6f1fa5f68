"""PNG, SVG and PDF of a drawn label. Each writes the bitmap and nothing else: equal pictures, equal bytes."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pikepdf

if TYPE_CHECKING:
    from ledger.labels.picture import Picture

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72
_INVERTED = bytes(255 - value for value in range(256))
_LEVEL = 1  # of zlib: a third of the time of 4 for an eighth more bytes
_INK = re.compile("1+")


def png(picture: Picture) -> bytes:
    """ISO/IEC 15948: greyscale of one bit, 0 is black; `pHYs` in dots a metre."""
    head = struct.pack(">IIBBBBB", picture.width, picture.height, 1, 0, 0, 0, 0)
    per_metre = round(picture.dpi * 1000 / MM_PER_INCH)
    light, each = picture.rows.translate(_INVERTED), picture.row_bytes
    lines = b"".join(b"\0" + light[at : at + each] for at in range(0, len(light), each))
    parts = (
        (b"IHDR", head),
        (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
        (b"IDAT", zlib.compress(lines, _LEVEL)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def svg(picture: Picture) -> bytes:
    """The view is the label's millimetres in dots, so that a dot is a dot also where they don't divide."""
    per_mm = picture.dpi / MM_PER_INCH
    view = f"{picture.width_mm * per_mm:.4f} {picture.height_mm * per_mm:.4f}"
    path = "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in rectangles(picture))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{picture.width_mm:g}mm" '
        f'height="{picture.height_mm:g}mm" viewBox="0 0 {view}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{picture.width}v{picture.height}h-{picture.width}z"/>'
        f'<path d="{path}"/></svg>\n'
    ).encode("ascii")


def rectangles(picture: Picture) -> Iterator[tuple[int, int, int, int]]:
    """x, y, width and height of the ink in dots: each run of a row, joined with the same runs below it."""
    width, each = picture.width, picture.row_bytes
    tops: dict[tuple[int, int], int] = {}
    for y in range(picture.height + 1):
        row = picture.rows[y * each : (y + 1) * each]
        bits = f"{int.from_bytes(row):0{each * 8}b}"[:width] if row else ""
        runs = {run.span() for run in _INK.finditer(bits)}
        for (start, end), top in [one for one in tops.items() if one[0] not in runs]:
            yield start, top, end - start, y - top
            del tops[start, end]
        for run in sorted(runs):
            tops.setdefault(run, y)


def pdf(picture: Picture) -> bytes:
    """ISO 32000-1 §8.9.6.2: a stencil mask paints black where a bit is 1 (`Decode [1 0]`)."""
    document = pikepdf.new()
    size = [mm * POINTS_PER_INCH / MM_PER_INCH for mm in (picture.width_mm, picture.height_mm)]
    page = document.add_blank_page(page_size=(size[0], size[1]))
    mask = document.make_stream(zlib.compress(picture.rows, _LEVEL))
    mask.update(_mask_members(picture))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Label=mask))
    wide, high = (dots * POINTS_PER_INCH / picture.dpi for dots in (picture.width, picture.height))
    page.Contents = document.make_stream(
        f"q 0 g {wide:.4f} 0 0 {high:.4f} 0 {size[1] - high:.4f} cm /Label Do Q".encode("ascii")
    )
    made = io.BytesIO()
    document.save(made, deterministic_id=True)
    return made.getvalue()


def _mask_members(picture: Picture) -> dict[str, object]:
    return {
        "/Type": pikepdf.Name.XObject,
        "/Subtype": pikepdf.Name.Image,
        "/Width": picture.width,
        "/Height": picture.height,
        "/ImageMask": True,
        "/BitsPerComponent": 1,
        "/Decode": [1, 0],
        "/Filter": pikepdf.Name.FlateDecode,
    }
