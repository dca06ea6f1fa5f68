"""Two verifiers of bundles, written apart: Python's and the browser's give the same verdicts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import pytest

from ledger.application import Ledger
from ledger.export.choosing import Choice
from tests.bundling import ask, audited, choice_of, files_of, made, resigned, stage, zipped
from tests.web.agent import Agent

MUTANTS = int(os.environ.get("UNBROKEN_MUTANTS", "60"))
BOTH = (0, 1, 2, 3, 4, 7)  # the steps that both do, 1 to 5 and 9, where they stand in a report
Files = dict[str, bytes]


@dataclass(frozen=True)
class Bundles:
    """One that holds, as bytes and files, and others of the same request that hide something."""

    ledger: Ledger
    raw: bytes
    files: Files
    hiding: list[bytes]


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
    yield Bundles(scenario.ledger, raw, files_of(raw), hiding)
    scenario.ledger.close()


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


WAYS: list[Callable[[Bundles, Random], bytes]] = [archive, packed_again, signed_again, hiding]


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


def test_both_find_nothing_wrong_with_one_that_holds(node: Agent, bundles: Bundles) -> None:
    theirs = node.ask("bundle", data=bundles.raw, vkey=str(bundles.ledger.vkey))
    ours = [step.ok for step in audited(bundles.raw, bundles.ledger.vkey).steps]
    assert [theirs[step] for step in BOTH] == [ours[step] for step in BOTH] == [True] * len(BOTH)
