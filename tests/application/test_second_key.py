"""A log's second key: named in the log, on every head since, and no node writes without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from ledger.application import Ledger
from ledger.errors import Fault
from ledger.proof.checkpoint import parse_checkpoint, sign_checkpoint
from ledger.proof.keyfile import new_second_key
from ledger.proof.ml_dsa import signed_at
from ledger.proof.note import parse_note
from ledger.store.fsck import fsck
from ledger.store.schema import checkpoint
from tests.e2e.api_stage import enrol
from tests.scenario import ORIGIN, Scenario, open_scenario

SECOND = new_second_key(ORIGIN)


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    """Of a log that began with one key."""
    opened = open_scenario(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.ledger.close()


def lined(ledger: Ledger) -> list[bool]:
    """Of each head, whether the second key signed it."""
    found = []
    for one in ledger.store.checkpoints(0, 10_000):
        note = parse_note(one.note)
        try:
            found.append(signed_at(note, parse_checkpoint(note.text), SECOND.public) == one.time_ms // 1000)
        except Exception:
            found.append(False)
    return found


def with_second(scenario: Scenario) -> Ledger:
    scenario.ledger.close()
    scenario.ledger = Ledger(replace(scenario.ledger.config, second_key=SECOND))
    return scenario.ledger


def test_a_log_that_begins_with_it_has_its_line_on_every_head(tmp_path: Path) -> None:
    opened = open_scenario(f"sqlite:///{tmp_path}/other.db", second=SECOND)
    assert all(lined(opened.ledger))
    assert opened.ledger.world_at().log().second_key == str(SECOND.public)
    opened.ledger.close()


def test_a_log_that_exists_gets_it_once_and_every_head_since_carries_it(scenario: Scenario) -> None:
    before = len(lined(scenario.ledger))
    ledger = with_second(scenario)
    for _ in range(2):
        ledger.announce_second_key()
    enrol(scenario, "later", "nurse", "ada", "st-mary-trust", "st-mary")
    found = lined(ledger)
    assert (any(found[:before]), all(found[before:])) == (False, True)
    named = [
        one for one in ledger.store.entries(0, ledger.store.head()[0]) if one.type == "CheckpointKeyAdded"
    ]
    assert len(named) == 1


@pytest.mark.parametrize("how", ["left out", "another's"])
def test_fsck_finds_a_head_without_its_line(scenario: Scenario, how: str) -> None:
    ledger = with_second(scenario)
    ledger.announce_second_key()
    enrol(scenario, "later", "nurse", "ada", "st-mary-trust", "st-mary")
    recorder, vkey = ledger.store, str(ledger.vkey)
    assert fsck(recorder, vkey).first_wrong is None
    last = ledger.store.checkpoints(0, 10_000)[-1]
    head = parse_checkpoint(parse_note(last.note).text)
    other = None if how == "left out" else new_second_key(ORIGIN)
    forged = sign_checkpoint(head, ledger.config.log_key, last.time_ms // 1000, other)
    with recorder.engine.begin() as connection:
        connection.execute(update(checkpoint).where(checkpoint.c.size == last.size).values(note=forged))
    (wrong,) = [one for step in fsck(recorder, vkey).steps for one in step.problems]
    assert (wrong.where, "second key" in wrong.what) == (f"table checkpoint, row {last.size}", True)


def test_a_node_without_the_key_does_not_start(scenario: Scenario) -> None:
    with_second(scenario).announce_second_key()
    config = scenario.ledger.config
    for wrong in (None, new_second_key(ORIGIN)):
        with pytest.raises(Fault, match="second key") as caught:
            Ledger(replace(config, second_key=wrong))
        assert caught.value.code == "wrong_log"


def test_a_node_that_was_running_without_it_writes_no_more(scenario: Scenario) -> None:
    """Another node named the key meanwhile: a head without its line would look like somebody else's."""
    size = scenario.ledger.store.head()[0]
    other = Ledger(replace(scenario.ledger.config, second_key=SECOND, high_water=None))
    other.announce_second_key()
    with pytest.raises(Fault) as caught:
        enrol(scenario, "later", "nurse", "ada", "st-mary-trust", "st-mary")
    assert caught.value.code == "wrong_log"
    assert other.store.head()[0] == size + 1
    other.close()
