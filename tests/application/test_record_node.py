"""A node whose connection, clock, disk or database fails, and two nodes on one database."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from ledger.application import Ledger
from ledger.errors import (
    Fault,
)
from ledger.proof.keyfile import new_key
from tests.application.record_stage import collected, packed, receipt_holds
from tests.scenario import (
    Scenario,
)


def test_a_connection_that_dies_in_commit_is_resolved_by_statement_id(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(scenario)
    real = scenario.ledger.store.writing

    @contextlib.contextmanager
    def dies_after_commit():  # type: ignore[no-untyped-def]
        with real() as writing:
            yield writing
        raise Fault("commit_unknown", "the connection died while committing")

    raw = packed(scenario)
    monkeypatch.setattr(scenario.ledger.store, "writing", dies_after_commit)
    answer = scenario.ledger.record(raw)
    monkeypatch.undo()
    assert scenario.ledger.record(raw) == answer
    assert receipt_holds(scenario, answer, raw)


def test_a_clock_far_behind_the_log_is_a_fault_and_nothing_is_written(scenario: Scenario) -> None:
    collected(scenario)
    before = scenario.ledger.store.head()
    scenario.clock.forward(-3600)
    with pytest.raises(Fault, match="clock_behind"):
        scenario.ledger.record(packed(scenario))
    assert scenario.ledger.store.head() == before
    scenario.clock.forward(3600)
    scenario.ledger.record(packed(scenario))


def test_ledger_time_never_decreases_when_the_clock_steps_back_a_little(scenario: Scenario) -> None:
    collected(scenario)
    first = scenario.ledger.record(packed(scenario))
    scenario.clock.forward(-30)
    second = scenario.ledger.record(packed(scenario, "kit"))
    assert second.recorded_ms == first.recorded_ms


def test_a_restarted_node_answers_repeats_and_carries_on(scenario: Scenario, tmp_path: Path) -> None:
    collected(scenario)
    raw = packed(scenario)
    first = scenario.ledger.record(raw)
    scenario.ledger.close()
    scenario.ledger = Ledger(scenario.ledger.config)
    assert scenario.ledger.record(raw) == first
    assert scenario.ledger.record(packed(scenario, "kit")).position >= first.size


def test_a_database_that_lost_acknowledged_entries_is_not_signed_on(
    scenario: Scenario, tmp_path: Path
) -> None:
    from ledger.application.high_water import HighWater, Mark

    size, _ = scenario.ledger.store.head()
    scenario.ledger.close()
    mark = HighWater(tmp_path / "high-water")
    mark.write(Mark(size + 3, b"\x01" * 32))
    mark.close()
    with pytest.raises(Fault, match="lossy_restore"):
        Ledger(scenario.ledger.config)


def test_a_statement_that_comes_while_the_node_closes_is_told_so(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario)
    scenario.ledger.close()
    with pytest.raises(Fault, match="closing"):
        scenario.ledger.record(raw)


def test_another_key_cannot_open_somebody_elses_log(scenario: Scenario) -> None:
    from dataclasses import replace

    with pytest.raises(Fault, match="wrong_log"):
        Ledger(replace(scenario.ledger.config, log_key=new_key(), high_water=None))


def test_two_nodes_on_one_database_read_each_others_entries(scenario: Scenario) -> None:
    if scenario.ledger.config.database_url.startswith("sqlite"):
        pytest.skip("an embedded ledger has one node")
    from dataclasses import replace

    collected(scenario)
    other = Ledger(replace(scenario.ledger.config, high_water=None))
    raw = packed(scenario)
    first = other.record(raw)
    signer = scenario.signer("anna")
    signer.seq, signer.prev = signer.seq + 1, first.statement_id.hex()
    second = scenario.ledger.record(packed(scenario, shipper="S-2"))
    other.close()
    assert second.position == first.position + 1
    assert second.deviations == ()
