"""A logger at a real Mosquitto, with the ledger's side as it is documented behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage

from clients.logger.buffer import Buffer, Measured, Measuring
from clients.logger.mqtt import MqttLink
from clients.logger.recorder import Recorder
from clients.logger.uplink import Uplink
from clients.mqtt_broker import broker_at
from ledger.errors import Fault
from ledger.live.packet import parse_packet
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from ledger.proof.sequence import split
from tests.fake_intake import FakeIntake
from tests.live_packets import KEY, LOGGER, ORIGIN
from tests.mosquitto import mosquitto

MEASURING = Measuring(LOGGER, ORIGIN, 60, -20_000, 8_000)
START_MS = 1_790_000_000_000


class Behind:
    """Stores what loggers send to the broker, and answers; `mute` counts answers that are not given."""

    def __init__(self, url: str, intake: FakeIntake, mute: int = 0) -> None:
        self.intake, self.mute = intake, mute
        self.broker = broker_at(url, client="ledger")
        self.client = self.broker.new_client()
        self.ready = threading.Event()
        self.client.on_connect = lambda client, *_: client.subscribe(self.broker.readings, qos=1)
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = self.take
        self.client.loop_start()
        assert self.ready.wait(20)

    def take(self, client: Client, _: Any, message: MQTTMessage) -> None:
        packets = [parse_packet(raw) for raw in split(message.payload)]
        assert message.topic == f"unbroken/v1/readings/{LOGGER}"
        taken = [packet for packet in packets if self.intake.take(packet) is None]
        client.ack(message.mid, message.qos)
        for recording in {packet.recording for packet in taken}:  # of what was refused nothing is said
            self.answer({"recording": recording, "have": self.intake.have(recording)})

    def answer(self, document: Any) -> None:
        self.mute -= 1
        if self.mute < 0:
            self.client.publish(self.broker.have(LOGGER), json.dumps(document), qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def sending(
    folder: Path, url: str, count: int, answer_s: float = 20, key: SigningKey = KEY
) -> Iterator[tuple[Buffer, Uplink]]:
    """A logger that has measured `count` readings, one to a packet."""
    buffer = Buffer(folder / "buffer.db")
    with buffer.disk.reading() as db:
        db.execute("PRAGMA synchronous = OFF")
    recorder = Recorder(buffer, key, MEASURING)
    for number in range(count):
        recorder.take(Measured(START_MS + number * 60_000, number))
    link = MqttLink(broker_at(url, client=""), LOGGER, answer_s)
    try:
        yield buffer, Uplink(buffer, link)
    finally:
        link.close()
        buffer.close()


@pytest.fixture
def intake(tmp_path: Path) -> FakeIntake:
    return FakeIntake(KEY.public, tmp_path / "came")


def values(intake: FakeIntake) -> list[int | None]:
    ((_, came),) = intake.readings.items()
    return [came[number][1] for number in sorted(came)]


def test_readings_arrive_and_the_ledgers_answer_acknowledges_them(tmp_path: Path, intake: FakeIntake) -> None:
    with mosquitto(tmp_path / "mq") as mq, sending(tmp_path, mq.url, 300) as (buffer, uplink):
        behind = Behind(mq.url, intake)
        sent = uplink.send()
        behind.close()
        assert (sent.packets, sent.had) == (300, 300)
        assert values(intake) == list(range(300))
        assert buffer.waiting() == []


def test_a_broker_that_ends_and_a_lost_answer_cost_only_a_repetition(
    tmp_path: Path, intake: FakeIntake
) -> None:
    with mosquitto(tmp_path / "mq") as mq, sending(tmp_path, mq.url, 5, answer_s=0.5) as (buffer, uplink):
        behind = Behind(mq.url, intake, mute=1)
        with pytest.raises(Fault, match="has not answered"):
            uplink.send()
        assert len(buffer.waiting()) == 5
        mq.stop()
        mq.start()
        behind.ready.clear()
        assert behind.ready.wait(20)
        for _ in range(20):
            try:
                uplink.send()
                break
            except Fault:
                pass
        behind.close()
        assert buffer.waiting() == []
        assert values(intake) == list(range(5))


def test_messages_that_are_no_answer_move_nothing(tmp_path: Path, intake: FakeIntake) -> None:
    with mosquitto(tmp_path / "mq") as mq, sending(tmp_path, mq.url, 2, answer_s=0.5) as (buffer, uplink):
        behind = Behind(mq.url, intake)
        nonsense = ([], "have", {"recording": 5}, {"have": [[0, 9]]}, {"recording": "a", "have": [[9, 0]]})
        behind.client.on_message = lambda *_: list(map(behind.answer, nonsense))
        with pytest.raises(Fault, match="unreachable"):
            uplink.send()
        behind.close()
        assert len(buffer.waiting()) == 2


def test_packets_of_a_retired_key_keep_none_of_the_next_one_from_the_ledger(
    tmp_path: Path, intake: FakeIntake
) -> None:
    retired = new_key()
    with (
        mosquitto(tmp_path / "mq") as mq,
        sending(tmp_path, mq.url, 260, answer_s=0.5, key=retired) as (buffer, uplink),
    ):
        behind = Behind(mq.url, intake)
        recorder = Recorder(buffer, KEY, Measuring(LOGGER, ORIGIN, 30, -20_000, 8_000))
        for number in range(3):
            recorder.take(Measured(START_MS + 300 * 60_000 + number * 30_000, number))
            assert uplink.send(patient=True).had == 1
        behind.close()
        assert values(intake) == [0, 1, 2]
        assert buffer.state()[0]["missing"] == [[0, 259]]


def test_without_a_broker_everything_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.logger.mqtt.CONNECT_S", 0.3)
    with sending(tmp_path, "mqtt://127.0.0.1:1", 2) as (buffer, uplink):
        with pytest.raises(Fault, match="nobody answers there"):
            uplink.send()
        assert len(buffer.waiting()) == 2
