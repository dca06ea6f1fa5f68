"""The server's ear for MQTT with an intake that a test holds in its hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from api.live.intake import Taken, Took
from api.live.subscriber import Subscriber
from clients.mqtt_broker import Broker
from ledger.errors import Fault
from tests.live_packets import LOGGER, RECORDING

WAIT_S = 30


class Shelf:
    """Stands for the intake: `kept` is what is durable. `fails`: raised, one at each call, but for None;
    `open_` is cleared to hold everybody who comes; at `poison` it breaks in a way of its own."""

    def __init__(self, *fails: Exception | None, poison: bytes = b"none") -> None:
        self.kept: list[bytes] = []
        self.came: list[bytes] = []
        self.fails = list(fails)
        self.poison = poison
        self.open_ = asyncio.Event()
        self.open_.set()

    async def take(self, raws: Sequence[bytes]) -> Took:
        self.came += raws
        await self.open_.wait()
        if self.fails and (fault := self.fails.pop(0)):
            raise fault
        if self.poison in raws:
            raise Fault("internal", "this program fails at it")
        self.kept += raws
        return Took([Taken("stored", LOGGER, RECORDING)] * len(raws), {(LOGGER, RECORDING): [(0, 9)]})


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def heard(broker: Broker, shelf: Shelf) -> AsyncIterator[Subscriber]:
    """Subscribed when the block begins."""
    one = Subscriber(broker, shelf)
    one.open()
    try:
        await until(lambda: one.link.subscribed)
        yield one
    finally:
        await one.close()
