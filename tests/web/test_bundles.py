"""Two verifiers of bundles, written apart: Python's and the browser's give the same verdicts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import pytest

from ledger.application import Ledger
from ledger.domain.world import log_tag
from ledger.export.choosing import Choice
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
from tests.bundling import OTHER, ask, audited, choice_of, files_of, made, resigned, saying, stage, zipped
from tests.domain_supply import LOT
from tests.scenario import ORIGIN, Scenario
from tests.unit.verify_book import CHAIN, COI
from tests.web.agent import Agent, Said

MUTANTS = int(os.environ.get("UNBROKEN_MUTANTS", "60"))
BOTH = (0, 1, 2, 3, 4, 7)  # the steps that both do, 1 to 5 and 9, where they stand in a report
Files = dict[str, bytes]


@dataclass(frozen=True)
class Bundles:
    """One that holds, as bytes and files, and others that hide something: of the same request, and of
    one for the whole log and one for a lot."""

    ledger: Ledger
    raw: bytes
    files: Files
    hiding: list[bytes]
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
    yield Bundles(scenario.ledger, raw, files_of(raw), hiding, scoped(scenario))
    scenario.ledger.close()


def scoped(scenario: Scenario) -> list[bytes]:
    """The log of which only some is given; a lot with its therapies, others, and without a word."""
    scenario.say("mia", "lot/lv-7", "LotReceived", organisation="northcell", **LOT)
    ledger, stream, why = scenario.ledger, f"log/{ORIGIN}", {"reason": "inspection"}
    log = scenario.say("audrey", stream, "ExportRequested", scope="log", **why)
    lot = scenario.say("audrey", stream, "ExportRequested", scope="lot", which="lv-7", **why)
    of_lot = choice_of(ledger, lot, "lot/lv-7", CHAIN)
    said = [Therapies(given=given, unreadable=count) for given, count in (([COI], 0), ([OTHER], 0), ([], 2))]
    lots = [made(ledger, lot, of_lot._replace(therapies=one)) for one in (*said, None)]
    return [made(ledger, log, choice_of(ledger, log, log_tag(ORIGIN))), *lots]


def flipped(data: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def archive(bundles: Bundles, chance: Random) -> bytes:
    """A byte of the archive; an end; something behind it."""
    raw = bundles.raw
    return chance.choice([flipped(raw, chance), raw[: chance.randrange(len(raw))], raw + b"\0"])


def packed_again(bundles: Bundles, chance: Random) -> bytes:
    """A byte of a file; a file less, more or moved."""
    files, name = dict(bundles.files), chance.choice(sorted(bundles.files))
    kind = chance.randrange(4)
    if kind == 0:
        files |= {name: flipped(files[name], chance)}
    elif kind == 1:
        files |= {f"{name}x": files[name]}
    else:
        content = files.pop(name)
        files |= {name: content} if kind == 2 else {}
    return zipped(files)


def signed_again(bundles: Bundles, chance: Random) -> bytes:
    """By whoever holds the log's key: the manifest lists what was altered."""
    name = chance.choice(sorted(set(bundles.files) - {"manifest.json", "manifest.cose"}))
    return resigned(
        bundles.files | {name: flipped(bundles.files[name], chance)}, bundles.ledger.config.log_key
    )


def hiding(bundles: Bundles, chance: Random) -> bytes:
    return chance.choice(bundles.hiding)


SAYINGS: list[tuple[str, object]] = [
    ("format", "bundle"), ("v", 2), ("made_by", 5), ("made_by", ""), ("made_by", "x" * 401),
    ("made_by", "\U0001f9ec" * 400), ("size", 0), ("size", 1), ("root", "ab" * 31), ("origin", "elsewhere"),
    ("whole", None), ("whole", []), ("whole", ["x" * 400]), ("whole", ["x" * 401]), ("whole", [""]),
    ("left_out", {"entries": 1, "files": []}), ("left_out", {"entries": 1, "files": ["ab"]}),
    ("therapies", None), ("therapies", {}), ("therapies", {"given": [""], "unreadable": 0}),
    ("therapies", {"given": ["x"], "unreadable": 0}), ("therapies", {"given": [], "unreadable": 3}),
    ("therapies", {"given": [], "unreadable": -1}), ("also", "this"),
    ("witnessed", None), ("witnessed", {}), ("witnessed", {"size": 1}),
    ("witnessed", {"policy": "", "size": 1}), ("witnessed", {"policy": "quorum none", "size": 0}),
    ("witnessed", {"policy": "x" * 65_537, "size": 1}),
]  # fmt: skip


def manifest_signed_again(bundles: Bundles, chance: Random) -> bytes:
    """By whoever holds the log's key: the manifest says something else."""
    name, value = chance.choice(SAYINGS)
    return saying(bundles.files, bundles.ledger.config.log_key, **{name: value})


WAYS: list[Callable[[Bundles, Random], bytes]] = [
    archive,
    packed_again,
    signed_again,
    manifest_signed_again,
    hiding,
]


@pytest.mark.parametrize("way", WAYS)
def test_both_verifiers_give_the_same_verdicts(
    node: Agent, bundles: Bundles, way: Callable[[Bundles, Random], bytes]
) -> None:
    chance = Random(7)
    vkey = bundles.ledger.vkey
    mutants = [way(bundles, chance) for _ in range(MUTANTS // len(WAYS))]
    theirs = node.many([{"op": "bundle", "data": one, "vkey": str(vkey)} for one in mutants])
    for number, (mutant, answer) in enumerate(zip(mutants, theirs, strict=True)):
        ours = [step.ok for step in audited(mutant, vkey).steps]
        found = {step for step in BOTH if ours[step] is False}
        assert {step for step in BOTH if answer["ok"][step] is False} == found, (way.__name__, number)


def test_both_judge_every_manifest_alike(node: Agent, bundles: Bundles) -> None:
    key, vkey = bundles.ledger.config.log_key, bundles.ledger.vkey
    altered = [saying(bundles.files, key, **{name: value}) for name, value in SAYINGS]
    theirs = node.many([{"op": "bundle", "data": one, "vkey": str(vkey)} for one in altered])
    for said, one, answer in zip(SAYINGS, altered, theirs, strict=True):
        assert answer["ok"][7] == audited(one, vkey).steps[-1].ok, said


def test_both_say_what_was_asked_for_and_is_not_whole(node: Agent, bundles: Bundles) -> None:
    vkey = bundles.ledger.vkey
    theirs = node.many([{"op": "bundle", "data": one, "vkey": str(vkey)} for one in bundles.scoped])
    verdicts = [answer["ok"][7] for answer in theirs]
    assert verdicts == [audited(one, vkey).steps[-1].ok for one in bundles.scoped]
    assert verdicts == [False, True, None, None, None]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cosigned]:
    found = cosigned_stage(tmp_path_factory.mktemp("cosigned"))
    yield found
    found.ledger.close()


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
    theirs = node.ask("bundle", data=bundles.raw, vkey=str(bundles.ledger.vkey))
    ours = [step.ok for step in audited(bundles.raw, bundles.ledger.vkey).steps]
    assert [theirs[step] for step in BOTH] == [ours[step] for step in BOTH] == [True] * len(BOTH)
