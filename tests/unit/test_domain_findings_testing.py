"""What is wrong with a sample, a result, an identity test."""

from __future__ import annotations

import pytest

from ledger.domain.gates import release_gates
from ledger.domain.world import timestamp
from tests.domain_phrases import raised, start_infusion
from tests.domain_quality import (
    LAB,
    SAMPLE,
    go_on,
    identity,
    made,
    passing,
    pending,
    report,
    sample,
    to_van,
    unsampled,
    viability,
)
from tests.domain_scene import (
    APHERESIS,
    CLEANROOM,
    COI,
    DOSE,
    DOSE_2,
    FRESH,
    WARD,
    Said,
    Scene,
    enrol,
    scene_at,
)

BOTH = (DOSE, DOSE_2)


def test_a_sample_has_a_custody_of_its_own_and_leaves_less_in_the_bag() -> None:
    scene = made()
    taken, dose = scene.chain.containers[SAMPLE], scene.chain.containers[DOSE]
    assert (taken.made_by, taken.parents, taken.holder.site) == ("sample", (DOSE,), "assay-lab")
    assert (dose.left_ul, dose.holder.site) == (49_000, "northcell-1")
    assert scene.chain.samples[SAMPLE].purpose == "release"


def test_a_sample_is_never_a_dose_nor_is_what_is_made_of_it() -> None:
    scene = made()
    vial = [{"container": "VIAL-1", "volume_ul": 500}]
    scene.on_chain("tess", "ContainersDerived", at=LAB, how="fill",
                   parents=[{"container": SAMPLE, "volume_ul": 500}], children=vial)  # fmt: skip
    assert [scene.chain.is_finished(name) for name in (SAMPLE, "VIAL-1", DOSE)] == [False, False, True]
    gates = release_gates(scene.world, COI, [SAMPLE], "northcell-1", ["GB"], scene.now_ms)
    assert {"finished_product"} <= {gate.name for gate in gates if not gate.passed}


def test_a_sample_is_found_fault_with_as_any_derivation() -> None:
    scene = scene_at("made")
    assert raised(sample(scene)) == {}
    assert raised(sample(scene)) == {"container_reused": (SAMPLE,)}
    more = {"container": DOSE, "volume_ul": 60_000}
    assert raised(sample(scene, of=more, sample={"container": "SAMPLE-2", "volume_ul": 60_001})) == {
        "volume_exceeds_parent": (DOSE, "SAMPLE-2")
    }
    elsewhere = {"container": "OTHER-1", "volume_ul": 1}
    assert "container_known_elsewhere" in raised(sample(scene, of=elsewhere))
    at_ward = sample(scene, at=WARD, sample={"container": "SAMPLE-3", "volume_ul": 1})
    assert "acted_without_custody" in raised(at_ward)


def test_what_is_in_quarantine_may_be_sampled() -> None:
    scene = scene_at("made")
    scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="awaits_results")
    assert raised(sample(scene)) == {}


def test_a_laboratory_has_a_part_in_a_therapy_once_it_was_handed_a_sample() -> None:
    scene = unsampled()
    assert report(scene).verdict.standing is False
    sample(scene)
    scene.hand_over(("mia", CLEANROOM), ("tess", LAB), SAMPLE)
    assert raised(report(scene)) == {}
    to_van(scene)
    assert raised(viability(scene, 91_500)) == {}  # it had the sample when it measured
    assert len(scene.chain.containers[DOSE].assessment.results) == 2


def test_finding_result_without_sample() -> None:
    scene = made()
    measured = {"sample": SAMPLE, "containers": [DOSE], "test": "sterility", "outcome": "pass"}
    at_hq = {"site": "northcell-hq", "department": "lab"}
    enrol(scene, "hana", "ben", ("manufacturer", "northcell-hq"))
    said = scene.on_chain("hana", "ResultReported", at=at_hq, **measured)
    assert raised(said) == {"result_without_sample": (DOSE,)}
    assert raised(scene.on_chain("mia", "ResultReported", at=CLEANROOM, **measured)) == {}


