"""The pictures on the page of labels are labels of today: same names, same sizes, and they are read."""

from __future__ import annotations

from PIL import Image

from docs.label_samples import FOLDER, pictures
from tests.labels_sample import LINK, of_png, texts

PAGE = FOLDER.parent.parent / "labels.md"


def test_every_sample_is_on_the_page_and_none_is_left_over() -> None:
    names = {name for name, _ in pictures()}
    assert {path.name for path in FOLDER.iterdir()} == names
    assert all(f"(images/labels/{name})" in PAGE.read_text("utf-8") for name in names)


def test_every_sample_has_the_size_of_today_and_is_read() -> None:
    """Not the same bytes: another version of the drawing library may set a dot otherwise."""
    for name, picture in pictures():
        data = (FOLDER / name).read_bytes()
        sample = of_png(data, picture)
        assert sample.size == (picture.width, picture.height), f"{name}: run python -m docs.label_samples"
        assert texts(sample) == texts(of_png(picture.png(), picture)), name


def test_the_samples_are_small_files_of_one_bit() -> None:
    for path in FOLDER.iterdir():
        with Image.open(path) as picture:
            assert picture.mode == "1"
        assert path.stat().st_size < 30_000


def test_the_sample_of_the_cryobag_carries_the_link_of_the_tests() -> None:
    (picture,) = (picture for name, picture in pictures() if name == "cryobag.png")
    assert f"QRCode:{LINK}" in texts(of_png(picture.png(), picture))
