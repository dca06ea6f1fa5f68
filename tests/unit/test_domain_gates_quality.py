"""The gates of testing and Quality: results, identity, the site's confirmation, rejection."""

from __future__ import annotations

import pytest

from ledger.domain.gates import Gate, infusion_gates, release_gates
from ledger.domain.world import timestamp
from ledger.errors import GateFailed
from tests.domain_phrases import raised, start_infusion, thaw
from tests.domain_quality import (
    SAMPLE,
    confirm,
    go_on,
    identity,
    low_viability,
    made,
    out_of_specification,
    passing,
    pending,
    reject,
    released,
    report,
    request,
    viability,
)
from tests.domain_scene import COI, DOSE, DOSE_2, FRESH, Scene, scene_at


def release(scene: Scene, *containers: str, countries: tuple[str, ...] = ("GB",)) -> dict[str, Gate]:
    named = containers or (DOSE, DOSE_2)
    gates = release_gates(scene.world, COI, named, "northcell-1", countries, scene.now_ms)
    return {gate.name: gate for gate in gates}


def infusion(scene: Scene, container: str = DOSE) -> dict[str, Gate]:
    gates = infusion_gates(scene.world, COI, container, "st-mary", scene.now_ms)
    return {gate.name: gate for gate in gates}


def failed(gates: dict[str, Gate]) -> set[str]:
    return {gate.name for gate in gates.values() if not gate.passed}


def test_gate_results_in_specification() -> None:
    scene = made()
    gate = release(scene)["results_in_specification"]
    assert "sterility has no result that counts, viability has no result that counts" in gate.detail
    sterile, alive = report(scene), viability(scene, 75_000)
    gate = release(scene)["results_in_specification"]
    assert (gate.passed, gate.proof) == (True, (sterile.entry.position, alive.entry.position))
    assert failed(release(scene)) == set()
    released(scene)


def test_every_country_of_the_release_has_its_own_limits() -> None:
    scene = made()
    report(scene)
    viability(scene, 75_000)
    gate = release(scene, countries=("GB", "FR"))["results_in_specification"]
    assert (gate.passed, "viability is out of specification" in gate.detail) == (False, True)
    viability(scene, 80_000, occurred_at=timestamp(scene.now_ms + 1))
    assert failed(release(scene, countries=("GB", "FR"))) == set()


def test_a_test_that_need_not_be_done_must_pass_once_it_is_done() -> None:
    scene = passing(made())
    over = report(scene, "vector_copies", "fail", value_milli=6_000, unit="copies_per_cell")
    scene.clear(over.deviations[0])
    assert failed(release(scene)) == {"results_in_specification"}


def test_results_speak_for_the_containers_that_they_name() -> None:
    scene = made()
    report(scene)
    viability(scene, 91_500, containers=[DOSE])
    assert failed(release(scene, DOSE)) == set()
    assert failed(release(scene, DOSE_2)) == {"results_in_specification"}


@pytest.mark.parametrize("backwards", [False, True])
def test_the_latest_result_counts_in_either_order_of_arrival(backwards: bool) -> None:
    scene = made()
    report(scene)
    moments = [timestamp(scene.now_ms + 1_000), timestamp(scene.now_ms + 2_000)]
    said = [("invalid", 10_000), ("pass", 91_500)]
    for moment, (outcome, value) in sorted(zip(moments, said, strict=True), reverse=backwards):
        viability(scene, value, outcome, occurred_at=moment)
    assert failed(release(scene)) == set()


@pytest.mark.parametrize("outcomes", [("pass", "invalid"), ("invalid", "pass")])
def test_of_two_results_for_the_same_moment_the_worse_one_counts(outcomes: tuple[str, str]) -> None:
    scene = made()
    viability(scene, 91_500)
    for outcome in outcomes:
        report(scene, "sterility", outcome)
    assert failed(release(scene)) == {"results_in_specification"}


def test_a_result_in_another_unit_does_not_count() -> None:
    scene = made()
    report(scene)
    said = viability(scene, 915_000, unit="per_mille")
    scene.clear(said.deviations[0])
    assert failed(release(scene)) == {"results_in_specification"}


def test_a_product_without_specifications_asks_for_no_result() -> None:
    assert failed(release(scene_at("made"))) == set()


def test_a_result_makes_the_view_of_a_release_stale_and_no_infusions() -> None:
    scene = passing(made())
    released(scene)
    version = scene.chain.version
    report(scene)
    assert scene.chain.touched_since(version, ["result"])
    assert not scene.chain.touched_since(version, ["identity", "release", "deviation"])


# --- identity --------------------------------------------------------------------------


def test_gate_identity_tested() -> None:
    scene = passing(made("identity_test"))
    assert failed(release(scene)) == {"identity_tested"}
    assert "identity_tested" in failed(infusion(scene))
    identity(scene, "inconclusive")
    assert failed(release(scene)) == {"identity_tested"}
    scene.forward(1)
    matched = identity(scene)
    assert (failed(release(scene)), release(scene)["identity_tested"].proof) == (
        set(),
        (matched.entry.position,),
    )


def test_two_swapped_bags_are_stopped_by_the_identity_test_though_every_label_fits() -> None:
    scene = go_on(passing(made()), "made", "checked")
    assert failed(infusion(scene)) == set()
    said = identity(scene, "mismatch", DOSE)
    assert failed(infusion(scene)) == {"identity_tested", "no_blocking_deviation"}
    scene.clear(said.deviations[0])
    assert failed(infusion(scene)) == {"identity_tested"}  # Quality's word does not make it a match
    assert infusion(scene)["identity_tested"].proof == (said.entry.position,)


