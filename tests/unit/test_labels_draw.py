"""Drawing: what is there, what is left to write, and that nothing is ever cut."""

from __future__ import annotations

import numpy as np
import pytest

from ledger.errors import Malformed
from ledger.labels.content import Content
from ledger.labels.drawing import draw
from ledger.labels.link import make_link
from ledger.labels.templates import TEMPLATES, Frame, Item, Template, load_template
from tests.labels_sample import FULL, Dots, dots, of_png, sample, texts

CRYOBAG = load_template("cryobag")
LONG = {
    "product_name": "Autologous T cells, transduced ex vivo with a lentiviral vector, " * 3,
    "coi": "X" * 48,
    "expiry": "the last day of the month after the next, in whatever zone you read this",
    "storage": "in the vapour phase of liquid nitrogen in the third tank from the door " * 2,
    "serial": "L" * 40,
}


def part(picture: Dots, item: Item, dpi: int) -> Dots:
    x, y, w, h = (round(mm * dpi / 25.4) for mm in (item.x, item.y, item.w, item.h))
    return picture[y : y + h, x : x + w]


def of_member(template: Template, member: str) -> Item:
    return next(text for text in template.text if member in text.members and text.when is None)


def test_equal_content_gives_equal_bytes_in_every_format() -> None:
    first, again = (draw(sample(), CRYOBAG, 203) for _ in range(2))
    assert first.digest == again.digest
    assert first.png() == again.png()
    assert first.svg() == again.svg()
    assert first.pdf() == again.pdf()
    assert first.zpl() == again.zpl()


def test_a_kept_background_is_not_written_on() -> None:
    """Labels share what does not change; the second must not show the first one's text."""
    fresh = draw(sample(volume="50 mL"), CRYOBAG, 203).digest
    draw(sample(volume="88 mL"), CRYOBAG, 203)
    assert draw(sample(volume="50 mL"), CRYOBAG, 203).digest == fresh


@pytest.mark.parametrize(
    "member", sorted(set(FULL) - {"link", "container", "collected", "din", "datamatrix"})
)
def test_every_text_changes_the_label(member: str) -> None:
    changed = sample(**{member: "7"}) if member != "serial" else None
    if changed is None:
        link = make_link("ledger.example.org", FULL["container"], "7", "0123456789ABCDEF")
        changed = sample(serial="7", link=link)
    shown = [name for name in TEMPLATES if _differs(changed, name)]
    assert shown, f"{member} is on no label"


def _differs(changed: Content, name: str) -> bool:
    template = load_template(name)
    return draw(changed, template, 203).digest != draw(sample(), template, 203).digest


SHOWN = [
    (name, member)
    for name in TEMPLATES
    for member in LONG
    if any(member in text.members for text in load_template(name).text)
]


@pytest.mark.parametrize(("name", "member"), SHOWN)
def test_a_text_that_does_not_fit_is_an_error_that_names_its_field(name: str, member: str) -> None:
    template = load_template(name)
    value = LONG[member].strip()
    link = make_link("ledger.example.org", FULL["container"], "L" * 40, "0123456789ABCDEF")
    changes = {member: value, **({"link": link} if member == "serial" else {})}
    with pytest.raises(Malformed) as refused:
        draw(sample(**changes), template, 203)
    assert refused.value.code == "label_does_not_fit"
    assert refused.value.detail.startswith(member) or (member == "serial" and "link" in refused.value.detail)


def test_a_link_that_is_too_long_for_a_vial_is_named() -> None:
    link = make_link("a-very-long-name.of-a-ledger.example.org", FULL["container"], "L7QK2M4D9XP", "0" * 16)
    draw(sample(link=link), CRYOBAG, 203)
    with pytest.raises(Malformed, match="link") as refused:
        draw(sample(link=link), load_template("vial"), 203)
    assert refused.value.code == "label_does_not_fit"


def test_a_character_that_the_type_lacks_is_named_and_not_drawn_as_a_box() -> None:
    with pytest.raises(Malformed, match=r"product_name.*細") as refused:
        draw(sample(product_name="細胞"), CRYOBAG, 203)
    assert refused.value.code == "not_printable"


