"""Legs of transport: from the carrier's acceptance to the next, and what covers them."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.temperature_rules import legs, unproved
from ledger.domain.world import timestamp
from ledger.errors import StaleView
from tests.domain_phrases import raised
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    DOSE,
    DOSE_2,
    FRESH,
    RELEASED,
    VAN,
    WARD,
    Scene,
)
from tests.domain_warm import (
    attach,
    evidence,
    infusion_gate,
    release_gate,
    warm_scene,
)


def required_scene(required: bool = True) -> Scene:
    """The fresh bag went by van for ninety minutes; its dose is made."""
    scene = warm_scene("collected", required=required)
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    scene.forward(5_400 - 60)
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)
    scene.on_chain("mia", "ContainersDerived", at=CLEANROOM, how="fill",
                   parents=[{"container": FRESH, "volume_ul": 50_000}],
                   children=[{"container": DOSE, "volume_ul": 50_000}])  # fmt: skip
    return scene


def test_a_leg_is_from_the_carriers_acceptance_to_the_next() -> None:
    scene = required_scene()
    (leg,) = legs(scene.chain.containers[FRESH].custody, scene.world)
    assert (leg.carrier.site, leg.end_ms - leg.start_ms) == ("swift-depot", 5_400_000)
    assert list(legs(scene.chain.containers[DOSE].custody, scene.world)) == []


def test_a_leg_without_evidence_says_what_to_do() -> None:
    scene = required_scene()
    (leg,) = legs(scene.chain.containers[FRESH].custody, scene.world)
    gate = release_gate(scene)
    assert (gate.passed, gate.proof) == (False, (leg.began, leg.ended))
    assert gate.detail == (
        f"Nothing proves the temperature of FRESH-1 with swift-depot from {timestamp(leg.start_ms)} to"
        f" {timestamp(leg.end_ms)}: attach the logger's readings, or raise temperature_gap and wait for"
        " Quality."
    )


@pytest.mark.parametrize(
    ("count", "covered"), [(19, True), (16, True), (15, False), (1, False)]
)  # of nineteen five-minute readings; fifteen minutes at an edge are no gap
def test_a_leg_is_covered_when_no_part_longer_than_a_gap_is_missing(count: int, covered: bool) -> None:
    scene = required_scene()
    assert raised(attach(scene, *[500] * count)) == {}
    assert release_gate(scene).passed == covered


def test_two_loggers_cover_a_leg_together() -> None:
    scene = required_scene()
    attach(scene, *[500] * 10)
    begun = timestamp(scene.now_ms - 5_400_000)
    assert not release_gate(scene).passed
    attach(scene, *[500] * 8, logger="LOG-2", started_at=begun)
    assert release_gate(scene).passed


@pytest.mark.parametrize("unfit", [{"calibrated_until": None}, {"device_signature": "failed"}])
def test_what_proves_nothing_covers_no_leg_unless_quality_accepts_it(unfit: dict[str, Any]) -> None:
    scene = required_scene()
    said = attach(scene, *[500] * 19, **unfit)
    assert not release_gate(scene).passed
    scene.clear(said.deviations[0])
    assert release_gate(scene).passed


def test_quality_cannot_vouch_for_what_a_logger_does_not_measure() -> None:
    scene = required_scene()
    said = attach(scene, *[500] * 19, range_low_centi_c=300)
    scene.clear(said.deviations[0])
    assert not release_gate(scene).passed


def test_what_is_accepted_of_other_evidence_proves_no_leg() -> None:
    """An unfit logger elsewhere, and a gap in what is known of the hours after the leg."""
    scene = required_scene()
    scene.forward(7_200)
    scene.clear(attach(scene, 500, 500, calibrated_until=None).deviations[0])
    scene.clear(attach(scene, 500, None, None, None, 500).deviations[0])
    gate = release_gate(scene)
    assert (gate.passed, "Nothing proves" in gate.detail) == (False, True)


def test_a_leg_is_proved_by_readings_with_a_gap_that_quality_accepts() -> None:
    scene = required_scene()
    said = attach(scene, *[500] * 8, None, None, None, *[500] * 8)
    assert raised(said) == {"temperature_gap": (FRESH,)}
    assert not release_gate(scene).passed
    scene.clear(said.deviations[0])
    assert release_gate(scene).passed


def test_a_leg_that_nothing_proves_is_quality_s_to_accept() -> None:
    scene = required_scene()
    told = scene.on_chain("mia", "DeviationRaised", code="temperature_gap", severity="major", blocking=True,
                          containers=[FRESH], cause=None)  # fmt: skip
    scene.clear(told.entry)
    assert release_gate(scene).passed


def test_a_leg_to_come_is_not_accepted_beforehand() -> None:
    scene = warm_scene("collected", required=True)
    told = scene.on_chain("mia", "DeviationRaised", code="temperature_gap", severity="major", blocking=True,
                          containers=[FRESH], cause=None)  # fmt: skip
    scene.clear(told.entry)
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    scene.forward(5_400)
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)
    assert not release_gate(scene, FRESH).passed


def test_an_infusion_asks_for_the_dose_s_own_leg() -> None:
    scene = warm_scene("made", required=True)
    attach(scene, *[500] * 3)
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED)
    scene.hand_over(("mia", CLEANROOM), ("kit", VAN), DOSE)
    scene.forward(5_400)
    scene.hand_over(("kit", VAN), ("nora", WARD), DOSE)
    gate = infusion_gate(scene)
    assert (gate.passed, "DOSE-1 with swift-depot" in gate.detail) == (False, True)
    cold = {"at": WARD, "containers": [DOSE], "phase": "frozen", "range_low_centi_c": -20_000}
    said = scene.on_chain("nora", "TemperatureEvidenceAttached", **evidence(scene, *[-16_000] * 19, **cold))
    assert (raised(said), infusion_gate(scene).passed) == ({}, True)
    assert said.entry.position in infusion_gate(scene).proof


def test_where_no_profile_requires_it_no_leg_asks_for_evidence() -> None:
    gate = release_gate(required_scene(required=False))
    assert (gate.passed, gate.detail) == (
        True, "No evidence was needed of how warm DOSE-1 was, and there is none."
    )  # fmt: skip


def test_where_quality_accepts_that_there_is_no_evidence_the_gate_says_so() -> None:
    scene = required_scene()
    told = scene.on_chain("mia", "DeviationRaised", code="temperature_gap", severity="major", blocking=True,
                          containers=[FRESH], cause=None)  # fmt: skip
    scene.clear(told.entry)
    detail = "There is no evidence of how warm DOSE-1 was, and Quality accepted that."
    assert release_gate(scene).detail == detail


def van(number: int) -> dict[str, str]:
    return VAN | {"department": f"van-{number}"}


@pytest.mark.parametrize("seconds", [60, 840])
def test_short_legs_from_van_to_van_are_one_and_one_short_leg_needs_evidence_too(seconds: int) -> None:
    scene = warm_scene("collected", required=True)
    scene.hand_over(("anna", APHERESIS), ("kit", van(2)), FRESH)
    for number in range(2, 5):
        scene.forward(seconds - 60)
        scene.hand_over(("kit", van(number)), ("kit", van(number + 1)), FRESH)
    scene.hand_over(("kit", van(5)), ("mia", CLEANROOM), FRESH)
    missing = unproved(scene.chain, FRESH, scene.world)
    assert [leg.carrier.department for leg in missing] == ["van-2", "van-3", "van-4", "van-5"]
    assert not release_gate(scene, FRESH).passed
    attach(scene, *[500] * 10)
    assert release_gate(scene, FRESH).passed


def test_of_vans_one_after_the_other_that_one_is_told_whose_evidence_is_missing() -> None:
    scene = warm_scene("collected", required=True)
    scene.hand_over(("anna", APHERESIS), ("kit", van(2)), FRESH)
    scene.forward(3_600)
    scene.hand_over(("kit", van(2)), ("kit", van(3)), FRESH)
    attach(scene, *[500] * 13)
    scene.forward(3_600)
    scene.hand_over(("kit", van(3)), ("mia", CLEANROOM), FRESH)
    assert [leg.carrier.department for leg in unproved(scene.chain, FRESH, scene.world)] == ["van-3"]


@pytest.mark.parametrize("seen", [{}, {"seen": None}])
def test_who_tells_an_earlier_end_of_a_leg_has_not_shortened_it(seen: dict[str, None]) -> None:
    """Ten hours by van, told as five minutes: the acceptor's device had seen the log of ten hours later."""
    scene = warm_scene("collected", required=True)
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    early = {"occurred_at": timestamp(scene.now_ms + 300_000)}
    attach(scene, 500)
    scene.forward(36_000)
    scene.release("kit", VAN, CLEANROOM, FRESH, **early)
    scene.accept("mia", VAN, CLEANROOM, FRESH, **early, **seen)
    (leg,) = unproved(scene.chain, FRESH, scene.world)
    assert leg.end_ms - leg.start_ms == 36_000_000


