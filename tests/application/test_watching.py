"""A look at a logger: what it raises, and when to look again if nothing comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from ledger.application.followed import Followed
from ledger.application.watching import Watching
from ledger.domain.times import timestamp
from ledger.live.packet import parse_packet
from ledger.store import alarm_packets
from ledger.store.alarms import AlarmStore
from ledger.store.live import LiveStore
from ledger.store.live_schema import packet as packet_table
from ledger.views.runner import Projector
from tests.e2e.alarm_stage import GOOD, WARM, packed
from tests.live_stage import BAG, COI, LOGGER, MINUTE_MS, STREAM, Recording, collected, pack
from tests.scenario import APHERESIS, Clock, Scenario, open_scenario

DAY_MS = 86_400_000
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


def open_kinds(scenario: Scenario) -> list[str]:
    """What is open about the bag and its logger, after a look."""
    Projector(scenario.ledger.store.engine, scenario.ledger.store).catch_up()
    watching(scenario).look(LOGGER, 0)
    store = scenario.ledger.store
    known = AlarmStore(store.engine, store.turn).known(LOGGER, {COI}, 0)
    return [one.kind for one in known if one.chain == COI and one.closed_ms is None]


def test_no_statement_of_another_therapy_closes_an_alarm(scenario: Scenario) -> None:
    put(scenario, Recording(scenario).packet([WARM], 0))
    before = open_kinds(scenario)
    assert "excursion" in before
    other, bag = "isbt128:CHA999926000002", "OTHER-F1"
    collected(scenario, other, bag, "patient-2")
    scenario.clock.forward(10)
    pack(scenario, other, bag, shipper="SHIPPER-9")
    assert open_kinds(scenario) == before


def test_an_unpacking_that_is_said_to_come_closes_nothing_yet(scenario: Scenario) -> None:
    put(scenario, Recording(scenario).packet([WARM], 0))
    before, later_ms = open_kinds(scenario), scenario.clock() + 60_000
    said = {"at": APHERESIS, "containers": [BAG], "shipper": "SHIPPER-1"}
    scenario.say("anna", STREAM, "Unpacked", occurred_at=timestamp(later_ms), **said)
    assert open_kinds(scenario) == before
    scenario.clock.now_ms = later_ms
    assert open_kinds(scenario) == []


def kinds(scenario: Scenario) -> list[str]:
    looked = watching(scenario).look(LOGGER, 0)
    assert looked is not None
    return [one.kind for one in looked.begun]


def open_alarms(scenario: Scenario) -> list[str]:
    store = scenario.ledger.store
    known = AlarmStore(store.engine, store.turn).known(LOGGER, [COI], 0)
    return [one.kind for one in known if one.closed_ms is None]


def minutes(scenario: Scenario, recording: Recording, values: list[int | None], off_ms: int = 0) -> None:
    """A reading a minute, each sent at once, and looked at; dated by a clock that is so far off."""
    for value in values:
        scenario.clock.forward(60)
        first = (scenario.clock() - recording.started_ms) // MINUTE_MS
        dated = timestamp(scenario.clock() + off_ms)
        put(scenario, recording.packet([value], first, started_at=dated))
        watching(scenario).look(LOGGER, 0)


@pytest.mark.parametrize("off_ms", [-2 * DAY_MS, -Clock().now_ms, 365 * DAY_MS])
def test_a_logger_whose_clock_is_wrong_is_named_and_is_silent(scenario: Scenario, off_ms: int) -> None:
    """None of its readings are of the time with the bag, however many come."""
    recording = Recording(scenario)
    minutes(scenario, recording, [WARM] * 7, off_ms)
    assert {"clock", "silence"} <= set(open_alarms(scenario))
    minutes(scenario, recording, [GOOD])
    assert open_alarms(scenario) == []
    assert kinds(scenario) == []


def test_one_packet_of_the_future_hides_no_excursion(scenario: Scenario) -> None:
    recording = Recording(scenario)
    minutes(scenario, recording, [GOOD], 365 * DAY_MS)
    minutes(scenario, recording, [GOOD, WARM, WARM])
    assert open_alarms(scenario) == ["excursion"]


def test_a_sensor_that_died_stays_silent_however_long_it_says_nothing(scenario: Scenario) -> None:
    recording = Recording(scenario)
    minutes(scenario, recording, [GOOD])
    put(scenario, recording.packet([None] * 5, 2))
    scenario.clock.forward(300)
    assert kinds(scenario) == ["silence"]
    minutes(scenario, recording, [None] * 3)
    sealed_all(scenario)
    scenario.clock.forward(160 * 60)
    put(scenario, recording.packet([None] * 150, 9))
    sealed_all(scenario)
    put(scenario, recording.packet([None], 159))
    assert kinds(scenario) == []
    assert open_alarms(scenario) == ["silence"]


def test_behind_however_many_packets_without_a_reading_it_is_silent(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_packets, "FAR", 2)
    test_a_sensor_that_died_stays_silent_however_long_it_says_nothing(scenario)


def sealed_all(scenario: Scenario) -> None:
    """As if all that was sent were in the log."""
    with scenario.ledger.store.engine.begin() as connection:
        connection.execute(update(packet_table).values(segment=b"0" * 32))