def test_a_match_of_the_same_moment_does_not_outweigh_a_mismatch() -> None:
    scene = passing(made("identity_test"))
    identity(scene, "mismatch")
    identity(scene)
    assert not release(scene)["identity_tested"].passed


# --- confirmation ----------------------------------------------------------------------


def test_gate_site_confirmed() -> None:
    scene = passing(made("site_confirmation"))
    assert failed(release(scene)) == {"site_confirmed"}
    said = confirm(scene)
    assert (failed(release(scene)), release(scene)["site_confirmed"].proof) == (
        set(),
        (said.entry.position,),
    )
    released(scene, "quill")


def test_only_finished_product_is_confirmed() -> None:
    with pytest.raises(GateFailed, match="finished_product"):
        confirm(made(), containers=[SAMPLE])


# --- rejection -------------------------------------------------------------------------


def test_gate_not_rejected() -> None:
    scene = go_on(passing(made()), "made", "checked")
    said = reject(scene)
    assert (failed(infusion(scene)), infusion(scene)["not_rejected"].proof) == (
        {"not_rejected"},
        (said.entry.position,),
    )
    assert failed(release(scene, DOSE)) == {"not_rejected"}
    assert failed(release(scene, DOSE_2)) == set()


def test_what_was_made_of_what_is_rejected_is_rejected_and_its_sample_stops_nothing() -> None:
    scene = passing(made())
    scene.decide("quinn", "Rejected", containers=[SAMPLE], reason="spilt")
    assert failed(release(scene)) == set()
    reject(scene, FRESH)
    assert failed(release(scene)) == {"not_rejected"}


def test_the_bag_behind_a_rejected_one_may_be_given() -> None:
    scene = go_on(passing(made()), "made", "thawed")
    thaw(scene, DOSE_2)
    for signer in ("nora", "nils"):
        scene.check(signer, DOSE_2)
    assert failed(infusion(scene, DOSE_2)) == {"earlier_bags_finished"}
    reject(scene)
    assert failed(infusion(scene, DOSE_2)) == set()


def test_an_authorisation_ends_with_a_rejection() -> None:
    scene = go_on(passing(made()), "made", "authorised")
    reject(scene)
    assert raised(start_infusion(scene)) == {"infusion_without_authorisation": (DOSE,)}


def test_a_rejected_dose_is_not_thawed_for_a_patient() -> None:
    scene = go_on(passing(made()), "made", "at_ward")
    reject(scene)
    assert raised(thaw(scene, DOSE)) == {"thaw_before_release": (DOSE,)}


def test_quality_rejects_what_is_left_after_the_end_of_a_therapy() -> None:
    scene = scene_at("infused")
    scene.decide("phil", "TherapyClosed", reason="completed")
    reject(scene, DOSE_2)
    assert scene.chain.is_rejected(DOSE_2)


# --- the kinds of release --------------------------------------------------------------


def test_a_dose_is_released_while_a_test_that_may_be_pending_is_outstanding() -> None:
    scene = made()
    viability(scene, 91_500)
    said = pending(scene, "sterility")
    go_on(scene, "released", "checked")
    gate = infusion(scene)["released"]
    assert gate.detail == "Quality released DOSE-1 for GB under UB-001, pending sterility."
    assert (failed(infusion(scene)), gate.proof) == (set(), (said.entry.position,))


def test_a_pending_release_names_all_that_is_missing_and_covers_no_failure() -> None:
    scene = made()
    with pytest.raises(GateFailed, match="results_in_specification"):
        pending(scene, "sterility")
    for deviation in viability(scene, 62_000, "fail").deviations:
        scene.clear(deviation)
    with pytest.raises(GateFailed, match="viability is out of specification"):
        pending(scene, "sterility")


def test_a_failure_behind_a_pending_release_stops_the_bag() -> None:
    scene = made()
    viability(scene, 91_500)
    pending(scene, "sterility")
    go_on(scene, "released", "authorised")
    report(scene, "sterility", "fail")
    assert "no_blocking_deviation" in failed(infusion(scene))


def test_a_physician_asks_for_a_dose_that_is_out_of_specification_and_quality_releases_it() -> None:
    scene = low_viability(made())
    with pytest.raises(GateFailed, match="results_in_specification"):
        released(scene)
    asked = request(scene, "viability")
    out_of_specification(scene, asked.id, "viability")
    go_on(scene, "released", "checked")
    assert (failed(infusion(scene)), infusion(scene)["released"].detail) == (
        set(),
        "Quality released DOSE-1 for GB under UB-001, out of specification in viability.",
    )


def test_a_release_out_of_specification_covers_what_it_names_and_no_missing_result() -> None:
    scene = made()
    for deviation in viability(scene, 62_000, "fail").deviations:
        scene.clear(deviation)
    asked = request(scene, "viability")
    with pytest.raises(GateFailed, match="sterility has no result"):
        out_of_specification(scene, asked.id, "viability")


def test_an_open_deviation_holds_a_release_out_of_specification() -> None:
    scene = made()
    report(scene)
    viability(scene, 62_000, "fail")
    asked = request(scene, "viability")
    with pytest.raises(GateFailed, match="no_blocking_deviation"):
        out_of_specification(scene, asked.id, "viability")


def test_every_gate_speaks_of_bags_that_nobody_knows() -> None:
    scene = made("identity_test", "site_confirmation")
    for gate in (*release(scene, "NOBODYS").values(), *infusion(scene, "NOBODYS").values()):
        assert gate.detail.endswith(".")
    assert {"results_in_specification", "identity_tested", "site_confirmed", "not_rejected"} <= failed(
        release(scene, "NOBODYS")
    )


def test_a_sample_is_not_released_for_a_patient() -> None:
    scene = passing(made())
    assert "finished_product" in failed(release(scene, SAMPLE))
    assert "released" in failed(infusion(scene, SAMPLE))
