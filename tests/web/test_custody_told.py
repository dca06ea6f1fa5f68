"""Who held what, as the page's story joins hand-overs: what the ledger itself says, or "not told".

Whatever two therapies do with one carrier, each is judged by its own share alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random
from typing import Any

import pytest

from ledger.domain.world import timestamp
from ledger.proof import statement
from tests.bundling import OTHER, ask, made
from tests.e2e.api_stage import enrol
from tests.forging import whole_log
from tests.scenario import APHERESIS, CLEANROOM, VAN, WARD, Scenario, open_scenario, patient
from tests.unit.verify_book import COI, stranger
from tests.web.agent import Agent
from tests.web.test_stories import STORY, asked

SEEDS = int(os.environ.get("UNBROKEN_STORIES", "3"))
CHAIN = f"chain/{COI}"
AT_APHERESIS, IN_VAN, IN_CLEANROOM = (
    f"{one['department']} at {one['site']}" for one in (APHERESIS, VAN, CLEANROOM)
)
TO_VAN = {"giver": APHERESIS, "receiver": VAN, "condition": "intact"}
Fields = dict[str, Any]


@pytest.fixture
def scenario(tmp_path: Any) -> Iterator[Scenario]:
    """Two therapies whose cells were collected: BAG-1 of the first, BAG-8 and BAG-9 of the second."""
    with closing((scenario := open_scenario(f"sqlite:///{tmp_path}/ledger.db")).ledger):
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        for coi, name, bags in ((COI, "patient-1", ["BAG-1"]), (OTHER, "patient-2", ["BAG-8", "BAG-9"])):
            scenario.order(coi, name)
            collected = [{"container": bag, "volume_ul": 200_000} for bag in bags]
            scenario.say("anna", f"chain/{coi}", "PatientIdentified", site="st-mary", patient=patient(name),
                         method="scan", outcome="match")  # fmt: skip
            scenario.say("anna", f"chain/{coi}", "CollectionCompleted", at=APHERESIS,
                         ended_at=timestamp(scenario.clock()), containers=collected)  # fmt: skip
        scenario.clock.forward(60)
        yield scenario


def said(scenario: Scenario, agent: str, kind: str, stream: str = CHAIN, **fields: Any) -> str:
    """The statement's id."""
    return scenario.say(agent, stream, kind, **{"containers": ["BAG-1"]} | TO_VAN | fields).statement_id.hex()


def shared(*mine: str, others: str) -> Fields:
    both = [{"coi": COI, "containers": list(mine)}, {"coi": OTHER, "containers": [others]}]
    return {"stream": "shipment/s-1", "containers": [*mine, others], "therapies": both}


def told(
    node: Agent, scenario: Scenario, raw: bytes | None = None
) -> tuple[list[str], list[tuple[str, Any]], str]:
    """What is wrong, who held BAG-1 (and whether until some time), and what the step says."""
    raw = raw or whole_log(asked(scenario))
    found = node.ask("bundle", data=raw, vkey=str(scenario.ledger.vkey))
    held = [
        (one["holder"], one["until"] is not None) for one in found["holdings"] if one["container"] == "BAG-1"
    ]
    return [one["what"] for one in found["problems"][str(STORY)]], held, found["details"][str(STORY)]


# --- each therapy's share alone ------------------------------------------------------------


def wrong_bag_of_another(scenario: Scenario) -> None:
    """The ledger says so in the other therapy, which this one's bundle does not give."""
    release = said(scenario, "anna", "CustodyReleased", **shared("BAG-1", others="BAG-8"))
    said(scenario, "kit", "CustodyAccepted", release=release, **shared("BAG-1", others="BAG-9"))


def one_acceptance_of_two_releases(scenario: Scenario) -> None:
    release = said(scenario, "anna", "CustodyReleased")
    said(scenario, "anna", "CustodyReleased", f"chain/{OTHER}", containers=["BAG-9"])
    said(scenario, "kit", "CustodyAccepted", release=release, **shared("BAG-1", others="BAG-9"))


@pytest.mark.parametrize("act", [wrong_bag_of_another, one_acceptance_of_two_releases])
def test_what_another_therapy_has_on_the_same_carrier_is_no_fault_of_this_one(
    node: Agent, scenario: Scenario, act: Callable[[Scenario], None]
) -> None:
    act(scenario)
    moved = [(AT_APHERESIS, True), (IN_VAN, False)]
    assert told(node, scenario)[:2] == ([], moved)
    wrong, held, detail = told(node, scenario, made(scenario.ledger, ask(scenario)))
    assert (wrong, held) == ([], moved)
    assert "1 were NOT judged" in detail  # the other therapy's share


def test_an_acceptance_that_names_another_therapys_release_only_waits(
    node: Agent, scenario: Scenario
) -> None:
    release = said(scenario, "anna", "CustodyReleased", f"chain/{OTHER}", containers=["BAG-9"])
    said(scenario, "kit", "CustodyAccepted", release=release)
    wrong, held, detail = told(node, scenario)
    assert (wrong, held) == ([], [(AT_APHERESIS, True), ("not told", False)])
    assert "1 acceptances wait for their release" in detail


# --- who held it ---------------------------------------------------------------------------


def gap(scenario: Scenario) -> Fields:
    scenario.signer("kit").seq += 1
    return {}


