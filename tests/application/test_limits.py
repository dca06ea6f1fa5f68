"""What the ledger does when there is too much of something, or something breaks inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.application import writer as writer_module
from ledger.application.high_water import HighWater, Mark
from ledger.application.reviews import LIMIT, PERIOD_MS, Reviews
from ledger.errors import Fault, TooMany
from tests.scenario import APHERESIS, Scenario, open_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COI = "isbt128:CHA999926000009"


@pytest.fixture
def scenario(sqlite_url: str, tmp_path: Path) -> Iterator[Scenario]:
    opened = open_scenario(sqlite_url, tmp_path)
    opened.order(COI)
    yield opened
    opened.ledger.close()


def packed(scenario: Scenario) -> bytes:
    return scenario.sign("anna", f"chain/{COI}", "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1")


def test_a_key_may_record_only_so_many_facts_without_standing_in_an_hour() -> None:
    reviews = Reviews()
    for _ in range(LIMIT):
        reviews.take("key", 1_000)
    with pytest.raises(TooMany, match="too_many_reviews"):
        reviews.take("key", 1_000)
    reviews.take("another", 1_000)
    reviews.take("key", 1_001 + PERIOD_MS)


def test_an_outsider_who_floods_is_told_to_come_later_and_changes_nothing(scenario: Scenario) -> None:
    unknown = "chain/isbt128:CHA999926000010"
    for _ in range(LIMIT):
        scenario.say("kit", unknown, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1")
    size = scenario.ledger.store.head()
    with pytest.raises(TooMany, match="too_many_reviews"):
        scenario.say("kit", unknown, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1")
    assert scenario.ledger.store.head() == size


def test_more_than_the_queue_holds_is_turned_away_and_nothing_of_it_recorded(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING", -1)
    size = scenario.ledger.store.head()
    with pytest.raises(TooMany, match="busy"):
        scenario.ledger.record(packed(scenario))
    assert scenario.ledger.store.head() == size


def test_a_defect_inside_a_batch_answers_its_callers_and_the_writer_lives_on(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scenario.ledger.store.head()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    raw = packed(scenario)
    monkeypatch.setattr(scenario.ledger, "seal_at", broken)
    with pytest.raises(Fault, match="internal"):
        scenario.ledger.record(raw)
    assert scenario.ledger.store.head() == before
    monkeypatch.undo()
    assert scenario.ledger.record(raw).position >= before[0]


def test_a_batch_that_rolled_back_leaves_no_trace_in_what_later_decisions_read(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenario.ledger, "seal_at", lambda *_: 1 / 0)
    with pytest.raises(Fault):
        scenario.ledger.record(packed(scenario))
    monkeypatch.undo()
    answer = scenario.ledger.record(packed(scenario))
    assert [raised.code for raised in answer.deviations] == ["container_not_in_chain"]


def test_the_high_water_mark_survives_a_torn_write(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    mark = HighWater(path)
    mark.write(Mark(7, b"\x01" * 32))
    mark.write(Mark(9, b"\x02" * 32))
    mark.close()
    torn = bytearray(path.read_bytes())
    torn[130:200] = bytes(70)
    path.write_bytes(torn)
    again = HighWater(path)
    assert again.read() == Mark(7, b"\x01" * 32)
    again.close()


def test_an_empty_mark_says_that_nothing_was_let_out(tmp_path: Path) -> None:
    mark = HighWater(tmp_path / "mark")
    assert mark.read() is None
    mark.close()
