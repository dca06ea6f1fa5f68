"""What a partner's system is told of what the therapy did not take: in EPCIS, and in FHIR."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import Malformed
from ledger.export.epcis import events_of
from ledger.export.epcis_reading import read_event
from ledger.export.epcis_seen import Seen
from ledger.export.fhir import bundle
from ledger.export.names import Names
from ledger.export.standing import Outlook
from ledger.export.story import Product, Story, story_of
from tests import domain_labels as labels
from tests import domain_supply as supply
from tests.domain_quality import correct, reject
from tests.domain_scene import (
    CLEANROOM,
    DOSE,
    DOSE_2,
    FRESH,
    ORIGIN,
    RELEASED,
    VAN,
    WARD,
    Said,
    Scene,
    scene_at,
)
from tests.domain_warm import attach, warm_scene
from tests.epcis_seen import entries_of, events_said

NAMES = Names(ORIGIN)


def epcs(event: dict[str, Any]) -> list[str]:
    return [NAMES.read("container", one) for one in event["epcList"]]


def said_last(scene: Scene, type_: str) -> str:
    return [one for one in entries_of(scene) if one.type == type_][-1].statement_id


# --- EPCIS: who may retract -------------------------------------------------------------------


def infusion_corrected_by(scene: Scene, signer: str) -> Said:
    return correct(scene, signer, said_last(scene, "InfusionCompleted"), member="remark")


@pytest.mark.parametrize("signer", ["nora", "quinn"])
def test_its_own_signer_and_quality_retract_an_event(signer: str) -> None:
    scene = scene_at("infused")
    (event,) = events_said(scene, infusion_corrected_by(scene, signer))
    assert event["unbroken:event"] == "InfusionCompleted"
    assert event["errorDeclaration"]["unbroken:signer"] == signer


def test_nobody_else_retracts_it_and_what_they_said_points_to_it() -> None:
    scene = scene_at("infused")
    said = infusion_corrected_by(scene, "kit")
    (event,) = events_said(scene, said)
    assert "errorDeclaration" not in event
    assert (event["bizStep"], event["unbroken:signer"]) == ("unbroken:corrected", "kit")
    assert event["unbroken:findings"] == ["correction_by_other"]
    assert epcs(event) == [DOSE]
    corrected = {
        "type": "unbroken:corrects",
        "bizTransaction": NAMES.of("statement", said.entry.event.corrects),
    }  # type: ignore[attr-defined]
    assert corrected in event["bizTransactionList"]
    found = read_event(event, NAMES)
    assert found is not None
    assert found.payload["corrects"] == said.entry.event.corrects  # type: ignore[attr-defined]


def test_what_quality_accepted_is_a_correction_and_what_it_rejected_is_none() -> None:
    for disposition, declared in (("accepted", True), ("rejected", False)):
        scene = scene_at("infused")
        said = infusion_corrected_by(scene, "kit")
        (deviation,) = said.deviations
        scene.clear(deviation, disposition)
        (event,) = events_said(scene, said)
        assert ("errorDeclaration" in event) == declared


# --- EPCIS: custody that did not move ---------------------------------------------------------


def test_an_acceptance_by_who_may_not_accept_is_no_possession() -> None:
    scene = scene_at("released")
    offered = scene.release("mia", CLEANROOM, VAN, DOSE)
    void = scene.accept("nora", CLEANROOM, VAN, DOSE, release=offered.id)
    (event,) = events_said(scene, void)
    assert event["unbroken:findings"] == ["role_not_permitted"]
    assert "possessing_party" not in repr(event)
    assert event["unbroken:receiver"] == {f"unbroken:{name}": one for name, one in VAN.items()}
    found = read_event(event, NAMES)
    assert found is not None
    assert (found.payload["giver"], found.payload["receiver"]) == (CLEANROOM, VAN)
    good = scene.accept("kit", CLEANROOM, VAN, DOSE, release=offered.id)
    assert "possessing_party" in repr(events_said(scene, good))


def test_two_receivers_in_one_event_are_refused() -> None:
    scene = scene_at("released")
    (event,) = events_said(scene, scene.release("mia", CLEANROOM, VAN, DOSE))
    with pytest.raises(Malformed, match="unbroken:receiver"):
        read_event(event | {"unbroken:receiver": {"unbroken:site": "far"}}, NAMES)


# --- EPCIS: what ends, and what stops ---------------------------------------------------------


def test_a_lifted_quarantine_is_told_with_its_containers_and_not_beside_another() -> None:
    scene = scene_at("released")
    held = scene.on_chain("quinn", "Quarantined", containers=[DOSE], reason="suspect")
    of_parent = scene.on_chain("quinn", "Quarantined", containers=[FRESH], reason="suspect")
    first = scene.decide("quinn", "QuarantineLifted", quarantine=held.id, reason="cleared")
    last = scene.decide("quinn", "QuarantineLifted", quarantine=of_parent.id, reason="cleared")
    (while_held,), (free,) = events_said(scene, first), events_said(scene, last)
    assert (epcs(while_held), "disposition" in while_held) == ([DOSE], False)
    assert (epcs(free), free["disposition"]) == ([FRESH], "in_progress")
    reject(scene, DOSE)
    assert events_said(scene, last) == [free]


def test_a_lifted_quarantine_frees_nothing_that_was_rejected_before() -> None:
    scene = scene_at("released")
    held = scene.on_chain("quinn", "Quarantined", containers=[DOSE], reason="suspect")
    reject(scene, DOSE)
    lifted = scene.decide("quinn", "QuarantineLifted", quarantine=held.id, reason="cleared")
    assert "disposition" not in events_said(scene, lifted)[0]


def test_a_disposition_and_a_void_label_name_their_containers() -> None:
    scene = labels.labelled()
    lost = scene.on_chain("mia", "ContainerDamaged", at=CLEANROOM, containers=[DOSE_2], damage="leak")
    (rejected,) = events_said(scene, scene.clear(lost.deviations[0], "rejected"))
    assert (epcs(rejected), rejected["disposition"]) == ([DOSE_2], "non_conformant")
    (void,) = events_said(scene, labels.voided(scene, "L-1"))
    assert epcs(void) == [DOSE]


def test_a_recall_is_an_event_of_what_the_lot_went_into_and_of_nothing_else() -> None:
    scene = supply.with_lot("made")
    recall = supply.recall(scene, "lv-1").entry
    assert list(events_of(recall, Seen(scene.chain), NAMES)) == []
    seen = Seen(scene.chain, made_with={"lv-1": (FRESH, DOSE)}.__getitem__)
    (event,) = events_of(recall, seen, NAMES)
    assert (epcs(event), event["disposition"], event["unbroken:stream"]) == (
        [FRESH, DOSE],
        "recalled",
        "lot/lv-1",
    )
    found = read_event(event, NAMES)
    assert found is not None
    assert (found.stream, found.payload["reason"]) == ("lot/lv-1", "contamination")


# --- FHIR: what may be used -------------------------------------------------------------------


def told(scene: Scene, days: int = 0) -> Story:
    entries = [(one, None) for one in entries_of(scene)]
    return story_of(scene.chain, entries, Outlook(scene.world, scene.now_ms + days * 86_400_000))


def dose(story: Story) -> Product:
    return next(one for one in story.products if one.container == DOSE)


def standing(scene: Scene, days: int = 0) -> str:
    """In words; the standard's code says the same."""
    story = told(scene, days)
    made = bundle(story, NAMES, 0)["entry"]
    (code,) = (one["resource"]["productStatus"]["code"] for one in made if one["resource"]["id"] == DOSE
               and "productStatus" in one["resource"])  # fmt: skip
    found = dose(story)
    assert (code == "available") == found.available == (found.state == "available")
    return found.state