def test_who_tells_a_later_beginning_of_a_leg_has_not_shortened_it() -> None:
    """Not before the giver let go of it, whatever the carrier's device had seen."""
    scene = warm_scene("collected", required=True)
    old, released = scene.seen, scene.now_ms
    scene.release("anna", APHERESIS, VAN, FRESH)
    scene.forward(36_000)
    scene.accept("kit", APHERESIS, VAN, FRESH, occurred_at=timestamp(scene.now_ms - 360_000), seen=old)
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)
    (leg,) = unproved(scene.chain, FRESH, scene.world)
    assert (leg.start_ms, leg.end_ms) == (released, scene.now_ms)


def test_a_bag_that_goes_twice_with_one_van_has_two_legs_and_none_where_it_is_stored() -> None:
    scene = warm_scene("collected")
    legs_of_it = []
    for giver, receiver in ((("anna", APHERESIS), ("mia", CLEANROOM)), (("mia", CLEANROOM), ("nora", WARD))):
        scene.hand_over(giver, ("kit", VAN), FRESH)
        begun = scene.now_ms
        scene.forward(3_600)
        scene.hand_over(("kit", VAN), receiver, FRESH)
        legs_of_it.append((begun, scene.now_ms))
        scene.forward(86_400)
    found = legs(scene.chain.containers[FRESH].custody, scene.world)
    assert [(leg.start_ms, leg.end_ms) for leg in found] == legs_of_it


