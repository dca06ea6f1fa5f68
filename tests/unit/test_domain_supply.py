"""Lots and equipment: what is found, what is refused, and that a recall stops a bag at once."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.gates import Gate, infusion_gates, release_gates
from ledger.errors import Conflict, GateFailed, NotPermitted, Refused
from tests.domain_phrases import pack, raised, start_infusion
from tests.domain_refusing import authorise, refused, release
from tests.domain_scene import COI, DOSE, DOSE_2, FRESH, Scene, filled, furnished, scene_at
from tests.domain_supply import (
    CLEANROOM,
    LOT,
    PLATFORM,
    consume,
    in_hours,
    qualify_equipment,
    recall,
    receive,
    register,
    release_lot,
    stocked,
    with_lot,
)

NORTHCELL: dict[str, Any] = {"organisation": "northcell"}


def gate(scene: Scene, container: str = DOSE) -> Gate:
    gates = infusion_gates(scene.world, COI, container, "st-mary", scene.now_ms)
    return next(one for one in gates if one.name == "lots_in_force")


# --- what is found ------------------------------------------------------------------------


def test_a_released_lot_that_has_not_expired_raises_nothing() -> None:
    scene = stocked(scene_at("made"), "lv-1")
    assert raised(consume(scene, "lv-1", equipment=["p-1"])) == {}


def test_finding_lot_unknown() -> None:
    assert raised(consume(scene_at("made"), "lv-1")) == {"lot_unknown": (FRESH,)}


def test_finding_lot_not_released() -> None:
    scene = scene_at("made")
    receive(scene, "lv-1")
    assert raised(consume(scene, "lv-1")) == {"lot_not_released": (FRESH,)}


def test_finding_lot_recalled() -> None:
    scene = stocked(scene_at("made"), "lv-1", "media-1")
    recall(scene, "lv-1")
    assert raised(consume(scene, "media-1", "lv-1")) == {"lot_recalled": (FRESH,)}


def test_finding_lot_expired() -> None:
    """Judged by the latest at which it can have happened: said in time, recorded too late."""
    scene = scene_at("made")
    receive(scene, "lv-1", expires_at=in_hours(scene, 1))
    release_lot(scene, "lv-1")
    said = in_hours(scene, 0)
    assert raised(consume(scene, "lv-1")) == {}
    scene.forward(2 * 3600)
    assert raised(consume(scene, "lv-1", occurred_at=said)) == {"lot_expired": (FRESH,)}


def test_material_for_a_batch_that_was_not_started_is_found() -> None:
    scene = stocked(scene_at("made"), "lv-1")
    assert raised(consume(scene, "lv-1", batch="B-9")) == {"batch_unknown": (FRESH,)}


@pytest.mark.parametrize("hours", [None, 1])
def test_finding_equipment_not_qualified(hours: int | None) -> None:
    """Never qualified, or no more."""
    scene = scene_at("at_cleanroom")
    register(scene, "p-1")
    if hours is not None:
        qualify_equipment(scene, "p-1", hours)
        scene.forward(3600)
    started = {"at": CLEANROOM, "batch": "B-1", "platform": "p-1", "containers": [FRESH]}
    assert raised(scene.on_chain("mia", "ManufacturingStarted", **started)) == {
        "equipment_not_qualified": (FRESH,)
    }


def test_qualified_equipment_raises_nothing_until_its_calibration_runs_out_or_it_is_retired() -> None:
    scene = scene_at("collected")
    register(scene, "box-7", equipment_kind="shipper")
    qualify_equipment(scene, "box-7")
    assert raised(pack(scene, shipper="box-7")) == {}
    scene.say("mia", "equipment/box-7", "EquipmentCalibrated", until=in_hours(scene, 1))
    assert raised(pack(scene, shipper="box-7")) == {}
    scene.forward(3600)
    assert raised(pack(scene, shipper="box-7")) == {"equipment_not_qualified": (FRESH,)}
    scene.say("mia", "equipment/box-7", "EquipmentCalibrated", until=in_hours(scene, 9))
    scene.say("mia", "equipment/box-7", "EquipmentRetired", reason="worn")
    assert raised(pack(scene, shipper="box-7")) == {"equipment_not_qualified": (FRESH,)}


def test_nobody_has_to_register_equipment() -> None:
    assert raised(pack(scene_at("collected"), shipper="box-7", logger="log-7")) == {}


# --- the gate, and the authorisation that falls -------------------------------------------


def test_gate_lots_in_force() -> None:
    scene = with_lot("released")
    assert gate(scene).passed
    position = recall(scene, "lv-1").entry.position
    assert not gate(scene).passed
    assert position in gate(scene).proof
    assert "lv-1 (recalled)" in gate(scene).detail
    (release_gate,) = [
        one
        for one in release_gates(scene.world, COI, [DOSE], "northcell-1", ["GB"], scene.now_ms)
        if one.name == "lots_in_force"
    ]
    assert release_gate == gate(scene)


def test_an_unknown_lot_stops_a_bag_until_somebody_receives_it() -> None:
    scene = scene_at("released")
    consume(scene, "lv-1")
    assert "lv-1 (unknown)" in gate(scene).detail
    receive(scene, "lv-1")
    assert gate(scene).passed


def test_a_lot_stops_all_that_was_made_of_what_it_went_into_and_nothing_else() -> None:
    scene = stocked(scene_at("made"), "lv-1")
    consume(scene, "lv-1", containers=[DOSE], batch="B-2")
    recall(scene, "lv-1")
    assert not gate(scene, DOSE).passed
    assert gate(scene, DOSE_2).passed


def test_a_lot_stops_the_other_containers_of_its_batch() -> None:
    scene = stocked(scene_at("made"), "lv-1")
    consume(scene, "lv-1", containers=[DOSE], batch="B-1")  # FRESH began B-1, DOSE_2 was made of it
    recall(scene, "lv-1")
    assert not gate(scene, DOSE_2).passed


def test_a_recall_between_look_and_decision_refuses_the_decision() -> None:
    """The therapy has no new entry, so that nothing is stale: the gate itself has to see it."""
    scene = with_lot("checked")
    asked = authorise(scene)
    recall(scene, "lv-1")
    with pytest.raises(GateFailed) as refusal:
        scene.on_chain("phil", "InfusionAuthorised", **asked)
    failed = [one["name"] for one in refusal.value.extra["gates"] if not one["passed"]]
    assert failed == ["lots_in_force"]


def test_a_recall_between_look_and_release_refuses_the_release() -> None:
    scene = with_lot("made")
    asked = release(scene)
    recall(scene, "lv-1")
    assert refused(GateFailed, scene, "quinn", f"chain/{COI}", "Released", **asked) == "gate_failed"


def test_material_recorded_after_the_look_makes_a_release_stale() -> None:
    scene = stocked(scene_at("made"), "lv-1")
    asked = release(scene)
    consume(scene, "lv-1")
    with pytest.raises(Refused, match="stale_view"):
        scene.on_chain("quinn", "Released", **asked)


def test_an_authorisation_falls_when_a_lot_is_recalled_after_it() -> None:
    scene = with_lot("authorised")
    recall(scene, "lv-1")
    assert raised(start_infusion(scene)) == {"infusion_without_authorisation": (DOSE,)}


def test_an_authorisation_stands_while_every_lot_does() -> None:
    assert raised(start_infusion(with_lot("authorised"))) == {}


def test_a_second_filling_brings_its_lots_along() -> None:
    scene = with_lot("released")
    parents = [{"container": DOSE_2, "volume_ul": 10_000}]
    scene.on_chain("mia", "ContainersDerived", **filled(scene, "DOSE-9", parents=parents))
    recall(scene, "lv-1")
    assert not gate(scene, "DOSE-9").passed


@pytest.mark.parametrize(("disposition", "passes"), [("corrected", True), ("accepted", False)])
def test_a_lot_noted_by_mistake_counts_until_quality_has_corrected_it(disposition: str, passes: bool) -> None:
    """Or one wrong name would keep the patient's only bag for ever."""
    scene = scene_at("released")
    (deviation,) = consume(scene, "lv-mistyped").deviations
    assert not gate(scene).passed
    scene.clear(deviation, disposition)
    assert gate(scene).passed == passes


