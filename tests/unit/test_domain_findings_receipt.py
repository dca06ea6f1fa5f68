"""What is wrong with a receipt, a refusal, a swap, a return or a destruction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain_phrases import raised, thaw
from tests.domain_scene import (
    APHERESIS,
    CLEANROOM,
    DOSE,
    DOSE_2,
    FAR_VAN,
    FRESH,
    PHARMACY,
    VAN,
    WARD,
    Said,
    Scene,
    scene_at,
)


def inspect(scene: Scene, signer: str = "nora", **fields: Any) -> Said:
    told = {"at": WARD, "containers": [DOSE], "shipper": "S-9", "condition": "intact", "expected": 1,
            "received": 1, "outcome": "accepted"}  # fmt: skip
    return scene.on_chain(signer, "ReceiptInspected", **told | fields)


def refuse(scene: Scene, release: str, signer: str = "kit", receiver: Any = VAN, **fields: Any) -> Said:
    told = {"containers": [FRESH], "giver": APHERESIS, "receiver": receiver, "release": release,
            "reason": "temperature_alarm"}  # fmt: skip
    return scene.on_chain(signer, "CustodyRefused", **told | fields)


def destroy(scene: Scene, *containers: str, signer: str = "nora", **fields: Any) -> Said:
    told = {"at": WARD, "containers": list(containers), "method": "incineration", "reason": "thawed"}
    return scene.on_chain(signer, "Destroyed", **told | fields)


def witness(scene: Scene, destruction: str, *containers: str, signer: str = "nils") -> Said:
    told = {"at": WARD, "containers": list(containers), "destruction": destruction}
    return scene.on_chain(signer, "DestructionWitnessed", **told)


# --- receipt ---------------------------------------------------------------------------


def test_an_inspection_by_who_holds_the_bag_or_is_offered_it_is_clean() -> None:
    assert raised(inspect(scene_at("at_ward"))) == {}
    scene = scene_at("collected")
    scene.release("anna", APHERESIS, VAN, FRESH)
    assert raised(inspect(scene, "kit", at=VAN, containers=[FRESH])) == {}
    assert raised(inspect(scene, "mia", at=CLEANROOM, containers=[FRESH])) == {
        "acted_without_custody": (FRESH,)
    }


def test_finding_receipt_count_differs() -> None:
    scene = scene_at("at_ward")
    assert raised(inspect(scene, expected=2)) == {"receipt_count_differs": (DOSE,)}
    two = {"containers": [DOSE, DOSE_2]}
    assert raised(inspect(scene, **two, expected=2, received=2)) == {}
    assert raised(inspect(scene, **two, expected=1)) == {"receipt_count_differs": (DOSE, DOSE_2)}
    assert raised(inspect(scene, expected=2, received=2)) == {}  # another patient's is in there, too


def test_another_seal_than_it_was_packed_under_is_found_on_receipt() -> None:
    scene = scene_at("at_ward")
    scene.on_chain("nora", "Packed", at=WARD, containers=[DOSE], shipper="S-9", seal="SEAL-9")
    assert raised(inspect(scene, seal="SEAL-8")) == {"seal_differs": (DOSE,)}
    assert raised(inspect(scene, seal="SEAL-9", condition="damaged")) == {"condition_not_intact": (DOSE,)}


def test_what_is_put_into_quarantine_on_receipt_waits_for_quality() -> None:
    scene = scene_at("at_ward")
    said = inspect(scene, outcome="quarantine")
    assert raised(thaw(scene, DOSE)) == {"container_quarantined": (DOSE,)}
    scene.decide("quinn", "QuarantineLifted", quarantine=said.id, reason="inspected")
    assert not any(scene.chain.quarantined(DOSE))


# --- refusal ---------------------------------------------------------------------------


def test_finding_custody_refused() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    assert raised(refuse(scene, release.id)) == {"custody_refused": (FRESH,)}
    container = scene.chain.containers[FRESH]
    assert (container.holder.site, container.offered) == ("st-mary", None)
    assert scene.chain.waiting == set()


def test_a_refused_release_raises_no_alarm_however_long_it_lies() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    refuse(scene, release.id)
    scene.forward(3 * 86_400)
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    assert raised(scene.on_chain("anna", "Packed", **packed)) == {}


def test_a_refusal_that_comes_before_its_release_is_kept_for_it() -> None:
    scene = scene_at("collected")
    parties = {"containers": [FRESH], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    release = scene.entry("anna", f"chain/{scene.chain.coi}", "CustodyReleased", **parties)
    refuse(scene, release.statement_id)
    release.position = scene.world.size
    assert raised(scene.record(release)) == {}
    assert (scene.chain.waiting, scene.chain.containers[FRESH].offered) == (set(), None)


def test_somebody_who_was_refused_may_offer_it_again() -> None:
    scene = scene_at("collected")
    refuse(scene, scene.release("anna", APHERESIS, VAN, FRESH).id)
    again = scene.release("anna", APHERESIS, VAN, FRESH)
    assert raised(scene.accept("kit", APHERESIS, VAN, FRESH, release=again.id)) == {}
    assert scene.chain.containers[FRESH].holder.site == "swift-depot"


def test_finding_refusal_differs() -> None:
    scene = scene_at("at_ward")
    release = scene.release("nora", WARD, VAN, DOSE)
    fields: dict[str, Any] = {"giver": WARD}
    said = refuse(scene, release.id, containers=[DOSE_2], **fields)
    assert raised(said) == {"custody_refused": (DOSE_2,), "refusal_differs": (DOSE_2,)}
    said = refuse(scene, release.id, "mia", CLEANROOM, containers=[DOSE], **fields)
    assert raised(said) == {"custody_refused": (DOSE,), "refusal_differs": (DOSE,)}
    assert scene.chain.containers[DOSE].offered.id == release.id


def test_finding_accepted_and_refused() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)
    said = refuse(scene, release.id)
    assert raised(said) == {"custody_refused": (FRESH,), "accepted_and_refused": (FRESH,)}
    assert scene.chain.containers[FRESH].holder.site == "swift-depot"  # what moved stays


def test_an_acceptance_after_the_refusal_is_told_and_moves_nothing() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    refuse(scene, release.id)
    said = scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)
    assert raised(said) == {"accepted_and_refused": (FRESH,)}
    assert scene.chain.containers[FRESH].holder.site == "st-mary"


def test_part_of_a_delivery_may_be_accepted_and_the_rest_refused() -> None:
    scene = scene_at("released")
    release = scene.release("mia", CLEANROOM, VAN, DOSE, DOSE_2)
    assert raised(scene.accept("kit", CLEANROOM, VAN, DOSE, release=release.id)) == {}
    said = refuse(scene, release.id, containers=[DOSE_2], giver=CLEANROOM)
    assert raised(said) == {"custody_refused": (DOSE_2,)}
    holders = [scene.chain.containers[name].holder.site for name in (DOSE, DOSE_2)]
    assert (holders, scene.chain.waiting) == (["swift-depot", "northcell-1"], set())


def test_a_refusal_by_somebody_who_does_not_act_for_the_receiver_is_taken_out_again() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    said = refuse(scene, release.id, "mia")
    assert raised(said) == {"role_not_permitted": (FRESH,), "custody_refused": (FRESH,)}
    assert scene.chain.containers[FRESH].offered.id == release.id


def test_a_stranger_cannot_refuse_what_was_offered_to_somebody_else() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    said = refuse(scene, release.id, "otto", FAR_VAN)
    assert raised(said) == {"unrelated_signer": ()}
    assert scene.chain.containers[FRESH].offered.id == release.id


# --- swap and return -------------------------------------------------------------------


def swap(scene: Scene, signer: str = "kit", **fields: Any) -> Said:
    told = {"at": VAN, "containers": [FRESH], "old_shipper": "SHIPPER-1", "shipper": "SHIPPER-2",
            "seal": "SEAL-2", "logger": "LOG-2", "reason": "customs_hold"}  # fmt: skip
    return scene.on_chain(signer, "ShipperSwapped", **told | fields)


def test_finding_shipper_swapped() -> None:
    scene = scene_at("collected")
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    said = swap(scene)
    assert raised(said) == {"shipper_swapped": (FRESH,)}
    packing = scene.chain.containers[FRESH].packing
    assert (packing.shipper, packing.seal, packing.logger) == ("SHIPPER-2", "SEAL-2", "LOG-2")


def test_a_swap_under_another_seal_than_it_was_packed_with_says_that_too() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "SHIPPER-1", "seal": "SEAL-1"}
    scene.on_chain("anna", "Packed", **packed)
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    assert raised(swap(scene, old_seal="SEAL-0")).keys() == {"shipper_swapped", "seal_differs"}


def test_a_packing_that_arrives_after_the_swap_does_not_undo_it() -> None:
    scene = scene_at("collected")
    before = scene.entries[-1][0].event.occurred_at
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    swap(scene)
    packed = {"at": VAN, "containers": [FRESH], "shipper": "SHIPPER-1", "occurred_at": before}
    scene.on_chain("kit", "Packed", **packed)
    assert scene.chain.containers[FRESH].packing.shipper == "SHIPPER-2"


def test_who_swaps_or_returns_holds_the_bag() -> None:
    scene = scene_at("collected")
    assert raised(swap(scene)) == {"acted_without_custody": (FRESH,), "shipper_swapped": (FRESH,)}


def test_finding_container_returned() -> None:
    scene = scene_at("at_ward")
    said = scene.on_chain("nora", "Returned", at=WARD, containers=[DOSE], reason="patient_unfit")
    assert raised(said) == {"container_returned": (DOSE,)}
    assert scene.chain.containers[DOSE].returned.position == said.entry.position
    held = scene.on_chain("nora", "Returned", at=PHARMACY, containers=[DOSE_2], reason="patient_unfit")
    assert raised(held) == {"acted_without_custody": (DOSE_2,), "container_returned": (DOSE_2,)}


# --- destruction -----------------------------------------------------------------------


def test_a_destruction_that_a_second_person_saw_is_complete() -> None:
    scene = scene_at("at_ward")
    said = destroy(scene, DOSE, DOSE_2)
    assert raised(said) == {}
    assert scene.chain.disposals[said.id].unwitnessed() == [DOSE, DOSE_2]
    assert raised(witness(scene, said.id, DOSE, DOSE_2)) == {}
    assert scene.chain.disposals[said.id].unwitnessed() == []
    assert raised(scene.decide("carl", "TherapyClosed", reason="not_given")) == {}


def test_finding_destruction_unwitnessed() -> None:
    scene = scene_at("at_ward")
    said = destroy(scene, DOSE, DOSE_2)
    witness(scene, said.id, DOSE)
    closed = scene.decide("carl", "TherapyClosed", reason="not_given")
    assert raised(closed) == {"destruction_unwitnessed": (DOSE_2,)}


@pytest.mark.parametrize("witness_first", [False, True])
def test_the_same_person_is_no_second_witness(witness_first: bool) -> None:
    scene = scene_at("at_ward")
    told = {"at": WARD, "containers": [DOSE], "method": "incineration", "reason": "thawed"}
    made = scene.entry("nora", f"chain/{scene.chain.coi}", "Destroyed", **told)
    if not witness_first:
        scene.record(made)
        said = witness(scene, made.statement_id, DOSE, signer="nora")
    else:
        assert raised(witness(scene, made.statement_id, DOSE, signer="nora")) == {}
        made.position = scene.world.size
        said = scene.record(made)
    assert raised(said)["same_signer"] == (DOSE,)
    assert scene.chain.disposals[made.statement_id].unwitnessed() == [DOSE]


def test_finding_witness_differs() -> None:
    scene = scene_at("at_ward")
    said = destroy(scene, DOSE)
    assert raised(witness(scene, said.id, DOSE, DOSE_2)) == {"witness_differs": (DOSE_2,)}


def test_finding_container_destroyed() -> None:
    scene = scene_at("at_ward")
    destroy(scene, DOSE)
    assert raised(thaw(scene, DOSE)) == {"container_destroyed": (DOSE,)}


def test_a_second_destruction_is_a_repeated_step() -> None:
    scene = scene_at("at_ward")
    destroy(scene, DOSE)
    assert raised(destroy(scene, DOSE)) == {"repeated_step": (DOSE,)}


def test_an_infused_bag_that_is_made_away_with_stays_infused() -> None:
    scene = scene_at("infused")
    assert raised(destroy(scene, DOSE)) == {}
    assert scene.chain.containers[DOSE].status == "infused"


def test_a_courier_destroys_nothing_in_good_standing() -> None:
    scene = scene_at("collected")
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    assert raised(destroy(scene, FRESH, signer="kit", at=VAN)) == {"role_not_permitted": (FRESH,)}
