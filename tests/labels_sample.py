"""A label's content for tests, and readers of the four formats that share no code with the writers."""

from __future__ import annotations

import base64
import binascii
import io
import re
import zlib
from collections.abc import Iterator

import numpy as np
import pypdfium2
import resvg_py
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from ledger.labels.content import Content
from ledger.labels.link import make_link
from ledger.labels.picture import Picture

Dots = NDArray[np.bool_]

LINK = make_link("ledger.example.org", "A999921123456-01", "L7QK2M4D9XP", "0123456789ABCDEF")
FULL = {
    "link": LINK,
    "serial": "L7QK2M4D9XP",
    "container": "A999921123456-01",
    "coi": "CHA999921000123",
    "datamatrix": "=+04000=A99992112345600=<A9999V00=,000001",
    "din": "A999921123456",
    "product_name": "CAR-T cells, anti-CD19, cryopreserved",
    "product_code": "A9999V00",
    "division": "000001",
    "bag": "1",
    "bags": "2",
    "dose": "CD8",
    "volume": "50 mL",
    "collected": "2026-11-02 14:10 CET",
    "expiry": "2027-11-30 23:59 UTC",
    "storage": "≤ \u2212150 °C, vapour phase of liquid nitrogen",
    "site": "Example Manufacturing Site 1, Northtown",
    "contact": "24 h: +00 000 000000",
}


def sample(**changes: object) -> Content:
    """A full label; `changes` replace members, None takes one away."""
    return Content(**{**FULL, **changes})  # type: ignore[arg-type]


def texts(picture: Image.Image | NDArray[np.uint8]) -> set[str]:
    """What a scanner reads from a picture, with each symbol's kind before it."""
    found = zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)
    return {f"{one.format.name}:{one.text}" for one in found}


def dots(picture: Picture) -> Dots:
    """The bitmap itself: `height` by `width`, true where ink is."""
    rows = np.frombuffer(picture.rows, np.uint8).reshape(picture.height, -1)
    return np.unpackbits(rows, axis=1)[:, : picture.width].astype(bool)


def ink(picture: Image.Image) -> Dots:
    return np.asarray(picture.convert("L")) < 128


def of_png(data: bytes, _: Picture) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("L")


def of_svg(data: bytes, picture: Picture) -> Image.Image:
    """By resvg, at the print's resolution; the label may be part of a dot larger than the bitmap."""
    width = picture.width_mm * picture.dpi / 25.4
    png = bytes(resvg_py.svg_to_bytes(svg_string=data.decode(), dpi=picture.dpi))
    drawn = Image.open(io.BytesIO(png)).convert("L")
    assert abs(drawn.width - width) <= 1.5, (drawn.width, width)
    return drawn.crop((0, 0, picture.width, picture.height))


def of_pdf(data: bytes, picture: Picture) -> Image.Image:
    """By PDFium, three pixels a dot, of which the middle one is taken: it rounds pictures outwards."""
    page = pypdfium2.PdfDocument(data)[0]
    large = np.asarray(page.render(scale=3 * picture.dpi / 72, grayscale=True).to_pil().convert("L"))
    return Image.fromarray(large[1::3, 1::3][: picture.height, : picture.width].copy())


def of_zpl(data: bytes, picture: Picture) -> Image.Image:
    """A second reader of `^GFA`, beside the fake printer that needs node: Z64, or counted digits."""
    found = re.fullmatch(
        rb"\^XA\^MCY[^\n]*\^PW(\d+)\^LL(\d+)\^FO0,0\^GFA,(\d+),(\d+),(\d+),(.+)\^FS\^XZ\n",
        data,
        re.DOTALL,
    )
    assert found, data[:80]
    width, height, total, again, each = (int(number) for number in found.groups()[:5])
    body = found[6].decode()
    rows = _z64(body) if body.startswith(":Z64:") else bytes.fromhex("".join(_counted(body, each * 2)))
    assert total == again == len(rows) == height * each
    bits = np.unpackbits(np.frombuffer(rows, np.uint8).reshape(height, each), axis=1)[:, :width]
    return Image.fromarray((~bits.astype(bool) * 255).astype(np.uint8))


def _z64(body: str) -> bytes:
    _, kind, text, check = body.split(":")
    assert kind == "Z64"
    assert int(check, 16) == binascii.crc_hqx(text.encode(), 0)
    return zlib.decompress(base64.b64decode(text, validate=True))


def _counted(body: str, width: int) -> Iterator[str]:
    """ZPL II: G to Y 1 to 19, g to z 20 to 400; `,` fills the row with 0, `!` with F, `:` repeats it."""
    row, before, count = "", "", 0
    for letter in body:
        if letter in ",!:":
            row = before if letter == ":" else row.ljust(width, "0" if letter == "," else "F")
        elif "G" <= letter <= "Y":
            count += ord(letter) - ord("F")
        elif "g" <= letter <= "z":
            count += 20 * (ord(letter) - ord("f"))
        else:
            row, count = row + letter * (count or 1), 0
        if len(row) == width:
            yield row
            row, before = "", row
    assert not row


READERS = {"png": of_png, "svg": of_svg, "pdf": of_pdf}
