"""A donation number whose check character was scanned and doesn't fit it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.identifiers import check_character, check_of_flags
from tests.domain_phrases import raised
from tests.domain_scene import CLEANROOM, DOSE, FRESH, Scene, collection, filled, scene_at

DIN = "A999921123456"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def collect(scene: Scene, **read: Any) -> dict[str, tuple[str, ...]]:
    bag = {"container": FRESH, "volume_ul": 200_000} | read
    return raised(scene.on_chain("anna", "CollectionCompleted", **collection(scene) | {"containers": [bag]}))


@pytest.mark.parametrize("read", [{"din": DIN, "din_check": "H"}, {"din_check": "3"}])
def test_finding_check_character_wrong(read: dict[str, str]) -> None:
    scene = scene_at("ordered")
    assert collect(scene, **read) == {"check_character_wrong": (FRESH,)}
    assert [one.code for one in scene.chain.blocking(FRESH)] == ["check_character_wrong"]


@pytest.mark.parametrize("read", [{}, {"din": DIN}, {"din": DIN, "din_check": "3"}])
def test_a_number_that_fits_or_was_not_scanned_is_no_finding(read: dict[str, str]) -> None:
    scene = scene_at("ordered")
    assert collect(scene, **read) == {}
    assert scene.chain.containers[FRESH].din == read.get("din")


def test_what_is_made_or_sampled_later_is_looked_at_as_well() -> None:
    scene = scene_at("at_cleanroom")
    made = filled(scene, DOSE)
    made["children"][0] |= {"din": DIN, "din_check": "0"}
    assert raised(scene.on_chain("mia", "ContainersDerived", **made)) == {"check_character_wrong": (DOSE,)}
    sample = {"container": "SAMPLE-1", "volume_ul": 1, "din": DIN, "din_check": "0"}
    taken = {"at": CLEANROOM, "of": {"container": DOSE, "volume_ul": 1}, "sample": sample}
    said = scene.on_chain("mia", "SampleTaken", purpose="release", **taken)
    assert raised(said) == {"check_character_wrong": ("SAMPLE-1",)}


@given(st.from_regex(r"[A-NP-Z1-9][A-Z0-9]{12}", fullmatch=True), st.sampled_from(ALPHABET))
def test_exactly_one_check_character_fits_a_number(din: str, check: str) -> None:
    found = collect(scene_at("ordered"), din=din, din_check=check)
    assert ("check_character_wrong" in found) == (check != check_character(din))


def test_flags_from_60_to_96_carry_the_check_character_and_others_none() -> None:
    assert [check_of_flags(str(flags)) for flags in range(60, 97)] == list(ALPHABET)
    assert {check_of_flags(flags) for flags in ("00", "19", "20", "59", "97", "99", "A1", "6A")} == {None}
    assert check_of_flags("77") == check_character("G123498654321") == "H"  # a published example
