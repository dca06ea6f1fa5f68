"""A bundle with time stamps and a second key: the browser takes it, checks neither, and says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.application import Ledger
from tests.bundling import ask, audited, files_of, made, request_of, resigned, stage
from tests.stamped_stage import CURVE, RSA, SECOND, stamp_head
from tests.web.agent import Agent

BOTH = ("1", "2", "3", "4", "5", "9")  # the steps of both verifiers


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, bytes]]:
    scenario = stage(tmp_path_factory.mktemp("stamped"), SECOND)
    asked = ask(scenario)
    size = request_of(scenario.ledger, asked).size
    stamp_head(scenario.ledger, size, (RSA, scenario.clock()), (CURVE, scenario.clock() + 1000))
    yield scenario.ledger, made(scenario.ledger, asked)
    scenario.ledger.close()


def test_the_browser_takes_it_and_says_what_it_did_not_check(
    node: Agent, stamped: tuple[Ledger, bytes]
) -> None:
    ledger, raw = stamped
    theirs = node.ask("bundle", data=raw, vkey=str(ledger.vkey))["ok"]
    assert [theirs[step] for step in BOTH] == [True] * len(BOTH)
    assert node.ask("unchecked", data=raw, vkey=str(ledger.vkey)) == {"stamps": 1, "secondKey": True}


def test_both_judge_the_names_of_time_stamps_alike(node: Agent, stamped: tuple[Ledger, bytes]) -> None:
    ledger, raw = stamped
    files = files_of(raw)
    (name,) = [one for one in files if one.startswith("timestamps/")]
    for other in (
        "timestamps/0-00.ers",
        "timestamps/9-0.ers",
        "timestamps/9-00",
        "timestamps/9-00.ers",
        name,
    ):
        members = {other if one == name else one: data for one, data in files.items()}
        spoilt = resigned(members, ledger.config.log_key)
        (ours,) = [step.ok for step in audited(spoilt, ledger.vkey).steps if step.number == 9]
        assert node.ask("bundle", data=spoilt, vkey=str(ledger.vkey))["ok"]["9"] == ours, other
        assert ours == (other in ("timestamps/9-00.ers", name))
