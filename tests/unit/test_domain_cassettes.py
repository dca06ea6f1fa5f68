"""A bag and its cassette: two containers that go together until the thaw."""

from __future__ import annotations

from typing import Any

from tests.domain_labels import applied, printed
from tests.domain_phrases import raised, thaw
from tests.domain_scene import (
    CLEANROOM,
    DOSE,
    DOSE_2,
    PHARMACY,
    RELEASED,
    VAN,
    WARD,
    Scene,
    filled,
    scene_at,
)

CASE = "CASE-1"


def in_a_cassette() -> Scene:
    """One finished dose in a cassette."""
    scene = scene_at("at_cleanroom")
    made: dict[str, Any] = filled(scene, DOSE)
    made["children"][0]["inside"] = CASE
    made["children"].append({"container": CASE, "volume_ul": 0})
    assert raised(scene.on_chain("mia", "ContainersDerived", **made)) == {}
    scene.decide("quinn", "Released", containers=[DOSE], **RELEASED)
    return scene


def handed_over(scene: Scene, *containers: str) -> list[Any]:
    release = scene.release("mia", CLEANROOM, VAN, *containers)
    return [raised(release), raised(scene.accept("kit", CLEANROOM, VAN, *containers, release=release.id))]


def test_finding_parted_from_cassette() -> None:
    for one in (DOSE, CASE):
        assert handed_over(in_a_cassette(), one) == [{"parted_from_cassette": (DOSE,)}] * 2


def test_a_bag_and_its_cassette_go_together_and_each_is_signed_for() -> None:
    scene = in_a_cassette()
    assert handed_over(scene, DOSE, CASE) == [{}, {}]
    assert {scene.chain.containers[name].holder.site for name in (DOSE, CASE)} == {"swift-depot"}


def test_after_the_thaw_the_cassette_goes_its_own_way() -> None:
    scene = in_a_cassette()
    scene.hand_over(("mia", CLEANROOM), ("nora", WARD), DOSE, CASE)
    thaw(scene, DOSE)
    assert raised(scene.release("nora", WARD, PHARMACY, CASE)) == {}


def test_the_cassettes_label_may_be_read_in_the_place_of_the_bags() -> None:
    scene = in_a_cassette()
    printed(scene, "C-1", container=CASE)
    applied(scene, "C-1", CASE)
    assert raised(thaw(scene, DOSE, at=CLEANROOM, signer="mia", labels=["C-1"])) == {}


def test_a_cassette_that_is_no_container_here_asks_for_nothing() -> None:
    scene = scene_at("at_cleanroom")
    made: dict[str, Any] = filled(scene, DOSE_2)
    made["children"][0]["inside"] = "ODD-1"
    scene.on_chain("mia", "ContainersDerived", **made)
    assert handed_over(scene, DOSE_2) == [{}, {}]