def test_a_leg_makes_the_view_of_a_release_stale() -> None:
    scene = warm_scene("made")
    seen = {"chain_version": scene.chain.version, "containers": [DOSE], **RELEASED}
    scene.hand_over(("mia", CLEANROOM), ("kit", VAN), DOSE)
    with pytest.raises(StaleView):
        scene.say("quinn", CHAIN, "Released", **seen)


def test_the_carriers_times_count_in_whatever_order_they_arrive() -> None:
    """Both phones were offline; the delivery is recorded first. It began when the giver let go, at worst."""
    scene = warm_scene("collected", required=True)
    times = [timestamp(scene.now_ms + minutes * 60_000) for minutes in (0, 5, 95, 100)]
    seen = scene.seen
    scene.forward(7_200)
    scene.release("kit", VAN, CLEANROOM, FRESH, occurred_at=times[2], seen=seen)
    scene.accept("mia", VAN, CLEANROOM, FRESH, occurred_at=times[3], seen=seen)
    scene.release("anna", APHERESIS, VAN, FRESH, occurred_at=times[0], seen=seen)
    scene.accept("kit", APHERESIS, VAN, FRESH, occurred_at=times[1], seen=seen)
    (leg,) = legs(scene.chain.containers[FRESH].custody, scene.world)
    assert (timestamp(leg.start_ms), timestamp(leg.end_ms)) == (times[0], times[3])
