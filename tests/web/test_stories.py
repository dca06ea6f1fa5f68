"""The page's own story (step 13): green for whatever an honest ledger recorded, and each forgery named.

The forgeries are sealed with the log's true keys and signed with people's true keys, so that nothing but
the story can tell: steps 1 to 5 and 9 hold. Python's replay of the rules (step 6) refuses each, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from random import Random
from typing import Any

import pytest

from ledger.proof import canonical, statement
from tests.bundling import OTHER, ask, audited, choice_of, made, stage
from tests.e2e.api_stage import enrol
from tests.forging import whole_log
from tests.property.test_verify_agrees import COIS, Chaos, tell, two_nodes
from tests.scenario import (
    ORIGIN,
    QUALIFIED,
    WARD,
    Scenario,
    Signer,
    open_scenario,
    therapy,
)
from tests.unit.documents import ROOT
from tests.unit.verify_book import COI, Book
from tests.web.agent import Agent
from tests.web.story_forgeries import FORGERIES, Told

STORY = 13
SEEDS = int(os.environ.get("UNBROKEN_STORIES", "3"))
STEPS = 60
ALL_BUT_TWO = [True, True, True, True, True, None, None, True]  # 6 and 7 are not done in the page


def asked(scenario: Scenario) -> Book:
    """The book of a log whose last entry asks for all of it."""
    scenario.say("audrey", f"log/{ORIGIN}", "ExportRequested", scope="log", reason="inspection")
    return Book.of(scenario)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    scenario = open_scenario(f"sqlite:///{tmp_path_factory.mktemp('told')}/ledger.db")
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    therapy(scenario, COI)
    therapy(scenario, OTHER, "patient-2", "OTH")
    scenario.signers["ledger"] = Signer("ledger", scenario.ledger.config.event_key)
    yield Told(scenario, asked(scenario))
    scenario.ledger.close()


def judged(node: Agent, raw: bytes, vkey: str) -> tuple[list[bool | None], list[str], str]:
    """The verdicts, the last of which is the story's; what is wrong with it; what it says."""
    found = node.ask("bundle", data=raw, vkey=vkey)
    problems = [one["what"] for one in found["problems"][str(STORY)]]
    return list(found["ok"].values()), problems, found["details"][str(STORY)]


# --- whatever an honest ledger recorded ----------------------------------------------------


def test_a_therapy_from_vein_to_vein_is_told_without_a_fault(node: Agent, told: Told) -> None:
    verdicts, wrong, detail = judged(node, whole_log(told.book), told.book.vkey)
    assert (verdicts, wrong) == ([*ALL_BUT_TWO, True], [])
    assert detail == f"{len(told.book.raws)} entries told again"  # each once, and each judged


def test_what_went_wrong_and_has_its_deviation_is_no_fault_of_the_ledger(
    node: Agent, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with closing((scenario := stage(tmp_path_factory.mktemp("told"))).ledger):
        answer = ask(scenario)
        for raw in (made(scenario.ledger, answer), whole_log(asked(scenario))):
            assert judged(node, raw, str(scenario.ledger.vkey))[:2] == ([*ALL_BUT_TWO, True], [])


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_log_in_which_much_went_wrong_is_told_without_a_fault(
    node: Agent, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Two therapies fight over the same bags, devices are out of step, keys are revoked, sites closed."""
    with two_nodes(f"sqlite:///{tmp_path_factory.mktemp('chaos')}/ledger.db") as (scenario, nodes):
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        chaos = Chaos(scenario, Random(seed))
        scenario.order(COIS[0])
        for _ in range(STEPS):
            tell(chaos, nodes)
        book = asked(scenario)
        assert judged(node, whole_log(book), book.vkey)[1:2] == ([],)


KEPT = sorted(path.parent for path in (ROOT / "tests" / "vectors" / "bundles").glob("*/bundle.zip"))


@pytest.mark.parametrize("folder", KEPT, ids=lambda folder: folder.name)
def test_a_bundle_that_was_signed_once_is_told_without_a_fault(node: Agent, folder: Any) -> None:
    vkey = (folder / "log.vkey").read_text().strip()
    assert judged(node, (folder / "bundle.zip").read_bytes(), vkey)[1] == []


def test_what_rests_on_a_person_who_is_not_given_whole_is_counted_as_not_judged(
    node: Agent, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with closing((scenario := stage(tmp_path_factory.mktemp("told"))).ledger):
        answer = ask(scenario)
        choice = choice_of(scenario.ledger, answer)
        short = choice._replace(whole=frozenset(choice.whole or ()) - {"agent/carl"})
        raw = made(scenario.ledger, answer, short)
        verdicts, wrong, detail = judged(node, raw, str(scenario.ledger.vkey))
        assert (verdicts[-1], wrong) == (None, [])
        assert "1 were NOT judged" in detail


# --- what a ledger forges with its own keys ------------------------------------------------


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_with_true_keys_is_named(node: Agent, told: Told, name: str) -> None:
    forge, said = FORGERIES[name]
    book = forge(told)
    verdicts, wrong, _ = judged(node, whole_log(book), book.vkey)
    assert verdicts == [*ALL_BUT_TWO, False]
    assert any(said in one for one in wrong), wrong


@pytest.mark.parametrize("name", FORGERIES)
def test_the_replay_of_the_rules_finds_it_too(told: Told, name: str) -> None:
    report = audited(whole_log(FORGERIES[name][0](told)), told.scenario.ledger.vkey)
    assert [step.ok for step in report.steps[:6]] == [True] * 5 + [False], report.text()


@pytest.mark.parametrize("event", ["KeyRevoked", "KeyRetired"])
def test_a_decision_with_a_key_that_was_ended_is_named(node: Agent, told: Told, event: str) -> None:
    """Nora's key ends where she was qualified; what she checks later counts for nothing."""
    kid = told.scenario.signer("nora").key.public.kid.hex()
    granted = [told.at("QualificationGranted", nth) for nth in range(len(QUALIFIED))]
    position = next(one for one in granted if statement.parse(told.book.raws[one]).sub == "agent/nora")
    said = {name: told.book.says(position)[name] for name in ("occurred_at", "seen", "seq", "prev")}
    payload = canonical.encode({"type": event, "v": 1, "kid": kid, "reason": "phone_lost", **said})
    raw = statement.sign(told.scenario.signer("ada").key, iss="ada", sub="agent/nora", aud=ORIGIN,
                         cti=os.urandom(16), payload=payload)  # fmt: skip
    _, wrong, _ = judged(node, whole_log(told.book.with_entry(position, raw)), told.book.vkey)
    assert any(f"the key was {event[3:].lower()} before" in one for one in wrong), wrong


def test_who_held_the_bag_when_follows_from_the_hand_overs(node: Agent, told: Told) -> None:
    found = node.ask("bundle", data=whole_log(told.book), vkey=told.book.vkey)["holdings"]
    dose = [(one["holder"], one["until"] is None) for one in found if one["container"] == "BAG-D1"]
    assert dose == [
        ("cleanroom at northcell-1", False),
        ("van-2 at swift-depot", False),
        (f"{WARD['department']} at {WARD['site']}", False),  # until it was infused
    ]
