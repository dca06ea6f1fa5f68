"""Alarms in the database: raised once, ended once, told in order, by however many nodes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.errors import NotFound
from ledger.live.alarms import Alarm
from ledger.store.alarms import AlarmStore, Subject
from ledger.store.recorder import LedgerRecorder

BAG = Subject("demo:CHAIN-A", "A9999-D1", "frozen", "log-1", "ab" * 16)
LOGGER = BAG._replace(container="", phase="")
AFTER, NOW = 120_000, 1_000_000


@pytest.fixture
def alarms(recorder: LedgerRecorder) -> AlarmStore:
    return AlarmStore(recorder.engine, recorder.turn)


def warm(began_ms: int, until_ms: int, ended_ms: int | None = None) -> Alarm:
    return Alarm("excursion", began_ms, until_ms, ended_ms, peak=-12_000)


def told(alarms: AlarmStore) -> list[tuple[int, str, int]]:
    return [(one.seq, one.what, one.alarm.number) for one in alarms.events(0, 100)]


def test_an_alarm_is_raised_and_ended_once_and_told_in_order(alarms: AlarmStore) -> None:
    (begun,) = alarms.note(BAG, [warm(900_000, 960_000)], AFTER, NOW)
    assert (begun.kind, begun.began_ms, begun.closed_ms, begun.late) == ("excursion", 900_000, None, False)
    assert alarms.note(BAG, [warm(900_000, 990_000)], AFTER, NOW + 1) == []
    assert alarms.find(0).until_ms == 990_000
    assert alarms.note(BAG, [warm(900_000, 995_000, 995_000)], AFTER, NOW + 2) == []
    assert alarms.note(BAG, [warm(900_000, 995_000, 995_000)], AFTER, NOW + 3) == []
    assert told(alarms) == [(0, "begun", 0), (1, "ended", 0)]
    assert alarms.find(0).closed_ms == NOW + 2
    assert (alarms.length(), alarms.loggers()) == (2, [])


def test_what_is_over_already_when_it_is_found_is_told_as_late(alarms: AlarmStore) -> None:
    (begun,) = alarms.note(BAG, [warm(1, 2, 2)], AFTER, NOW)
    assert begun.late
    assert begun.closed_ms == NOW
    assert told(alarms) == [(0, "begun", 0), (1, "ended", 0)]


def test_nodes_that_notice_the_same_at_once_raise_it_once(
    recorder: LedgerRecorder, other_node: LedgerRecorder
) -> None:
    nodes = [AlarmStore(one.engine, one.turn) for one in (recorder, other_node)]
    found = [warm(900_000, 960_000), *(Alarm("budget", 950_000, 950_000, step=step) for step in (50, 80))]

    def note(number: int) -> int:
        return len(nodes[number % 2].note(BAG, found, AFTER, NOW + number))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(note, range(16))) == 3
    assert [one.seq for one in nodes[0].events(0, 100)] == [0, 1, 2]


def test_a_step_of_the_budget_is_reached_once_whichever_logger_tells(alarms: AlarmStore) -> None:
    found = [Alarm("budget", 950_000, 950_000, step=50)]
    assert len(alarms.note(BAG, found, AFTER, NOW)) == 1
    alarms.close([0], NOW, NOW)
    assert alarms.note(BAG._replace(logger="log-2"), found, AFTER, NOW) == []
    assert [one.step for one in alarms.known("log-2", {BAG.chain}, NOW)] == [50]
    assert len(alarms.note(BAG._replace(phase="thawed"), found, AFTER, NOW)) == 1


def test_the_alarms_of_one_subject_are_none_of_anothers(alarms: AlarmStore) -> None:
    others = [BAG, BAG._replace(container="A9999-D2"), BAG._replace(chain="demo:CHAIN-B"), LOGGER]
    for one in [*others, BAG._replace(logger="log-2")]:
        assert len(alarms.note(one, [warm(900_000, 960_000)], AFTER, NOW)) == 1
    assert alarms.loggers() == ["log-1", "log-2"]
    assert [one.number for one in alarms.known("log-1", (), NOW)] == [0, 1, 2, 3]
    alarms.close([0, 1], 970_000, NOW)
    assert [one.number for one in alarms.known("log-1", (), 970_001)] == [2, 3]
    assert [one.number for one in alarms.known("log-1", (), 970_000)] == [0, 1, 2, 3]


def test_what_nobody_watches_any_more_is_closed_and_stands_again_as_another(alarms: AlarmStore) -> None:
    alarms.note(BAG, [warm(900_000, 960_000)], AFTER, NOW)
    alarms.close([0], 970_000, NOW)
    alarms.close([0], 990_000, NOW + 1)
    closed = alarms.find(0)
    assert (closed.ended_ms, closed.closed_ms) == (970_000, NOW)
    (again,) = alarms.note(BAG, [warm(980_000, 990_000)], AFTER, NOW)
    assert again.number == 2
    assert told(alarms) == [(0, "begun", 0), (1, "ended", 0), (2, "begun", 2)]


def test_the_first_who_acknowledges_stays(alarms: AlarmStore) -> None:
    alarms.note(LOGGER, [Alarm("tilt", 900_000, 900_000, peak=90)], AFTER, NOW)
    assert alarms.acknowledge(0, "quinn", NOW + 5).acknowledged_by == "quinn"
    again = alarms.acknowledge(0, "mia", NOW + 9)
    assert (again.acknowledged_by, again.acknowledged_ms) == ("quinn", NOW + 5)
    assert told(alarms) == [(0, "begun", 0), (1, "acknowledged", 0)]
    with pytest.raises(NotFound, match="no_such_alarm"):
        alarms.acknowledge(7, "quinn", NOW)


def test_silence_is_raised_anew_after_it_was_heard(alarms: AlarmStore) -> None:
    for at_ms, found in (
        (300, Alarm("silence", 100, 100)),
        (400, Alarm("silence", 100, 100)),
        (500, Alarm("silence", 450, 450, 450)),
        (900, Alarm("silence", 450, 450)),
    ):
        alarms.note(LOGGER, [found], AFTER, at_ms)
    assert told(alarms) == [(0, "begun", 0), (1, "ended", 0), (2, "begun", 2)]
    assert alarms.find(0).ended_ms == 450
