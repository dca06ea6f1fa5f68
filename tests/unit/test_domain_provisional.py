"""A collection before its order: it counts, and becomes part of a therapy by a link alone."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.standing import may_read_chain
from ledger.errors import Conflict, NotPermitted, Refused
from tests.domain_phrases import raised
from tests.domain_refusing import refused
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    COI,
    CONSENT,
    FAR_VAN,
    FRESH,
    ORDER,
    VAN,
    Said,
    Scene,
    collection,
    enrol,
    furnished,
    patient,
    qualify,
    scene_at,
)

PROV = "acme:PROV-1"
ON_PROV = f"chain/{PROV}"
FAR_WARD = {"site": "far-clinic", "department": "apheresis"}
FAR_ORDER = ORDER | {"sites": ORDER["sites"] | {"treatment": "far-clinic"}}


def identify(scene: Scene, stream: str = ON_PROV, signer: str = "anna", **fields: Any) -> Said:
    read = {"site": "st-mary", "patient": patient(), "method": "scan", "outcome": "match"}
    return scene.say(signer, stream, "PatientIdentified", **read | fields)


def collect(scene: Scene, stream: str = ON_PROV, signer: str = "anna", **fields: Any) -> Said:
    return scene.say(signer, stream, "CollectionCompleted", **collection(scene, FRESH) | fields)


def provisional(stream: str = ON_PROV) -> Scene:
    """Collected under an id that nobody has ordered."""
    scene = furnished()
    identify(scene, stream)
    collect(scene, stream)
    return scene


def order(scene: Scene, **fields: Any) -> Said:
    said = scene.say("carl", CHAIN, "TherapyOrdered", **ORDER | fields)
    scene.say("carl", CHAIN, "ConsentRecorded", **CONSENT)
    return said


def restated(**fields: Any) -> dict[str, Any]:
    return {"container": FRESH, "volume_ul": 200_000, "at": APHERESIS} | fields


def link(scene: Scene, *containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    told = {"provisional": PROV, "containers": list(containers) or [restated()]}
    return {"chain_version": scene.chain.version} | told | fields


def linked(scene: Scene, **fields: Any) -> Said:
    return scene.on_chain("carl", "ChainLinked", **link(scene, **fields))


def of(scene: Scene, coi: str = PROV) -> Any:
    return scene.world.chain(coi)


# --- before the order ------------------------------------------------------------------


def test_finding_provisional_chain() -> None:
    scene = furnished()
    assert raised(identify(scene)) == {"provisional_chain": ()}
    assert raised(collect(scene)) == {}
    chain = of(scene)
    assert (chain.provisional.site, chain.is_open, list(chain.containers)) == ("st-mary", False, [FRESH])


def test_custody_works_in_a_provisional_chain() -> None:
    scene = provisional()
    parties = {"containers": [FRESH], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    release = scene.say("anna", ON_PROV, "CustodyReleased", **parties)
    accepted = scene.say("kit", ON_PROV, "CustodyAccepted", release=release.id, **parties)
    assert (raised(release), raised(accepted)) == ({}, {})
    assert of(scene).containers[FRESH].holder.site == "swift-depot"


def test_the_sites_people_and_who_holds_a_bag_read_it() -> None:
    scene = provisional()
    names = ("nora", "aud", "kit", "mia", "olga")
    agents = [scene.world.agent(name) for name in names]
    assert [bool(one and may_read_chain(one, scene.world, of(scene))) for one in agents] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("signer", ["nora", "kit", "olga", "carl"])
def test_only_an_apheresis_person_acting_for_their_own_site_opens_one(signer: str) -> None:
    scene = furnished()
    assert raised(identify(scene, signer=signer)) == {"chain_not_opened": ()}
    assert of(scene).version == 0


def test_a_suspended_site_opens_none() -> None:
    scene = furnished()
    scene.say("ada", "site/st-mary", "SiteSuspended", reason="inspection")
    assert raised(identify(scene)) == {"chain_not_opened": ()}


def test_what_needs_an_order_is_kept_for_review_without_one() -> None:
    scene = provisional()
    said = scene.say("nora", ON_PROV, "ThawStarted", at=APHERESIS, containers=[FRESH])
    assert (raised(said), said.verdict.standing) == ({"chain_not_opened": ()}, False)


def test_a_provisional_chain_takes_no_containers_id_away_from_a_therapy() -> None:
    scene = provisional()
    assert scene.world.chain_of_container(FRESH) is None
    order(scene)
    assert raised(scene.on_chain("anna", "CollectionCompleted", **collection(scene, FRESH))) == {}


# --- the order -------------------------------------------------------------------------


def test_finding_provisional_set_aside() -> None:
    scene = provisional(CHAIN)
    assert raised(order(scene)) == {"provisional_set_aside": ()}
    assert (scene.chain.containers, list(scene.chain.aside.containers)) == ({}, [FRESH])


def outsider(scene: Scene) -> None:
    enrol(scene, "oscar", "fay", ("apheresis", "far-clinic"))


def test_nobody_can_stand_in_the_way_of_an_order_under_its_id() -> None:
    """A stranger opens the id first, takes the bag's name, blocks all they can: in vain."""
    scene = furnished()
    outsider(scene)
    collect(scene, CHAIN, "oscar", at=FAR_WARD)
    scene.say("oscar", CHAIN, "DeviationRaised", code="bag_leaks", severity="critical", blocking=True,
              containers=[], cause=None)  # fmt: skip
    order(scene)
    for told in (identify(scene, CHAIN), collect(scene, CHAIN)):
        assert raised(told) == {}
    assert not any(scene.chain.blocking(FRESH))
    late = collect(scene, CHAIN, "oscar", at=FAR_WARD)
    assert raised(late) == {"unrelated_signer": ()}


