"""What the watch finds reaches the log at once: decided by what the log lacks, not by who was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.application.followed import Followed
from ledger.application.watching import Looked, Watching
from ledger.store.alarms import AlarmStore
from tests.application.sealing_node import Node, begun
from tests.live_stage import COI, LOGGER, Recording, pack

LIMIT_MIN = 30  # of one event, by the stage's profile
GOOD, WARM = 500, 1_500


@pytest.fixture
def node(sqlite_url: str, tmp_path: Path) -> Iterator[Node]:
    for node in begun(sqlite_url, tmp_path):
        pack(node.scenario)
        yield node


def watched(node: Node) -> Looked:
    """A look by a node that knows nothing of those before."""
    ledger = node.scenario.ledger
    node.projector.catch_up()
    store = AlarmStore(ledger.store.engine, ledger.store.turn)
    looked = Watching(store, Followed(ledger.origin, ledger.store), ledger.config.clock_ms).look(LOGGER, 0)
    assert looked is not None
    return looked


def sealed(node: Node, looked: Looked) -> int:
    for recording in looked.urgent:
        node.sealer.seal_now(recording)
    return node.look()


def stops(node: Node) -> bool:
    found = node.scenario.ledger.world_at().chain(COI).deviations.values()
    return any(one.code == "temperature_excursion" for one in found)


def test_the_log_stops_the_bag_in_the_minute_in_which_the_limit_is_passed(node: Node) -> None:
    recording, seals = Recording(node.scenario), []
    for minute in range(LIMIT_MIN + 2):
        node.scenario.clock.forward(60)
        node.put(recording.packet([WARM if minute else GOOD], minute))
        if sealed(node, watched(node)):
            seals.append(minute)
        assert stops(node) == (minute > LIMIT_MIN)
    assert seals[0] == 1
    assert len(seals) < 6  # and the others by their time


def test_all_its_recordings_are_sealed_not_the_newest_alone(node: Node) -> None:
    """A run ends in a tunnel and another begins; the excursion is in what the first one kept."""
    node.scenario.clock.forward(60)
    old = Recording(node.scenario)
    node.put(old.packet([GOOD], 0))
    watched(node)
    node.scenario.clock.forward((LIMIT_MIN + 10) * 60)
    new = Recording(node.scenario)
    node.put(new.packet([GOOD], 0))
    assert watched(node).urgent == ()
    node.scenario.clock.forward(1)
    node.put(old.packet([WARM] * (LIMIT_MIN + 5), 1))
    looked = watched(node)
    assert looked.urgent == (old.name, new.name)
    assert sealed(node, looked) == 2
    assert stops(node)
    assert watched(node).urgent == ()


def test_a_node_that_dies_between_the_alarm_and_the_seal_delays_it_alone(node: Node) -> None:
    recording = Recording(node.scenario)
    node.scenario.clock.forward((LIMIT_MIN + 2) * 60)
    node.put(recording.packet([GOOD, *[WARM] * (LIMIT_MIN + 2)], 0))
    assert [one.kind for one in watched(node).begun] == ["excursion", "budget"]  # and then it dies
    again = watched(node)
    assert again.begun == []
    assert sealed(node, again) == 1
    assert stops(node)
    assert watched(node).urgent == ()
