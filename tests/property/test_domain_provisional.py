"""Laws of provisional chains: replay equals increment, nothing raises, and no weapon."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.provisional import FOLLOWING
from ledger.errors import UnbrokenError
from tests.domain_scene import CHAIN, COI, CONSENT, FRESH, ORDER, Scene, collection, enrol, furnished, patient
from tests.property.test_domain_rules import FACTS, audit_of, sayings

PROV = "acme:PROV-1"
PEOPLE = ["anna", "carl", "nora", "kit", "mia", "oscar", "olga"]
FAR = {"site": "far-clinic", "department": "apheresis"}
few = settings(max_examples=60)


@st.composite
def told(draw: st.DrawFn, people: list[str] = PEOPLE) -> dict[str, Any]:
    """A fact under one of two ids, ordered or not, or an order, or a link."""
    stream = draw(st.sampled_from([CHAIN, f"chain/{PROV}"]))
    signer = draw(st.sampled_from(people))
    kind = draw(st.sampled_from(["fact", "fact", "fact", "order", "link"]))
    if kind == "order":
        return {"signer": "carl", "stream": stream, "event": "TherapyOrdered", **ORDER}
    if kind == "fact":
        return draw(sayings(people=[signer], facts_only=True)) | {"stream": stream}
    at = draw(FACTS["Packed"]["at"])
    return {"signer": signer, "stream": stream, "event": "ChainLinked", "chain_version": draw(versions),
            "provisional": draw(st.sampled_from([COI, PROV])),
            "containers": [{"container": FRESH, "volume_ul": 200_000, "at": at}]}  # fmt: skip


versions = st.integers(0, 12)


def begun() -> Scene:
    scene = furnished()
    enrol(scene, "oscar", "fay", ("apheresis", "far-clinic"))
    return scene


def tell(scene: Scene, story: list[dict[str, Any]]) -> None:
    for saying in story:
        scene.forward(30)
        with contextlib.suppress(UnbrokenError):
            scene.say(**saying)


@few
@given(st.lists(told(), max_size=12))
def test_an_audit_comes_to_the_same_world_with_provisional_chains(story: list[dict[str, Any]]) -> None:
    scene = begun()
    scene.say("anna", f"chain/{PROV}", "CollectionCompleted", **collection(scene, FRESH))
    tell(scene, story)
    audit_of(scene)


@few
@given(st.lists(told(people=["oscar", "olga"]).filter(lambda one: one["event"] != "TherapyOrdered")))
def test_strangers_who_were_there_first_change_nothing_of_the_therapy(noise: list[dict[str, Any]]) -> None:
    """Whatever they say under its id before it is ordered: the therapy goes as it would without."""
    disturbed, calm = begun(), begun()
    taken = collection(disturbed, FRESH) | {"at": FAR}
    assert disturbed.say("oscar", CHAIN, "CollectionCompleted", **taken).verdict.standing
    tell(disturbed, noise)
    for scene in (disturbed, calm):
        scene.now_ms = calm.now_ms + 30_000 * (len(noise) + 1)
        scene.say("carl", CHAIN, "TherapyOrdered", **ORDER)
        scene.say("carl", CHAIN, "ConsentRecorded", **CONSENT)
        for event, fields in ORDINARY:
            said = scene.say("anna", CHAIN, event, **fields(scene))
            assert said.codes == set()
    for scene in (disturbed, calm):
        assert not any(scene.chain.blocking(FRESH))
        assert scene.chain.containers.keys() == {FRESH}
        assert scene.chain.planned == {"st-mary", "northcell-1", "swift-depot"}
        assert not scene.chain.quarantines
        assert not scene.chain.labels


ORDINARY: list[tuple[str, Any]] = [
    ("PatientIdentified", lambda _: {"site": "st-mary", "patient": patient(), "method": "scan",
                                     "outcome": "match"}),
    ("CollectionCompleted", lambda scene: collection(scene, FRESH)),
]  # fmt: skip


def test_every_fact_that_may_stand_in_a_provisional_chain_exists() -> None:
    assert FACTS.keys() >= FOLLOWING
