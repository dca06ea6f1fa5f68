"""Two verifiers of bundles, written apart: Python's and the browser's give the same verdicts.

`UNBROKEN_MUTANTS`: how many altered bundles both judge. The verdicts of the steps that both do are
compared, each of the three (right, wrong, not done), and which of these steps is the first wrong. What
only one of them does is not: Python replays the rules and reads loggers' files; the page tells its own
short story. So of an operator who holds all keys and leaves something out, no more is compared than that
both find the same wrong with the bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ledger.application import Ledger
from ledger.domain.world import log_tag
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keyfile import new_key
from ledger.proof.note import VerifierKey
from ledger.verify.manifest import Therapies
from ledger.verify.report import NOBODY
from tests.bundles_witnessed import (
    Cosigned,
    claim_cases,
    cosigned_stage,
    head_cases,
    itself,
    parsed,
    policy_cases,
)
from tests.bundling import OTHER, ask, audited, choice_of, files_of, made, saying, stage
from tests.domain_supply import LOT
from tests.forging import whole_log
from tests.scenario import ORIGIN, Scenario
from tests.unit.verify_book import CHAIN, COI, Book
from tests.web.agent import Agent, Said
from tests.web.mutants import SAYINGS, WAYS, Material, mutant
from tests.witness_stage import policy_text

MUTANTS = int(os.environ.get("UNBROKEN_MUTANTS", "80"))
AT_ONCE = 40
BOTH = (1, 2, 3, 4, 5, 8, 9, 10)  # the steps that both do; 8 and 10 with what a reader brings


@dataclass(frozen=True)
class Bundles:
    """What mutants are made of, and bundles of the whole log and of a lot that lack something."""

    ledger: Ledger
    of: Material
    scoped: list[bytes]


@pytest.fixture(scope="module")
def bundles(told: Cosigned, tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    choice = choice_of(told.ledger, told.asked)
    some = choice.positions[:: max(1, len(choice.positions) // 8)]
    less = [[one for one in choice.positions if one != hidden] for hidden in some]
    hiding = [made(told.ledger, told.asked, choice._replace(positions=given)) for given in less]
    key, others = told.ledger.config.log_key, strange(tmp_path_factory)
    of = Material(told.raw, files_of(told.raw), hiding, Book.of(told.scenario), others, key)
    return Bundles(told.ledger, of, scoped_of(told.scenario))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cosigned]:
    found = cosigned_stage(tmp_path_factory.mktemp("cosigned"))
    yield found
    found.ledger.close()


def strange(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a bundle of another log."""
    other = stage(tmp_path_factory.mktemp("strange"))
    raw = made(other.ledger, ask(other))
    other.ledger.close()
    return files_of(raw)


def scoped_of(scenario: Scenario) -> list[bytes]:
    """The log of which only some is given; a lot with its therapies, others, and without a word."""
    scenario.say("mia", "lot/lv-7", "LotReceived", organisation="northcell", **LOT)
    ledger, stream, why = scenario.ledger, f"log/{ORIGIN}", {"reason": "inspection"}
    lot = scenario.say("audrey", stream, "ExportRequested", scope="lot", which="lv-7", **why)
    of_lot = choice_of(ledger, lot, "lot/lv-7", CHAIN)
    said = [Therapies(given=given, unreadable=count) for given, count in (([COI], 0), ([OTHER], 0), ([], 2))]
    lots = [made(ledger, lot, of_lot._replace(therapies=one)) for one in (*said, None)]
    log = scenario.say("audrey", stream, "ExportRequested", scope="log", **why)
    return [made(ledger, log, choice_of(ledger, log, log_tag(ORIGIN))), *lots]


@dataclass(frozen=True)
class Given:
    """A bundle, and what its reader brings: a key, a policy, a head from elsewhere; or not."""

    raw: bytes
    vkey: VerifierKey | None
    policy: str = ""
    note: str = ""


Verdicts = tuple[dict[int, bool | None], int | None]
"""Of the steps that both do, and the first of these that is wrong."""


def verdicts(found: dict[int, bool | None]) -> Verdicts:
    both = {number: found[number] for number in BOTH if number in found}
    return both, next((number for number, ok in both.items() if ok is False), None)


def ours(one: Given) -> Verdicts:
    note = one.note.encode() if one.note else None
    report = audited(one.raw, one.vkey, parsed(one.policy), note)
    return verdicts({step.number: step.ok for step in report.steps})


