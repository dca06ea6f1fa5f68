"""Temperature in a therapy: what evidence raises, what it costs, and what the gate asks for."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.events import parse_event
from ledger.domain.gates import Gate, infusion_gates, release_gates
from ledger.domain.parts import TemperatureProfile
from ledger.domain.readings import holds_band
from ledger.domain.temperature import Judgement
from ledger.domain.temperature_rules import judgement_of, legs, unproved
from ledger.domain.world import timestamp
from ledger.errors import GateFailed, Malformed, StaleView
from tests.domain_phrases import raised
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    COI,
    DOSE,
    DOSE_2,
    FRESH,
    PRODUCT,
    RELEASED,
    VAN,
    WARD,
    Scene,
    furnished,
    scene_at,
)
from tests.domain_warm import FRESH_PROFILE, FROZEN_PROFILE, attach, evidence, warm_scene

WARM = [2_500] * 6  # half an hour, five minutes too long once its edges count
GATE = "temperature_in_limits"


def release_gate(scene: Scene, name: str = DOSE) -> Gate:
    gates = release_gates(scene.world, COI, [name], "northcell-1", ["GB"], scene.now_ms)
    return {gate.name: gate for gate in gates}[GATE]


def infusion_gate(scene: Scene, name: str = DOSE) -> Gate:
    gates = infusion_gates(scene.world, COI, name, "st-mary", scene.now_ms)
    return {gate.name: gate for gate in gates}[GATE]


def judged(scene: Scene, name: str = FRESH, phase: str = "fresh") -> Judgement:
    profiles = {"fresh": FRESH_PROFILE, "frozen": FROZEN_PROFILE}
    return judgement_of(scene.chain, name, TemperatureProfile.model_validate(profiles[phase]))


def split(scene: Scene, *children: str) -> None:
    made = [{"container": name, "volume_ul": 1_000} for name in children]
    scene.on_chain("lea", "ContainersDerived", at=CLEANROOM, how="split",
                   parents=[{"container": FRESH, "volume_ul": 50_000}], children=made)  # fmt: skip


# --- profiles --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profiles", "says"),
    [
        ([FRESH_PROFILE | {"low_centi_c": 800}], "low_centi_c must be below high_centi_c"),
        ([FROZEN_PROFILE | {"high_centi_c": None}], "a band has low_centi_c, high_centi_c or both"),
        ([FRESH_PROFILE, FRESH_PROFILE], "one profile for each phase"),
        ([], "at least 1 item"),
    ],
)
def test_a_profile_that_cannot_be_meant_is_no_event(profiles: list[Any], says: str) -> None:
    with pytest.raises(Malformed, match=says) as refusal:
        furnished().say(
            "quinn", "product/decentra-car", "ProductVersionDefined",
            **PRODUCT | {"version": 2, "temperature": profiles},
        )  # fmt: skip
    assert refusal.value.code == "invalid_event"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"range_low_centi_c": 8_000}, "range_low_centi_c must be below"),
        ({"started_at": "9999-12-31T23:59:00.000Z"}, "past the year 9999"),
        ({"readings_centi_c": []}, "at least 1 item"),
        ({"readings_centi_c": [5.5]}, "valid integer"),
        ({"readings_centi_c": [-27_316]}, "greater than or equal to -27300"),
    ],
)
def test_readings_that_cannot_be_meant_are_no_event(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        attach(warm_scene("at_cleanroom"), 500, **wrong)


def test_a_product_version_signed_before_there_were_profiles_still_reads() -> None:
    payload = PRODUCT | {"type": "ProductVersionDefined", "v": 1, "seen": None, "seq": 0, "prev": None}
    event: Any = parse_event(payload | {"occurred_at": timestamp(0)})
    assert event.temperature is None


@pytest.mark.parametrize(
    ("range_", "band", "holds"),
    [
        ((-4_000, 8_000), (200, 800), True),
        ((200, 800), (200, 800), True),
        ((201, 800), (200, 800), False),
        ((200, 799), (200, 800), False),
        ((-9_500, 5_000), (None, -15_000), False),  # it proves nothing at -150 °C
        ((-20_000, 5_000), (None, -15_000), True),
        ((-15_000, 5_000), (None, -15_000), False),
        ((-20_000, -15_001), (None, -15_000), False),
        ((0, 4_000), (1_500, None), True),
        ((0, 1_500), (1_500, None), False),
    ],
)
def test_an_instrument_holds_a_band_that_it_can_tell_apart(range_: Any, band: Any, holds: bool) -> None:
    fields = FRESH_PROFILE | {"low_centi_c": band[0], "high_centi_c": band[1]}
    assert holds_band(range_, TemperatureProfile.model_validate(fields)) == holds


# --- findings --------------------------------------------------------------------------


def test_evidence_in_band_finds_nothing_and_costs_nothing() -> None:
    scene = warm_scene("at_cleanroom")
    assert raised(attach(scene, 500, 400, 800, 200)) == {}
    assert (judged(scene).spent_ms, judged(scene).left_ms) == (0, 3_600_000)


def test_finding_temperature_excursion() -> None:
    scene = warm_scene("at_cleanroom")
    said = attach(scene, 500, *WARM, 500)
    assert raised(said) == {"temperature_excursion": (FRESH,)}
    (found,) = judged(scene).excursions
    assert (found.end_ms - found.start_ms, found.peak_centi_c) == (35 * 60_000, 2_500)
    assert found.proof == (said.entry.position,)


def test_a_short_time_out_of_band_is_no_deviation_and_spends_budget() -> None:
    scene = warm_scene("at_cleanroom")
    assert raised(attach(scene, 500, 900, 500)) == {}
    assert judged(scene).left_ms == (3_600 - 600) * 1000
    assert release_gate(scene, FRESH).passed


def test_the_limit_itself_is_within_the_limits() -> None:
    assert raised(attach(warm_scene("at_cleanroom"), 500, *WARM[:5], 500)) == {}


def test_events_that_are_each_short_enough_add_up() -> None:
    scene = warm_scene("at_cleanroom")
    day = 86_400
    for _ in range(2):
        assert raised(attach(scene, 500, *WARM[:5], 500)) == {}
        scene.forward(day)
    third = attach(scene, 500, 900, 500)
    assert raised(third) == {"temperature_excursion": (FRESH,)}
    assert judged(scene).left_ms == -600_000


def test_more_events_than_allowed_are_too_many_however_short() -> None:
    scene = warm_scene("at_cleanroom", excursions=1)
    assert raised(attach(scene, 500, 900, 500, 900, 500)) == {"temperature_excursion": (FRESH,)}


def test_one_reading_that_two_people_attach_is_one_event() -> None:
    scene = warm_scene("at_cleanroom", excursions=1)
    assert raised(attach(scene, 900)) == {}
    assert raised(attach(scene, 900)) == {}
    assert len(judged(scene).excursions) == 1


def test_a_band_that_forbids_all_forbids_a_single_reading() -> None:
    scene = warm_scene("at_ward")
    cold = {"at": WARD, "containers": [DOSE], "phase": "frozen", "range_low_centi_c": -20_000}
    said = scene.on_chain("nora", "TemperatureEvidenceAttached", **evidence(scene, -14_999, **cold))
    assert raised(said) == {"temperature_excursion": (DOSE,)}
    assert judged(scene, DOSE, "frozen").spent_ms == 0


def test_finding_temperature_gap() -> None:
    scene = warm_scene("at_cleanroom")
    assert raised(attach(scene, 500, None, None, 500)) == {}  # fifteen minutes are no gap
    scene = warm_scene("at_cleanroom")
    assert raised(attach(scene, 500, None, None, None, 500)) == {"temperature_gap": (FRESH,)}


@pytest.mark.parametrize("values", [(None,), (None, None, None, None, 500), (500, None, None, None, None)])
def test_no_reading_is_never_in_range(values: tuple[int | None, ...]) -> None:
    assert raised(attach(warm_scene("at_cleanroom"), *values)) == {"temperature_gap": (FRESH,)}


def test_what_another_logger_covered_is_no_gap() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 500, 500, 500, 500, logger="LOG-2")
    assert raised(attach(scene, 500, None, None, None, 500)) == {}


def test_finding_temperature_not_judged() -> None:
    assert raised(attach(warm_scene("at_cleanroom"), 500, phase="thawed")) == {
        "temperature_not_judged": (FRESH,)
    }
    scene = scene_at("at_cleanroom")  # a product without any profile
    assert raised(attach(scene, 2_500)) == {"temperature_not_judged": (FRESH,)}
    assert release_gate(scene).passed is False  # the dose isn't made yet
    assert release_gate(scene, FRESH).passed


@pytest.mark.parametrize(
    "instrument",
    [
        {"range_high_centi_c": 700},
        {"calibrated_until": None},
        {"calibrated_until": "2020-01-01T00:00:00.000Z"},
    ],
)
def test_finding_instrument_unfit(instrument: dict[str, Any]) -> None:
    scene = warm_scene("at_cleanroom")
    assert raised(attach(scene, 500, 500, **instrument)) == {"instrument_unfit": (FRESH,)}
    assert judged(scene).covered == ()


def test_calibration_has_to_last_to_the_last_reading() -> None:
    scene = warm_scene("at_cleanroom")
    assert raised(attach(scene, 500, 500, calibrated_until=timestamp(scene.now_ms))) == {}
    just_before = timestamp(scene.now_ms - 1)
    assert "instrument_unfit" in raised(attach(scene, 500, calibrated_until=just_before, logger="LOG-2"))


def test_readings_of_what_is_still_to_come_prove_nothing() -> None:
    """Five minutes are the difference that any clock may have."""
    scene = warm_scene("at_cleanroom")
    ahead = {"started_at": timestamp(scene.now_ms + 300_001)}
    assert raised(attach(scene, 500, **ahead)) == {"instrument_unfit": (FRESH,)}
    assert raised(attach(scene, 500, started_at=timestamp(scene.now_ms + 300_000))) == {}


def test_warmth_that_an_uncalibrated_logger_shows_counts() -> None:
    said = attach(warm_scene("at_cleanroom"), 500, *WARM, 500, calibrated_until=None)
    assert raised(said) == {"instrument_unfit": (FRESH,), "temperature_excursion": (FRESH,)}


def test_what_a_logger_cannot_measure_is_no_excursion() -> None:
    said = attach(warm_scene("at_cleanroom"), *[700] * 9, range_low_centi_c=700)
    assert raised(said) == {"instrument_unfit": (FRESH,)}
    ends = {"phase": "frozen", "range_low_centi_c": -9_500}  # frozen is at most -150 °C: it is as cold as
    said = attach(warm_scene("at_cleanroom"), *[-9_500, 8_000] * 4, **ends)  # it can say, and too hot for it
    assert raised(said) == {"instrument_unfit": (FRESH,)}


def test_warmth_within_the_range_of_a_logger_that_cannot_show_the_band_counts_and_covers_nothing() -> None:
    """Room temperature is no frozen bag's, though the logger ends at -95 °C."""
    scene = warm_scene("at_cleanroom")
    said = attach(scene, -9_500, 2_000, 2_000, phase="frozen", range_low_centi_c=-9_500)
    assert raised(said) == {"instrument_unfit": (FRESH,), "temperature_excursion": (FRESH,)}
    found = judged(scene, phase="frozen")
    assert (found.covered, [one.peak_centi_c for one in found.excursions]) == ((), [2_000])
    scene.clear(next(one for one in said.deviations if "instrument_unfit" in str(one.event)))
    assert not release_gate(scene, FRESH).passed


