"""The gates of labels, of destruction and of dose components."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.gates import Gate, infusion_gates, release_gates
from ledger.domain.parts import Commitment
from ledger.errors import GateFailed, StaleView
from tests.domain_labels import applied, at_bedside, destroyed, labelled, printed, scanned, voided
from tests.domain_scene import (
    CHAIN,
    COI,
    CONSENT,
    DOSE,
    DOSE_2,
    ORDER,
    PRODUCT,
    RELEASED,
    STAGES,
    WARD,
    Scene,
    filled,
    fit,
    furnished,
    patient,
    scene_at,
)


def infusion(scene: Scene, container: str = DOSE, **more: Any) -> dict[str, Gate]:
    gates = infusion_gates(scene.world, COI, container, "st-mary", scene.now_ms, **more)
    return {gate.name: gate for gate in gates}


def release(scene: Scene, *containers: str) -> dict[str, Gate]:
    gates = release_gates(scene.world, COI, containers, "northcell-1", ["GB"], scene.now_ms)
    return {gate.name: gate for gate in gates}


def failed(gates: dict[str, Gate]) -> set[str]:
    return {gate.name for gate in gates.values() if not gate.passed}


def test_gate_label_valid() -> None:
    scene = at_bedside()
    assert failed(infusion(scene)) == {"patient_matched", "checks_agree", "label_valid"}
    first = scene.check("nora", label="L-1").entry
    second = scene.check("nils", label="L-1").entry
    gates = infusion(scene)
    assert failed(gates) == set()
    assert {first.position, second.position} <= set(gates["label_valid"].proof)


def test_without_any_label_issued_there_is_none_to_compare() -> None:
    gate = infusion(scene_at("checked"))["label_valid"]
    assert (gate.passed, gate.proof) == (True, ())


@pytest.mark.parametrize("read", [{}, {"label": "L-1B"}, {"label": "L-2"}])
def test_both_people_read_the_label_that_is_on_the_bag(read: dict[str, Any]) -> None:
    scene = at_bedside()
    scene.check("nora", label="L-1")
    scene.check("nils", **read)
    assert "label_valid" in failed(infusion(scene))


def test_a_voided_label_shuts_the_gate_even_after_both_have_read_it() -> None:
    scene = at_bedside()
    scene.check("nora", label="L-1")
    scene.check("nils", label="L-1")
    voided(scene, "L-1")
    assert failed(infusion(scene)) == {"label_valid"}
    with pytest.raises(GateFailed):
        scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)


def test_a_label_that_reads_wrong_shuts_the_gate_until_it_is_replaced() -> None:
    scene = at_bedside()
    found = scanned(scene, "L-1", outcome="wrong_content")
    scene.clear(found.deviations[0])
    replaces = {"serial": "L-1", "reason": "wrong_content"}
    printed(scene, "L-1B", signer="nora", at=WARD, container=DOSE, replaces=replaces)
    for nurse in ("nora", "nils"):
        assert "label_valid" in failed(infusion(scene))
        scene.check(nurse, label="L-1B")
    applied(scene, "L-1B", signer="nils", at=WARD)
    assert failed(infusion(scene)) == set()


def test_a_dry_run_asks_for_a_label_in_force_and_tells_nothing_of_one_check() -> None:
    scene = at_bedside()
    read = [Commitment(**one) for one in patient()]
    before = infusion(scene, patient=read)["label_valid"]
    scene.check("nora", label="L-2")
    assert infusion(scene, patient=read)["label_valid"] == before
    assert before.passed
    voided(scene, "L-1")
    assert not infusion(scene, patient=read)["label_valid"].passed


def test_an_authorisation_by_somebody_who_has_not_seen_the_label_voided_is_stale() -> None:
    scene = at_bedside()
    scene.check("nora", label="L-1")
    scene.check("nils", label="L-1")
    seen = scene.chain.version
    voided(scene, "L-1")
    with pytest.raises(StaleView):
        scene.say("phil", CHAIN, "InfusionAuthorised", chain_version=seen, site="st-mary", container=DOSE)


def test_gate_labels_reconciled() -> None:
    scene = labelled()
    assert failed(release(scene, DOSE, DOSE_2)) == set()
    issued = printed(scene, "L-3", container=DOSE_2).entry
    gate = release(scene, DOSE)["labels_reconciled"]
    assert (gate.passed, gate.proof, "L-3" in gate.detail) == (False, (issued.position,), True)
    destroyed(scene, "L-3")
    assert failed(release(scene, DOSE)) == set()


def test_labels_printed_ahead_where_the_doses_were_made_count_and_others_do_not() -> None:
    scene = labelled()
    printed(scene, "W-1", signer="nora", at=WARD)
    assert failed(release(scene, DOSE)) == set()
    printed(scene, "L-9")
    assert failed(release(scene, DOSE)) == {"labels_reconciled"}


def test_a_release_by_somebody_who_has_not_seen_the_label_printed_is_stale() -> None:
    scene = labelled()
    seen = scene.chain.version
    printed(scene, "L-3", container=DOSE)
    with pytest.raises(StaleView):
        scene.say("quinn", CHAIN, "Released", chain_version=seen, containers=[DOSE], **RELEASED)


def test_gate_not_destroyed() -> None:
    scene = scene_at("checked")
    gone = {"at": WARD, "containers": [DOSE], "method": "incineration", "reason": "thawed_too_long"}
    said = scene.on_chain("nora", "Destroyed", **gone).entry
    assert failed(infusion(scene)) == {"not_destroyed"}
    assert infusion(scene)["not_destroyed"].proof == (said.position,)
    assert failed(release(scene, DOSE)) == {"not_destroyed"}
    assert scene.chain.containers[DOSE].status == "destroyed"


# --- components ------------------------------------------------------------------------


def two_components(**product: Any) -> Scene:
    """CD8 and CD4 at the ward, both thawed and checked; the product gives CD8 first."""
    scene = furnished()
    newer = PRODUCT | {"version": 2, "components": ["cd8", "cd4"]} | product
    scene.say("quinn", "product/decentra-car", "ProductVersionDefined", **newer)
    order = ORDER | {"product": {"product": "decentra-car", "version": 2}}
    scene.say("carl", CHAIN, "TherapyOrdered", **order)
    scene.say("carl", CHAIN, "ConsentRecorded", **CONSENT)
    for name in ("collected", "at_cleanroom"):
        STAGES[name](scene)
    made = filled(scene, DOSE, DOSE_2)
    for child, component in zip(made["children"], ("cd8", "cd4"), strict=True):
        child |= {"bag": 1, "of": 1, "component": component}
    assert scene.on_chain("mia", "ContainersDerived", **made).codes == set()
    STAGES["released"](scene)
    STAGES["at_ward"](scene)
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene))
    scene.on_chain("nora", "ThawStarted", at=WARD, containers=[DOSE, DOSE_2])
    for nurse in ("nora", "nils"):
        for dose in (DOSE, DOSE_2):
            scene.check(nurse, dose)
    return scene


def test_gate_component_order() -> None:
    scene = two_components()
    assert failed(infusion(scene, DOSE)) == set()
    gate = infusion(scene, DOSE_2)["component_order"]
    assert (failed(infusion(scene, DOSE_2)), DOSE in gate.detail) == ({"component_order"}, True)
    scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    scene.on_chain("nora", "InfusionStarted", site="st-mary", container=DOSE)
    assert failed(infusion(scene, DOSE_2)) == {"component_order"}
    scene.on_chain("nora", "InfusionCompleted", site="st-mary", container=DOSE, dose_given_ul=50_000)
    assert failed(infusion(scene, DOSE_2)) == set()


def test_an_earlier_component_that_quality_rejected_is_finished() -> None:
    scene = two_components()
    leak = {"code": "bag_leaks", "severity": "major", "blocking": True, "cause": None}
    raised = scene.on_chain("nora", "DeviationRaised", containers=[DOSE], **leak).entry
    scene.clear(raised, "rejected")
    assert failed(infusion(scene, DOSE_2)) == set()


def test_an_earlier_component_that_nobody_knows_of_holds_the_later_one() -> None:
    scene = two_components(components=["cd3", "cd8", "cd4"])
    assert failed(infusion(scene, DOSE)) == {"component_order"}


def test_a_bag_without_a_component_is_held_where_the_product_has_some() -> None:
    scene = two_components(components=["cd19"])
    assert failed(infusion(scene, DOSE)) == {"component_order"}


def test_a_check_that_reads_another_component_is_a_mismatch() -> None:
    scene = two_components()
    assert scene.check("nils", DOSE, component="cd4").codes >= {"identity_mismatch"}
    assert scene.check("nora", DOSE, component="cd8").codes == set()


def test_the_bags_of_each_component_are_numbered_on_their_own() -> None:
    scene = two_components()
    assert infusion(scene, DOSE_2)["earlier_bags_finished"].passed
