"""What is wrong with a thaw or an infusion."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.domain_phrases import raised, start_infusion, thaw
from tests.domain_scene import (
    CHAIN,
    CLEANROOM,
    DOSE,
    FRESH,
    HOUR_MS,
    ORDER,
    PRODUCT,
    WARD,
    Said,
    Scene,
    collection,
    enrol,
    filled,
    furnished,
    scene_at,
)


def test_finding_thaw_before_release() -> None:
    scene = scene_at("made")
    scene.hand_over(("mia", CLEANROOM), ("nora", WARD), DOSE)
    assert raised(thaw(scene, DOSE)) == {"thaw_before_release": (DOSE,)}


def test_starting_material_is_thawed_for_manufacture_without_a_release() -> None:
    scene = scene_at("at_cleanroom")
    assert raised(thaw(scene, FRESH, at=CLEANROOM, signer="mia")) == {}


def test_a_hospital_that_makes_thaws_its_material_but_no_dose_before_its_release() -> None:
    scene = furnished()
    rules = PRODUCT | {"sites": ["st-mary"]}
    scene.say("quinn", "product/bedside-car", "ProductVersionDefined", **rules)
    sites = ORDER["sites"] | {"manufacturing": ["st-mary"]}
    order = ORDER | {"product": {"product": "bedside-car", "version": 1}, "sites": sites}
    scene.say("carl", CHAIN, "TherapyOrdered", **order)
    scene.on_chain("anna", "CollectionCompleted", **collection(scene, FRESH, at=WARD))
    enrol(scene, "max", "ada", ("manufacturer", "st-mary"))
    assert raised(thaw(scene, FRESH)) == {}
    scene.on_chain("max", "ContainersDerived", **filled(scene, DOSE, at=WARD))
    assert raised(thaw(scene, DOSE)) == {"thaw_before_release": (DOSE,)}


def test_finding_repeated_step() -> None:
    scene = scene_at("thawed")
    assert raised(thaw(scene, DOSE)) == {"repeated_step": (DOSE,)}
    assert raised(scene.on_chain("nora", "ThawCompleted", at=WARD, containers=[DOSE])) == {
        "repeated_step": (DOSE,)
    }


def test_an_infusion_starts_once_and_ends_once() -> None:
    assert raised(start_infusion(scene_at("infusing"))) == {"repeated_step": (DOSE,)}
    done = {"site": "st-mary", "container": DOSE, "dose_given_ul": 1}
    scene = scene_at("infused")
    assert raised(scene.on_chain("nora", "InfusionCompleted", **done)) == {"repeated_step": (DOSE,)}
    assert scene.chain.containers[DOSE].dose_given_ul == 50_000


def test_finding_step_out_of_order() -> None:
    said = scene_at("at_ward").on_chain("nora", "ThawCompleted", at=WARD, containers=[DOSE])
    assert raised(said) == {"step_out_of_order": (DOSE,)}
    done = {"site": "st-mary", "container": DOSE, "dose_given_ul": 1}
    assert raised(scene_at("thawed").on_chain("nora", "InfusionCompleted", **done)) == {
        "step_out_of_order": (DOSE,)
    }


@pytest.mark.parametrize("said", ["Quarantined", "ContainerLost"])
def test_an_authorisation_falls_with_a_quarantine_or_a_loss(said: str) -> None:
    scene = scene_at("authorised")
    fields = {"reason": "seal_broken"} if said == "Quarantined" else {"at": WARD}
    told = scene.on_chain("nora", said, containers=[DOSE], **fields)
    for deviation in told.deviations:
        scene.clear(deviation)
    assert "infusion_without_authorisation" in raised(start_infusion(scene))


def test_finding_infusion_without_authorisation() -> None:
    assert raised(start_infusion(scene_at("checked"))) == {"infusion_without_authorisation": (DOSE,)}


def test_an_authorisation_falls_when_something_stops_the_bag_again() -> None:
    scene = scene_at("authorised")
    scene.on_chain("nils", "DeviationRaised", code="bag_leaks", severity="critical", blocking=True,
                   containers=[FRESH], cause=None)  # fmt: skip
    assert raised(start_infusion(scene)) == {"infusion_without_authorisation": (DOSE,)}


def test_finding_outside_thaw_window() -> None:
    scene = scene_at("authorised")
    scene.forward(3600 - 300)
    assert raised(start_infusion(scene)) == {}
    scene = scene_at("authorised")
    scene.forward(3600 - 300 + 1)
    assert raised(start_infusion(scene)) == {"outside_thaw_window": (DOSE,)}


def test_an_infusion_recorded_late_is_judged_by_the_latest_it_can_have_started() -> None:
    scene = scene_at("authorised")
    made_offline = {"occurred_at": timestamp(scene.now_ms), "seen": scene.seen}
    scene.now_ms += 2 * HOUR_MS
    assert raised(start_infusion(scene, **made_offline)) == {"outside_thaw_window": (DOSE,)}


def interrupt(scene: Scene, event: str, **fields: Any) -> Said:
    scene.forward(60)
    return scene.on_chain("nora", event, **{"site": "st-mary", "container": DOSE} | fields)


def test_an_infusion_is_paused_and_goes_on() -> None:
    scene = scene_at("infusing")
    assert raised(interrupt(scene, "InfusionPaused", reason="reaction")) == {}
    assert scene.chain.containers[DOSE].status == "paused"
    assert raised(interrupt(scene, "InfusionResumed")) == {}
    assert scene.chain.containers[DOSE].status == "infusing"


@pytest.mark.parametrize("stage", ["authorised", "infused"])
@pytest.mark.parametrize(("event", "fields"), [("InfusionPaused", {"reason": "x"}), ("InfusionResumed", {})])
def test_only_an_infusion_that_runs_is_interrupted(stage: str, event: str, fields: dict[str, Any]) -> None:
    assert raised(interrupt(scene_at(stage), event, **fields)) == {"step_out_of_order": (DOSE,)}


def test_what_was_never_paused_is_not_resumed() -> None:
    assert raised(interrupt(scene_at("infusing"), "InfusionResumed")) == {"step_out_of_order": (DOSE,)}


def test_finding_infusion_stopped() -> None:
    scene = scene_at("infusing")
    said = interrupt(scene, "InfusionStopped", dose_given_ul=20_000, reason="reaction")
    assert raised(said) == {"infusion_stopped": (DOSE,)}
    container = scene.chain.containers[DOSE]
    assert (container.status, container.dose_given_ul, container.is_used_up) == ("stopped", 20_000, True)
    assert raised(interrupt(scene, "InfusionCompleted", dose_given_ul=1)) == {"repeated_step": (DOSE,)}
    assert container.status == "stopped"


def test_finding_dose_exceeds_volume() -> None:
    scene = scene_at("infusing")
    said = scene.on_chain("nora", "InfusionCompleted", site="st-mary", container=DOSE, dose_given_ul=50_001)
    assert raised(said) == {"dose_exceeds_volume": (DOSE,)}
