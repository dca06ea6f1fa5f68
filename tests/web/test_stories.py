"""The page's own story (step 13): green for whatever an honest ledger recorded, and each forgery named.

The forgeries are sealed with the log's true keys and signed with people's true keys, so that nothing but
the story can tell: steps 1 to 5 and 9 hold. Python's replay of the rules (step 6) refuses each, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from ledger.proof import canonical, statement
from tests.bundling import OTHER, ask, audited, choice_of, made, stage
from tests.e2e.api_stage import enrol
from tests.forging import whole_log
from tests.property.test_verify_agrees import COIS, Chaos, tell, two_nodes
from tests.scenario import (
    CLEANROOM,
    ORIGIN,
    QUALIFIED,
    WARD,
    Scenario,
    Signer,
    b64,
    new_key,
    open_scenario,
    patient,
    therapy,
)
from tests.unit.documents import ROOT
from tests.unit.verify_book import COI, Book
from tests.web.agent import Agent

STORY = 13
SEEDS = int(os.environ.get("UNBROKEN_STORIES", "3"))
STEPS = 60
ALL_BUT_TWO = [True, True, True, True, True, None, None, True]  # 6 and 7 are not done in the page


@dataclass(frozen=True)
class Told:
    """An honest log as a book, whose people's keys are at hand."""

    scenario: Scenario
    book: Book

    def again(self, position: int, iss: str = "", by: str = "", **changes: Any) -> Book:
        """The entry says something else, or somebody else says it: `iss`, with the key of `by`."""
        old = statement.parse(self.book.raws[position])
        payload = canonical.encode(self.book.says(position) | changes)
        key = self.scenario.signer(by or iss or old.iss).key
        raw = statement.sign(
            key, iss=iss or old.iss, sub=old.sub, aud=old.aud, cti=os.urandom(16), payload=payload
        )
        return self.book.with_entry(position, raw)

    def instead(self, position: int, iss: str, sub: str, **says: Any) -> Book:
        """Another statement in the place of the entry, with its envelope."""
        said = {name: self.book.says(position)[name] for name in ("occurred_at", "seen", "seq", "prev")}
        raw = statement.sign(self.scenario.signer(iss).key, iss=iss, sub=sub, aud=ORIGIN, cti=os.urandom(16),
                             payload=canonical.encode({"v": 1} | said | says))  # fmt: skip
        return self.book.with_entry(position, raw)

    def then(self, forge: Callable[[Told], Book]) -> Told:
        return Told(self.scenario, forge(self))

    def at(self, kind: str, nth: int = 0) -> int:
        return self.book.position_of(kind, nth)

    def without(self, kind: str, nth: int = 0) -> Book:
        return self.book.without(self.at(kind, nth))


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

OTHERS = patient("patient-9")
CHAIN = f"chain/{COI}"


def with_a_key_of_mine(told: Told) -> Book:
    """A nurse adds a key to another nurse, and checks in her name."""
    told.scenario.signers["mine"] = Signer("mine", new_key())
    key = b64(told.scenario.signer("mine").key.public.spki)
    added = told.then(
        lambda it: it.instead(it.at("ConsentRecorded"), "nils", "agent/nora", type="KeyAdded", key=key)
    )
    return added.again(added.at("InfusionChecked"), iss="nora", by="mine")


def excused_by(code: str, kind: str, **changes: Any) -> Callable[[Told], Book]:
    """The entry says something else, and a deviation that means something else is raised because of it."""

    def forge(told: Told) -> Book:
        changed = told.then(lambda it: it.again(it.at(kind), **changes))
        cause = statement.parse(changed.book.raws[changed.at(kind)]).id.hex()
        return changed.instead(changed.at("ConsentRecorded"), "ledger", CHAIN, type="DeviationRaised",
                               code=code,
                               severity="minor", blocking=False, containers=[], cause=cause)  # fmt: skip

    return forge


def rejected(told: Told) -> Book:
    position = told.at("AvailabilityConfirmed")
    version = told.book.says(position)["chain_version"]
    return told.instead(position, "quinn", CHAIN, type="Rejected", chain_version=version,
                        containers=["BAG-F1"], reason="leaks")  # fmt: skip


def for_another_patient(told: Told) -> Book:
    """The order and both checks; the wristband at the collection stays as it was read."""
    ordered = told.then(lambda it: it.again(it.at("TherapyOrdered"), patient=OTHERS))
    first = ordered.then(lambda it: it.again(it.at("InfusionChecked"), patient=OTHERS))
    return first.again(first.at("InfusionChecked", 1), patient=OTHERS)


