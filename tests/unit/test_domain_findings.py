"""Every finding, raised by the smallest departure from the ordinary story.

`test_every_finding_has_its_test` fails when a code has no `test_finding_<code>` here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.domain.findings import FINDINGS, MAX_NAMED, finding, findings_markdown
from ledger.domain.world import timestamp
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    DOSE,
    DOSE_2,
    FAR_VAN,
    FRESH,
    HOUR_MS,
    ORDER,
    OTHER_COI,
    PHARMACY,
    PRODUCT,
    VAN,
    WARD,
    Said,
    Scene,
    collection,
    enrol,
    filled,
    furnished,
    kid,
    patient,
    scene_at,
)

STARTED: dict[str, Any] = {"at": CLEANROOM, "batch": "B-1", "platform": "P-1"}


def raised(said: Said) -> dict[str, tuple[str, ...]]:
    """Codes and containers that the ledger recorded behind the statement; blocking as the table says."""
    events: list[Any] = [entry.event for entry in said.deviations]
    for event in events:
        meaning = FINDINGS[event.code]
        assert (event.severity, event.blocking) == (meaning.severity, meaning.blocking)
        assert event.cause == said.id
    return {event.code: tuple(event.containers) for event in events}


def pack(scene: Scene, signer: str = "anna", **fields: Any) -> Said:
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "SHIPPER-1"}
    return scene.on_chain(signer, "Packed", **packed | fields)


def identify(scene: Scene, **fields: Any) -> Said:
    read = {"site": "st-mary", "patient": patient(), "method": "scan", "outcome": "match"}
    return scene.on_chain("anna", "PatientIdentified", **read | fields)


def start_infusion(scene: Scene, signer: str = "nora", **fields: Any) -> Said:
    return scene.on_chain(signer, "InfusionStarted", **{"site": "st-mary", "container": DOSE} | fields)


def thaw(scene: Scene, *containers: str, at: Any = WARD, signer: str = "nora", **fields: Any) -> Said:
    return scene.on_chain(signer, "ThawStarted", at=at, containers=list(containers), **fields)


def test_every_finding_has_its_test() -> None:
    assert {code for code in FINDINGS if f"test_finding_{code}" not in globals()} == set()


def test_the_ordinary_story_raises_nothing() -> None:
    scene = scene_at("infused")
    assert [verdict for _, verdict in scene.entries if verdict.findings] == []
    assert scene.chain.containers[DOSE].status == "infused"


# --- the device, its key and its clock -------------------------------------------------


@pytest.mark.parametrize("wrong", [{"seq": 99}, {"prev": "00" * 32}])
def test_finding_sequence_gap(wrong: dict[str, Any]) -> None:
    assert raised(pack(scene_at("collected"), **wrong)) == {"sequence_gap": (FRESH,)}


@pytest.mark.parametrize("size", [7, 10_000])
def test_finding_unknown_checkpoint(size: int) -> None:
    said = pack(scene_at("collected"), seen={"size": size, "root": "00" * 32})
    assert raised(said) == {"unknown_checkpoint": (FRESH,)}


def test_finding_clock_ahead() -> None:
    scene = scene_at("collected")
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms + 300_001))) == {"clock_ahead": (FRESH,)}
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms + 300_000))) == {}


def test_finding_clock_behind() -> None:
    scene = scene_at("collected")
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms - 300_001))) == {"clock_behind": (FRESH,)}
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms - 300_000))) == {}


def test_a_fact_that_comes_hours_late_is_simply_late() -> None:
    scene = scene_at("collected")
    made_offline = {"occurred_at": timestamp(scene.now_ms), "seen": scene.seen}
    scene.forward(9 * 3600)
    assert raised(pack(scene, **made_offline)) == {}


def test_finding_late_by_retired_key() -> None:
    scene = scene_at("collected")
    scene.say("ada", "agent/anna", "KeyRetired", kid=kid("anna"), reason="new_phone")
    assert raised(pack(scene)) == {"late_by_retired_key": (FRESH,)}


# --- the signer ------------------------------------------------------------------------


def test_finding_unrelated_signer() -> None:
    scene = scene_at("collected")
    said = pack(scene, "otto", at=FAR_VAN)
    assert (raised(said), said.verdict.standing) == ({"unrelated_signer": ()}, False)


def test_finding_chain_not_opened() -> None:
    said = scene_at("ordered").say(
        "anna",
        "chain/acme:NEVER-ORDERED",
        "Packed",
        at=APHERESIS,
        containers=[FRESH],
        shipper="SHIPPER-1",
    )
    assert (raised(said), said.verdict.standing) == ({"chain_not_opened": ()}, False)


@pytest.mark.parametrize("signer", ["kit", "mia"])
def test_finding_role_not_permitted(signer: str) -> None:
    said = pack(scene_at("collected"), signer)
    assert (raised(said), said.verdict.standing) == ({"role_not_permitted": (FRESH,)}, True)


def test_finding_not_qualified() -> None:
    said = start_infusion(scene_at("authorised"), "nell")
    assert raised(said) == {"not_qualified": (DOSE,)}


def test_a_qualification_that_has_run_out_does_not_count() -> None:
    scene = scene_at("authorised")
    until = timestamp(scene.now_ms + 1000)
    granted = {"qualification": "bedside", "expires_at": until}
    scene.say("ada", "agent/nora", "QualificationGranted", **granted)
    scene.forward(1)
    assert raised(start_infusion(scene)) == {"not_qualified": (DOSE,)}


# --- places ----------------------------------------------------------------------------


def test_finding_unknown_site() -> None:
    scene = scene_at("collected")
    nowhere = {"site": "nowhere", "department": "dock"}
    assert raised(scene.release("anna", APHERESIS, nowhere, FRESH)) == {"unknown_site": (FRESH,)}


def test_finding_site_not_in_force() -> None:
    scene = scene_at("collected")
    scene.say("cleo", "site/swift-depot", "SiteSuspended", reason="inspection")
    assert raised(scene.release("anna", APHERESIS, VAN, FRESH)) == {"site_not_in_force": (FRESH,)}
    scene.say("cleo", "site/swift-depot", "SiteResumed", reason="cleared")
    assert raised(scene.accept("kit", APHERESIS, VAN, FRESH)) == {}


def test_finding_site_not_planned() -> None:
    scene = scene_at("ordered")
    said = scene.on_chain("mia", "PatientIdentified", site="northcell-1", patient=patient(),
                          method="scan", outcome="match")  # fmt: skip
    assert raised(said)["site_not_planned"] == ()


def test_finding_site_not_active_for_product() -> None:
    scene = scene_at("collected")
    said = scene.on_chain(
        "anna", "ManufacturingStarted", **STARTED | {"at": APHERESIS, "containers": [FRESH]}
    )
    assert raised(said) == {
        "role_not_permitted": (FRESH,),
        "site_not_planned": (FRESH,),
        "site_not_active_for_product": (FRESH,),
    }


# --- identity --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [
        {"outcome": "mismatch"},
        {"patient": patient("patient-2")},
        {"patient": [patient()[0], patient("patient-2")[1]]},
        {"patient": [patient()[0], *patient("patient-1", "visit_number")]},
        {"patient": [patient()[0], patient()[0]]},
        {"patient": [*patient(), patient("patient-2")[0]]},
    ],
)
def test_finding_patient_mismatch(read: dict[str, Any]) -> None:
    assert raised(identify(scene_at("ordered"), **read)) == {"patient_mismatch": ()}


def test_an_identifier_that_the_order_does_not_name_neither_helps_nor_harms() -> None:
    read = [*patient(), *patient("patient-1", "visit_number")]
    assert raised(identify(scene_at("ordered"), patient=read)) == {}


def test_finding_identity_mismatch() -> None:
    scene = scene_at("thawed")
    assert raised(scene.check("nora", patient=patient("patient-2"))) == {"identity_mismatch": (DOSE,)}


@pytest.mark.parametrize("container", ["OTHER-1", "NOBODYS-1"])
def test_a_strangers_bag_at_the_bedside_stops_the_whole_therapy(container: str) -> None:
    scene = scene_at("thawed")
    assert raised(scene.check("nora", container)) == {"identity_mismatch": ()}
    assert [one.code for one in scene.chain.blocking(DOSE)] == ["identity_mismatch"]


def test_finding_container_not_in_chain() -> None:
    assert raised(pack(scene_at("collected"), containers=["NOBODYS-1"])) == {
        "container_not_in_chain": ("NOBODYS-1",)
    }


def test_finding_container_known_elsewhere() -> None:
    scene = scene_at("collected")
    assert raised(pack(scene, containers=["OTHER-1"])) == {"container_known_elsewhere": ("OTHER-1",)}
    made = scene.on_chain("anna", "CollectionCompleted", **collection(scene, "OTHER-1"))
    assert raised(made) == {"container_known_elsewhere": ("OTHER-1",)}
    assert scene.world.chain_of_container("OTHER-1") == OTHER_COI


def test_finding_container_reused() -> None:
    scene = scene_at("collected")
    again = collection(scene, FRESH)
    again["containers"][0]["volume_ul"] = 1
    assert raised(scene.on_chain("anna", "CollectionCompleted", **again)) == {"container_reused": (FRESH,)}
    assert scene.chain.containers[FRESH].volume_ul == 200_000
    twice = collection(scene, "FRESH-2", "FRESH-2")
    assert raised(scene.on_chain("anna", "CollectionCompleted", **twice)) == {
        "container_reused": ("FRESH-2",)
    }


def test_finding_container_used_up() -> None:
    scene = scene_at("made")
    said = scene.on_chain("mia", "ManufacturingStarted", **STARTED | {"batch": "B-9"}, containers=[FRESH])
    assert raised(said) == {"container_used_up": (FRESH,)}
    assert "container_used_up" in raised(start_infusion(scene_at("infused")))


def test_finding_container_expired() -> None:
    scene = scene_at("at_ward")
    made_offline = {"occurred_at": timestamp(scene.now_ms), "seen": scene.seen}
    scene.forward(91 * 24 * 3600)
    codes = raised(thaw(scene, DOSE, **made_offline))
    assert codes == {"container_expired": (DOSE,)}


def test_a_container_is_expired_from_the_moment_that_its_label_names() -> None:
    scene = scene_at("at_ward")
    scene.forward(90 * 24 * 3600 - 120)  # two hand-overs of a minute each came since the filling
    early = timestamp(scene.now_ms - 1)
    assert raised(thaw(scene, DOSE, occurred_at=early)) == {}
    assert raised(thaw(scene, DOSE_2)) == {"container_expired": (DOSE_2,)}


@pytest.mark.parametrize(("bag", "of"), [(2, 1), (1, None), (None, 2)])
def test_finding_bag_numbers_wrong(bag: int | None, of: int | None) -> None:
    scene = scene_at("at_cleanroom")
    said = filled(scene, DOSE)
    said["children"][0] |= {"bag": bag, "of": of}
    assert raised(scene.on_chain("mia", "ContainersDerived", **said)) == {"bag_numbers_wrong": (DOSE,)}


def test_two_bags_with_one_number_make_no_ordered_set() -> None:
    scene = scene_at("at_cleanroom")
    said = filled(scene, DOSE, DOSE_2)
    said["children"][1]["bag"] = 1
    assert raised(scene.on_chain("mia", "ContainersDerived", **said)) == {"bag_numbers_wrong": (DOSE, DOSE_2)}


def test_finding_typed_without_reason() -> None:
    scene = scene_at("ordered")
    assert raised(identify(scene, method="typed")) == {"typed_without_reason": ()}
    assert raised(identify(scene, method="typed", typed_reason="band_unreadable")) == {}


# --- custody ---------------------------------------------------------------------------


def test_finding_release_by_non_holder() -> None:
    scene = scene_at("collected")
    assert raised(scene.release("kit", VAN, CLEANROOM, FRESH)) == {"release_by_non_holder": (FRESH,)}
    assert scene.chain.containers[FRESH].holder == ("st-mary", "apheresis")


def test_a_claimed_container_may_be_released_on() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH, release="ab" * 32)
    assert raised(scene.release("kit", VAN, CLEANROOM, FRESH)) == {}


@pytest.mark.parametrize("release_first", [True, False])
def test_finding_accepted_by_other_than_named(release_first: bool) -> None:
    scene = scene_at("collected")
    if release_first:
        release = scene.release("anna", APHERESIS, VAN, FRESH)
        last = scene.accept("mia", APHERESIS, CLEANROOM, FRESH, release=release.id)
    else:
        released = scene.entry("anna", CHAIN, "CustodyReleased", containers=[FRESH], giver=APHERESIS,
                               receiver=VAN, condition="intact")  # fmt: skip
        scene.accept("mia", APHERESIS, CLEANROOM, FRESH, release=released.statement_id)
        last = scene.record(_moved_to_now(scene, released))
    assert raised(last) == {"accepted_by_other_than_named": (FRESH,)}
    assert scene.chain.containers[FRESH].holder == ("st-mary", "apheresis")


def _moved_to_now(scene: Scene, entry: Any) -> Any:
    """A statement that was signed earlier, at the place where it arrives."""
    return replace(entry, position=scene.world.size, recorded_ms=scene.now_ms)


def test_finding_accepted_not_offered() -> None:
    scene = scene_at("released")
    release = scene.release("mia", CLEANROOM, VAN, DOSE)
    said = scene.accept("kit", CLEANROOM, VAN, DOSE, DOSE_2, release=release.id)
    assert raised(said) == {"accepted_not_offered": (DOSE_2,)}
    holders = {name: scene.chain.containers[name].holder.site for name in (DOSE, DOSE_2)}
    assert holders == {DOSE: "swift-depot", DOSE_2: "northcell-1"}


def test_finding_claim_unanswered() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH)
    scene.forward(86_400)
    assert raised(identify(scene)) == {}
    scene.forward(1)
    assert raised(identify(scene)) == {"claim_unanswered": (FRESH,)}
    assert raised(identify(scene)) == {}


def test_finding_release_unanswered() -> None:
    scene = scene_at("collected")
    scene.release("anna", APHERESIS, VAN, FRESH)
    scene.forward(86_401)
    assert raised(identify(scene)) == {"release_unanswered": (FRESH,)}
    assert raised(identify(scene)) == {}


def test_an_alarm_is_not_repeated_when_more_comes_to_wait() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH)
    scene.forward(86_401)
    assert raised(identify(scene)) == {"claim_unanswered": (FRESH,)}
    assert raised(scene.release("anna", APHERESIS, PHARMACY, FRESH)) == {}
    assert raised(identify(scene)) == {}


def test_an_alarm_may_be_raised_again_for_the_next_hand_over() -> None:
    scene = scene_at("collected")
    for giver, receiver, from_, to in (("anna", "kit", APHERESIS, VAN), ("kit", "mia", VAN, CLEANROOM)):
        release = scene.release(giver, from_, to, FRESH)
        scene.forward(86_401)
        assert raised(scene.accept(receiver, from_, to, FRESH, release=release.id)) == {
            "release_unanswered": (FRESH,)
        }


@pytest.mark.parametrize("condition", ["damaged", "thawed", "unknown"])
def test_finding_condition_not_intact(condition: str) -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    said = scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id, condition=condition)
    assert raised(said) == {"condition_not_intact": (FRESH,)}


@pytest.mark.parametrize(("left", "arrived", "codes"), [
    ("S-1", "S-2", {"seal_differs": (FRESH,)}), ("S-1", "S-1", {}), (None, "S-1", {}),
])  # fmt: skip
def test_finding_seal_differs(left: str | None, arrived: str, codes: dict[str, tuple[str, ...]]) -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH, seal=left)
    assert raised(scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id, seal=arrived)) == codes


def test_finding_acted_without_custody() -> None:
    scene = scene_at("collected")
    said = scene.on_chain("mia", "ManufacturingStarted", **STARTED, containers=[FRESH])
    assert raised(said) == {"acted_without_custody": (FRESH,)}
    scene = scene_at("released")
    assert "acted_without_custody" in raised(start_infusion(scene))
    assert "acted_without_custody" in raised(thaw(scene, DOSE))


def test_whoever_claims_a_container_may_act_on_it() -> None:
    scene = scene_at("collected")
    scene.accept("kit", APHERESIS, VAN, FRESH, release="ab" * 32)
    scene.accept("mia", VAN, CLEANROOM, FRESH, release="cd" * 32)
    said = scene.on_chain("mia", "ManufacturingStarted", **STARTED, containers=[FRESH])
    assert raised(said) == {}


# --- manufacture and bedside -----------------------------------------------------------


def fail(scene: Scene, batch: str = "B-1") -> Said:
    lost = {"at": CLEANROOM, "batch": batch, "containers": [FRESH], "reason": "contamination"}
    return scene.on_chain("mia", "ManufacturingFailed", **lost)


def restart(scene: Scene, failed: str = "B-1", batch: str = "B-2") -> Said:
    again = {"at": CLEANROOM, "failed_batch": failed, "batch": batch, "platform": "P-2"}
    return scene.on_chain("mia", "ManufacturingRestarted", containers=[FRESH], **again)


def started() -> Scene:
    scene = scene_at("at_cleanroom")
    scene.on_chain("mia", "ManufacturingStarted", containers=[FRESH], **STARTED)
    return scene


def test_finding_manufacturing_failed() -> None:
    assert raised(fail(started())) == {"manufacturing_failed": (FRESH,)}


def test_a_failed_batch_is_started_again_on_the_same_chain_under_another_name() -> None:
    scene = started()
    fail(scene)
    assert raised(restart(scene)) == {}
    again = scene.chain.batches["B-2"]
    assert (again.replaces, again.site, "B-2" in scene.chain.failed_batches) == ("B-1", "northcell-1", False)


def test_finding_batch_reused() -> None:
    scene = started()
    fail(scene)
    assert raised(restart(scene, batch="B-1")) == {"batch_reused": (FRESH,)}
    said = started().on_chain("mia", "ManufacturingStarted", containers=[FRESH], **STARTED)
    assert raised(said) == {"batch_reused": (FRESH,)}


def test_finding_batch_unknown() -> None:
    step = {"at": CLEANROOM, "step": "activation", "containers": [FRESH]}
    assert raised(started().on_chain("mia", "StepCompleted", batch="B-1", **step)) == {}
    assert raised(started().on_chain("mia", "StepCompleted", batch="B-7", **step)) == {
        "batch_unknown": (FRESH,)
    }


def test_finding_batch_not_failed() -> None:
    assert raised(restart(started())) == {"batch_not_failed": (FRESH,)}


def test_a_failure_that_arrives_before_the_start_of_its_batch_counts() -> None:
    scene = scene_at("at_cleanroom")
    assert raised(fail(scene)) == {"batch_unknown": (FRESH,), "manufacturing_failed": (FRESH,)}
    scene.on_chain("mia", "ManufacturingStarted", containers=[FRESH], **STARTED)
    assert raised(restart(scene)) == {}


def test_finding_chain_closed() -> None:
    scene = scene_at("infused")
    scene.decide("phil", "TherapyClosed", reason="completed")
    said = scene.on_chain("nora", "Stored", at=WARD, containers=[DOSE_2], location="TANK-1")
    assert "chain_closed" in raised(said)


def test_finding_volume_exceeds_parent() -> None:
    scene = scene_at("at_cleanroom")
    parents = [{"container": FRESH, "volume_ul": 150_000}, {"container": FRESH, "volume_ul": 50_001}]
    said = scene.on_chain("mia", "ContainersDerived", **filled(scene, DOSE, parents=parents))
    assert raised(said) == {"volume_exceeds_parent": (FRESH,)}
    assert scene.chain.containers[FRESH].left_ul == -1


def test_a_container_is_consumed_when_nothing_is_left_in_it() -> None:
    scene = scene_at("at_cleanroom")
    half = {"parents": [{"container": FRESH, "volume_ul": 100_000}]}
    for name, status in ((DOSE, "present"), (DOSE_2, "consumed")):
        scene.on_chain("mia", "ContainersDerived", **filled(scene, name, **half))
        assert scene.chain.containers[FRESH].status == status


def test_a_split_cannot_make_more_than_was_drawn() -> None:
    scene = scene_at("at_cleanroom")
    parents = [{"container": FRESH, "volume_ul": 99_999}]
    said = filled(scene, DOSE, DOSE_2, how="split", parents=parents)
    assert raised(scene.on_chain("mia", "ContainersDerived", **said)) == {
        "volume_exceeds_parent": (DOSE, DOSE_2)
    }


def test_finding_thaw_before_release() -> None:
    scene = scene_at("made")
    scene.hand_over(("mia", CLEANROOM), ("nora", WARD), DOSE)
    assert raised(thaw(scene, DOSE)) == {"thaw_before_release": (DOSE,)}


def test_starting_material_is_thawed_for_manufacture_without_a_release() -> None:
    scene = scene_at("at_cleanroom")
    assert raised(thaw(scene, FRESH, at=CLEANROOM, signer="mia")) == {}


def test_a_hospital_that_makes_thaws_its_material_but_no_dose_before_its_release() -> None:
    scene = furnished()
    rules = PRODUCT | {"sites": ["st-mary"]}
    scene.say("quinn", "product/bedside-car", "ProductVersionDefined", **rules)
    sites = ORDER["sites"] | {"manufacturing": ["st-mary"]}
    order = ORDER | {"product": {"product": "bedside-car", "version": 1}, "sites": sites}
    scene.say("carl", CHAIN, "TherapyOrdered", **order)
    scene.on_chain("anna", "CollectionCompleted", **collection(scene, FRESH, at=WARD))
    enrol(scene, "max", "ada", ("manufacturer", "st-mary"))
    assert raised(thaw(scene, FRESH)) == {}
    scene.on_chain("max", "ContainersDerived", **filled(scene, DOSE, at=WARD))
    assert raised(thaw(scene, DOSE)) == {"thaw_before_release": (DOSE,)}


def test_finding_repeated_step() -> None:
    scene = scene_at("thawed")
    assert raised(thaw(scene, DOSE)) == {"repeated_step": (DOSE,)}
    assert raised(scene.on_chain("nora", "ThawCompleted", at=WARD, containers=[DOSE])) == {
        "repeated_step": (DOSE,)
    }


def test_an_infusion_starts_once_and_ends_once() -> None:
    assert raised(start_infusion(scene_at("infusing"))) == {"repeated_step": (DOSE,)}
    done = {"site": "st-mary", "container": DOSE, "dose_given_ul": 1}
    scene = scene_at("infused")
    assert raised(scene.on_chain("nora", "InfusionCompleted", **done)) == {"repeated_step": (DOSE,)}
    assert scene.chain.containers[DOSE].dose_given_ul == 50_000


def test_finding_step_out_of_order() -> None:
    said = scene_at("at_ward").on_chain("nora", "ThawCompleted", at=WARD, containers=[DOSE])
    assert raised(said) == {"step_out_of_order": (DOSE,)}
    done = {"site": "st-mary", "container": DOSE, "dose_given_ul": 1}
    assert raised(scene_at("thawed").on_chain("nora", "InfusionCompleted", **done)) == {
        "step_out_of_order": (DOSE,)
    }


def test_finding_container_quarantined() -> None:
    scene = scene_at("at_ward")
    scene.on_chain("mia", "Quarantined", containers=[FRESH], reason="seal_broken")
    assert raised(thaw(scene, DOSE)) == {"container_quarantined": (DOSE,)}


def test_a_quarantine_of_what_is_not_here_says_so() -> None:
    said = scene_at("made").on_chain("mia", "Quarantined", containers=["ODD-1"], reason="seal_broken")
    assert raised(said) == {"container_not_in_chain": ("ODD-1",)}


def test_a_quarantine_by_somebody_without_the_role_holds_and_is_told() -> None:
    scene = scene_at("made")
    said = scene.on_chain("kit", "Quarantined", containers=[DOSE], reason="seal_broken")
    assert raised(said) == {"role_not_permitted": (DOSE,)}
    assert any(scene.chain.quarantined(DOSE))


def check_seal(scene: Scene, **fields: Any) -> Said:
    seen = {"at": WARD, "containers": [DOSE], "shipper": "SHIPPER-9", "outcome": "intact"}
    return scene.on_chain("nora", "SealChecked", **seen | fields)


def packed_dose() -> Scene:
    scene = scene_at("at_ward")
    scene.on_chain("nora", "Packed", at=WARD, containers=[DOSE], shipper="SHIPPER-9", seal="SEAL-9")
    return scene


@pytest.mark.parametrize("outcome", ["broken", "missing"])
def test_finding_seal_broken(outcome: str) -> None:
    assert raised(check_seal(packed_dose(), seal="SEAL-9")) == {}
    assert raised(check_seal(packed_dose(), outcome=outcome)) == {"seal_broken": (DOSE,)}


def test_another_seal_on_the_same_shipper_is_told_on_the_road_and_at_unpacking() -> None:
    assert raised(check_seal(packed_dose(), seal="SEAL-8")) == {"seal_differs": (DOSE,)}
    assert raised(check_seal(packed_dose(), seal="SEAL-8", shipper="SHIPPER-8")) == {}
    opened = {"at": WARD, "containers": [DOSE], "shipper": "SHIPPER-9"}
    assert raised(packed_dose().on_chain("nora", "Unpacked", seal="SEAL-8", **opened)) == {
        "seal_differs": (DOSE,)
    }
    assert raised(packed_dose().on_chain("nora", "Unpacked", seal="SEAL-9", **opened)) == {}


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("Unpacked", {"shipper": "S-1"}),
        ("SealChecked", {"shipper": "S-1", "outcome": "intact"}),
        ("Stored", {"location": "TANK-1"}),
        ("Retrieved", {"location": "TANK-1"}),
    ],
)
def test_who_stores_or_opens_a_bag_holds_it(event: str, fields: dict[str, Any]) -> None:
    said = scene_at("at_ward").on_chain("nora", event, at=PHARMACY, containers=[DOSE], **fields)
    assert raised(said) == {"acted_without_custody": (DOSE,)}


def test_a_container_says_where_it_is_stored_until_it_is_taken_out_there() -> None:
    scene = scene_at("at_ward")
    put = scene.on_chain("nora", "Stored", at=WARD, containers=[DOSE], location="TANK-1", place="A4").entry
    container = scene.chain.containers[DOSE]
    assert container.storage == (put.position, "TANK-1", "A4", None)
    scene.on_chain("nora", "Retrieved", at=WARD, containers=[DOSE], location="TANK-2")
    assert container.storage.retrieved is None
    out = scene.on_chain("nora", "Retrieved", at=WARD, containers=[DOSE], location="TANK-1").entry
    assert container.storage.retrieved == out.position


def test_finding_container_damaged() -> None:
    said = scene_at("at_ward").on_chain("nora", "ContainerDamaged", at=WARD, containers=[DOSE], damage="leak")
    assert raised(said) == {"container_damaged": (DOSE,)}


def test_finding_container_lost() -> None:
    said = scene_at("at_ward").on_chain("nora", "ContainerLost", at=WARD, containers=[DOSE])
    assert raised(said) == {"container_lost": (DOSE,)}


def test_what_is_found_thawed_is_not_intact() -> None:
    scene = scene_at("at_ward")
    said = scene.on_chain("nora", "ContainerFound", at=WARD, containers=[DOSE], condition="thawed")
    assert raised(said) == {"condition_not_intact": (DOSE,)}


@pytest.mark.parametrize("said", ["Quarantined", "ContainerLost"])
def test_an_authorisation_falls_with_a_quarantine_or_a_loss(said: str) -> None:
    scene = scene_at("authorised")
    fields = {"reason": "seal_broken"} if said == "Quarantined" else {"at": WARD}
    told = scene.on_chain("nora", said, containers=[DOSE], **fields)
    for deviation in told.deviations:
        scene.clear(deviation)
    assert "infusion_without_authorisation" in raised(start_infusion(scene))


def test_finding_infusion_without_authorisation() -> None:
    assert raised(start_infusion(scene_at("checked"))) == {"infusion_without_authorisation": (DOSE,)}


def test_an_authorisation_falls_when_something_stops_the_bag_again() -> None:
    scene = scene_at("authorised")
    scene.on_chain("nils", "DeviationRaised", code="bag_leaks", severity="critical", blocking=True,
                   containers=[FRESH], cause=None)  # fmt: skip
    assert raised(start_infusion(scene)) == {"infusion_without_authorisation": (DOSE,)}


def test_finding_outside_thaw_window() -> None:
    scene = scene_at("authorised")
    scene.forward(3600 - 300)
    assert raised(start_infusion(scene)) == {}
    scene = scene_at("authorised")
    scene.forward(3600 - 300 + 1)
    assert raised(start_infusion(scene)) == {"outside_thaw_window": (DOSE,)}


def test_an_infusion_recorded_late_is_judged_by_the_latest_it_can_have_started() -> None:
    scene = scene_at("authorised")
    made_offline = {"occurred_at": timestamp(scene.now_ms), "seen": scene.seen}
    scene.now_ms += 2 * HOUR_MS
    assert raised(start_infusion(scene, **made_offline)) == {"outside_thaw_window": (DOSE,)}


def interrupt(scene: Scene, event: str, **fields: Any) -> Said:
    scene.forward(60)
    return scene.on_chain("nora", event, **{"site": "st-mary", "container": DOSE} | fields)


def test_an_infusion_is_paused_and_goes_on() -> None:
    scene = scene_at("infusing")
    assert raised(interrupt(scene, "InfusionPaused", reason="reaction")) == {}
    assert scene.chain.containers[DOSE].status == "paused"
    assert raised(interrupt(scene, "InfusionResumed")) == {}
    assert scene.chain.containers[DOSE].status == "infusing"


@pytest.mark.parametrize("stage", ["authorised", "infused"])
@pytest.mark.parametrize(("event", "fields"), [("InfusionPaused", {"reason": "x"}), ("InfusionResumed", {})])
def test_only_an_infusion_that_runs_is_interrupted(stage: str, event: str, fields: dict[str, Any]) -> None:
    assert raised(interrupt(scene_at(stage), event, **fields)) == {"step_out_of_order": (DOSE,)}


def test_what_was_never_paused_is_not_resumed() -> None:
    assert raised(interrupt(scene_at("infusing"), "InfusionResumed")) == {"step_out_of_order": (DOSE,)}


def test_finding_infusion_stopped() -> None:
    scene = scene_at("infusing")
    said = interrupt(scene, "InfusionStopped", dose_given_ul=20_000, reason="reaction")
    assert raised(said) == {"infusion_stopped": (DOSE,)}
    container = scene.chain.containers[DOSE]
    assert (container.status, container.dose_given_ul, container.is_used_up) == ("stopped", 20_000, True)
    assert raised(interrupt(scene, "InfusionCompleted", dose_given_ul=1)) == {"repeated_step": (DOSE,)}
    assert container.status == "stopped"


def test_finding_dose_exceeds_volume() -> None:
    scene = scene_at("infusing")
    said = scene.on_chain("nora", "InfusionCompleted", site="st-mary", container=DOSE, dose_given_ul=50_001)
    assert raised(said) == {"dose_exceeds_volume": (DOSE,)}


# --- the table -------------------------------------------------------------------------


def test_more_containers_than_a_deviation_can_name_means_the_whole_therapy() -> None:
    names = tuple(f"BAG-{n}" for n in range(MAX_NAMED + 1))
    assert finding("container_reused", names[:-1]).containers == names[:-1]
    assert finding("container_reused", names).containers == ()


def test_the_reference_page_lists_every_finding_with_its_sentence() -> None:
    page = findings_markdown()
    for code, meaning in FINDINGS.items():
        assert f"| `{code}` | {meaning.severity} | {'yes' if meaning.blocking else 'no'} |" in page
        assert meaning.sentence.endswith(".")
        assert meaning.sentence in page


def test_whatever_is_critical_blocks_and_what_blocks_is_at_least_major() -> None:
    for code, meaning in FINDINGS.items():
        assert meaning.blocking == (meaning.severity in ("major", "critical")), code


def test_a_container_of_the_pharmacy_is_not_the_wards() -> None:
    """Custody is a department's: the same site is not enough to act on a bag."""
    scene = scene_at("at_ward")
    assert raised(thaw(scene, DOSE, at=PHARMACY)) == {"acted_without_custody": (DOSE,)}