def test_finding_device_signature_failed() -> None:
    scene = warm_scene("at_cleanroom")
    assert raised(attach(scene, 500, 500, device_signature="failed")) == {"device_signature_failed": (FRESH,)}
    assert judged(scene).covered == ()
    assert raised(attach(scene, 500, device_signature="absent")) == {}


def test_finding_loggers_disagree() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 500, 500, 500)
    said = attach(scene, 500, 900, 900, 500, logger="LOG-2")
    assert raised(said) == {"loggers_disagree": (FRESH,)}
    assert raised(attach(scene, 500, logger="LOG-3")) == {}


def test_a_disagreement_is_found_whichever_comes_first() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 900, 900, 500, logger="LOG-2")
    assert raised(attach(scene, 500, 500, 500, 500)) == {"loggers_disagree": (FRESH,)}


def test_evidence_about_a_bag_of_nobody_says_so_and_is_kept_for_it() -> None:
    scene = warm_scene("at_cleanroom")
    said = attach(scene, 500, *WARM, 500, containers=["PART-1"])
    assert raised(said) == {"container_not_in_chain": ("PART-1",), "temperature_excursion": ("PART-1",)}
    split(scene, "PART-1")
    assert not judged(scene, "PART-1").is_within_limits


def test_evidence_by_a_nurse_elsewhere_says_so() -> None:
    scene = warm_scene("at_cleanroom")
    said = scene.on_chain("nora", "TemperatureEvidenceAttached", **evidence(scene, 500))
    assert raised(said) == {"role_not_permitted": (FRESH,)}


