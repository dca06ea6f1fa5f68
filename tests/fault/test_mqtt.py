"""Between the broker and the ledger nothing is lost, whoever fails.

The broker is a real Mosquitto; the intake is one that these tests hold in their hands.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from api.live import subscriber
from api.live.subscriber import Subscriber
from clients.demo.broker import Mosquitto
from clients.mqtt_broker import MAX_MESSAGE, broker_at
from ledger.errors import Fault, TooMany
from tests.live_packets import LOGGER, RECORDING, packet
from tests.mosquitto import mosquitto
from tests.mqtt_shelf import WAIT_S, Shelf, heard, until

TOPIC = f"unbroken/v1/readings/{LOGGER}"
SOME = [packet(first=number) for number in range(40)]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "PAUSES_S", (0.01,))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


async def send(broker: Mosquitto, *payloads: bytes) -> None:
    """As a logger does that waits until the broker has them."""
    await asyncio.to_thread(_send, broker, payloads)


def _send(broker: Mosquitto, payloads: Sequence[bytes]) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for sent in [client.publish(TOPIC, payload, qos=1) for payload in payloads]:
        sent.wait_for_publish(WAIT_S)
    client.disconnect()
    client.loop_stop()


def listening(broker: Mosquitto, shelf: Shelf, version: str = "5") -> AbstractAsyncContextManager[Subscriber]:
    return heard(broker_at(broker.url, version=version), shelf)


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_came_while_nobody_listened_is_waiting(broker: Mosquitto, version: str) -> None:
    async def story() -> None:
        async with listening(broker, Shelf(), version):
            pass
        await send(broker, *SOME)
        shelf = Shelf()
        async with listening(broker, shelf, version):
            await until(lambda: len(shelf.kept) == len(SOME))
        assert shelf.kept == SOME

    run(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_nothing_is_acknowledged_before_it_is_durable(broker: Mosquitto, version: str) -> None:
    """One server takes messages and ends before they are stored: the next one gets them all."""

    async def story() -> None:
        stuck, shelf = Shelf(), Shelf()
        stuck.open_.clear()
        async with listening(broker, stuck, version):
            await send(broker, *SOME)
            await until(lambda: stuck.came)
        assert not stuck.kept
        async with listening(broker, shelf, version):
            await until(lambda: len(shelf.kept) >= len(SOME))
        assert shelf.kept == SOME

    run(story())


def test_a_store_that_fails_is_asked_again_and_nothing_is_lost(broker: Mosquitto) -> None:
    async def story() -> None:
        shelf = Shelf(Fault("store_unavailable", "no disk"), TooMany("busy", "later"), Fault("closing", "no"))
        async with listening(broker, shelf):
            await send(broker, *SOME)
            await until(lambda: len(shelf.kept) == len(SOME))
        assert set(shelf.kept) == set(SOME)  # what waited may be behind what came after it
        assert not shelf.fails

    run(story())


def test_a_message_that_this_program_fails_at_holds_up_nobody(broker: Mosquitto) -> None:
    async def story() -> None:
        shelf = Shelf(poison=SOME[7])
        async with listening(broker, shelf) as one:
            await send(broker, *SOME)
            await until(lambda: len(shelf.kept) == len(SOME) - 1)
            await until(lambda: one.messages["failed"] == 1)
        assert shelf.kept == SOME[:7] + SOME[8:]
        after = Shelf()
        async with listening(broker, after):
            await send(broker, SOME[0])
            await until(lambda: after.kept)
        assert after.kept == [SOME[0]]  # it does not come back for ever

    run(story())


def test_what_is_no_sequence_or_too_large_is_counted_and_passed_over(broker: Mosquitto) -> None:
    async def story() -> None:
        shelf = Shelf()
        async with listening(broker, shelf, "3.1.1") as one:
            await send(broker, b"\xff", b"", b"\x00" * (MAX_MESSAGE + 1), SOME[0] + SOME[1])
            await until(lambda: len(shelf.kept) == 2)
        assert shelf.kept == SOME[:2]
        assert one.messages == {"malformed_cbor": 1, "too_large": 1, "taken": 2}

    run(story())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_broker_that_restarts_is_found_again(broker: Mosquitto, how: signal.Signals) -> None:
    async def story() -> None:
        shelf = Shelf()
        async with listening(broker, shelf) as one:
            await send(broker, *SOME[:20])
            await until(lambda: len(shelf.kept) == 20)
            broker.stop(how)
            await until(lambda: not one.link.subscribed)
            broker.start()
            await until(lambda: one.link.subscribed)
            await send(broker, *SOME[20:])
            await until(lambda: len(set(shelf.kept)) == len(SOME))
        assert list(dict.fromkeys(shelf.kept)) == SOME  # some twice: their acknowledgement was under way

    run(story())


def test_an_acknowledgement_never_counts_for_a_message_of_the_next_connection(broker: Mosquitto) -> None:
    """Two messages, both number 1 to their connection: the first one's acknowledgement comes late."""

    async def story() -> None:
        shelf, after = Shelf(), Shelf()
        shelf.open_.clear()
        async with listening(broker, shelf) as one:
            await send(broker, SOME[0])
            await until(lambda: shelf.came)
            broker.stop(signal.SIGKILL)  # and it forgets, so it counts from one again
            await until(lambda: not one.link.subscribed)
            broker.start()
            await until(lambda: one.link.subscribed)
            await send(broker, SOME[1])
            shelf.fails = [None, *[Fault("store_unavailable", "not the second")] * 10_000]
            shelf.open_.set()
            await until(lambda: SOME[1] in shelf.came)
        async with listening(broker, after):
            await until(lambda: after.kept)
        assert after.kept == [SOME[1]]

    run(story())


def test_what_a_recording_has_is_told_to_its_logger(broker: Mosquitto) -> None:
    async def story() -> None:
        heard: list[bytes] = []
        client = Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda _client, _data, message: heard.append(message.payload)
        client.connect("127.0.0.1", broker.port)
        client.subscribe(f"unbroken/v1/have/{LOGGER}", qos=1)
        client.loop_start()
        async with listening(broker, Shelf()):
            await send(broker, *SOME)
            await until(lambda: heard)
        client.disconnect()
        client.loop_stop()
        assert set(heard) == {b'{"recording":"%s","have":[[0,9]]}' % RECORDING.encode()}
        assert len(heard) < len(SOME)  # said once for many

    run(story())