ODD: dict[str, Callable[[Scenario], Fields]] = {
    "no release named": lambda _: {"release": None},
    "damaged": lambda _: {"condition": "damaged"},
    "a clock behind": lambda it: {"occurred_at": timestamp(it.clock() - 86_400_000)},
    "a number left out": gap,
}


@pytest.mark.parametrize("name", ODD)
def test_an_acceptance_with_something_else_amiss_moves_the_bag_all_the_same(
    node: Agent, scenario: Scenario, name: str
) -> None:
    release = said(scenario, "anna", "CustodyReleased")
    said(scenario, "kit", "CustodyAccepted", **{"release": release} | ODD[name](scenario))
    assert told(node, scenario)[:2] == ([], [(AT_APHERESIS, True), (IN_VAN, False)])


def test_halves_that_arrive_in_the_wrong_order_are_joined(node: Agent, scenario: Scenario) -> None:
    onward = {"giver": VAN, "receiver": CLEANROOM}
    said(scenario, "kit", "CustodyReleased", **onward)
    said(scenario, "mia", "CustodyAccepted", release=None, **onward)
    said(scenario, "kit", "CustodyAccepted", release=None)
    assert told(node, scenario)[1] == [(AT_APHERESIS, True), ("not told", False)]
    said(scenario, "anna", "CustodyReleased")
    assert told(node, scenario)[1] == [(AT_APHERESIS, True), (IN_VAN, True), (IN_CLEANROOM, False)]


@pytest.mark.parametrize("kind", ["Destroyed", "ContainerLost"])
def test_a_bag_that_is_gone_is_held_by_nobody(node: Agent, scenario: Scenario, kind: str) -> None:
    more = {"reason": "expired", "method": "incineration"} if kind == "Destroyed" else {}
    scenario.say("anna", CHAIN, kind, at=APHERESIS, containers=["BAG-1"], **more)
    assert told(node, scenario)[1] == [(AT_APHERESIS, True)]


def test_a_stranger_changes_nothing_of_who_held_it(node: Agent, scenario: Scenario) -> None:
    stranger(scenario)
    far = {"site": "far-depot", "department": "van-9"}
    scenario.say("otto", CHAIN, "CollectionCompleted", at=far, ended_at=timestamp(scenario.clock()),
                 containers=[{"container": "BAG-1", "volume_ul": 1}])  # fmt: skip
    scenario.say("otto", CHAIN, "ContainerLost", at=far, containers=["BAG-1"])
    assert told(node, scenario)[:2] == ([], [(AT_APHERESIS, False)])


def test_more_halves_than_any_honest_bag_has_are_not_told(node: Agent, scenario: Scenario) -> None:
    for _ in range(17):
        said(scenario, "anna", "CustodyReleased", receiver=CLEANROOM)
    assert told(node, scenario)[1] == [(AT_APHERESIS, True), ("not told", False)]


HOLDERS = {"anna": APHERESIS, "kit": VAN, "mia": CLEANROOM, "nora": WARD}


def signed(scenario: Scenario, agent: str, kind: str, **fields: Any) -> tuple[bytes, str]:
    """A half that its signer's device keeps for later, and its id."""
    raw = scenario.sign(agent, CHAIN, kind, containers=["BAG-1"], condition="intact", **fields)
    signer, signer_id = scenario.signer(agent), statement.parse(raw).id.hex()
    signer.seq, signer.prev = signer.seq + 1, signer_id
    return raw, signer_id


def walked(scenario: Scenario, chance: Random) -> list[bytes]:
    """The halves of a walk, of which some are left out, name no release, or name another party."""
    raws, holder = [], "anna"
    for _ in range(chance.randint(1, 6)):
        scenario.clock.forward(60)
        receiver = chance.choice([one for one in HOLDERS if one != holder])
        parties = {"giver": HOLDERS[holder], "receiver": HOLDERS[receiver]}
        release, name = signed(scenario, holder, "CustodyReleased", **parties)
        odd = {"giver": HOLDERS[chance.choice(sorted(HOLDERS))]} if chance.random() < 0.1 else {}
        named = name if chance.random() < 0.7 else None
        acceptance, _ = signed(scenario, receiver, "CustodyAccepted", release=named, **parties | odd)
        raws += [one for one in (release, acceptance) if chance.random() < 0.95]
        holder = receiver
    if chance.random() < 0.7:
        chance.shuffle(raws)
    return raws


def test_whoever_is_told_to_hold_a_bag_is_its_holder_in_the_ledger(node: Agent, tmp_path: Any) -> None:
    """Halves arrive in any order; some never, some name others."""
    moved = 0
    for seed in range(SEEDS * 4):
        with closing((scenario := open_scenario(f"sqlite:///{tmp_path}/{seed}.db")).ledger):
            enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
            scenario.order(COI)
            scenario.say("anna", CHAIN, "CollectionCompleted", at=APHERESIS,
                         ended_at=timestamp(scenario.clock()),
                         containers=[{"container": "BAG-1", "volume_ul": 200_000}])  # fmt: skip
            for raw in walked(scenario, Random(seed)):
                scenario.ledger.record(raw)
            holder = scenario.ledger.world_at().chain(COI).containers["BAG-1"].holder
            wrong, held, _ = told(node, scenario)
        assert holder
        assert wrong == []
        assert held[-1][0] in (f"{holder.department} at {holder.site}", "not told"), (seed, held)
        moved += held[-1][0] != "not told" and len(held) > 1
    assert moved > SEEDS