# --- the budget of what is made --------------------------------------------------------


def test_what_is_split_off_keeps_what_was_spent_until_then() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 900, 900, 500)
    scene.forward(300)
    split(scene, "PART-1")
    assert judged(scene, "PART-1").spent_ms == 15 * 60_000
    scene.forward(3_600)
    attach(scene, 500, 900, 500)  # to the rest of the parent alone
    assert judged(scene).spent_ms == 25 * 60_000
    assert judged(scene, "PART-1").spent_ms == 15 * 60_000


def test_what_is_filled_starts_anew() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 900, 900, 500)
    scene.on_chain("mia", "ContainersDerived", at=CLEANROOM, how="fill",
                   parents=[{"container": FRESH, "volume_ul": 50_000}],
                   children=[{"container": DOSE, "volume_ul": 50_000}])  # fmt: skip
    assert judged(scene, DOSE).spent_ms == 0


def test_late_evidence_about_the_parent_is_judged_for_what_was_split_off_too() -> None:
    scene = warm_scene("at_cleanroom")
    late = evidence(scene, 500, *WARM[:5], 500)
    scene.forward(300)
    split(scene, "PART-1")
    for _ in range(2):
        scene.forward(86_400)
        own = evidence(scene, 500, *WARM[:3], 500, containers=["PART-1"])
        assert raised(scene.on_chain("mia", "TemperatureEvidenceAttached", **own)) == {}
    said = scene.on_chain("mia", "TemperatureEvidenceAttached", **late)
    assert raised(said) == {"temperature_excursion": ("PART-1",)}


