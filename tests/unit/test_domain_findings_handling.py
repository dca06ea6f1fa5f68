"""What is wrong with storage, seals, quarantine, damage and loss."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain_phrases import raised, thaw
from tests.domain_scene import (
    DOSE,
    FRESH,
    PHARMACY,
    WARD,
    Said,
    Scene,
    scene_at,
)


def test_finding_container_quarantined() -> None:
    scene = scene_at("at_ward")
    scene.on_chain("mia", "Quarantined", containers=[FRESH], reason="seal_broken")
    assert raised(thaw(scene, DOSE)) == {"container_quarantined": (DOSE,)}


def test_a_quarantine_of_what_is_not_here_says_so() -> None:
    said = scene_at("made").on_chain("mia", "Quarantined", containers=["ODD-1"], reason="seal_broken")
    assert raised(said) == {"container_not_in_chain": ("ODD-1",)}


def test_a_quarantine_by_somebody_without_the_role_holds_and_is_told() -> None:
    scene = scene_at("made")
    said = scene.on_chain("kit", "Quarantined", containers=[DOSE], reason="seal_broken")
    assert raised(said) == {"role_not_permitted": (DOSE,)}
    assert any(scene.chain.quarantined(DOSE))


def check_seal(scene: Scene, **fields: Any) -> Said:
    seen = {"at": WARD, "containers": [DOSE], "shipper": "SHIPPER-9", "outcome": "intact"}
    return scene.on_chain("nora", "SealChecked", **seen | fields)


def packed_dose() -> Scene:
    scene = scene_at("at_ward")
    scene.on_chain("nora", "Packed", at=WARD, containers=[DOSE], shipper="SHIPPER-9", seal="SEAL-9")
    return scene


@pytest.mark.parametrize("outcome", ["broken", "missing"])
def test_finding_seal_broken(outcome: str) -> None:
    assert raised(check_seal(packed_dose(), seal="SEAL-9")) == {}
    assert raised(check_seal(packed_dose(), outcome=outcome)) == {"seal_broken": (DOSE,)}


def test_another_seal_on_the_same_shipper_is_told_on_the_road_and_at_unpacking() -> None:
    assert raised(check_seal(packed_dose(), seal="SEAL-8")) == {"seal_differs": (DOSE,)}
    assert raised(check_seal(packed_dose(), seal="SEAL-8", shipper="SHIPPER-8")) == {}
    opened = {"at": WARD, "containers": [DOSE], "shipper": "SHIPPER-9"}
    assert raised(packed_dose().on_chain("nora", "Unpacked", seal="SEAL-8", **opened)) == {
        "seal_differs": (DOSE,)
    }
    assert raised(packed_dose().on_chain("nora", "Unpacked", seal="SEAL-9", **opened)) == {}


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("Unpacked", {"shipper": "S-1"}),
        ("SealChecked", {"shipper": "S-1", "outcome": "intact"}),
        ("Stored", {"location": "TANK-1"}),
        ("Retrieved", {"location": "TANK-1"}),
    ],
)
def test_who_stores_or_opens_a_bag_holds_it(event: str, fields: dict[str, Any]) -> None:
    said = scene_at("at_ward").on_chain("nora", event, at=PHARMACY, containers=[DOSE], **fields)
    assert raised(said) == {"acted_without_custody": (DOSE,)}


def test_a_container_says_where_it_is_stored_until_it_is_taken_out_there() -> None:
    scene = scene_at("at_ward")
    put = scene.on_chain("nora", "Stored", at=WARD, containers=[DOSE], location="TANK-1", place="A4").entry
    container = scene.chain.containers[DOSE]
    assert container.storage == (put.position, "TANK-1", "A4", None)
    scene.on_chain("nora", "Retrieved", at=WARD, containers=[DOSE], location="TANK-2")
    assert container.storage.retrieved is None
    out = scene.on_chain("nora", "Retrieved", at=WARD, containers=[DOSE], location="TANK-1").entry
    assert container.storage.retrieved == out.position


def test_finding_container_damaged() -> None:
    said = scene_at("at_ward").on_chain("nora", "ContainerDamaged", at=WARD, containers=[DOSE], damage="leak")
    assert raised(said) == {"container_damaged": (DOSE,)}


def test_finding_container_lost() -> None:
    said = scene_at("at_ward").on_chain("nora", "ContainerLost", at=WARD, containers=[DOSE])
    assert raised(said) == {"container_lost": (DOSE,)}


def test_what_is_found_thawed_is_not_intact() -> None:
    scene = scene_at("at_ward")
    said = scene.on_chain("nora", "ContainerFound", at=WARD, containers=[DOSE], condition="thawed")
    assert raised(said) == {"condition_not_intact": (DOSE,)}