FORGERIES: dict[str, tuple[Callable[[Told], Book], str]] = {
    "one check": (lambda it: it.without("InfusionChecked"), "1 of two different people checked BAG-D1"),
    "both checks by one person": (
        lambda it: it.again(it.at("InfusionChecked", 1), iss="nora"),
        "1 of two different people checked BAG-D1",
    ),
    "checks of another patient": (
        lambda it: it.again(it.at("InfusionChecked", 1), patient=OTHERS),
        "the checks of BAG-D1 do not agree on the patient of the order",
    ),
    "a check of one identifier alone": (
        lambda it: it.again(it.at("InfusionChecked"), patient=[patient("patient-1")[0], OTHERS[1]]),
        "do not agree on the patient of the order",
    ),
    "a check of another bag": (
        lambda it: it.again(it.at("InfusionChecked"), container="BAG-D2"),
        "1 of two different people checked BAG-D1",
    ),
    "no release": (lambda it: it.without("Released"), "Quality had not released BAG-D1 for GB under UB-001"),
    "a release for another country": (
        lambda it: it.again(it.at("Released"), countries=["DE"]),
        "Quality had not released BAG-D1 for GB under UB-001",
    ),
    "a release by somebody else": (
        lambda it: it.again(it.at("Released"), iss="anna"),
        "anna had no role for it at northcell-1: quality",
    ),
    "a release at another site": (
        lambda it: it.again(it.at("Released"), site="st-mary"),
        "quinn had no role for it at st-mary: quality",
    ),
    "Quality without a second signature": (
        lambda it: it.without("EnrolmentApproved"),
        "quinn had no role for it at northcell-1: quality",
    ),
    "a second signature by the same person": (
        lambda it: it.again(it.at("EnrolmentApproved"), iss="ben"),
        "the same person enrolled and approved",
    ),
    "no qualification": (
        lambda it: it.without("QualificationGranted"),
        "phil was not qualified for it: bedside",
    ),
    "a qualification that had run out": (
        lambda it: it.again(it.at("QualificationGranted"), expires_at="2026-01-01T00:00:00.000Z"),
        "phil was not qualified for it: bedside",
    ),
    "a statement with another person's key": (
        lambda it: it.again(it.at("InfusionChecked"), iss="nora", by="nils"),
        "the key is nils's, not nora's",
    ),
    "a bag of another therapy": (
        lambda it: it.again(it.at("InfusionAuthorised"), container="OTHER-D1"),
        "OTHER-D1 did not come to be in this therapy",
    ),
    "a dose made of strange cells": (
        lambda it: it.again(it.at("ContainersDerived"), parents=[{"container": "OTHER-F1", "volume_ul": 1}]),
        "it was made of OTHER-F1, which is not of this therapy",
    ),
    "an infusion without an authorisation": (
        lambda it: it.without("InfusionAuthorised"),
        "infusion of BAG-D1 began without an authorisation",
    ),
    "an acceptance by another party": (
        lambda it: it.again(it.at("CustodyAccepted", 3), receiver=CLEANROOM),
        "it names cleanroom at northcell-1 as receiver, its release",
    ),
    "an acceptance of what was not handed over": (
        lambda it: it.again(it.at("CustodyAccepted", 3), containers=["BAG-D1", "BAG-D7"]),
        "it accepts BAG-D7, which its release",
    ),
    **{
        f"{kind} by the ledger itself": (
            lambda it, kind=kind, nth=nth: it.again(it.at(kind, nth), iss="ledger"),
            "ledger had no role for it",
        )
        for kind, nth in (
            ("InfusionChecked", 1),
            ("Released", 0),
            ("InfusionAuthorised", 0),
            ("EnrolmentApproved", 0),
        )
    },
    "the dose of another therapy": (
        lambda it: it.again(
            it.at("CollectionCompleted", 1), containers=[{"container": "BAG-D1", "volume_ul": 1}]
        ),
        f"BAG-D1 came to be in another therapy (chain/{COI})",
    ),
    "a key that a nurse added for another": (with_a_key_of_mine, "nils had no role for it: administrator"),
    "a key that an administrator alone added for Quality": (
        lambda it: it.instead(
            it.at("ConsentRecorded"), "ben", "agent/quinn", type="KeyAdded", key=b64(new_key().public.spki)
        ),
        "quinn has a role that takes two signers",
    ),
    "a key that a nurse revoked": (
        lambda it: it.instead(
            it.at("ConsentRecorded"), "nils", "agent/nora", type="KeyRevoked", kid="ab" * 32, reason="lost"
        ),
        "nils had no role for it: administrator",
    ),
    "strange cells, and a deviation about something else": (
        excused_by("sequence_gap", "ContainersDerived", parents=[{"container": "OTHER-F1", "volume_ul": 1}]),
        "it was made of OTHER-F1, which is not of this therapy",
    ),
    "a strange acceptance, and a deviation about something else": (
        excused_by("clock_behind", "CustodyAccepted", receiver=CLEANROOM),
        "it names cleanroom at northcell-1 as receiver, its release",
    ),
    "a dose of cells that Quality had rejected": (
        rejected,
        "Quality had rejected BAG-D1, or what it was made of",
    ),
    "an order for another patient": (for_another_patient, "the wristband that was read is not the patient's"),
}


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
