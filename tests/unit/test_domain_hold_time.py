"""A shipper's hold time: what uses it up, what extends it, and who is told."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ledger.domain.hold_time import Hold, hold_of
from ledger.domain.world import timestamp
from tests.domain_phrases import pack, raised
from tests.domain_scene import APHERESIS, CLEANROOM, FRESH, HOUR_MS, VAN, WARD, Said, Scene, scene_at
from tests.domain_supply import YEAR_H, in_hours, register

BOX = "box-7"
USED_UP = {"hold_time_used_up": (FRESH,)}
DAY_H = 24


def charge(scene: Scene, **fields: Any) -> Said:
    """Just now, unless said otherwise."""
    return scene.say(
        "mia", f"equipment/{BOX}", "ShipperCharged", charged_at=timestamp(scene.now_ms), **fields
    )


def with_box(hold_h: int | None = DAY_H) -> Scene:
    """The bag is collected; a shipper is qualified to hold for a day, and not charged."""
    scene = scene_at("collected")
    register(scene, BOX, equipment_kind="shipper")
    hold = {} if hold_h is None else {"hold_time_s": hold_h * 3600}
    scene.say("mia", f"equipment/{BOX}", "EquipmentQualified", until=in_hours(scene, YEAR_H), **hold)
    scene.forward(3600)
    return scene


def packed(scene: Scene, **fields: Any) -> dict[str, tuple[str, ...]]:
    return raised(pack(scene, shipper=BOX, **fields))


def handed(scene: Scene, **fields: Any) -> dict[str, tuple[str, ...]]:
    return raised(scene.release("anna", APHERESIS, VAN, FRESH, **fields))


def hold(scene: Scene) -> Hold | None:
    return hold_of(scene.chain.containers[FRESH], scene.chain, scene.world)


def test_finding_hold_time_used_up() -> None:
    """At a packing past its end, and at a hand-over of what was packed in time."""
    scene = with_box()
    charge(scene)
    scene.forward(DAY_H * 3600)
    assert packed(scene) == {}  # the end itself is within
    scene.forward(1)
    assert handed(scene) == USED_UP
    assert packed(scene) == USED_UP


def test_a_shipper_without_a_charge_on_record_keeps_nothing_cold() -> None:
    assert packed(with_box()) == USED_UP


@pytest.mark.parametrize("shipper", ["box-unknown", "box-plain"])
def test_nobody_has_to_register_a_shipper_or_give_it_a_hold_time(shipper: str) -> None:
    scene = with_box(hold_h=None)
    assert packed(scene) == {}
    assert raised(pack(scene, shipper=shipper)) == {}
    assert hold(scene) is None


def test_a_new_qualification_without_a_hold_time_keeps_the_old_one() -> None:
    scene = with_box()
    scene.say("mia", f"equipment/{BOX}", "EquipmentQualified", until=in_hours(scene, YEAR_H))
    assert packed(scene) == USED_UP


def test_a_charge_on_the_road_extends_it_only_if_it_came_in_time() -> None:
    for late, found in ((0, {}), (1, USED_UP)):
        scene = with_box()
        charge(scene)
        assert packed(scene) == {}
        scene.forward(DAY_H * 3600 + late)
        charge(scene)
        scene.forward(3600)
        assert handed(scene) == found


def test_what_was_taken_out_in_time_is_no_longer_judged() -> None:
    scene = with_box()
    charge(scene)
    packed(scene)
    scene.forward(3600)
    scene.on_chain("anna", "Unpacked", at=APHERESIS, containers=[FRESH], shipper=BOX)
    scene.forward(DAY_H * 3600)
    assert handed(scene) == {}
    assert hold(scene) is None


LEAVES: list[tuple[str, str, dict[str, Any]]] = [
    ("anna", "Stored", {"at": APHERESIS, "containers": [FRESH], "location": "tank-1"}),
    ("mia", "ManufacturingStarted", {"at": CLEANROOM, "batch": "B-1", "platform": "P-1",
     "containers": [FRESH]}),
    ("nora", "ThawStarted", {"at": WARD, "containers": [FRESH]}),
    ("mia", "ContainersDerived", {"at": CLEANROOM, "how": "split",
     "parents": [{"container": FRESH, "volume_ul": 1_000}],
     "children": [{"container": "PART-1", "volume_ul": 1_000}]}),
]  # fmt: skip


@pytest.mark.parametrize(("signer", "event", "fields"), LEAVES, ids=[event for _, event, _ in LEAVES])
def test_what_leaves_without_a_word_of_unpacking_was_inside_until_then(
    signer: str, event: str, fields: dict[str, Any]
) -> None:
    for late, found in ((0, False), (1, True)):
        scene = with_box()
        charge(scene)
        packed(scene)
        scene.forward(DAY_H * 3600 + late)
        said = raised(scene.on_chain(signer, event, **fields))
        assert ("hold_time_used_up" in said) == found


def test_what_went_into_manufacture_is_in_no_shipper() -> None:
    scene = with_box()
    charge(scene)
    packed(scene)
    scene.forward(60)
    _, event, fields = LEAVES[1]
    scene.on_chain("mia", event, **fields)
    assert hold(scene) is None
    scene.forward(20 * DAY_H * 3600)
    assert "hold_time_used_up" not in raised(scene.on_chain("mia", "ContainersDerived", **LEAVES[3][2]))


def test_what_was_swapped_is_judged_in_both_shippers() -> None:
    scene = with_box()
    charge(scene)
    packed(scene)
    scene.forward(DAY_H * 3600 + 1)
    swap = {"old_shipper": BOX, "shipper": "box-8", "reason": "customs"}
    said = scene.on_chain("anna", "ShipperSwapped", at=APHERESIS, containers=[FRESH], **swap)
    assert raised(said).keys() == {"hold_time_used_up", "shipper_swapped"}
    back = {"old_shipper": "box-8", "shipper": BOX, "reason": "customs"}
    said = scene.on_chain("anna", "ShipperSwapped", at=APHERESIS, containers=[FRESH], **back)
    assert "hold_time_used_up" in raised(said)


def test_a_charge_that_came_late_counts_from_the_checkpoint_that_its_device_had_seen() -> None:
    scene = with_box()
    seen, seen_ms = scene.seen, scene.now_ms
    scene.now_ms += 6 * HOUR_MS
    late = {"charged_at": timestamp(scene.now_ms), "occurred_at": timestamp(scene.now_ms), "seen": seen}
    scene.now_ms += HOUR_MS
    said = scene.say("mia", f"equipment/{BOX}", "ShipperCharged", **late)
    packing = pack(scene, shipper=BOX)
    (newest,) = [ms for size, (_, ms) in scene.checkpoints.items() if seen and size == seen["size"]]
    assert newest <= seen_ms
    assert hold(scene) == Hold(
        BOX, newest, newest + DAY_H * HOUR_MS, (said.entry.position, packing.entry.position)
    )


def test_a_charge_by_a_device_that_had_seen_nothing_has_no_bound() -> None:
    scene = with_box()
    early = {"charged_at": timestamp(scene.now_ms - HOUR_MS), "seen": None}
    scene.say("mia", f"equipment/{BOX}", "ShipperCharged", **early)
    assert packed(scene) == USED_UP
    found = hold(scene)
    assert found
    assert (found.ends_ms, found.left_ms(scene.now_ms)) == (None, 0)


def test_a_charge_of_the_future_counts_from_when_it_was_recorded_at_the_latest() -> None:
    scene = with_box()
    scene.say("mia", f"equipment/{BOX}", "ShipperCharged", charged_at=in_hours(scene, 5))
    packed(scene)
    found = hold(scene)
    assert found
    assert found.left_ms(scene.now_ms) <= DAY_H * HOUR_MS


def test_it_is_found_in_whatever_order_packing_and_hand_over_arrive() -> None:
    """Both happened, the second too late; each comes when its phone finds a network."""
    for order in permutations(range(3)):
        scene = with_box()
        charge(scene)
        said_at = [scene.now_ms + hours * HOUR_MS for hours in (1, 25, 26)]
        scene.forward(30 * 3600)
        seen = scene.seen
        fields: dict[str, Any] = {"at": APHERESIS, "containers": [FRESH], "shipper": BOX}
        parties = {"giver": APHERESIS, "receiver": VAN, "condition": "intact", "containers": [FRESH]}
        facts = [("Packed", fields), ("CustodyReleased", parties), ("Unpacked", fields)]
        codes = set()
        for number in order:
            event, members = facts[number]
            when = {"occurred_at": timestamp(said_at[number]), "seen": seen}
            codes |= scene.on_chain("anna", event, **members, **when).codes
        assert "hold_time_used_up" in codes, order
