"""What comes by MQTT is bounded before anybody looks at it: in messages, packets and bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from api.live import subscriber
from api.live.link import Message
from api.live.subscriber import Subscriber
from clients.mqtt_broker import MAX_MESSAGE, broker_at
from tests.live_packets import packet
from tests.mqtt_shelf import Shelf, until

ONE, OTHER = packet(first=0), packet(first=1)
Story = Callable[[Subscriber, Shelf], Coroutine[Any, Any, None]]


def told(story: Story) -> Subscriber:
    """A subscriber without a broker: messages come by hand."""

    async def run() -> Subscriber:
        shelf = Shelf()
        one = Subscriber(broker_at("mqtt://broker.example"), shelf)
        work = asyncio.create_task(one._run())
        await story(one, shelf)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        return one

    return asyncio.run(run())


def message(payload: bytes, qos: int = 1) -> Message:
    return Message(0, 1, qos, payload)


def test_a_message_of_a_million_packets_is_refused_whole_and_the_next_is_taken() -> None:
    async def story(one: Subscriber, shelf: Shelf) -> None:
        one._arrive(message(bytes(MAX_MESSAGE)))
        one._arrive(message(ONE + OTHER))
        await until(lambda: one.messages["taken"])
        assert shelf.came == [ONE, OTHER]

    assert told(story).messages == {"too_many_statements": 1, "taken": 1}


def test_what_there_is_no_room_for_is_acknowledged_unread_or_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "MOST_BYTES", 2 * len(ONE) + len(OTHER) - 1)

    async def story(one: Subscriber, shelf: Shelf) -> None:
        for qos in (1, 0, 1, 0):
            one._arrive(message(ONE, qos))
        await until(lambda: one.messages["no_room"])
        assert shelf.kept == [ONE, ONE]
        one._arrive(message(OTHER, 0))  # there is room again
        await until(lambda: shelf.kept == [ONE, ONE, OTHER])

    assert told(story).messages == {"dropped": 1, "no_room": 1, "taken": 3}


def test_messages_of_no_bytes_that_nobody_must_acknowledge_do_not_pile_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriber, "MOST_ARRIVED", 3)

    async def story(one: Subscriber, shelf: Shelf) -> None:
        for _ in range(10):
            one._arrive(message(b"", qos=0))
        assert len(one._arrived) == 3
        await until(lambda: one.messages["taken"])

    assert told(story).messages == {"dropped": 7, "taken": 3}


@pytest.mark.parametrize(("name", "most"), [("BATCH_BYTES", 2 * len(ONE)), ("BATCH_PACKETS", 2)])
def test_a_batch_ends_where_it_is_large_enough(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    monkeypatch.setattr(subscriber, name, most)

    async def story() -> list[int]:
        one = Subscriber(broker_at("mqtt://broker.example"), Shelf())
        for _ in range(5):
            one._arrive(message(ONE))
        return [len(one._next()[0]) for _ in range(3)]

    assert asyncio.run(story()) == [2, 2, 1]
