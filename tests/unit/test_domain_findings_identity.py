"""What is wrong with a patient, a bag, a number on it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.domain_phrases import STARTED, identify, pack, raised, start_infusion, thaw
from tests.domain_scene import (
    DOSE,
    DOSE_2,
    FRESH,
    OTHER_COI,
    collection,
    filled,
    patient,
    scene_at,
)


@pytest.mark.parametrize(
    "read",
    [
        {"outcome": "mismatch"},
        {"patient": patient("patient-2")},
        {"patient": [patient()[0], patient("patient-2")[1]]},
        {"patient": [patient()[0], *patient("patient-1", "visit_number")]},
        {"patient": [patient()[0], patient()[0]]},
        {"patient": [*patient(), patient("patient-2")[0]]},
    ],
)
def test_finding_patient_mismatch(read: dict[str, Any]) -> None:
    assert raised(identify(scene_at("ordered"), **read)) == {"patient_mismatch": ()}


def test_an_identifier_that_the_order_does_not_name_neither_helps_nor_harms() -> None:
    read = [*patient(), *patient("patient-1", "visit_number")]
    assert raised(identify(scene_at("ordered"), patient=read)) == {}


def test_finding_identity_mismatch() -> None:
    scene = scene_at("thawed")
    assert raised(scene.check("nora", patient=patient("patient-2"))) == {"identity_mismatch": (DOSE,)}


@pytest.mark.parametrize("container", ["OTHER-1", "NOBODYS-1"])
def test_a_strangers_bag_at_the_bedside_stops_the_whole_therapy(container: str) -> None:
    scene = scene_at("thawed")
    assert raised(scene.check("nora", container)) == {"identity_mismatch": ()}
    assert [one.code for one in scene.chain.blocking(DOSE)] == ["identity_mismatch"]


def test_finding_container_not_in_chain() -> None:
    assert raised(pack(scene_at("collected"), containers=["NOBODYS-1"])) == {
        "container_not_in_chain": ("NOBODYS-1",)
    }


def test_finding_container_known_elsewhere() -> None:
    scene = scene_at("collected")
    assert raised(pack(scene, containers=["OTHER-1"])) == {"container_known_elsewhere": ("OTHER-1",)}
    made = scene.on_chain("anna", "CollectionCompleted", **collection(scene, "OTHER-1"))
    assert raised(made) == {"container_known_elsewhere": ("OTHER-1",)}
    assert scene.world.chain_of_container("OTHER-1") == OTHER_COI


def test_finding_container_reused() -> None:
    scene = scene_at("collected")
    again = collection(scene, FRESH)
    again["containers"][0]["volume_ul"] = 1
    assert raised(scene.on_chain("anna", "CollectionCompleted", **again)) == {"container_reused": (FRESH,)}
    assert scene.chain.containers[FRESH].volume_ul == 200_000
    twice = collection(scene, "FRESH-2", "FRESH-2")
    assert raised(scene.on_chain("anna", "CollectionCompleted", **twice)) == {
        "container_reused": ("FRESH-2",)
    }


def test_finding_container_used_up() -> None:
    scene = scene_at("made")
    said = scene.on_chain("mia", "ManufacturingStarted", **STARTED | {"batch": "B-9"}, containers=[FRESH])
    assert raised(said) == {"container_used_up": (FRESH,)}
    assert "container_used_up" in raised(start_infusion(scene_at("infused")))


def test_finding_container_expired() -> None:
    scene = scene_at("at_ward")
    made_offline = {"occurred_at": timestamp(scene.now_ms), "seen": scene.seen}
    scene.forward(91 * 24 * 3600)
    codes = raised(thaw(scene, DOSE, **made_offline))
    assert codes == {"container_expired": (DOSE,)}


def test_a_container_is_expired_from_the_moment_that_its_label_names() -> None:
    scene = scene_at("at_ward")
    scene.forward(90 * 24 * 3600 - 120)  # two hand-overs of a minute each came since the filling
    early = timestamp(scene.now_ms - 1)
    assert raised(thaw(scene, DOSE, occurred_at=early)) == {}
    assert raised(thaw(scene, DOSE_2)) == {"container_expired": (DOSE_2,)}


@pytest.mark.parametrize(("bag", "of"), [(2, 1), (1, None), (None, 2)])
def test_finding_bag_numbers_wrong(bag: int | None, of: int | None) -> None:
    scene = scene_at("at_cleanroom")
    said = filled(scene, DOSE)
    said["children"][0] |= {"bag": bag, "of": of}
    assert raised(scene.on_chain("mia", "ContainersDerived", **said)) == {"bag_numbers_wrong": (DOSE,)}


def test_two_bags_with_one_number_make_no_ordered_set() -> None:
    scene = scene_at("at_cleanroom")
    said = filled(scene, DOSE, DOSE_2)
    said["children"][1]["bag"] = 1
    assert raised(scene.on_chain("mia", "ContainersDerived", **said)) == {"bag_numbers_wrong": (DOSE, DOSE_2)}


def test_finding_typed_without_reason() -> None:
    scene = scene_at("ordered")
    assert raised(identify(scene, method="typed")) == {"typed_without_reason": ()}
    assert raised(identify(scene, method="typed", typed_reason="band_unreadable")) == {}
