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
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.domain.world import log_tag
from ledger.export.choosing import Choice
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keyfile import new_key
from ledger.proof.note import VerifierKey
from ledger.verify.manifest import Therapies
from ledger.verify.report import Report
from tests.bundling import OTHER, ask, audited, choice_of, files_of, made, saying, stage
from tests.domain_supply import LOT
from tests.forging import whole_log
from tests.scenario import ORIGIN, Scenario
from tests.unit.verify_book import CHAIN, COI, Book
from tests.web.agent import Agent
from tests.web.mutants import SAYINGS, WAYS, Material, mutant

MUTANTS = int(os.environ.get("UNBROKEN_MUTANTS", "80"))
AT_ONCE = 40
BOTH = (1, 2, 3, 4, 5, 9)  # the steps that both do


@dataclass(frozen=True)
class Bundles:
    """What mutants are made of, and bundles of the whole log and of a lot that lack something."""

    ledger: Ledger
    of: Material
    scoped: list[bytes]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundles]:
    scenario = stage(tmp_path_factory.mktemp("ledger"))
    asked = ask(scenario)
    choice = choice_of(scenario.ledger, asked)
    raw = made(scenario.ledger, asked, choice)
    hiding = [
        made(scenario.ledger, asked, Choice([one for one in choice.positions if one != hidden], choice.whole))
        for hidden in choice.positions[:: max(1, len(choice.positions) // 8)]
    ]
    scoped = scoped_of(scenario)
    of = Material(
        raw,
        files_of(raw),
        hiding,
        Book.of(scenario),
        strange(tmp_path_factory),
        scenario.ledger.config.log_key,
    )
    yield Bundles(scenario.ledger, of, scoped)
    scenario.ledger.close()


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


def ours(report: Report) -> tuple[dict[int, bool | None], int | None]:
    """The verdicts of the steps that both do, and the first of these that is wrong."""
    found = {step.number: step.ok for step in report.steps if step.number in BOTH}
    return found, next((number for number in BOTH if found.get(number) is False), None)


def theirs(answer: dict[str, Any]) -> tuple[dict[int, bool | None], int | None]:
    found = {number: answer["ok"]["ok"][str(number)] for number in BOTH}
    return found, next((number for number in BOTH if found[number] is False), None)


def judged(node: Agent, bundles: list[tuple[bytes, VerifierKey | None]]) -> Iterator[tuple[Any, Any]]:
    """Python's verdicts and the page's, which judges at the same time in a process of its own."""
    for at in range(0, len(bundles), AT_ONCE):
        some = bundles[at : at + AT_ONCE]
        node.begin([{"op": "bundle", "data": raw, "vkey": str(vkey or "")} for raw, vkey in some])
        found = [ours(audited(raw, vkey)) for raw, vkey in some]
        yield from zip(found, map(theirs, node.answers()), strict=True)


def key_for(number: int, vkey: VerifierKey) -> VerifierKey | None:
    """Now and then none is given, or another log's."""
    if number % 40 == 39:
        return log_vkey(ORIGIN, new_key().public)
    return None if number % 8 == 7 else vkey


@pytest.mark.parametrize("way", WAYS)
def test_both_verifiers_give_the_same_verdicts(node: Agent, bundles: Bundles, way: str) -> None:
    vkey, wrong = bundles.ledger.vkey, 0
    for start in range(0, MUTANTS // len(WAYS), 4 * AT_ONCE):
        numbers = range(start, min(start + 4 * AT_ONCE, MUTANTS // len(WAYS)))
        given = [(mutant(bundles.of, way, number), key_for(number, vkey)) for number in numbers]
        for number, (mine, page) in zip(numbers, judged(node, given), strict=True):
            assert page == mine, f"{way} {number}"
            wrong += False in mine[0].values()
    assert wrong or len(WAYS) > MUTANTS, "nothing wrong was found with any of them"


def test_both_judge_every_manifest_alike(node: Agent, bundles: Bundles) -> None:
    of, vkey = bundles.of, bundles.ledger.vkey
    altered = [(saying(of.files, of.key, **{name: value}), vkey) for name, value in SAYINGS]
    for said, (mine, page) in zip(SAYINGS, judged(node, altered), strict=True):
        assert page == mine, said


def test_both_say_what_was_asked_for_and_is_not_whole(node: Agent, bundles: Bundles) -> None:
    found = list(judged(node, [(one, bundles.ledger.vkey) for one in bundles.scoped]))
    assert [page[0][9] for _, page in found] == [mine[0][9] for mine, _ in found]
    assert [mine[0][9] for mine, _ in found] == [False, True, None, None, None]


def test_both_find_nothing_wrong_with_one_that_holds(node: Agent, bundles: Bundles) -> None:
    honest = [(one, bundles.ledger.vkey) for one in (bundles.of.raw, whole_log(bundles.of.book))]
    for mine, page in judged(node, honest):
        assert mine == page == (dict.fromkeys(BOTH, True), None)