def test_a_mistake_seen_later_is_corrected_by_a_deviation_that_names_it() -> None:
    scene = with_lot("released")
    said = consume(scene, "lv-1")
    mistakes = [entry for entry, _ in scene.entries if entry.type == "MaterialConsumed"]
    recall(scene, "lv-1")
    for entry in mistakes:
        wrong = {"code": "wrong_lot", "severity": "minor", "blocking": False, "containers": []}
        raised_ = scene.on_chain("quinn", "DeviationRaised", cause=entry.statement_id, **wrong)
        assert not gate(scene).passed
        scene.clear(raised_.entry, "corrected")
    assert said.id in scene.chain.put_right
    assert gate(scene).passed


# --- what is refused ----------------------------------------------------------------------


def test_refusal_lot_exists() -> None:
    scene = stocked(furnished(), "lv-1")
    assert refused(Conflict, scene, "mia", "lot/lv-1", "LotReceived", **NORTHCELL | LOT) == "lot_exists"


@pytest.mark.parametrize("event", ["LotReleased", "LotRecalled"])
def test_refusal_unknown_lot(event: str) -> None:
    reason = {"reason": "why"} if event == "LotRecalled" else {}
    assert refused(Refused, furnished(), "quinn", "lot/lv-1", event, **reason) == "unknown_lot"


