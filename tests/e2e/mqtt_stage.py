"""A server process that hears loggers over a Mosquitto, and a logger that sends there."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import httpx
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from clients.demo.broker import Mosquitto
from clients.logger.buffer import Buffer, Measured, Measuring
from clients.logger.mqtt import MqttLink
from clients.logger.packets import Held
from clients.logger.recorder import Recorder
from clients.logger.uplink import Uplink
from clients.mqtt_broker import Broker, broker_at
from clients.sending import to_base64
from ledger.errors import Fault
from ledger.proof.keyfile import new_key
from ledger.store.engines import open_engine
from ledger.store.live import LiveStore
from ledger.store.live_rows import LiveRecording
from tests.e2e.live import ORIGIN, Live

LOGGER = "logger-7"
START_MS = 1_790_000_000_000
WAIT_S = 120  # a busy machine is no bug
TALKS = "log_type all\n"  # so that the broker's log says what it hands to whom


class Hearing:
    """The server, restarted as often as needed, on one port."""

    def __init__(self, folder: Path, broker: Mosquitto, *more: str) -> None:
        self.live = Live(folder)
        self.key = new_key()
        self._words = ("--mqtt", broker.url, *more)
        self._port = 0
        self.live.begin()

    def start(self) -> None:
        """Returns when it hears the loggers."""
        self.live.serve(self._port, *self._words)
        self._port = int(self.live.url.rpartition(":")[2])
        until(lambda: self.counted("unbroken_mqtt_subscribed") == 1)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.live.stop(how)

    def enrol(self) -> None:
        self.live.introduce("ada")
        site = {"organisation": "st-mary-trust", "site_kind": "care", "country": "GB"}
        self.live.say("ada", "SiteOnboarded", "site/st-mary", **site)
        fields = {"organisation": "st-mary-trust", "roles": [{"role": "device", "site": "st-mary"}]}
        key = to_base64(self.key.public.spki)
        self.live.say("ada", "AgentEnrolled", f"agent/{LOGGER}", key=key, **fields)

    def counted(self, name: str) -> float:
        """One number of /metrics since this process began; 0 where it does not stand there."""
        lines = httpx.get(f"{self.live.url}/metrics").text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " ")), 0)

    def taken(self) -> float:
        return self.counted('unbroken_mqtt_messages_total{outcome="taken"}')

    @property
    def database(self) -> Path:
        return self.live.data / "ledger.db"

    def kept(self, name: str) -> tuple[LiveRecording, list[bytes]]:
        """What the database holds of a recording, and its packets in order."""
        engine = open_engine(f"sqlite:///{self.database}")
        try:
            store = LiveStore(engine, nullcontext)
            recording = store.recording((LOGGER, name))
            assert recording
            return recording, [one.raw for one in store.packets((LOGGER, name), limit=20_000)]
        finally:
            engine.dispose()


@contextmanager
def hearing(folder: Path, broker: Mosquitto, *more: str) -> Iterator[Hearing]:
    """A server that has begun, with one enrolled logger."""
    server = Hearing(folder, broker, *more)
    server.start()
    try:
        server.enrol()
        yield server
    finally:
        server.stop()


class Logger:
    """One logger with its own disk, which is fast and forgets with the test."""

    def __init__(self, folder: Path, server: Hearing) -> None:
        self.buffer = Buffer(folder / "buffer.db")
        measuring = Measuring(LOGGER, ORIGIN, 60, -20_000, 8_000)
        self._recorder = Recorder(self.buffer, server.key, measuring, per_packet=10, packet_s=86_400)
        self._measured = 0

    def measure(self, count: int) -> None:
        for number in range(self._measured, self._measured + count):
            self._recorder.take(Measured(START_MS + number * 60_000, -19_000 + number % 100))
        self._measured += count
        self._recorder.flush()

    def packets(self) -> tuple[str, list[bytes]]:
        """Of its one recording, whose name it is, those that the ledger does not have, as far as it knows."""
        found: list[Held] = []
        while more := self.buffer.waiting(found[-1].number if found else 0):
            found += more
        (name,) = {one.recording for one in found}
        return name, [one.raw for one in found]

    def send(self, broker: Broker) -> None:
        """Until the ledger has everything, whatever gets in the way."""
        link = MqttLink(broker, LOGGER, answer_s=15)
        deadline = time.monotonic() + WAIT_S
        try:
            while self.buffer.waiting():
                assert time.monotonic() < deadline, self.buffer.state()
                with suppress(Fault):
                    Uplink(self.buffer, link).send()
        finally:
            link.close()


@contextmanager
def logger(server: Hearing) -> Iterator[Logger]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        one = Logger(Path(folder), server)
        try:
            yield one
        finally:
            one.buffer.close()


def publish(broker: Broker, payloads: Sequence[bytes], topic: str = f"unbroken/v1/readings/{LOGGER}") -> None:
    """Each in a message of its own; returns when the broker has them all."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1_000)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for sent in [client.publish(topic, payload, qos=1) for payload in payloads]:
        sent.wait_for_publish(WAIT_S)
    client.disconnect()
    client.loop_stop()


def at(broker: Mosquitto, client: str = LOGGER) -> Broker:
    return broker_at(broker.url, client=client)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