# --- the gate --------------------------------------------------------------------------


def test_gate_temperature_in_limits() -> None:
    scene = warm_scene("made")
    said = attach(scene, 500, *WARM, 500)
    gate = release_gate(scene)
    assert (gate.passed, gate.proof) == (False, (said.entry.position,))
    assert gate.detail == (
        "FRESH-1 was outside its fresh band for 2100 s, more than its profile allows: wait for Quality to"
        " decide on temperature_excursion."
    )
    scene.clear(said.deviations[0])
    assert (release_gate(scene).passed, infusion_gate(scene).passed) == (True, True)


def test_a_gap_holds_until_quality_accepts_it() -> None:
    scene = warm_scene("made")
    said = attach(scene, 500, None, None, None, 500)
    assert not release_gate(scene).passed
    assert "temperature_gap" in release_gate(scene).detail
    scene.clear(said.deviations[0])
    assert release_gate(scene).passed


@pytest.mark.parametrize("values", [(500, *WARM, 500), (500, None, None, None, 500)])
def test_what_quality_rejects_stays_out_of_limits(values: tuple[int | None, ...]) -> None:
    scene = warm_scene("made")
    scene.clear(attach(scene, *values).deviations[0], "rejected")
    assert not release_gate(scene).passed


def test_what_comes_after_the_acceptance_is_not_accepted_with_it() -> None:
    scene = warm_scene("made")
    scene.clear(attach(scene, 500, *WARM, 500).deviations[0])
    scene.forward(86_400)
    assert release_gate(scene).passed
    said = attach(scene, 500, 900, 500)
    assert raised(said) == {"temperature_excursion": (FRESH,)}
    assert not release_gate(scene).passed
    scene.clear(said.deviations[0])
    assert release_gate(scene).passed


def test_evidence_in_band_after_the_acceptance_reopens_nothing() -> None:
    scene = warm_scene("made")
    scene.clear(attach(scene, 500, *WARM, 500).deviations[0])
    scene.clear(attach(scene, 500, None, None, None, 500, logger="LOG-2").deviations[0])
    scene.forward(86_400)
    assert raised(attach(scene, 500, 500)) == {}
    assert release_gate(scene).passed


def test_evidence_makes_the_view_of_a_release_stale() -> None:
    scene = warm_scene("made")
    seen = {"chain_version": scene.chain.version, "containers": [DOSE], **RELEASED}
    attach(scene, 500)
    with pytest.raises(StaleView):
        scene.say("quinn", CHAIN, "Released", **seen)
    assert scene.decide("quinn", "Released", containers=[DOSE], **RELEASED).deviations == []


def test_evidence_makes_the_view_of_an_authorisation_stale() -> None:
    scene = warm_scene("checked")
    seen = {"chain_version": scene.chain.version, "site": "st-mary", "container": DOSE}
    attach(scene, 500)
    with pytest.raises(StaleView):
        scene.say("phil", CHAIN, "InfusionAuthorised", **seen)
    assert scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE).deviations == []


def test_a_release_of_what_was_too_warm_is_refused() -> None:
    scene = warm_scene("made")
    attach(scene, 500, *WARM, 500)
    with pytest.raises(GateFailed) as refusal:
        scene.decide("quinn", "Released", containers=[DOSE], **RELEASED)
    failed = {gate["name"] for gate in refusal.value.extra["gates"] if not gate["passed"]}
    assert failed == {"no_blocking_deviation", GATE}


# --- legs ------------------------------------------------------------------------------


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