def test_a_laboratory_that_claims_the_sample_may_report_before_the_release_arrives() -> None:
    scene = scene_at("made")
    sample(scene)
    scene.accept("anna", CLEANROOM, APHERESIS, SAMPLE)
    enrol(scene, "lars", "ada", ("cell_lab", "st-mary"))
    measured = {"sample": SAMPLE, "containers": [DOSE], "test": "sterility", "outcome": "pass"}
    assert raised(scene.on_chain("lars", "ResultReported", at=APHERESIS, **measured)) == {}


@pytest.mark.parametrize(
    ("value", "outcome"), [(69_999, "fail"), (91_500, "fail"), (None, "fail"), (69_999, "pass")]
)
def test_finding_result_out_of_specification(value: int | None, outcome: str) -> None:
    said = viability(made(), value, outcome)
    assert raised(said)["result_out_of_specification"] == BOTH


def test_finding_result_contradicts_value() -> None:
    assert raised(viability(made(), 69_999)) == {
        "result_out_of_specification": BOTH,
        "result_contradicts_value": BOTH,
    }
    assert raised(viability(made(), None)) == {"result_contradicts_value": BOTH}
    assert raised(viability(made(), 91_500, unit="per_mille")) == {"result_contradicts_value": BOTH}


def test_limits_belong_to_what_they_allow_and_a_void_test_has_no_value() -> None:
    scene = made()
    assert raised(viability(scene, 70_000)) == {}
    assert raised(viability(scene, 10_000, "invalid")) == {}
    assert raised(report(scene, "vector_copies", value_milli=5_000, unit="copies_per_cell")) == {}
    over = report(scene, "vector_copies", value_milli=5_001, unit="copies_per_cell")
    assert "result_out_of_specification" in raised(over)


def test_a_failed_test_that_nobody_specified_is_a_finding_and_a_passed_one_is_none() -> None:
    scene = made(specifications=None)
    assert raised(report(scene, "smell", "fail")) == {"result_out_of_specification": BOTH}
    assert raised(report(scene, "smell")) == {}


def test_another_countrys_limits_are_for_release_and_raise_nothing() -> None:
    assert raised(viability(made(), 75_000)) == {}


def test_finding_identity_test_mismatch() -> None:
    scene = made()
    assert raised(identity(scene, "mismatch", DOSE)) == {"identity_test_mismatch": (DOSE,)}
    assert raised(identity(scene, "inconclusive")) == raised(identity(scene)) == {}


# --- after the infusion: the physician must know -----------------------------------------


def infused_pending_sterility() -> Scene:
    scene = made()
    viability(scene, 91_500)
    pending(scene, "sterility")
    return go_on(scene, "released", "authorised")


def fail_sterility(scene: Scene) -> Said:
    """The laboratory says so an hour after the infusion began, whenever it arrives."""
    return report(scene, "sterility", "fail", occurred_at=timestamp(scene.now_ms + 120_000))


def test_finding_failed_after_infusion() -> None:
    scene = infused_pending_sterility()
    assert raised(start_infusion(scene)) == {}
    assert raised(fail_sterility(scene)) == {
        "result_out_of_specification": BOTH,
        "failed_after_infusion": (DOSE,),
    }
    (alert,) = scene.chain.alerts()
    assert (alert.severity, alert.blocks) == ("critical", True)


def test_an_infusion_that_arrives_behind_the_failed_result_alerts_all_the_same() -> None:
    scene = infused_pending_sterility()
    fail_sterility(scene)
    assert raised(start_infusion(scene)) == {
        "infusion_without_authorisation": (DOSE,),
        "failed_after_infusion": (DOSE,),
    }


def test_a_failure_that_quality_has_assessed_before_the_infusion_alerts_nobody() -> None:
    scene = infused_pending_sterility()
    for deviation in fail_sterility(scene).deviations:
        scene.clear(deviation)
    assert raised(start_infusion(scene)) == {}


def test_a_failed_test_of_what_an_infused_dose_was_made_of_alerts_too() -> None:
    scene = infused_pending_sterility()
    start_infusion(scene)
    said = report(scene, "endotoxin", "fail", containers=[FRESH])
    assert raised(said)["failed_after_infusion"] == (DOSE,)


def test_another_patients_cells_found_after_the_infusion_alert_too() -> None:
    scene = go_on(passing(made()), "made", "infusing")
    assert set(raised(identity(scene, "mismatch", DOSE))) == {
        "identity_test_mismatch",
        "failed_after_infusion",
    }