def test_refusal_lot_already_released() -> None:
    scene = stocked(furnished(), "lv-1")
    assert refused(Conflict, scene, "quinn", "lot/lv-1", "LotReleased") == "lot_already_released"


def test_refusal_lot_expired() -> None:
    scene = furnished()
    receive(scene, "lv-1", expires_at=in_hours(scene, 0))
    assert refused(Refused, scene, "quinn", "lot/lv-1", "LotReleased") == "lot_expired"


@pytest.mark.parametrize("event", ["LotReleased", "LotRecalled"])
def test_refusal_lot_recalled(event: str) -> None:
    scene = stocked(furnished(), "lv-1")
    recall(scene, "lv-1")
    reason = {"reason": "why"} if event == "LotRecalled" else {}
    assert refused(Conflict, scene, "quinn", "lot/lv-1", event, **reason) == "lot_recalled"


def test_a_lot_is_received_at_a_site_of_its_organisation() -> None:
    elsewhere = NORTHCELL | LOT | {"site": "st-mary"}
    assert refused(NotPermitted, furnished(), "mia", "lot/lv-1", "LotReceived", **elsewhere) == "not_own_site"


def test_nobody_recalls_the_lot_of_another_organisation() -> None:
    scene = stocked(furnished(), "lv-1")
    assert refused(NotPermitted, scene, "ada", "lot/lv-1", "LotRecalled", reason="why") == "not_permitted"


def test_refusal_equipment_exists() -> None:
    scene = furnished()
    register(scene, "p-1")
    fields = NORTHCELL | PLATFORM
    assert refused(Conflict, scene, "mia", "equipment/p-1", "EquipmentRegistered", **fields) == (
        "equipment_exists"
    )


def test_refusal_unknown_equipment() -> None:
    scene = furnished()
    until = {"until": in_hours(scene, 1)}
    charged = {"charged_at": in_hours(scene, 0)}
    for event, fields in (
        ("EquipmentQualified", until),
        ("EquipmentCalibrated", until),
        ("ShipperCharged", charged),
    ):
        assert refused(Refused, scene, "mia", "equipment/p-1", event, **fields) == "unknown_equipment"


def test_refusal_equipment_retired() -> None:
    scene = furnished()
    register(scene, "p-1")
    why = {"reason": "worn"}
    scene.say("mia", "equipment/p-1", "EquipmentRetired", **why)
    stream = "equipment/p-1"
    assert refused(Conflict, scene, "mia", stream, "EquipmentRetired", **why) == "equipment_retired"
    charged = {"charged_at": in_hours(scene, 0)}
    assert refused(Conflict, scene, "mia", stream, "ShipperCharged", **charged) == "equipment_retired"
