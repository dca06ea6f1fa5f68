"""Every template in every format at every resolution: the same dots, and a scanner reads them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageOps

from ledger.labels.drawing import draw
from ledger.labels.picture import Picture
from ledger.labels.templates import RESOLUTIONS, TEMPLATES, load_template
from ledger.labels.zpl import RESET
from tests.labels_credentials import CREDENTIAL_TEXT
from tests.labels_printer import Printer, open_printer
from tests.labels_sample import FULL, LINK, READERS, dots, ink, of_png, of_zpl, sample, texts

EVERY = [(name, dpi) for name in TEMPLATES for dpi in RESOLUTIONS]
IDS = [f"{name}-{dpi}" for name, dpi in EVERY]


@pytest.fixture(scope="module")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printer]:
    yield from open_printer(tmp_path_factory.mktemp("printer"))


def drawn(name: str, dpi: int) -> Picture:
    return draw(sample(biohazard=True, credential=CREDENTIAL_TEXT), load_template(name), dpi)


def must_be(picture: Picture, name: str, seen: Image.Image) -> None:
    """Dot for dot the bitmap, so module for module; and a scanner reads each symbol."""
    assert np.array_equal(ink(seen), dots(picture))
    expected = {f"QRCode:{LINK}", f"DataMatrix:{FULL['datamatrix']}"}
    if name == "shipper":
        expected.add(f"QRCode:{CREDENTIAL_TEXT}")
    assert texts(seen) == expected


@pytest.mark.parametrize(("name", "dpi"), EVERY, ids=IDS)
@pytest.mark.parametrize("format_", READERS)
def test_every_format_carries_the_same_dots_and_is_read(name: str, dpi: int, format_: str) -> None:
    picture = drawn(name, dpi)
    must_be(picture, name, READERS[format_](getattr(picture, format_)(), picture))


@pytest.mark.parametrize(("name", "dpi"), EVERY, ids=IDS)
@pytest.mark.parametrize("compress", [True, False], ids=["z64", "run-lengths"])
def test_both_forms_of_zpl_carry_the_same_dots_and_are_read(name: str, dpi: int, compress: bool) -> None:
    picture = drawn(name, dpi)
    must_be(picture, name, of_zpl(picture.zpl(compress), picture))


@pytest.mark.parametrize(("name", "dpi"), EVERY, ids=IDS)
def test_a_printer_burns_the_same_dots_and_they_are_read(printer: Printer, name: str, dpi: int) -> None:
    picture = drawn(name, dpi)
    must_be(picture, name, printer.burn(picture.zpl(), picture))


LEFT_BEHIND = {"upside down": "^POI", "mirrored": "^PMY", "white on black": "^LRY", "home moved": "^LH40,60"}
MEANT = ["^MCY", "^JMA", "^MUD,300,300", "^PON", "^PMN", "^LRN", "^LS0", "^LH0,0"]


def burnt_after(printer: Printer, job: str, label: bytes, picture: Picture) -> Image.Image:
    """As a printer does that an earlier job has set. The fake one knows only the home position; the
    rest is done here by the words of the manual: a setting holds until it is set anew."""
    said = job + label.decode().partition("^GF")[0]
    state = dict(re.findall(r"\^(PO|PM|LR)([A-Z])", said))
    made = printer.burn(label.replace(b"^XA", b"^XA" + job.encode(), 1), picture)
    made = ImageOps.mirror(made) if state.get("PM") == "Y" else made
    made = made.rotate(180) if state.get("PO") == "I" else made
    return ImageOps.invert(made) if state.get("LR") == "Y" else made


@pytest.mark.parametrize("state", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_what_an_earlier_job_has_set_does_not_change_a_label(printer: Printer, state: str) -> None:
    """And it would, without what the label says first."""
    picture = drawn("vial", 203)
    must_be(picture, "vial", burnt_after(printer, state, picture.zpl(), picture))
    bare = picture.zpl().replace(RESET.encode(), b"")
    assert not np.array_equal(ink(burnt_after(printer, state, bare, picture)), dots(picture))


def test_each_setting_that_a_printer_keeps_is_said_before_the_first_field() -> None:
    """Those that the fake printer does not know, too; darkness and media stay as they are."""
    label = drawn("vial", 203).zpl().decode()
    said = re.findall(r"\^[A-Z]{2}[^^]*", label.partition("^FO")[0].removeprefix("^XA"))
    assert said[: len(MEANT)] == MEANT
    assert [one[:3] for one in said[len(MEANT) :]] == ["^PW", "^LL"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_old_printer_burns_run_lengths_alike(printer: Printer, name: str) -> None:
    picture = drawn(name, 203)
    must_be(picture, name, printer.burn(picture.zpl(compress=False), picture))


@pytest.mark.parametrize(("name", "dpi"), EVERY, ids=IDS)
def test_every_format_says_the_labels_size(name: str, dpi: int) -> None:
    template = load_template(name)
    picture = draw(sample(), template, dpi)
    png = Image.open(io.BytesIO(picture.png()))
    assert png.info["dpi"] == pytest.approx((dpi, dpi), abs=0.01)
    assert (png.mode, png.size) == ("1", (picture.width, picture.height))
    svg = picture.svg().decode()
    assert f'width="{template.width_mm:g}mm" height="{template.height_mm:g}mm"' in svg
    with pikepdf.open(io.BytesIO(picture.pdf())) as pdf:
        box = [float(side) * 25.4 / 72 for side in pdf.pages[0].mediabox]
    assert box == pytest.approx([0, 0, template.width_mm, template.height_mm], abs=0.001)
    assert f"^PW{picture.width}^LL{picture.height}^FO0,0".encode() in picture.zpl()
    assert 0 <= template.width_mm * dpi / 25.4 - picture.width < 1


def test_the_pdf_is_a_stencil_of_one_bit() -> None:
    picture = draw(sample(), load_template("vial"), 203)
    with pikepdf.open(io.BytesIO(picture.pdf())) as pdf:
        mask = pdf.pages[0].Resources.XObject.Label
        assert (bool(mask.ImageMask), int(mask.BitsPerComponent)) == (True, 1)
        assert mask.read_bytes() == picture.rows


def test_the_digest_is_of_the_dots_and_of_the_size() -> None:
    picture = draw(sample(), load_template("vial"), 203)
    one_dot_less = bytearray(picture.rows)
    one_dot_less[picture.rows.index(b"\xff")] = 0xFE
    others = [
        Picture(picture.width, picture.height, 300, 50, 25, picture.rows),
        Picture(picture.width, picture.height, 203, 50, 25, bytes(one_dot_less)),
    ]
    assert len({picture.digest, *(other.digest for other in others)}) == 3


def test_a_white_label_is_a_label_in_every_format() -> None:
    """No ink at all: the shortest run lengths there are."""
    picture = Picture(16, 3, 203, 2.1, 0.4, bytes(6))
    assert b",::^FS" in picture.zpl(compress=False)
    assert not ink(of_png(picture.png(), picture)).any()
    assert not ink(READERS["svg"](picture.svg(), picture)).any()
    assert not ink(of_zpl(picture.zpl(), picture)).any()
