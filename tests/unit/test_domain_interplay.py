"""What no single rule shows: rules of one subject meet those of another."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from ledger.application.world import StoredWorld
from ledger.domain.gates import infusion_gates
from ledger.domain.rules import tags_of
from ledger.errors import Refused
from tests.domain_labels import at_bedside, scanned
from tests.domain_quality import go_on
from tests.domain_refusing import refused
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    COI,
    CONSENT,
    DOSE,
    DOSE_2,
    FRESH,
    ORDER,
    ORIGIN,
    PRODUCT,
    STAGES,
    VAN,
    WARD,
    Said,
    Scene,
    collection,
    enrol,
    fit,
    furnished,
    patient,
    scene_at,
)
from tests.domain_supply import consume, recall, stocked
from tests.domain_warm import FRESH_PROFILE

PROVISIONAL = "chain/isbt128:CHA999926PRV111"


def stopping(scene: Scene, container: str = DOSE) -> set[str]:
    gates = infusion_gates(scene.world, COI, container, "st-mary", scene.now_ms)
    return {gate.name for gate in gates if gate.stops}


def start(scene: Scene) -> set[str]:
    return scene.on_chain("nora", "InfusionStarted", site="st-mary", container=DOSE).codes


def clear_all(scene: Scene, said: Said, disposition: str = "accepted") -> None:
    for deviation in said.deviations:
        scene.clear(deviation, disposition)


# --- lymphodepletion -------------------------------------------------------------------


def ready() -> Scene:
    """Lymphodepletion is authorised; it has not begun."""
    scene = scene_at("made")
    stocked(scene, "lv-1")
    consume(scene, "lv-1", at=CLEANROOM, containers=[DOSE, DOSE_2])
    go_on(scene, "made", "at_ward")
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene))
    scene.decide("carl", "AvailabilityConfirmed", site="st-mary", containers=[DOSE, DOSE_2])
    scene.decide("phil", "LymphodepletionAuthorised", site="st-mary")
    return scene


DOSES = [DOSE, DOSE_2]
UNDOING: dict[str, Callable[[Scene], Any]] = {
    "rejected": lambda scene: scene.decide("quinn", "Rejected", containers=DOSES, reason="leaks"),
    "destroyed": lambda scene: scene.on_chain(
        "nora", "Destroyed", at=WARD, containers=DOSES, method="incinerated", reason="leaks"
    ),
    "gone": lambda scene: scene.hand_over(("nora", WARD), ("kit", VAN), *DOSES),
    "recalled": lambda scene: recall(scene, "lv-1"),
    "too_late": lambda scene: scene.forward(15 * 24 * 3600),
}


@pytest.mark.parametrize("what", UNDOING)
def test_nobody_is_prepared_for_a_dose_that_may_not_be_given_any_more(what: str) -> None:
    scene = ready()
    UNDOING[what](scene)
    said = scene.on_chain("nora", "LymphodepletionStarted", site="st-mary", regimen="flu_cy")
    assert "lymphodepletion_without_authorisation" in said.codes


def test_a_dose_that_is_at_hand_is_prepared_for() -> None:
    said = ready().on_chain("nora", "LymphodepletionStarted", site="st-mary", regimen="flu_cy")
    assert said.codes == set()


# --- an authorisation that something shuts again ----------------------------------------


def test_an_authorisation_falls_when_the_patient_is_found_unfit() -> None:
    scene = scene_at("authorised")
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene, outcome="unfit"))
    assert start(scene) == {"infusion_without_authorisation"}


def test_an_authorisation_falls_with_an_identity_test_whatever_quality_says_of_the_deviation() -> None:
    scene = scene_at("authorised")
    tested = {"at": CLEANROOM, "containers": [DOSE], "method": "str", "reference": "ab" * 32}
    clear_all(scene, scene.on_chain("lea", "IdentityTested", **tested, outcome="mismatch"))
    assert start(scene) == {"infusion_without_authorisation"}


def test_an_authorisation_falls_with_a_third_check_that_reads_another_patient() -> None:
    scene = scene_at("authorised")
    clear_all(scene, scene.check("phil", patient=patient("patient-2")))
    assert start(scene) == {"infusion_without_authorisation"}


def test_a_check_that_read_another_component_counts_for_none() -> None:
    with patch.dict(PRODUCT, components=["cd8", "cd4"]):
        scene = scene_at("at_cleanroom")
    scene.on_chain(
        "mia", "ManufacturingStarted", at=CLEANROOM, batch="B-1", platform="P-1", containers=[FRESH]
    )
    made = [{"container": DOSE, "volume_ul": 50_000, "component": "cd8"},
            {"container": DOSE_2, "volume_ul": 50_000, "component": "cd4"}]  # fmt: skip
    parents = [{"container": FRESH, "volume_ul": 200_000}]
    scene.on_chain("mia", "ContainersDerived", at=CLEANROOM, how="fill", parents=parents, children=made)
    go_on(scene, "made", "thawed")
    for nurse in ("nora", "nils"):
        clear_all(scene, scene.check(nurse, component="cd4"))
    assert stopping(scene) == {"patient_matched"}


# --- lots and equipment ----------------------------------------------------------------


def test_a_finding_about_something_else_takes_no_lot_out_of_a_bag() -> None:
    scene = scene_at("at_cleanroom")
    stocked(scene, "lv-1")
    early = consume(scene, "lv-1")
    assert early.codes == {"batch_unknown"}
    STAGES["made"](scene)
    clear_all(scene, early, "corrected")
    go_on(scene, "made", "authorised")
    recall(scene, "lv-1")
    assert "infusion_without_authorisation" in start(scene)


def test_what_strangers_register_under_a_name_of_ours_is_not_meant() -> None:
    scene = scene_at("made")
    made = {"organisation": "faraway", "site": "far-clinic", "equipment_kind": "tank"}
    scene.say("fay", "equipment/fridge-1", "EquipmentRegistered", **made, model="x", serial="y")
    stored = scene.on_chain("mia", "Stored", at=CLEANROOM, containers=[DOSE], location="fridge-1")
    assert stored.codes == set()
    quality = enrol(scene, "fq", "fay", ("quality", "far-clinic"))
    scene.say("ada", "agent/fq", "EnrolmentApproved", enrolment=quality.id)
    lot = {"organisation": "faraway", "site": "far-clinic", "material": "vector", "supplier_lot": "z"}
    scene.say("fay", "lot/lv-1", "LotReceived", **lot)
    scene.say("fq", "lot/lv-1", "LotReleased")
    assert consume(scene, "lv-1", containers=[DOSE]).codes == {"lot_unknown"}


# --- overrides -------------------------------------------------------------------------


def override(scene: Scene, *gates: str, container: str = DOSE) -> str:
    fields = {"chain_version": scene.chain.version, "site": "st-mary", "container": container,
              "gates": list(gates), "reason": "urgent"}  # fmt: skip
    code: str = refused(Refused, scene, "phil", CHAIN, "EmergencyOverride", **fields)
    return code


def test_a_label_that_this_therapy_never_issued_is_overridden_by_nobody() -> None:
    scene = scene_at("thawed")
    for nurse in ("nora", "nils"):
        scene.check(nurse, label="OTHER-PATIENT-7")
    assert override(scene, "no_blocking_deviation") == "not_overridable"


def test_another_bags_label_is_overridden_by_nobody() -> None:
    scene = at_bedside()
    for nurse in ("nora", "nils"):
        scene.check(nurse, label="L-1")
    scanned(scene, "L-2", container=DOSE, signer="nora", at=WARD)
    assert override(scene, "no_blocking_deviation") == "not_overridable"


def test_a_sample_is_infused_by_nobody() -> None:
    scene = scene_at("made")
    sample = {"container": "SAMPLE-1", "volume_ul": 1000}
    scene.on_chain("mia", "SampleTaken", at=CLEANROOM, of={"container": DOSE, "volume_ul": 1000},
                   sample=sample, purpose="release")  # fmt: skip
    go_on(scene, "made", "at_ward")
    assert "finished_product" in stopping(scene, "SAMPLE-1")
    assert override(scene, "finished_product", container="SAMPLE-1") == "not_overridable"


# --- provisional chains ----------------------------------------------------------------


def collected_before(scene: Scene) -> None:
    wristband = {"site": "st-mary", "patient": patient(), "method": "scan", "outcome": "match"}
    scene.say("anna", PROVISIONAL, "PatientIdentified", **wristband)
    scene.say("anna", PROVISIONAL, "CollectionCompleted", **collection(scene, "FRESH-P"))


def link(scene: Scene, at: Any = APHERESIS) -> Said:
    bag = {"container": "FRESH-P", "volume_ul": 200_000, "at": at}
    return scene.decide("carl", "ChainLinked", provisional=PROVISIONAL[6:], containers=[bag])


def order(scene: Scene) -> None:
    scene.say("carl", CHAIN, "TherapyOrdered", **ORDER)
    scene.say("carl", CHAIN, "ConsentRecorded", **CONSENT)


def test_a_leg_before_the_link_is_a_gap_where_evidence_is_required() -> None:
    with patch.dict(PRODUCT, temperature=[FRESH_PROFILE | {"required": True}]):
        scene = furnished()
    order(scene)
    collected_before(scene)
    moved = {"containers": ["FRESH-P"], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    released = scene.say("anna", PROVISIONAL, "CustodyReleased", **moved)
    scene.say("kit", PROVISIONAL, "CustodyAccepted", **moved, release=released.id)
    assert link(scene, VAN).codes == {"temperature_gap"}


def test_a_correction_of_a_link_belongs_to_the_therapy_that_was_linked() -> None:
    scene = furnished()
    collected_before(scene)
    order(scene)
    other = ORDER | {"patient": patient("patient-2")}
    linked = link(scene)
    scene.say("carl", PROVISIONAL, "TherapyOrdered", **other)
    wrong = {"member": "containers.0.volume_ul", "was": "1", "right": "2", "reason": "typing_error"}
    said = scene.say("carl", PROVISIONAL, "Corrected", corrects=linked.id, **wrong)
    assert said.codes == {"correction_of_unknown"}


def test_the_store_and_the_audit_know_the_same_statements_of_a_linked_chain() -> None:
    scene = furnished()
    collected_before(scene)
    order(scene)
    linked = link(scene)
    stored = StoredWorld(ORIGIN, SimpleNamespace(position_of=lambda _: None))  # type: ignore[arg-type]
    stored.apply(linked.entry, tags_of(linked.entry, linked.verdict))
    for coi in (COI, PROVISIONAL[6:]):
        assert stored.statement(coi, linked.id) == scene.world.statement(coi, linked.id)