def judged(node: Agent, bundles: list[Given]) -> Iterator[tuple[Verdicts, Verdicts]]:
    """Python's verdicts and the page's, which judges at the same time in a process of its own."""
    for at in range(0, len(bundles), AT_ONCE):
        some = bundles[at : at + AT_ONCE]
        node.begin([{"op": "bundle", "data": one.raw, "vkey": str(one.vkey or ""), "policy": one.policy,
                     "note": one.note} for one in some])  # fmt: skip
        found = [ours(one) for one in some]
        for mine, answer in zip(found, node.answers(), strict=True):
            yield mine, verdicts({int(number): ok for number, ok in answer["ok"]["ok"].items()})


def given(told: Cosigned, raw: bytes, number: int) -> Given:
    """Now and then no key, or another log's; a policy; a head that is the bundle's, or smaller."""
    key = log_vkey(ORIGIN, new_key().public) if number % 40 == 39 else told.ledger.vkey
    size = told.size if number % 10 else told.smaller
    head = told.ledger.store.checkpoint(size)
    return Given(
        raw,
        None if number % 8 == 7 else key,
        policy_text(1 + number % 3, 11, 12, 13) if number % 3 == 0 else "",
        head.note.decode() if head and number % 5 == 0 else "",
    )


@pytest.mark.parametrize("way", WAYS)
def test_both_verifiers_give_the_same_verdicts(
    node: Agent, told: Cosigned, bundles: Bundles, way: str
) -> None:
    wrong = 0
    for start in range(0, MUTANTS // len(WAYS), 4 * AT_ONCE):
        numbers = range(start, min(start + 4 * AT_ONCE, MUTANTS // len(WAYS)))
        mutants = [given(told, mutant(bundles.of, way, number), number) for number in numbers]
        for number, (mine, page) in zip(numbers, judged(node, mutants), strict=True):
            assert page == mine, f"{way} {number}"
            wrong += False in mine[0].values()
    assert wrong or len(WAYS) > MUTANTS, "nothing wrong was found with any of them"


def test_both_judge_every_manifest_alike(node: Agent, bundles: Bundles) -> None:
    of, vkey = bundles.of, bundles.ledger.vkey
    altered = [Given(saying(of.files, of.key, **{name: value}), vkey) for name, value in SAYINGS]
    for said, (mine, page) in zip(SAYINGS, judged(node, altered), strict=True):
        assert page == mine, said


def test_both_say_what_was_asked_for_and_is_not_whole(node: Agent, bundles: Bundles) -> None:
    found = list(judged(node, [Given(one, bundles.ledger.vkey) for one in bundles.scoped]))
    assert [page[0][9] for _, page in found] == [mine[0][9] for mine, _ in found]
    assert [mine[0][9] for mine, _ in found] == [False, True, None, None, None]


def test_both_hold_a_bundle_against_a_policy_and_a_head_alike(node: Agent, told: Cosigned) -> None:
    cases, vkey = [*policy_cases(told), *claim_cases(told), *head_cases(told)], str(told.ledger.vkey)
    asked = [
        {"op": "audit", "data": one.raw, "vkey": vkey, "policy": one.policy, "note": one.note}
        for one in cases
    ]
    for case, answer in zip(cases, node.many(asked), strict=True):
        found = answer["ok"]["ok"]
        assert (found.get("8", "-"), found["9"], found.get("10", "-")) == case.verdicts, case.name
        note = case.note.encode() if case.note else None
        ours = audited(case.raw, told.ledger.vkey, parsed(case.policy), note).witnessed
        if case.policy or "a claim of" not in case.name:
            assert answer["ok"]["witnessed"].endswith(ours.removeprefix(NOBODY)), case.name


def test_both_refuse_a_log_as_a_witness_of_itself(node: Agent, told: Cosigned) -> None:
    asked = {"data": told.raw, "policy": itself(told), "note": ""}
    for vkey in (str(told.ledger.vkey), ""):
        with pytest.raises(Said, match="malformed_policy"):
            node.ask("audit", vkey=vkey, **asked)


def test_both_find_nothing_wrong_with_one_that_holds(node: Agent, bundles: Bundles) -> None:
    honest = [Given(one, bundles.ledger.vkey) for one in (bundles.of.raw, whole_log(bundles.of.book))]
    for mine, page in judged(node, honest):
        assert mine == page == (dict.fromkeys((1, 2, 3, 4, 5, 9), True), None)