@pytest.mark.parametrize("name", ["für Ångström", "Łódź, čeština, ½ · µ", "Клетки", "cellules d\u2019été"])
def test_the_scripts_of_europe_are_drawn(name: str) -> None:
    draw(sample(product_name=name), CRYOBAG, 203)


def test_another_resolution_is_refused() -> None:
    with pytest.raises(Malformed, match="203") as refused:
        draw(sample(), CRYOBAG, 150)
    assert refused.value.code == "bad_label_resolution"


def test_what_is_not_known_yet_gets_a_line_to_write_on() -> None:
    link = make_link("ledger.example.org", None, "L7QK2M4D9XP", "0123456789ABCDEF")
    blank = draw(Content(link=link, serial="L7QK2M4D9XP", coi="CHA999921000123"), CRYOBAG, 203)
    for member in ("product_name", "expiry", "storage", "volume"):
        place = part(dots(blank), of_member(CRYOBAG, member), 203)
        longest = max(int(row.sum()) for row in place)
        assert longest >= place.shape[1] - 2, member
    assert texts(of_png(blank.png(), blank)) == {f"QRCode:{link}"}


def boxes(name: str) -> list[Frame]:
    """The frames around the number of the bag."""
    return [one for one in load_template(name).frame if {"numbered", "bags"} & {*one.flags}]


@pytest.mark.parametrize("name", ["cryobag", "cassette", "shipper"])
@pytest.mark.parametrize("biohazard", [True, False])
def test_a_bag_that_is_not_one_of_several_has_no_box_for_a_number(name: str, biohazard: bool) -> None:
    """As a collection is: an empty box asks for a number that there is none of."""
    numbered, fresh = (
        dots(draw(sample(biohazard=biohazard, **bag), load_template(name), 203))
        for bag in ({}, {"bag": None, "bags": None})
    )
    here = [one for one in boxes(name) if ("!biohazard" in one.flags) is not biohazard or len(one.flags) == 1]
    assert here
    for box in here:
        assert part(numbered, box, 203).any()
        assert not part(fresh, box, 203).any()


@pytest.mark.parametrize("name", ["cryobag", "cassette"])
def test_a_label_ahead_of_need_has_a_box_to_write_the_number_in(name: str) -> None:
    link = make_link("ledger.example.org", None, "L7QK2M4D9XP", "0123456789ABCDEF")
    blank = draw(Content(link=link, serial="L7QK2M4D9XP", coi="CHA999921000123"), load_template(name), 203)
    (box,) = [one for one in boxes(name) if "biohazard" not in one.flags]
    assert part(dots(blank), box, 203).any()


def test_the_check_character_stands_in_a_box_of_its_own() -> None:
    """Two lines as tall as the em, an em apart, are the last of the DIN; without a DIN there are none."""
    (din,) = CRYOBAG.din
    em = din.size * 203 / 25.4
    with_din, without = (
        part(dots(draw(sample(din=one), CRYOBAG, 203)), din, 203) for one in (FULL["din"], None)
    )
    left, right = np.flatnonzero(with_din.sum(axis=0) >= 0.9 * em)[[-4, -1]]
    assert right - left == pytest.approx(em, abs=2)
    assert without[:, left].sum() < 0.1 * em


def test_the_modules_are_as_large_as_the_place_allows() -> None:
    """28.5 mm hold 45 modules of 5 dots at 203 dpi, where 4 dots would be the least."""
    picture = dots(draw(sample(), CRYOBAG, 203))
    (place,) = [part(picture, one, 203) for one in CRYOBAG.symbol if one.kind == "qr"]
    inked = np.flatnonzero(place.any(axis=0))
    assert inked[-1] - inked[0] + 1 == 37 * 5


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_drawn_into_the_margin(name: str) -> None:
    template = load_template(name)
    picture = dots(draw(sample(biohazard=True, quarantine=True), template, 300))
    edge = int(template.margin_mm * 300 / 25.4) - 1
    inner = picture[edge : picture.shape[0] - edge, edge : picture.shape[1] - edge]
    assert picture.sum() == inner.sum()
