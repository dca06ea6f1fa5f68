"""Laws of statements about a shipment or a tank that carries several patients' containers."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.memory import MemoryWorld
from ledger.domain.rules import tags_of
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    COI,
    DOSE,
    DOSE_2,
    FRESH,
    LEDGER,
    ORIGIN,
    OTHER_COI,
    PEOPLE,
    STAGES,
    Said,
    Scene,
    kid,
    scene_at,
)
from tests.property.test_domain_rules import CARRIED, FACTS

OTHER = "OTHER-1"
SHIPMENT = "shipment/s-1"
stages = st.sampled_from([name for name in STAGES if name != "ordered"])
own = st.lists(st.sampled_from([FRESH, DOSE, DOSE_2, "ODD-1"]), min_size=1, max_size=2, unique=True)


@st.composite
def facts(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Who says which fact about containers on the way; without the containers."""
    name = draw(st.sampled_from(sorted(CARRIED & FACTS.keys())))
    fields = {member: draw(values) for member, values in FACTS[name].items() if member != "containers"}
    return draw(st.sampled_from(sorted(PEOPLE))), name, fields


def carried(scene: Scene, signer: str, event: str, mine: list[str], **fields: Any) -> Said:
    therapies = [{"coi": COI, "containers": mine}, {"coi": OTHER_COI, "containers": [OTHER]}]
    return scene.say(signer, SHIPMENT, event, containers=[*mine, OTHER], therapies=therapies, **fields)


def state(scene: Scene) -> dict[str, Any]:
    """What a therapy knows of its containers, but for positions and ids."""
    known = scene.chain.containers | scene.chain.mentioned
    return {
        name: (one.holder, one.status, one.is_lost, one.custody.waits, one.packing and one.packing.shipper,
               one.storage and (one.storage.location, one.storage.retrieved is None))
        for name, one in known.items()
    }  # fmt: skip


@settings(max_examples=100)
@given(stages, facts(), own)
def test_a_carriers_statement_does_to_a_therapy_what_its_share_would(
    stage: str, fact: tuple[str, str, dict[str, Any]], mine: list[str]
) -> None:
    signer, event, fields = fact
    together, alone = scene_at(stage), scene_at(stage)
    said = carried(together, signer, event, mine, **fields)
    own_share = alone.say(signer, CHAIN, event, containers=mine, **fields)
    found = {(one.code, one.containers) for one in said.verdict.findings if one.stream == CHAIN}
    assert found == {(one.code, one.containers) for one in own_share.verdict.findings}
    assert said.verdict.stands_in(CHAIN) == own_share.verdict.standing
    assert state(together) == state(alone)


@settings(max_examples=100)
@given(stages, facts(), own)
def test_each_therapy_is_told_of_its_own_containers_only(
    stage: str, fact: tuple[str, str, dict[str, Any]], mine: list[str]
) -> None:
    scene = scene_at(stage)
    signer, event, fields = fact
    for entry in carried(scene, signer, event, mine, **fields).deviations:
        others = [OTHER] if entry.stream == CHAIN else mine
        assert entry.signer == LEDGER
        assert not set(others) & set(entry.event.containers)  # type: ignore[attr-defined]
    assert OTHER not in scene.chain.mentioned


@settings(max_examples=50)
@given(stages, facts(), own)
def test_an_audit_replays_a_carriers_statement_to_the_same_end(
    stage: str, fact: tuple[str, str, dict[str, Any]], mine: list[str]
) -> None:
    scene = scene_at(stage)
    carried(scene, fact[0], fact[1], mine, **fact[2])
    audit = MemoryWorld(ORIGIN, scene.checkpoints.get)
    assert [audit.record(entry) for entry, _ in scene.entries] == [verdict for _, verdict in scene.entries]
    assert audit.chain(OTHER_COI) == scene.world.chain(OTHER_COI)


def test_a_statement_is_tagged_with_every_therapy_and_container_that_it_is_about() -> None:
    scene = scene_at("collected")
    said = carried(scene, "anna", "Stored", [FRESH], at=APHERESIS, location="TANK-1")  # fmt: skip
    assert tags_of(said.entry, said.verdict) == (
        SHIPMENT, f"signer/{kid('anna')}", CHAIN, f"container/{FRESH}", f"chain/{OTHER_COI}",
        f"container/{OTHER}",
    )  # fmt: skip


def test_where_the_signer_has_no_part_the_statement_waits_for_review_there_and_holds_elsewhere() -> None:
    scene = scene_at("collected")
    never = {"coi": "isbt128:CHA999926NEVER1", "containers": ["ODD-1"]}
    stored: dict[str, Any] = {"at": APHERESIS, "location": "TANK-1", "containers": [FRESH, "ODD-1"]}
    stored["therapies"] = [{"coi": COI, "containers": [FRESH]}, never]
    said = scene.say("anna", "tank/t-1", "Stored", **stored)
    assert scene.chain.containers[FRESH].storage.location == "TANK-1"
    tags = tags_of(said.entry, said.verdict)
    assert ("review/isbt128:CHA999926NEVER1" in tags, "container/ODD-1" in tags) == (True, False)
    assert [entry.stream for entry in said.deviations] == ["chain/isbt128:CHA999926NEVER1"]
    outsiders = scene.say("olga", "tank/t-1", "Stored", **stored)
    assert outsiders.verdict.standing is False
    assert "tank/t-1" not in tags_of(outsiders.entry, outsiders.verdict)


def test_a_shipper_that_came_whole_differs_for_none_of_its_patients() -> None:
    scene = scene_at("at_cleanroom")
    whole: dict[str, Any] = {"shipper": "SHIPPER-1", "condition": "intact", "outcome": "accepted"}
    said = carried(scene, "mia", "ReceiptInspected", [FRESH], at=CLEANROOM, expected=2, received=2, **whole)
    assert "receipt_count_differs" not in said.codes
    said = carried(scene, "mia", "ReceiptInspected", [FRESH], at=CLEANROOM, expected=2, received=1, **whole)
    assert "receipt_count_differs" in said.codes
