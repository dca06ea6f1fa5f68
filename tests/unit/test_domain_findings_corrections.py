"""Corrections: what was said stays; who may correct what, and what Quality must decide."""

from __future__ import annotations

import pytest

from ledger.domain.world import Entry
from tests.domain_phrases import pack, raised
from tests.domain_quality import correct
from tests.domain_scene import CHAIN, FRESH, OTHER_COI, Said, Scene, scene_at


def packed() -> tuple[Scene, Said]:
    scene = scene_at("collected")
    return scene, pack(scene)


def collection_of(scene: Scene) -> Entry:
    (found,) = [
        entry
        for entry, _ in scene.entries
        if entry.stream == CHAIN and entry.event.type == "CollectionCompleted"
    ]
    return found


def test_who_said_it_corrects_it_and_it_stays_as_it_is() -> None:
    scene, original = packed()
    packing = scene.chain.containers[FRESH].packing
    said = correct(scene, "anna", original.id)
    assert raised(said) == {}
    assert scene.chain.containers[FRESH].packing == packing
    (correction,) = scene.chain.corrections[original.id]
    assert (correction.position, correction.member, correction.right) == (
        said.entry.position,
        "shipper",
        "SHIPPER-7",
    )


def test_quality_corrects_what_others_said() -> None:
    scene, original = packed()
    assert raised(correct(scene, "quinn", original.id)) == {}


def test_finding_correction_of_unknown() -> None:
    scene, _ = packed()
    assert raised(correct(scene, "anna", "00" * 32)) == {"correction_of_unknown": ()}
    (other,) = [
        entry
        for entry, _ in scene.entries
        if entry.stream == f"chain/{OTHER_COI}" and entry.event.type == "CollectionCompleted"
    ]
    assert raised(correct(scene, "anna", other.statement_id)) == {"correction_of_unknown": ()}


@pytest.mark.parametrize("member", ["containers.0.expires_at", "containers.0.volume_ul", "containers", "0"])
def test_finding_correction_matters(member: str) -> None:
    scene = scene_at("collected")
    collected = collection_of(scene)
    said = correct(scene, "anna", collected.statement_id, member)
    assert raised(said) == {"correction_matters": (FRESH,)}


def test_finding_correction_by_other() -> None:
    scene, original = packed()
    assert raised(correct(scene, "nora", original.id)) == {"correction_by_other": (FRESH,)}


@pytest.mark.parametrize("signer", ["anna", "kit"])
def test_a_correction_that_comes_before_what_it_corrects_is_judged_when_that_arrives(signer: str) -> None:
    there, original = packed()
    expected = raised(correct(there, signer, original.id, "containers"))
    scene = scene_at("collected")
    awaited = scene.entry("anna", CHAIN, "Packed", at=original.entry.event.at.model_dump(),  # type: ignore[attr-defined]
                          containers=[FRESH], shipper="SHIPPER-1")  # fmt: skip
    assert raised(correct(scene, signer, awaited.statement_id, "containers")) == {"correction_of_unknown": ()}
    late = scene.entry("anna", CHAIN, "Packed", at=original.entry.event.at.model_dump(),  # type: ignore[attr-defined]
                       containers=[FRESH], shipper="SHIPPER-1")  # fmt: skip
    late.statement_id = awaited.statement_id
    assert raised(scene.record(late)) == expected
    assert "correction_matters" in expected


def test_what_a_stranger_corrects_is_kept_for_review_and_marks_nothing() -> None:
    scene, original = packed()
    assert correct(scene, "olga", original.id).verdict.standing is False
    assert scene.chain.corrections == {}


def test_a_fact_that_had_no_standing_is_no_entry_of_the_therapy() -> None:
    scene = scene_at("collected")
    strange = pack(scene, "otto")
    assert raised(correct(scene, "quinn", strange.id)) == {"correction_of_unknown": ()}
