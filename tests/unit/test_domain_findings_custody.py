"""What is wrong with a hand-over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.domain_phrases import STARTED, identify, raised, start_infusion, thaw
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    DOSE,
    DOSE_2,
    FRESH,
    PHARMACY,
    VAN,
    Scene,
    scene_at,
)


def test_finding_release_by_non_holder() -> None:
    scene = scene_at("collected")
    assert raised(scene.release("kit", VAN, CLEANROOM, FRESH)) == {"release_by_non_holder": (FRESH,)}
    assert scene.chain.containers[FRESH].holder == ("st-mary", "apheresis")


def test_a_claimed_container_may_be_released_on() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH, release="ab" * 32)
    assert raised(scene.release("kit", VAN, CLEANROOM, FRESH)) == {}


@pytest.mark.parametrize("release_first", [True, False])
def test_finding_accepted_by_other_than_named(release_first: bool) -> None:
    scene = scene_at("collected")
    if release_first:
        release = scene.release("anna", APHERESIS, VAN, FRESH)
        last = scene.accept("mia", APHERESIS, CLEANROOM, FRESH, release=release.id)
    else:
        released = scene.entry("anna", CHAIN, "CustodyReleased", containers=[FRESH], giver=APHERESIS,
                               receiver=VAN, condition="intact")  # fmt: skip
        scene.accept("mia", APHERESIS, CLEANROOM, FRESH, release=released.statement_id)
        last = scene.record(_moved_to_now(scene, released))
    assert raised(last) == {"accepted_by_other_than_named": (FRESH,)}
    assert scene.chain.containers[FRESH].holder == ("st-mary", "apheresis")


def _moved_to_now(scene: Scene, entry: Any) -> Any:
    """A statement that was signed earlier, at the place where it arrives."""
    return replace(entry, position=scene.world.size, recorded_ms=scene.now_ms)


def test_finding_accepted_not_offered() -> None:
    scene = scene_at("released")
    release = scene.release("mia", CLEANROOM, VAN, DOSE)
    said = scene.accept("kit", CLEANROOM, VAN, DOSE, DOSE_2, release=release.id)
    assert raised(said) == {"accepted_not_offered": (DOSE_2,)}
    holders = {name: scene.chain.containers[name].holder.site for name in (DOSE, DOSE_2)}
    assert holders == {DOSE: "swift-depot", DOSE_2: "northcell-1"}


def test_finding_claim_unanswered() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH)
    scene.forward(86_400)
    assert raised(identify(scene)) == {}
    scene.forward(1)
    assert raised(identify(scene)) == {"claim_unanswered": (FRESH,)}
    assert raised(identify(scene)) == {}


def test_finding_release_unanswered() -> None:
    scene = scene_at("collected")
    scene.release("anna", APHERESIS, VAN, FRESH)
    scene.forward(86_401)
    assert raised(identify(scene)) == {"release_unanswered": (FRESH,)}
    assert raised(identify(scene)) == {}


def test_an_alarm_is_not_repeated_when_more_comes_to_wait() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH)
    scene.forward(86_401)
    assert raised(identify(scene)) == {"claim_unanswered": (FRESH,)}
    assert raised(scene.release("anna", APHERESIS, PHARMACY, FRESH)) == {}
    assert raised(identify(scene)) == {}


def test_an_alarm_may_be_raised_again_for_the_next_hand_over() -> None:
    scene = scene_at("collected")
    for giver, receiver, from_, to in (("anna", "kit", APHERESIS, VAN), ("kit", "mia", VAN, CLEANROOM)):
        release = scene.release(giver, from_, to, FRESH)
        scene.forward(86_401)
        assert raised(scene.accept(receiver, from_, to, FRESH, release=release.id)) == {
            "release_unanswered": (FRESH,)
        }


@pytest.mark.parametrize("condition", ["damaged", "thawed", "unknown"])
def test_finding_condition_not_intact(condition: str) -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    said = scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id, condition=condition)
    assert raised(said) == {"condition_not_intact": (FRESH,)}


@pytest.mark.parametrize(("left", "arrived", "codes"), [
    ("S-1", "S-2", {"seal_differs": (FRESH,)}), ("S-1", "S-1", {}), (None, "S-1", {}),
])  # fmt: skip
def test_finding_seal_differs(left: str | None, arrived: str, codes: dict[str, tuple[str, ...]]) -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH, seal=left)
    assert raised(scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id, seal=arrived)) == codes


def test_finding_acted_without_custody() -> None:
    scene = scene_at("collected")
    said = scene.on_chain("mia", "ManufacturingStarted", **STARTED, containers=[FRESH])
    assert raised(said) == {"acted_without_custody": (FRESH,)}
    scene = scene_at("released")
    assert "acted_without_custody" in raised(start_infusion(scene))
    assert "acted_without_custody" in raised(thaw(scene, DOSE))


def test_whoever_claims_a_container_may_act_on_it() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH, release="ab" * 32)
    scene.accept("mia", VAN, CLEANROOM, FRESH, release="cd" * 32)
    said = scene.on_chain("mia", "ManufacturingStarted", **STARTED, containers=[FRESH])
    assert raised(said) == {}