def test_a_released_bag_is_available_until_something_stops_it() -> None:
    assert standing(scene_at("made")) == "not released"
    scene = scene_at("released")
    assert standing(scene) == "available"
    assert standing(scene, days=4000) == "expired"
    held = scene.on_chain("quinn", "Quarantined", containers=[FRESH], reason="suspect")
    assert standing(scene) == "quarantined"
    scene.decide("quinn", "QuarantineLifted", quarantine=held.id, reason="cleared")
    damaged = scene.on_chain("mia", "ContainerDamaged", at=CLEANROOM, containers=[DOSE], damage="leak")
    assert standing(scene) == "stopped by a deviation"
    scene.clear(damaged.deviations[0])
    assert standing(scene) == "available"
    reject(scene, DOSE)
    assert standing(scene) == "rejected"


def test_a_recalled_lot_stops_a_released_bag() -> None:
    scene = supply.with_lot("made")
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED)
    assert standing(scene) == "available"
    supply.recall(scene, "lv-1")
    assert standing(scene) == "made with a recalled lot"


# --- FHIR: hand-overs, readings, checks -------------------------------------------------------


def test_a_transport_is_completed_once_all_that_was_released_moved() -> None:
    scene = scene_at("released")
    offered = scene.release("mia", CLEANROOM, VAN, DOSE, DOSE_2)
    scene.accept("kit", CLEANROOM, VAN, DOSE, release=offered.id)
    leg = told(scene).legs[-1]
    assert (leg.status, leg.acceptance) == ("in-progress", None)
    second = scene.accept("kit", CLEANROOM, VAN, DOSE_2, release=offered.id)
    leg = told(scene).legs[-1]
    assert (leg.status, leg.acceptance) == ("completed", second.id)


def test_readings_say_what_they_are_worth() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 500)
    attach(scene, 500, 500, device_signature="failed", calibrated_until=None)
    attach(scene, 500, 500, range_low_centi_c=400, range_high_centi_c=600)
    fresh = next(one for one in told(scene).products if one.container == FRESH)
    said = [(one.fit, one.device_signature, one.calibrated_until is None) for one in fresh.temperature]
    assert said == [(True, "valid", False), (False, "failed", True), (False, "valid", False)]


def matched(scene: Scene) -> bool | None:
    (found,) = told(scene).doses
    return found.matched


def test_patient_and_bag_match_once_both_read_the_label_that_is_in_force() -> None:
    scene = labels.at_bedside()
    scene.check("nora", label="L-1")
    assert matched(scene) is False
    scene.check("nils", label="L-2")
    assert matched(scene) is False
    scene.check("nils", label="L-1")
    assert matched(scene) is True
    labels.voided(scene, "L-1", signer="nora", at=WARD)
    assert matched(scene) is False


def test_a_label_that_this_therapy_never_issued_matches_nothing() -> None:
    for serial, wanted in ((None, True), ("OF-ANOTHER", False)):
        scene = scene_at("thawed")
        scene.check("nora", label=serial)
        scene.check("nils", label=serial)
        assert matched(scene) is wanted


def test_a_label_that_was_destroyed_after_the_infusion_was_in_force_at_it() -> None:
    scene = labels.at_bedside()
    scene.check("nora", label="L-1")
    scene.check("nils", label="L-1")
    scene.on_chain("nora", "InfusionStarted", site="st-mary", container=DOSE)
    scene.forward(3600)
    labels.voided(scene, "L-1", signer="nora", at=WARD)
    assert matched(scene) is True
