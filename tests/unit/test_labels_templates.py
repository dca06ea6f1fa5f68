"""Templates: each that is shipped is sound, and what is not sound is refused when it is read."""

from __future__ import annotations

from itertools import product

import pytest

from ledger.errors import Malformed, NotFound
from ledger.labels.drawing import draw
from ledger.labels.templates import RESOLUTIONS, TEMPLATES, load_template, parse_template
from tests.labels_sample import sample

SOUND = """
name = "test"
title = "Test"
width_mm = 60
height_mm = 40
margin_mm = 1
[[frame]]
x = 1
y = 1
w = 20
h = 3
when = "autologous"
[[text]]
show = "{serial}"
x = 1
y = 5
w = 20
h = 4
size = 3
when = "quarantine"
[[mark]]
kind = "biohazard"
x = 1
y = 10
w = 5
h = 5
when = "biohazard"
[[symbol]]
kind = "qr"
module = 0.42
x = 25
y = 1
w = 30
h = 30
"""
UNSOUND = {
    "no TOML": ("[[", "TOML"),
    "a module below 0.42 mm": (SOUND.replace("module = 0.42", "module = 0.40"), "0.42"),
    "outside": (SOUND.replace("x = 25", "x = 31"), "margin"),
    "in the quiet zone": (SOUND.replace("w = 20\nh = 4", "w = 26\nh = 4"), "place of the qr"),
    "a symbol that is not square": (SOUND.replace("h = 30", "h = 31"), "square"),
    "no link": (SOUND.replace('kind = "qr"', 'kind = "credential"'), "link"),
    "no place for a mark": (SOUND.replace('when = "quarantine"', ""), "quarantine"),
    "a mark that is none": (SOUND.replace('when = "quarantine"', 'when = "urgent"'), "urgent"),
    "a member that is none": (SOUND.replace("{serial}", "{patient}"), "patient"),
    "what only a scanner reads": (SOUND.replace("{serial}", "{link}"), "link"),
    "sizes turned round": (SOUND.replace("size = 3", "size = 3\nleast = 4"), "least"),
    "a word that is none": (SOUND.replace("size = 3", "size = 3\ncolour = 1"), "colour"),
    "an unknown sign": (SOUND.replace('kind = "biohazard"', 'kind = "skull"'), "kind"),
}


def test_a_sound_template_is_read() -> None:
    assert parse_template(SOUND).symbol[0].module == 0.42


@pytest.mark.parametrize("case", UNSOUND)
def test_an_unsound_template_is_refused_and_says_why(case: str) -> None:
    text, named = UNSOUND[case]
    with pytest.raises(Malformed, match=named) as refused:
        parse_template(text)
    assert refused.value.code == "bad_label_template"


def test_an_unknown_template_is_not_found() -> None:
    with pytest.raises(NotFound, match="cryobag") as refused:
        load_template("../cryobag")
    assert refused.value.code == "no_such_label_template"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_label_shows_who_it_is_for_and_which_it_is(name: str) -> None:
    template = load_template(name)
    shown = {member for text in template.text for member in text.members}
    assert template.name == name
    assert shown >= {"coi", "serial", "product_name", "bag", "bags", "volume", "expiry"}
    assert template.din
    assert {symbol.kind for symbol in template.symbol} >= {"qr", "datamatrix"}


def test_the_shipper_carries_the_credential() -> None:
    assert "credential" in {symbol.kind for symbol in load_template("shipper").symbol}


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_every_mark_fits_at_every_resolution(name: str, dpi: int) -> None:
    pictures = {
        draw(
            sample(autologous=autologous, biohazard=biohazard, quarantine=quarantine),
            load_template(name),
            dpi,
        ).digest
        for autologous, biohazard, quarantine in product((True, False), repeat=3)
    }
    assert len(pictures) == 8
