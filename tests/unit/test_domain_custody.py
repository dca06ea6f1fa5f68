"""Custody: two statements move a bag, one alone never does, strangers cannot."""

from __future__ import annotations

from typing import Any

from ledger.domain.custody import MAX_DETOURS, Custody, Handover, Holder
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    FAR_VAN,
    FRESH,
    PHARMACY,
    VAN,
    Scene,
    scene_at,
)


def holder(scene: Scene, container: str = FRESH) -> Any:
    found = scene.chain.containers[container].holder
    return {"site": found.site, "department": found.department}


def test_a_collection_is_in_the_hands_of_who_collected() -> None:
    scene = scene_at("collected")
    assert holder(scene) == APHERESIS
    assert scene.chain.containers[FRESH].custody.position == scene.chain.containers[FRESH].position


def test_a_release_alone_offers_and_an_acceptance_moves() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    offered = scene.chain.containers[FRESH].offered
    assert (holder(scene), offered.id, offered.receiver.site) == (APHERESIS, release.id, "swift-depot")
    accepted = scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)
    assert (holder(scene), scene.chain.containers[FRESH].offered) == (VAN, None)
    assert scene.chain.containers[FRESH].custody.position == accepted.entry.position
    assert scene.chain.waiting == set()


def test_a_claim_moves_nothing_until_its_release_arrives() -> None:
    scene = scene_at("collected")
    release = scene.entry("anna", CHAIN, "CustodyReleased", containers=[FRESH], giver=APHERESIS,
                          receiver=VAN, condition="intact")  # fmt: skip
    scene.accept("kit", APHERESIS, VAN, FRESH, release=release.statement_id)
    assert holder(scene) == APHERESIS
    assert scene.chain.containers[FRESH].custody.claimed_by(Holder("swift-depot", "van-2"))
    assert scene.chain.waiting == {FRESH}
    again = scene.entry("anna", CHAIN, "CustodyReleased", containers=[FRESH], giver=APHERESIS,
                        receiver=VAN, condition="intact")  # fmt: skip
    assert again.statement_id != release.statement_id
    scene.record(again)
    assert holder(scene) == APHERESIS  # the claim names another release


def test_an_acceptance_that_names_no_release_answers_any_between_the_same_two() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH)
    scene.release("anna", APHERESIS, PHARMACY, FRESH)
    assert holder(scene) == APHERESIS
    scene.release("anna", APHERESIS, VAN, FRESH)
    assert holder(scene) == VAN


def test_a_second_acceptance_of_the_same_release_changes_nothing() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    for _ in range(2):
        scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)
    assert (holder(scene), scene.chain.waiting) == (VAN, set())


def test_of_two_hops_that_contradict_each_other_the_first_recorded_stays() -> None:
    scene = scene_at("collected")
    for receiver, person in ((VAN, "kit"), (CLEANROOM, "mia")):
        release = scene.release("anna", APHERESIS, receiver, FRESH)
        scene.accept(person, APHERESIS, receiver, FRESH, release=release.id)
    assert holder(scene) == VAN
    assert any(one.code == "release_by_non_holder" for one in scene.chain.blocking(FRESH))


def test_an_acceptance_signed_for_somebody_elses_department_is_taken_out_again() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, CLEANROOM, FRESH)
    forged = scene.accept("kit", APHERESIS, CLEANROOM, FRESH, release=release.id)
    assert forged.codes == {"role_not_permitted"}
    assert holder(scene) == APHERESIS
    assert "northcell-1" not in scene.chain.handled_sites()
    scene.accept("mia", APHERESIS, CLEANROOM, FRESH, release=release.id)
    assert holder(scene) == CLEANROOM


def test_a_release_signed_for_somebody_elses_department_offers_nothing() -> None:
    scene = scene_at("collected")
    forged = scene.release("kit", APHERESIS, FAR_VAN, FRESH)
    assert forged.codes == {"role_not_permitted"}
    assert scene.chain.containers[FRESH].offered is None
    scene.accept("mia", APHERESIS, CLEANROOM, FRESH, release=forged.id)
    assert holder(scene) == APHERESIS


def test_what_a_stranger_says_moves_nothing_even_when_it_fits() -> None:
    scene = scene_at("collected")
    scene.accept("otto", APHERESIS, FAR_VAN, FRESH)
    scene.release("anna", APHERESIS, FAR_VAN, FRESH)
    assert holder(scene) == APHERESIS
    scene.accept("otto", APHERESIS, FAR_VAN, FRESH)  # now the holder's release names them
    assert holder(scene) == FAR_VAN


def test_hand_overs_that_come_before_the_collection_wait_for_it() -> None:
    scene = scene_at("ordered")
    release = scene.release("anna", APHERESIS, VAN, "LATE-1")
    scene.accept("kit", APHERESIS, VAN, "LATE-1", release=release.id)
    assert "LATE-1" not in scene.chain.containers
    made = [{"container": "LATE-1", "volume_ul": 1}]
    scene.on_chain("anna", "CollectionCompleted", at=APHERESIS, containers=made,
                   ended_at="2026-09-21T14:13:20.000Z")  # fmt: skip
    assert holder(scene, "LATE-1") == VAN


def test_children_are_in_the_hands_of_who_made_them() -> None:
    scene = scene_at("made")
    assert {name: holder(scene, name) for name in ("DOSE-1", "DOSE-2")} == {
        "DOSE-1": CLEANROOM,
        "DOSE-2": CLEANROOM,
    }
    assert scene.chain.containers[FRESH].status == "consumed"


def test_one_signers_junk_does_not_make_the_search_grow() -> None:
    """Beyond the limit waiting hops are left waiting; custody itself still resolves."""
    here, there, away = Holder("a", "x"), Holder("b", "x"), Holder("c", "x")
    custody = Custody()
    custody.begin(here, 0)
    for n in range(MAX_DETOURS + 1):
        custody.add(Handover(f"junk{n}", away, there, ("BAG",), None, n, 0))
    for n, (giver, receiver) in enumerate([(here, there), (there, here), (here, away)]):
        custody.add(Handover(f"r{n}", giver, receiver, ("BAG",), None, n, 0))
        custody.add(Handover(f"a{n}", giver, receiver, ("BAG",), None, n, 0, True, f"r{n}"))
    assert custody.holder == away
    assert len(custody.releases) == MAX_DETOURS + 1
