"""Rows of integers hold the same dots as a picture, whatever is put where."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ledger.labels.dots import Bitmap, Stamp, of_image, of_matrix
from ledger.labels.symbols import Matrix

SIZES = st.integers(1, 40)
PLACES = st.integers(-12, 45)


@st.composite
def pictures(draw: st.DrawFn) -> Image.Image:
    """One bit a dot."""
    wide, high = draw(SIZES), draw(SIZES)
    each = (wide + 7) // 8
    data = draw(st.binary(min_size=each * high, max_size=each * high))
    return Image.frombytes("1", (wide, high), data)


@given(pictures())
def test_a_picture_gives_back_its_dots(picture: Image.Image) -> None:
    bitmap = Bitmap(*picture.size)
    bitmap.put(of_image(picture), 0, 0)
    assert bitmap.packed() == picture.tobytes()


@given(pictures(), st.lists(st.tuples(pictures(), PLACES, PLACES, st.integers(0, 1)), max_size=4))
def test_stamps_in_ink_and_in_white_lie_where_a_picture_has_them(
    picture: Image.Image, stamps: list[tuple[Image.Image, int, int, int]]
) -> None:
    """Over the edges, too, where both cut them off."""
    bitmap = Bitmap(*picture.size)
    bitmap.put(of_image(picture), 0, 0)
    for stamp, x, y, ink in stamps:
        picture.paste(ink, (x, y, x + stamp.width, y + stamp.height), stamp)
        bitmap.put(of_image(stamp), x, y, ink)
    assert bitmap.packed() == picture.tobytes()


@given(SIZES, SIZES, PLACES, PLACES, SIZES, SIZES, st.integers(1, 6))
def test_rectangles_are_those_of_a_picture(
    wide: int, high: int, x: int, y: int, w: int, h: int, thick: int
) -> None:
    edge, full = Bitmap(wide, high), Bitmap(wide, high)
    full.fill(x, y, w, h)
    filled = Image.new("1", (wide, high))
    ImageDraw.Draw(filled).rectangle((x, y, x + w - 1, y + h - 1), fill=1)
    assert full.packed() == filled.tobytes()
    if thick * 2 <= min(w, h):
        edge.outline(x, y, w, h, thick)
        inner = Image.new("1", (max(w - 2 * thick, 1), max(h - 2 * thick, 1)), 1)
        if w > 2 * thick and h > 2 * thick:
            filled.paste(0, (x + thick, y + thick, x + w - thick, y + h - thick), inner)
        assert edge.packed() == filled.tobytes()


@given(st.integers(1, 30), st.integers(1, 12), st.data())
def test_each_module_of_a_symbol_is_a_square(size: int, each: int, data: st.DataObject) -> None:
    dark = bytes(data.draw(st.lists(st.integers(0, 1), min_size=size**2, max_size=size**2)))
    stamp = of_matrix(Matrix(size, dark), each)
    bitmap = Bitmap(stamp.width, stamp.height)
    bitmap.put(stamp, 0, 0)
    rows = np.frombuffer(bitmap.packed(), np.uint8).reshape(stamp.height, -1)
    dots = np.unpackbits(rows, axis=1)[:, : stamp.width]
    modules = np.frombuffer(dark, np.uint8).reshape(size, size)
    assert np.array_equal(dots, np.kron(modules, np.ones((each, each), np.uint8)))


@given(pictures(), pictures())
def test_a_copy_is_not_written_on(picture: Image.Image, stamp: Image.Image) -> None:
    bitmap = Bitmap(*picture.size)
    bitmap.put(of_image(picture), 0, 0)
    bitmap.copy().put(of_image(stamp), 0, 0)
    bitmap.copy().put(Stamp(1, (1,)), 0, 0, 0)
    assert bitmap.packed() == picture.tobytes()
