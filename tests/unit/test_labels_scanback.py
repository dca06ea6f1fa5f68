"""Scan-back: a photo of a printed label, and how many of its modules are not as they were to be."""

from __future__ import annotations

import io

import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from ledger.errors import Malformed
from ledger.labels.drawing import draw
from ledger.labels.link import make_link
from ledger.labels.scanback import compare
from ledger.labels.symbols import qr_code
from ledger.labels.templates import load_template
from tests.labels_sample import LINK, of_png, sample

EXPECTED = qr_code(LINK)
ZOOM = 2  # pixels of the camera for each dot of the print


def label(name: str = "cryobag") -> Image.Image:
    picture = draw(sample(), load_template(name), 203)
    return of_png(picture.png(), picture)


def flipped(printed: Image.Image, count: int, seed: int) -> Image.Image:
    """The label with so many data modules of its link turned round."""
    found = zxingcpp.read_barcodes(printed, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    place, dots = found[0].position, np.asarray(printed).copy()
    each = (place.top_right.x - place.top_left.x) // EXPECTED.size
    rng = np.random.default_rng(seed)
    cells = rng.choice((EXPECTED.size - 18) ** 2, count, replace=False)
    for cell in cells:
        row, column = (int(one) + 9 for one in divmod(int(cell), EXPECTED.size - 18))
        x, y = place.top_left.x + column * each, place.top_left.y + row * each
        dots[y : y + each, x : x + each] = 255 - dots[y : y + each, x : x + each]
    return Image.fromarray(dots)


def photo(printed: Image.Image, seed: int, turn: float = 0.0) -> bytes:
    """From a hand: a little from the side, light from the right, noise, a soft lens; JPEG."""
    rng = np.random.default_rng(seed)
    large = printed.resize((printed.width * ZOOM, printed.height * ZOOM), Image.Resampling.NEAREST)
    seen = tilted(large, rng).rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    grey = np.asarray(seen, float) * 0.72 + 30 + np.linspace(0, 30, seen.width)[None, :]
    noisy = (grey + rng.normal(0, 7, grey.shape)).clip(0, 255).astype(np.uint8)
    made = io.BytesIO()
    Image.fromarray(noisy).filter(ImageFilter.GaussianBlur(1.4)).save(made, "JPEG", quality=85)
    return made.getvalue()


def tilted(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Each corner off by up to a twentieth."""
    width, height = picture.size
    flat = [(0, 0), (width, 0), (width, height), (0, height)]
    seen = [(x * 0.86 + width * 0.07, y * 0.86 + height * 0.07) for x, y in flat]
    seen = [(x + rng.uniform(-0.05, 0.05) * height, y + rng.uniform(-0.05, 0.05) * height) for x, y in seen]
    rows, goals = [], []
    for (x, y), (to_x, to_y) in zip(seen, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -to_x * x, -to_x * y], [0, 0, 0, x, y, 1, -to_y * x, -to_y * y]]
        goals += [to_x, to_y]
    return picture.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        tuple(np.linalg.solve(np.array(rows), np.array(goals))),
        Image.Resampling.BICUBIC,
        fillcolor=255,
    )


@pytest.mark.parametrize("name", ["cryobag", "cassette", "vial", "shipper"])
@pytest.mark.parametrize("seed", range(2))
def test_the_right_label_has_no_wrong_module(name: str, seed: int) -> None:
    scan = compare(photo(label(name), seed), EXPECTED)
    assert (scan.text, scan.wrong, scan.modules) == (LINK, 0, 37 * 37)


@pytest.mark.parametrize("turn", [90, 180, 270, 33])
def test_it_may_be_held_in_any_direction(turn: float) -> None:
    scan = compare(photo(label(), 1, turn), EXPECTED)
    assert (scan.text, scan.wrong) == (LINK, 0)


@pytest.mark.parametrize("count", [1, 5, 12, 25])
def test_wrong_modules_are_counted(count: int) -> None:
    """The error correction still reads the link, so a plain scan would call this label good."""
    scan = compare(photo(flipped(label(), count, seed=count), seed=2), EXPECTED)
    assert scan.text == LINK
    assert abs(scan.wrong - count) <= 1


def test_a_dead_element_of_the_print_head_shows_before_a_scanner_minds() -> None:
    printed = np.asarray(label()).copy()
    found = zxingcpp.read_barcodes(printed)
    left = next(one.position.top_left.x for one in found if one.text == LINK)
    printed[:, left + 60 : left + 65] = 255  # one module wide
    scan = compare(photo(Image.fromarray(printed), 3), EXPECTED)
    assert scan.text == LINK
    dark = sum(EXPECTED.row(number)[12] for number in range(EXPECTED.size))
    assert abs(scan.wrong - dark) <= 2


def test_another_label_is_told_by_its_text_and_by_half_of_its_modules() -> None:
    other = make_link("ledger.example.org", "A999921123456-01", "L7QK2M4D9XP", "FEDCBA9876543210")
    scan = compare(photo(label(), 1), qr_code(other))
    assert scan.text == LINK
    assert scan.wrong > 200


def test_a_symbol_of_another_size_is_wrong_in_all() -> None:
    scan = compare(photo(label(), 1), qr_code("A"))
    assert (scan.text, scan.wrong, scan.modules) == (LINK, 21 * 21, 21 * 21)


def test_a_photo_without_a_label_says_so() -> None:
    made = io.BytesIO()
    Image.new("L", (300, 200), 200).save(made, "PNG")
    with pytest.raises(Malformed) as refused:
        compare(made.getvalue(), EXPECTED)
    assert refused.value.code == "label_not_found"


def large_photo() -> bytes:
    made = io.BytesIO()
    Image.new("1", (20_000, 8_000)).save(made, "PNG")
    return made.getvalue()


def test_what_is_no_photo_is_refused_as_bad_photo() -> None:
    for data in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", photo(label("vial"), 1)[:900], large_photo()):
        _must_be_refused(data)


def _must_be_refused(data: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        compare(data, EXPECTED)
    assert refused.value.code == "bad_photo"
