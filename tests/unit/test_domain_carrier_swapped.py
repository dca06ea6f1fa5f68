"""A shipment whose containers changed their shipper on the road."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ledger.domain.carrier import Carrier
from tests.domain_scene import APHERESIS, COI, FRESH, OTHER_COI, Scene, scene_at

SHIPMENT = "shipment/s-1"
THERAPIES = [{"coi": COI, "containers": [FRESH]}, {"coi": OTHER_COI, "containers": ["OTHER-1"]}]


def say(scene: Scene, event: str, **fields: Any) -> Any:
    scene.forward(60)
    both = {"at": APHERESIS, "containers": [FRESH, "OTHER-1"], "therapies": THERAPIES}
    return scene.say("anna", SHIPMENT, event, **both | fields)


def places(carrier: Carrier) -> dict[str, str]:
    return {name: put.place for name, put in carrier.inside().items()}


@pytest.fixture
def scene() -> Scene:
    scene = scene_at("collected")
    say(scene, "Packed", shipper="S-1")
    return scene


def test_what_was_swapped_is_in_the_new_shipper(scene: Scene) -> None:
    said = say(scene, "ShipperSwapped", old_shipper="S-1", shipper="S-2", reason="lid_broken")
    carrier = scene.world.carrier(SHIPMENT)
    assert carrier is not None
    assert places(carrier) == {FRESH: "S-2", "OTHER-1": "S-2"}
    assert {(one.code, one.stream) for one in said.verdict.findings} >= {
        ("shipper_swapped", f"chain/{COI}"),
        ("shipper_swapped", f"chain/{OTHER_COI}"),
    }
    say(scene, "Unpacked", shipper="S-2")
    assert places(carrier) == {}


def test_which_shipper_it_is_in_does_not_depend_on_the_order_of_arrival(scene: Scene) -> None:
    one = {"containers": [FRESH], "therapies": THERAPIES[:1]}
    say(scene, "ShipperSwapped", old_shipper="S-1", shipper="S-2", reason="lid_broken")
    say(scene, "ShipperSwapped", old_shipper="S-2", shipper="S-3", reason="lid_broken", **one)
    entries = [entry for entry, _ in scene.entries if entry.stream == SHIPMENT]
    for order in permutations(entries):
        carrier = Carrier(SHIPMENT)
        for entry in order:
            carrier.apply(entry)
        assert places(carrier) == {FRESH: "S-3", "OTHER-1": "S-2"}


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (
            "CustodyRefused",
            {"giver": APHERESIS, "receiver": APHERESIS, "release": "00" * 32, "reason": "why"},
        ),
        (
            "ReceiptInspected",
            {"shipper": "S-9", "condition": "intact", "expected": 2, "received": 2, "outcome": "accepted"},
        ),
    ],
)
def test_looking_and_refusing_move_nothing(scene: Scene, event: str, fields: dict[str, Any]) -> None:
    party = {"containers": [FRESH, "OTHER-1"], "therapies": THERAPIES}
    party |= {} if event == "CustodyRefused" else {"at": APHERESIS}
    scene.say("anna", SHIPMENT, event, **party | fields)
    carrier = scene.world.carrier(SHIPMENT)
    assert carrier is not None
    assert (places(carrier), carrier.held) == ({FRESH: "S-1", "OTHER-1": "S-1"}, None)