# --- the link --------------------------------------------------------------------------


def test_a_link_brings_the_containers_into_the_therapy_with_its_own_proof() -> None:
    scene = provisional()
    order(scene)
    said = linked(scene)
    assert raised(said) == {}
    container = scene.chain.containers[FRESH]
    assert (container.position, container.custody.position) == (said.entry.position,) * 2
    assert (container.holder.department, container.made_by) == ("apheresis", "collection")
    assert scene.world.chain_of_container(FRESH) == COI
    assert (of(scene).linked_to, of(scene).containers) == (COI, {})


def test_a_linked_therapy_goes_on_as_any_other() -> None:
    scene = provisional()
    order(scene)
    linked(scene)
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    assert raised(scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)) == {}


def test_what_stood_under_the_orders_own_id_is_linked_too() -> None:
    scene = provisional(CHAIN)
    order(scene)
    assert raised(linked(scene, provisional=COI)) == {}
    assert scene.chain.containers[FRESH].exists
    assert scene.chain.aside.linked_to == COI


def test_a_hand_over_that_arrives_between_order_and_link_moves_the_bag_after_it() -> None:
    scene = provisional(CHAIN)
    order(scene)
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)
    linked(scene, provisional=COI)
    assert scene.chain.containers[FRESH].holder.site == "swift-depot"


def test_a_label_comes_along() -> None:
    scene = provisional()
    scene.say("anna", ON_PROV, "LabelIssued", at=APHERESIS, serials=["L-1"], container=FRESH)
    scene.say("anna", ON_PROV, "LabelApplied", at=APHERESIS, serial="L-1", container=FRESH)
    order(scene)
    assert refused(Refused, scene, "carl", CHAIN, "ChainLinked", **link(scene)) == "link_differs"
    assert raised(linked(scene, containers=[restated(label="L-1")])) == {}
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    said = scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id, labels=["L-1"])
    assert raised(said) == {}


def test_finding_linked_with_faults() -> None:
    scene = provisional()
    scene.say("anna", ON_PROV, "ContainerDamaged", at=APHERESIS, containers=[FRESH], damage="leak")
    order(scene)
    assert raised(linked(scene)) == {"linked_with_faults": (FRESH,)}
    assert any(scene.chain.blocking(FRESH))


