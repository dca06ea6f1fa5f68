"""A look at a logger: what it raises, and when to look again if nothing comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.application.followed import Followed
from ledger.application.watching import Watching
from ledger.live.packet import parse_packet
from ledger.store.alarms import AlarmStore
from ledger.store.live import LiveStore
from ledger.views.runner import Projector
from tests.e2e.alarm_stage import GOOD, WARM, packed
from tests.live_stage import LOGGER, Recording
from tests.scenario import Clock, Scenario, open_scenario

AFTER_MS = 180_000  # of a reading a minute, each in a packet


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    scenario = open_scenario(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Clock())
    packed(scenario)
    Projector(scenario.ledger.store.engine, scenario.ledger.store).rebuild()
    yield scenario
    scenario.ledger.close()


def watching(scenario: Scenario) -> Watching:
    store = scenario.ledger.store
    return Watching(
        AlarmStore(store.engine, store.turn), Followed(scenario.ledger.origin, store), scenario.clock
    )


def put(scenario: Scenario, raw: bytes) -> None:
    store = scenario.ledger.store
    LiveStore(store.engine, store.turn).put([parse_packet(raw)], scenario.clock())


def test_a_look_says_when_it_would_be_silent_or_has_called_it_so_never_neither(scenario: Scenario) -> None:
    """By one clock: whatever passes between the look and its answer, somebody looks again."""
    put(scenario, Recording(scenario).packet([GOOD], 0))
    heard_ms, look = scenario.clock(), watching(scenario)
    for wait_ms, is_silent in ((0, False), (AFTER_MS, False), (AFTER_MS + 1, True)):
        scenario.clock.now_ms = heard_ms + wait_ms
        looked = look.look(LOGGER, 0)
        assert looked is not None
        assert [one.kind for one in looked.begun] == (["silence"] if is_silent else [])
        assert looked.silent_ms == (None if is_silent else heard_ms + AFTER_MS + 1)


def test_a_logger_of_which_nothing_came_is_nothing_to_look_at(scenario: Scenario) -> None:
    assert watching(scenario).look(LOGGER, 0) is None
    assert watching(scenario).look("unheard", 0) is None


def test_a_second_look_raises_nothing_and_another_node_agrees(scenario: Scenario) -> None:
    put(scenario, Recording(scenario).packet([WARM], 0))
    first = watching(scenario).look(LOGGER, 0)
    assert first is not None
    assert [one.kind for one in first.begun] == ["excursion"]
    for again in (watching(scenario), watching(scenario)):
        looked = again.look(LOGGER, 0)
        assert looked is not None
        assert looked.begun == []
