"""Temperature in a therapy: what evidence raises, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.domain_phrases import raised
from tests.domain_scene import (
    CLEANROOM,
    DOSE,
    FRESH,
    WARD,
    Scene,
    scene_at,
)
from tests.domain_warm import (
    WARM,
    attach,
    evidence,
    judged,
    release_gate,
    warm_scene,
)


def split(scene: Scene, *children: str) -> None:
    made = [{"container": name, "volume_ul": 1_000} for name in children]
    scene.on_chain("lea", "ContainersDerived", at=CLEANROOM, how="split",
                   parents=[{"container": FRESH, "volume_ul": 50_000}], children=made)  # fmt: skip


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
