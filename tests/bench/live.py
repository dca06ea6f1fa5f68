"""Packets by MQTT: received, checked and stored durably, beside a client that only receives them.

One Mosquitto holds the same messages for all, so nobody waits for who sends. The peers acknowledge each
message and do nothing with it: aiomqtt, which is what a server in asyncio would take, and paho, which is
what ours is built on. Beside them stand the signature checks alone, by as many threads as there are cores:
nobody who checks is faster. And ours again, in turn with the first, with a table that has grown.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import aiomqtt
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from sqlalchemy import insert

from api.live.intake import LiveIntake
from api.live.stored import Stored
from api.live.subscriber import Subscriber
from api.metrics import Metrics
from api.pace import Pace
from clients.demo.broker import Mosquitto
from clients.mqtt_broker import WAITING, Broker, broker_at
from ledger.application.followed import Followed
from ledger.live.packet import parse_packet, verify_packet
from ledger.store.live import LiveStore
from ledger.store.live_schema import packet as table
from tests.bench.table import RUNS, Row, at_least, seconds
from tests.conftest import throw_away_database
from tests.live_packets import packet
from tests.mosquitto import mosquitto
from tests.scenario import ORIGIN, Clock, Scenario, b64, open_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.live.packet import Packet

CORES = os.cpu_count() or 1
LOGGERS = 50
EACH = 80  # packets of a logger and run
MESSAGES = LOGGERS * EACH
VALUES = [-18_900 - number for number in range(10)]  # readings of a packet
GROWN = 300_000  # packets that are there already, of recordings that ended long ago
STEP = 5_000


@dataclass
class Bench:
    """A ledger whose loggers are enrolled, and a broker with two listeners who are away."""

    scenario: Scenario
    mosquitto: Mosquitto

    def broker(self, client: str) -> Broker:
        return broker_at(self.mosquitto.url, client=client)

    def signed(self) -> list[bytes]:
        """Packets of new recordings, as they arrive: all loggers in turn."""
        names = [secrets.token_hex(16) for _ in range(LOGGERS)]
        return [
            packet(
                VALUES, turn * len(VALUES), key=self.scenario.signer(f"logger-{number}").key,
                logger=f"logger-{number}", recording=name, origin=ORIGIN, cti=os.urandom(16),
            )
            for turn in range(EACH)
            for number, name in enumerate(names)
        ]  # fmt: skip


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        rows = _rows("SQLite FULL", [f"sqlite:///{folder}/{name}.db" for name in ("new", "grown")], folder)
    databases = contextmanager(throw_away_database)
    with databases() as new, databases() as grown, tempfile.TemporaryDirectory() as directory:
        return rows + _rows("PostgreSQL", [new, grown], Path(directory))


def _rows(name: str, urls: Sequence[str], folder: Path) -> list[Row]:
    with _bench(urls[0], folder / "new") as new, _bench(urls[1], folder / "grown") as grown:
        _grow(grown.scenario)
        rates = [(*_run(new), _run(grown)[0]) for _ in range(RUNS)]
    ours, idle, paho, checks, later = (statistics.median(rate) for rate in zip(*rates, strict=True))
    doing = f"{name}: received, checked, stored"
    return [
        at_least(f"{doing}; beside aiomqtt that only receives", ours, idle, 0.5),
        at_least(f"{doing}; beside paho that only receives", ours, paho, 0.5),
        at_least(f"{doing}; beside bare signature checks, {CORES} threads", ours, checks, 0.25),
        at_least(f"{name}: {GROWN:,} packets later; beside a new table", later, ours, 0.8),
    ]


@contextmanager
def _bench(url: str, folder: Path) -> Iterator[Bench]:
    folder.mkdir()
    scenario = open_scenario(url, folder, Clock(time.time_ns() // 1_000_000))
    for number in range(LOGGERS):
        _enrol(scenario, f"logger-{number}")
    with mosquitto(folder / "broker") as running:
        bench = Bench(scenario, running)
        asyncio.run(_come_and_go(bench))
        yield bench
    scenario.ledger.close()


def _enrol(scenario: Scenario, logger: str) -> None:
    scenario.say(
        "ada", f"agent/{logger}", "AgentEnrolled", organisation="st-mary-trust",
        roles=[{"role": "device", "site": "st-mary"}], key=b64(scenario.signer(logger).key.public.spki),
    )  # fmt: skip


def _run(bench: Bench) -> tuple[float, float, float, float]:
    """Ours, aiomqtt, paho, checks: messages a second, close together in time."""
    packets = bench.signed()
    _publish(bench, packets)
    ours, idle = asyncio.run(_ours(bench)), asyncio.run(_aiomqtt(bench))
    return ours, idle, _paho(bench), _checks(bench.scenario, list(map(parse_packet, packets)))


async def _come_and_go(bench: Bench) -> None:
    """Both sessions begin, so that the broker keeps what comes for them."""
    for client in ("ours", "aiomqtt", "paho"):
        one = Subscriber(bench.broker(client), _intake(bench.scenario))
        one.open()
        while not one.link.subscribed:
            await asyncio.sleep(0.01)
        await one.close()


def _intake(scenario: Scenario) -> LiveIntake:
    ledger = scenario.ledger
    store = LiveStore(ledger.store.engine, ledger.store.turn)
    return LiveIntake(ledger, store, Followed(ORIGIN, ledger.store), Stored(), Metrics(), Pace(10**9))


async def _ours(bench: Bench) -> float:
    """From the first connection to the last acknowledgement."""
    intake = _intake(bench.scenario)
    one = Subscriber(bench.broker("ours"), intake)
    start = time.perf_counter()
    one.open()
    while one.messages.total() < MESSAGES:
        await asyncio.sleep(0.001)
    took = time.perf_counter() - start
    assert one.messages == {"taken": MESSAGES}
    await one.close()
    await intake.close()
    return MESSAGES / took


async def _aiomqtt(bench: Bench) -> float:
    start, count = time.perf_counter(), 0
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval, properties.ReceiveMaximum = 3_600, WAITING
    async with aiomqtt.Client(
        "127.0.0.1", bench.mosquitto.port, identifier="aiomqtt", clean_start=False, properties=properties,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:  # fmt: skip
        async for _ in client.messages:
            count += 1
            if count == MESSAGES:
                break
        return MESSAGES / (time.perf_counter() - start)


def _paho(bench: Bench) -> float:
    client, all_here, count = bench.broker("paho").new_client(), Event(), 0
    client.manual_ack_set(False)

    def heard(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == MESSAGES:
            all_here.set()

    client.on_message = heard
    start = time.perf_counter()
    client.loop_start()
    all_here.wait()
    took = time.perf_counter() - start
    client.disconnect()
    client.loop_stop()
    return MESSAGES / took


def _publish(bench: Bench, packets: Sequence[bytes]) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", bench.mosquitto.port)
    client.loop_start()
    sent = [client.publish("unbroken/v1/readings/some", packet, qos=1) for packet in packets]
    sent[-1].wait_for_publish()
    client.disconnect()
    client.loop_stop()


def _checks(scenario: Scenario, packets: list[Packet]) -> float:
    parts = [packets[at::CORES] for at in range(CORES)]

    def check(part: list[Packet]) -> None:
        for one in part:
            verify_packet(one, scenario.signer(one.logger).key.public)

    with ThreadPoolExecutor(CORES) as pool:
        return MESSAGES / seconds(lambda: list(pool.map(check, parts)))


def _grow(scenario: Scenario) -> None:
    """Packets of other recordings: real bytes under names of their own."""
    raw, began = packet(VALUES), 1_700_000_000_000
    with scenario.ledger.store.engine.begin() as connection:
        for at in range(0, GROWN, STEP):
            names = [os.urandom(16) for _ in range(STEP // 100)]
            rows = [_stand_in(names[number % len(names)], number, raw, began + at) for number in range(STEP)]
            connection.execute(insert(table), rows)


def _stand_in(name: bytes, number: int, raw: bytes, started_ms: int) -> dict[str, Any]:
    return {
        "recording": name,
        "first": number * len(VALUES),
        "started_ms": started_ms,
        "last_ms": started_ms,
        "raw": raw,
        "received_ms": started_ms,
    }
