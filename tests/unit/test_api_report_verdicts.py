"""A report's summary tells nothing as in order that is not: each box against the same story gone wrong."""

from __future__ import annotations

import pytest

from api.report_verdicts import CUSTODY, IDENTITY, TEMPERATURE, verdicts
from ledger.domain.findings import FINDINGS
from tests import domain_quality, domain_supply
from tests.domain_phrases import raised
from tests.domain_scene import CHAIN, CLEANROOM, DOSE, DOSE_2, RELEASED, VAN, WARD, Scene, scene_at
from tests.domain_warm import attach, warm_scene

COLD = {"phase": "frozen", "range_low_centi_c": -20_000}


def boxes(scene: Scene) -> dict[str, tuple[str, str]]:
    """By name: state and words."""
    entries = [entry for entry, _ in scene.entries if entry.stream == CHAIN]
    found = verdicts(scene.chain, scene.world, entries, scene.now_ms)
    return {one.name: (one.state, one.words) for one in found}


def accept_all(scene: Scene) -> None:
    """Quality accepts whatever is open."""
    for one in list(scene.chain.deviations.values()):
        if one.is_open:
            scene.decide(
                "quinn", "DeviationDispositioned", deviation=one.id, disposition="accepted", reason="ok"
            )


def test_a_therapy_without_a_flaw_is_in_order() -> None:
    found = boxes(scene_at("infused"))
    assert {name: state for name, (state, _) in found.items()} == {
        "Identity": "good", "Custody": "good", "Temperature": "waits", "Quality": "good",
    }  # fmt: skip
    assert "infused" in found["Quality"][1]


def test_before_anything_was_released_quality_waits() -> None:
    state, words = boxes(scene_at("made"))["Quality"]
    assert (state, "never released" in words) == ("waits", True)


def test_one_bag_of_two_that_is_released_is_not_both() -> None:
    scene = scene_at("made")
    scene.decide("quinn", "Released", containers=[DOSE], **RELEASED)
    state, words = boxes(scene)["Quality"]
    assert (state, DOSE_2 in words) == ("waits", True)


def rejected(scene: Scene) -> None:
    scene.decide("quinn", "Rejected", containers=[DOSE, DOSE_2], reason="leaks")


def quarantined(scene: Scene) -> None:
    scene.on_chain("quinn", "Quarantined", containers=[DOSE], reason="suspect")


def expired(scene: Scene) -> None:
    scene.forward(200 * 86_400)


@pytest.mark.parametrize(
    ("happens", "said"), [(rejected, "rejected"), (quarantined, "quarantine"), (expired, "expired")]
)
def test_a_released_bag_that_may_not_be_used_is_not_in_order(happens, said: str) -> None:  # type: ignore[no-untyped-def]
    scene = scene_at("at_ward")
    happens(scene)
    state, words = boxes(scene)["Quality"]
    assert (state, said in words) == ("bad", True)


def test_a_recalled_lot_is_not_in_order() -> None:
    scene = domain_supply.with_lot("released")
    assert boxes(scene)["Quality"][0] == "good"
    domain_supply.recall(scene, "lv-1")
    state, words = boxes(scene)["Quality"]
    assert (state, "recalled" in words) == ("bad", True)


def test_a_release_out_of_specification_is_called_one() -> None:
    scene = domain_quality.low_viability(domain_quality.made())
    asked = domain_quality.request(scene, "viability")
    domain_quality.out_of_specification(scene, asked.id, "viability")
    assert "out of specification (viability)" in boxes(scene)["Quality"][1]


def test_cells_of_another_patient_are_no_identity_in_order_and_named_when_accepted() -> None:
    scene = domain_quality.made()
    assert raised(domain_quality.identity(scene, "mismatch"))
    assert boxes(scene)["Identity"][0] == "bad"
    accept_all(scene)
    assert "Accepted by Quality: identity" in boxes(scene)["Identity"][1]


def test_a_bag_given_without_checks_is_not_in_order_whatever_quality_accepts() -> None:
    scene = scene_at("at_ward")
    scene.on_chain("nora", "ThawStarted", at=WARD, containers=[DOSE])
    scene.on_chain("nora", "InfusionStarted", site="st-mary", container=DOSE)
    accept_all(scene)
    state, words = boxes(scene)["Identity"]
    assert (state, "given all the same" in words) == ("bad", True)


def test_a_hand_over_of_which_one_bag_waits_is_open() -> None:
    scene = scene_at("released")
    given = scene.release("mia", CLEANROOM, VAN, DOSE, DOSE_2)
    scene.accept("kit", CLEANROOM, VAN, DOSE, release=given.id)
    state, words = boxes(scene)["Custody"]
    assert (state, DOSE_2 in words) == ("open", True)


def test_a_bag_that_was_handled_without_being_received_is_named() -> None:
    scene = scene_at("released")
    scene.on_chain("nora", "ThawStarted", at=WARD, containers=[DOSE])
    assert boxes(scene)["Custody"][0] == "bad"
    accept_all(scene)
    assert "acted without custody" in boxes(scene)["Custody"][1]


def test_readings_that_no_profile_judges_are_not_in_limits() -> None:
    scene = scene_at("at_cleanroom")
    attach(scene, 3_000, 3_000)
    assert boxes(scene)["Temperature"][0] != "good"


def test_a_logger_that_proves_nothing_keeps_nothing_in_limits() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 500, 500, device_signature="failed", calibrated_until=None)
    assert boxes(scene)["Temperature"][0] == "bad"
    accept_all(scene)
    assert boxes(scene)["Temperature"][0] == "open"


def test_evidence_of_one_bag_is_none_of_the_other() -> None:
    scene = warm_scene("made")
    attach(scene, -16_000, -16_000, containers=[DOSE], **COLD)
    state, words = boxes(scene)["Temperature"]
    assert (state, DOSE_2 in words) == ("open", True)
    attach(scene, -16_000, -16_000, containers=[DOSE_2], **COLD)
    assert boxes(scene)["Temperature"][0] == "good"


def test_every_beginning_of_a_code_is_some_findings() -> None:
    for beginning in IDENTITY + CUSTODY + TEMPERATURE:
        assert any(code.startswith(beginning) for code in FINDINGS), beginning
