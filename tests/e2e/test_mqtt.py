"""Readings over a real Mosquitto into a real server: whatever dies in between, all are there once."""

from __future__ import annotations

import random
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from clients.demo.broker import CONFIG, Mosquitto
from clients.logger import mqtt
from clients.logger.uplink import Uplink
from ledger.errors import Fault
from tests.e2e.mqtt_stage import LOGGER, TALKS, Hearing, at, hearing, logger, publish, until
from tests.mosquitto import mosquitto

READINGS, EACH = 10_000, 10


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker"), CONFIG + TALKS) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto) -> Iterator[Hearing]:
    with hearing(tmp_path_factory.mktemp("server"), broker) as running:
        yield running


def test_what_a_killed_server_had_not_committed_and_what_came_meanwhile_is_there_once(
    server: Hearing, broker: Mosquitto
) -> None:
    """Killed between receipt and commit; then some come while it is down, some of them twice."""
    before = len(broker.said)
    with logger(server) as one, closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        one.measure(300)
        name, packets = one.packets()
        other.execute("BEGIN IMMEDIATE")  # nobody else commits from here on
        publish(at(broker), packets[:20])
        until(lambda: broker.said.count("Sending PUBLISH to unbroken ", before) >= 20)
        assert "Received PUBACK from unbroken " not in broker.said[before:]
        server.stop(signal.SIGKILL)
        other.execute("ROLLBACK")
        publish(at(broker), [b"no packets", *packets[20:], *packets[15:25]])
        server.start()
        until(lambda: server.taken() == len(packets) + 10)
        assert server.counted('unbroken_live_packets_total{code="stored"}') == len(packets)
        assert server.counted('unbroken_live_packets_total{code="again"}') == 10
        assert server.counted('unbroken_mqtt_messages_total{outcome="malformed_cbor"}') == 1
    recording, kept = server.kept(name)
    assert kept == packets
    assert recording.have == ((0, 299),)
    assert (recording.packets, recording.readings, recording.duplicates) == (30, 300, 10)


def test_ten_thousand_readings_of_a_dead_line_are_there_whole_and_once(
    server: Hearing, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is dead, then everything comes at once, out of order and twice, while the server is killed
    and the broker loses its memory. What was lost on the way the logger sends again."""
    with logger(server) as one:
        one.measure(READINGS)
        name, packets = one.packets()
        assert len(packets) == READINGS // EACH
        broker.stop()
        monkeypatch.setattr(mqtt, "CONNECT_S", 0.1)
        with closing(mqtt.MqttLink(at(broker), LOGGER)) as dead, pytest.raises(Fault, match="unreachable"):
            Uplink(one.buffer, dead).send()
        monkeypatch.undo()
        assert one.packets() == (name, packets)

        broker.start()
        until(lambda: server.counted("unbroken_mqtt_subscribed") == 1)
        some = packets[: len(packets) // 2] + random.Random(7).sample(packets, 100)
        random.Random(8).shuffle(some)
        publish(at(broker), some)
        until(lambda: server.taken() > 0)
        server.stop(signal.SIGKILL)
        broker.stop(signal.SIGKILL)
        broker.start()
        server.start()
        one.send(at(broker))
    recording, kept = server.kept(name)
    assert kept == packets
    assert recording.have == ((0, READINGS - 1),)
    assert (recording.packets, recording.readings, recording.missing) == (len(packets), READINGS, 0)