def test_finding_chain_linked() -> None:
    scene = provisional()
    order(scene)
    linked(scene)
    said = collect(scene)
    assert (raised(said), said.verdict.standing) == ({"chain_linked": ()}, False)


# --- what is refused -------------------------------------------------------------------


def test_refusal_unknown_provisional() -> None:
    scene = furnished()
    order(scene)
    assert refused(Refused, scene, "carl", CHAIN, "ChainLinked", **link(scene)) == "unknown_provisional"


def test_another_sites_provisional_chain_is_as_good_as_unknown() -> None:
    scene = furnished()
    outsider(scene)
    identify(scene, signer="oscar", site="far-clinic")
    collect(scene, signer="oscar", at=FAR_WARD)
    order(scene)
    told = link(scene, restated(at=FAR_WARD))
    assert refused(Refused, scene, "carl", CHAIN, "ChainLinked", **told) == "unknown_provisional"


def test_an_outsiders_order_that_names_the_site_takes_no_bag_of_it() -> None:
    """Anybody may plan a collection at St Mary; only people of St Mary link what they collected."""
    scene = provisional()
    enrol(scene, "cora", "fay", ("coordinator", "far-clinic"))
    qualify(scene, "cora", "fay", "bedside")
    assert raised(scene.say("cora", CHAIN, "TherapyOrdered", **FAR_ORDER)) == {}
    assert refused(NotPermitted, scene, "cora", CHAIN, "ChainLinked", **link(scene)) == "not_permitted"


def test_refusal_already_linked() -> None:
    scene = provisional()
    order(scene)
    linked(scene)
    assert refused(Conflict, scene, "carl", CHAIN, "ChainLinked", **link(scene)) == "already_linked"


def test_refusal_patient_not_matched() -> None:
    scene = furnished()
    collect(scene)
    order(scene)
    assert refused(Refused, scene, "carl", CHAIN, "ChainLinked", **link(scene)) == "patient_not_matched"
    identify(scene, patient=patient("patient-2"))
    assert refused(Refused, scene, "carl", CHAIN, "ChainLinked", **link(scene)) == "patient_not_matched"


@pytest.mark.parametrize(
    "given",
    [
        [restated(volume_ul=1)],
        [restated(at=VAN)],
        [restated(at=FAR_VAN)],
        [restated(component="cd8")],
        [restated(), restated()],
        [restated(), restated(container="ODD-1")],
        [restated(container="ODD-1")],
    ],
)
def test_refusal_link_differs(given: list[dict[str, Any]]) -> None:
    scene = provisional()
    order(scene)
    assert refused(Refused, scene, "carl", CHAIN, "ChainLinked", **link(scene, *given)) == "link_differs"


def test_a_container_that_is_there_already_is_found_and_not_made_twice() -> None:
    scene = provisional()
    order(scene)
    first = scene.on_chain("anna", "CollectionCompleted", **collection(scene, FRESH)).entry
    assert raised(linked(scene)) == {"container_reused": (FRESH,)}
    assert scene.chain.containers[FRESH].position == first.position


def test_a_stranger_who_took_the_bags_id_in_their_own_therapy_cannot_keep_it_from_being_linked() -> None:
    scene = provisional()
    outsider(scene)
    enrol(scene, "cora", "fay", ("coordinator", "far-clinic"))
    theirs = {"sites": ORDER["sites"] | {"collection": "far-clinic"}}
    scene.say("cora", "chain/acme:THEIRS", "TherapyOrdered", **FAR_ORDER | theirs)
    collect(scene, "chain/acme:THEIRS", "oscar", at=FAR_WARD)
    order(scene)
    said = linked(scene)
    assert raised(said) == {"container_known_elsewhere": (FRESH,)}
    scene.clear(said.deviations[0])
    assert not any(scene.chain.blocking(FRESH))


def test_a_link_needs_an_ordered_therapy() -> None:
    scene = provisional()
    assert refused(Refused, scene, "carl", CHAIN, "ChainLinked", **link(scene)) == "chain_not_opened"
    assert scene_at("ordered").chain.provisional is None
