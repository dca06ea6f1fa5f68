"""Every gate: open in the ordinary story, shut by the smallest departure from it.

`test_every_gate_has_its_test` fails when a gate has no `test_gate_<name>` here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.domain.gates import (
    AVAILABILITY_GATES,
    INFUSION_GATES,
    LYMPHODEPLETION_GATES,
    RELEASE_GATES,
    Gate,
    infusion_gates,
    release_gates,
)
from ledger.domain.parts import Commitment
from ledger.domain.world import timestamp
from ledger.errors import GateFailed
from tests.domain_phrases import named_tests
from tests.domain_scene import (
    CLEANROOM,
    COI,
    DOSE,
    DOSE_2,
    FRESH,
    OTHER_COI,
    PHARMACY,
    PRODUCT,
    RELEASED,
    VAN,
    WARD,
    Scene,
    filled,
    patient,
    scene_at,
)


def infusion(scene: Scene, container: str = DOSE, site: str = "st-mary", **more: Any) -> dict[str, Gate]:
    gates = infusion_gates(scene.world, COI, container, site, scene.now_ms, **more)
    return {gate.name: gate for gate in gates}


def release(scene: Scene, *containers: str, site: str = "northcell-1", **more: Any) -> dict[str, Gate]:
    countries = more.get("countries", ["GB"])
    gates = release_gates(scene.world, COI, containers or (DOSE,), site, countries, scene.now_ms)
    return {gate.name: gate for gate in gates}


def failed(gates: dict[str, Gate]) -> set[str]:
    return {gate.name for gate in gates.values() if not gate.passed}


def block(scene: Scene, *containers: str, code: str = "bag_leaks") -> Any:
    return scene.on_chain("nils", "DeviationRaised", code=code, severity="major", blocking=True,
                          containers=list(containers), cause=None).entry  # fmt: skip


def test_every_gate_has_its_test() -> None:
    gates = (
        INFUSION_GATES.keys()
        | RELEASE_GATES.keys()
        | LYMPHODEPLETION_GATES.keys()
        | AVAILABILITY_GATES.keys()
    )
    assert gates - named_tests("gate") == set()


def test_all_gates_are_listed_and_open_before_an_ordinary_infusion() -> None:
    gates = infusion(scene_at("checked"))
    assert (list(gates), failed(gates)) == (list(INFUSION_GATES), set())


def test_all_gates_are_listed_and_open_before_an_ordinary_release() -> None:
    gates = release(scene_at("made"), DOSE, DOSE_2)
    assert (list(gates), failed(gates)) == (list(RELEASE_GATES), set())


@pytest.mark.parametrize(
    "stage", ["ordered", "collected", "made", "released", "thawed", "checked", "infused"]
)
def test_every_gate_speaks_and_proves_with_positions_of_the_log(stage: str) -> None:
    scene = scene_at(stage)
    for gate in (*infusion(scene).values(), *release(scene).values()):
        assert gate.detail.endswith(".")
        assert all(0 <= position < scene.world.size for position in gate.proof)
        assert list(gate.proof) == sorted(gate.proof)
        assert gate.as_dict() == {"name": gate.name, "passed": gate.passed, "detail": gate.detail,
                                  "proof": list(gate.proof), "overridden": False}  # fmt: skip


def test_a_refused_decision_lists_every_gate() -> None:
    scene = scene_at("thawed")
    with pytest.raises(GateFailed) as refusal:
        scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    assert [gate["name"] for gate in refusal.value.extra["gates"]] == list(INFUSION_GATES)


# --- the therapy, its product, its places ----------------------------------------------


def test_gate_chain_open() -> None:
    scene = scene_at("ordered")
    gates = infusion_gates(scene.world, "acme:NEVER-ORDERED", DOSE, "st-mary", scene.now_ms)
    passed = {gate.name for gate in gates if gate.passed}
    assert passed == {
        "site_in_force", "no_blocking_deviation", "not_quarantined", "not_lost", "lots_in_force",
    }  # fmt: skip
    assert infusion(scene)["chain_open"].proof == (scene.chain.order_position,)


def test_a_closed_therapy_is_not_open() -> None:
    scene = scene_at("checked")
    closed = scene.decide("phil", "TherapyClosed", reason="patient_withdrew").entry
    for gates in (infusion(scene), release(scene)):
        assert (failed(gates), gates["chain_open"].proof) == ({"chain_open"}, (closed.position,))


def test_gate_product_in_force() -> None:
    scene = scene_at("made")
    assert release(scene, countries=["GB", "FR"])["product_in_force"].passed
    gate = release(scene, countries=["GB", "US"])["product_in_force"]
    assert (gate.passed, "US" in gate.detail) == (False, True)


def test_a_new_product_version_does_not_change_the_rules_of_an_open_therapy() -> None:
    scene = scene_at("checked")
    newer = PRODUCT | {"version": 2, "window_s": 60, "countries": ["US"]}
    scene.say("quinn", "product/decentra-car", "ProductVersionDefined", **newer)
    assert failed(infusion(scene)) == set()


def test_gate_site_in_force() -> None:
    scene = scene_at("checked")
    suspended = scene.say("ada", "site/st-mary", "SiteSuspended", reason="inspection").entry
    gate = infusion(scene)["site_in_force"]
    assert (failed(infusion(scene)), gate.proof) == ({"site_in_force"}, (suspended.position,))
    assert not infusion(scene, site="nowhere")["site_in_force"].passed


def test_gate_treatment_site() -> None:
    gates = infusion(scene_at("checked"), site="far-clinic")
    assert failed(gates) == {"treatment_site", "custody_here", "patient_matched", "checks_agree"}


# --- the container ---------------------------------------------------------------------


def test_gate_container_of_chain() -> None:
    scene = scene_at("checked")
    assert not infusion(scene, "OTHER-1")["container_of_chain"].passed
    assert not release(scene, DOSE, "OTHER-1")["container_of_chain"].passed


def test_gate_finished_product() -> None:
    scene = scene_at("made")
    assert failed(release(scene, FRESH)) == {"finished_product", "not_infused"}
    assert failed(release(scene_at("at_cleanroom"), FRESH)) == {"finished_product"}


def test_a_bag_split_from_finished_product_is_finished_product() -> None:
    scene = scene_at("made")
    child = [{"container": "DOSE-1A", "volume_ul": 25_000}]
    scene.on_chain("lea", "ContainersDerived", at=CLEANROOM, how="split",
                   parents=[{"container": DOSE, "volume_ul": 25_000}], children=child)  # fmt: skip
    assert failed(release(scene, "DOSE-1A")) == set()


@pytest.mark.parametrize("scope", [{"countries": ["FR"]}, {"protocols": ["UB-002"]}])
def test_gate_released(scope: dict[str, Any]) -> None:
    scene = scene_at("made")
    assert not infusion(scene)["released"].passed
    scene.decide("quinn", "Released", containers=[DOSE], **RELEASED | scope)
    assert not infusion(scene)["released"].passed
    said = scene.decide("quinn", "Released", containers=[DOSE], **RELEASED)
    assert infusion(scene)["released"] == Gate(
        "released", True, "Quality released DOSE-1 for GB under UB-001.", (said.entry.position,)
    )


def test_gate_not_expired() -> None:
    scene = scene_at("made")
    expires_at = scene.chain.containers[DOSE].expires_at
    scene.forward(90 * 24 * 3600 - 1)
    assert release(scene)["not_expired"].passed
    scene.forward(1)
    assert timestamp(scene.now_ms) == expires_at
    assert not release(scene)["not_expired"].passed
    assert not infusion(scene)["not_expired"].passed


@pytest.mark.parametrize("names", [(DOSE,), (FRESH,), ()])
def test_gate_no_blocking_deviation(names: tuple[str, ...]) -> None:
    scene = scene_at("checked")
    raised = block(scene, *names)
    gate = infusion(scene)["no_blocking_deviation"]
    assert (failed(infusion(scene)), gate.proof) == ({gate.name}, (raised.position,))
    assert "bag_leaks" in gate.detail
    scene.clear(raised)
    assert failed(infusion(scene)) == set()


def test_a_deviation_of_another_bag_or_one_that_does_not_block_stops_nothing() -> None:
    scene = scene_at("checked")
    block(scene, DOSE_2)
    scene.on_chain("nils", "DeviationRaised", code="label_smudged", severity="minor", blocking=False,
                   containers=[DOSE], cause=None)  # fmt: skip
    assert failed(infusion(scene)) == set()


def test_what_quality_rejects_stays_stopped() -> None:
    scene = scene_at("checked")
    scene.clear(block(scene, DOSE), "rejected")
    assert failed(infusion(scene)) == {"no_blocking_deviation"}


def quarantine(scene: Scene, *containers: str) -> Any:
    said = scene.on_chain("mia", "Quarantined", containers=list(containers), reason="seal_broken")
    assert said.deviations == []
    return said.entry


@pytest.mark.parametrize("name", [DOSE, FRESH])
def test_gate_not_quarantined(name: str) -> None:
    scene = scene_at("checked")
    put = quarantine(scene, name)
    for gates in (infusion(scene), release(scene)):
        assert not gates["not_quarantined"].passed
        assert gates["not_quarantined"].proof == (put.position,)
    assert failed(infusion(scene)) == {"not_quarantined"}
    scene.decide("quinn", "QuarantineLifted", quarantine=put.statement_id, reason="inspected")
    assert failed(infusion(scene)) == set()


def test_a_quarantine_holds_what_is_made_while_it_lasts_and_nothing_beside_it() -> None:
    scene = scene_at("made")
    quarantine(scene, DOSE)
    child = [{"container": "DOSE-1A", "volume_ul": 25_000}]
    scene.on_chain("lea", "ContainersDerived", at=CLEANROOM, how="split",
                   parents=[{"container": DOSE, "volume_ul": 25_000}], children=child)  # fmt: skip
    assert not release(scene, "DOSE-1A")["not_quarantined"].passed
    assert failed(release(scene, DOSE_2)) == set()


def test_two_quarantines_are_lifted_one_by_one() -> None:
    scene = scene_at("checked")
    first, second = quarantine(scene, DOSE), quarantine(scene, FRESH)
    scene.decide("quinn", "QuarantineLifted", quarantine=first.statement_id, reason="inspected")
    assert infusion(scene)["not_quarantined"].proof == (second.position,)


def test_gate_not_lost() -> None:
    scene = scene_at("checked")
    lost = scene.on_chain("nora", "ContainerLost", at=WARD, containers=[DOSE])
    scene.clear(lost.deviations[0])
    gate = infusion(scene)["not_lost"]
    assert (failed(infusion(scene)), gate.proof) == ({"not_lost"}, (lost.entry.position,))
    assert not release(scene)["not_lost"].passed
    scene.forward(60)
    found = scene.on_chain("nora", "ContainerFound", at=WARD, containers=[DOSE], condition="intact").entry
    assert infusion(scene)["not_lost"].proof == (lost.entry.position, found.position)
    assert failed(infusion(scene)) == set()


def test_lost_and_found_come_out_right_in_either_order_of_arrival() -> None:
    scene = scene_at("checked")
    lost_at = timestamp(scene.now_ms - 120_000)
    scene.on_chain("nora", "ContainerFound", at=WARD, containers=[DOSE], condition="intact")
    scene.on_chain("nils", "ContainerLost", at=WARD, containers=[DOSE], occurred_at=lost_at)
    assert infusion(scene)["not_lost"].passed


@pytest.mark.parametrize("stage", ["infusing", "infused"])
def test_gate_not_infused(stage: str) -> None:
    scene = scene_at(stage)
    assert failed(infusion(scene)) == {"not_infused"}
    assert infusion(scene)["not_infused"].proof == tuple(
        entry.position for entry, _ in scene.entries if entry.event.type.startswith("InfusionSt")
        or entry.event.type == "InfusionCompleted"
    )  # fmt: skip


def ready_second_bag() -> Scene:
    scene = scene_at("checked")
    scene.on_chain("nora", "ThawStarted", at=WARD, containers=[DOSE_2])
    scene.check("nora", DOSE_2)
    scene.check("nils", DOSE_2)
    return scene


def give_first_bag(scene: Scene) -> None:
    scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    scene.on_chain("nora", "InfusionStarted", site="st-mary", container=DOSE)
    scene.on_chain("nora", "InfusionCompleted", site="st-mary", container=DOSE, dose_given_ul=50_000)


def reject_first_bag(scene: Scene) -> None:
    scene.clear(block(scene, DOSE), "rejected")


@pytest.mark.parametrize("finish", [give_first_bag, reject_first_bag])
def test_gate_earlier_bags_finished(finish: Callable[[Scene], None]) -> None:
    scene = ready_second_bag()
    assert failed(infusion(scene, DOSE_2)) == {"earlier_bags_finished"}
    finish(scene)
    assert failed(infusion(scene, DOSE_2)) == set()


def test_bags_of_another_batch_are_another_ordered_set() -> None:
    scene = scene_at("at_cleanroom")
    half = [{"container": FRESH, "volume_ul": 100_000}]
    scene.on_chain("mia", "ContainersDerived", **filled(scene, DOSE, parents=half))
    other = filled(scene, "ODD-1", "ODD-2", parents=half)
    scene.on_chain("mia", "ContainersDerived", **other)
    assert infusion(scene, DOSE)["earlier_bags_finished"].passed
    assert not infusion(scene, "ODD-2")["earlier_bags_finished"].passed


# --- here and now ----------------------------------------------------------------------


def test_gate_custody_here() -> None:
    scene = scene_at("released")
    assert "northcell-1" in infusion(scene)["custody_here"].detail
    scene = scene_at("checked")
    gate = infusion(scene)["custody_here"]
    assert (gate.passed, gate.proof) == (True, (scene.chain.containers[DOSE].custody.position,))


def test_a_bag_on_its_way_out_or_claimed_elsewhere_is_not_here() -> None:
    scene = scene_at("checked")
    scene.release("nora", WARD, VAN, DOSE)
    assert failed(infusion(scene)) == {"custody_here"}
    scene = scene_at("checked")
    scene.accept("kit", WARD, VAN, DOSE)
    assert failed(infusion(scene)) == {"custody_here"}


def test_a_hand_over_inside_the_site_leaves_the_bag_here() -> None:
    scene = scene_at("checked")
    scene.release("nora", WARD, PHARMACY, DOSE)
    scene.accept("nora", WARD, PHARMACY, DOSE)
    assert failed(infusion(scene)) == set()


def test_gate_thaw_window() -> None:
    scene = scene_at("at_ward")
    assert not infusion(scene)["thaw_window"].passed
    scene = scene_at("checked")
    scene.forward(3600 - 300)
    assert infusion(scene)["thaw_window"].passed
    scene.now_ms += 1
    assert not infusion(scene)["thaw_window"].passed


# --- the patient -----------------------------------------------------------------------


def test_gate_patient_matched() -> None:
    scene = scene_at("thawed")
    scene.check("nora")
    assert not infusion(scene)["patient_matched"].passed
    mismatch = scene.check("nils", patient=patient("patient-2"))
    assert failed(infusion(scene)) == {"patient_matched", "checks_agree", "no_blocking_deviation"}
    assert mismatch.codes == {"identity_mismatch"}


@pytest.mark.parametrize(("name", "passes"), [("patient-1", True), ("patient-2", False)])
def test_a_dry_run_matches_what_was_just_read(name: str, passes: bool) -> None:
    read = [Commitment.model_validate(one) for one in patient(name)]
    gates = infusion(scene_at("thawed"), patient=read)
    assert (gates["patient_matched"].passed, gates["checks_agree"].passed) == (passes, False)


def test_gate_checks_agree() -> None:
    scene = scene_at("thawed")
    scene.check("nora")
    scene.check("nora")
    assert failed(infusion(scene)) == {"patient_matched", "checks_agree"}
    scene.check("phil")
    assert infusion(scene)["checks_agree"].detail == "nora and phil checked, each alone, and agree."


def test_one_check_alone_does_not_tell_what_it_found() -> None:
    """Blind: the second person learns from no gate whether the first found a match."""
    matched, mismatched = scene_at("thawed"), scene_at("thawed")
    matched.check("nora")
    mismatched.check("nora", patient=patient("patient-2"))
    for name in ("patient_matched", "checks_agree"):
        assert infusion(matched)[name] == infusion(mismatched)[name]


def test_a_cleared_mismatch_needs_both_checks_anew() -> None:
    scene = scene_at("thawed")
    wrong = scene.check("nora", patient=patient("patient-2"))
    scene.check("nils")
    scene.clear(wrong.deviations[0])
    assert failed(infusion(scene)) == {"patient_matched", "checks_agree"}
    scene.check("nora")
    assert failed(infusion(scene)) == set()


def test_the_other_patients_bag_fails_at_this_patients_bed() -> None:
    scene = scene_at("checked")
    gates = infusion_gates(scene.world, OTHER_COI, DOSE, "st-mary", scene.now_ms)
    assert {gate.name for gate in gates if not gate.passed} >= {"container_of_chain", "released"}
