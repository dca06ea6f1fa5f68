"""Batches of packets: one is checked while another is stored, and each is answered for itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from api.live import intake
from api.live.intake import LiveIntake
from api.live.stored import Stored
from api.metrics import Metrics
from api.pace import Pace
from ledger.errors import Fault
from ledger.live.packet import Packet, parse_packet
from ledger.store.live import Stored as Put
from tests.live_packets import LOGGER, RECORDING, packet

FIRST, SECOND = packet(first=0), packet(first=1)


class Disk:
    """Stores when it is let, in `order`; fails at what is in `broken`."""

    def __init__(self) -> None:
        self.order: list[bytes] = []
        self.broken: set[bytes] = set()
        self.free = threading.Event()
        self.free.set()

    def put(self, packets: Sequence[Packet], _now_ms: int) -> Put:
        assert self.free.wait(20)
        if self.broken & {one.raw for one in packets}:
            raise Fault("store_unavailable", "no disk")
        self.order += [one.raw for one in packets]
        recording: Any = SimpleNamespace(have=((0, len(self.order) - 1),))
        return Put(["stored" for _ in packets], {(LOGGER, RECORDING): recording})


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was checked so far; here everything is good."""
    seen: list[bytes] = []

    def check_all(raws: Sequence[bytes], *_: Any) -> list[Packet]:
        seen.extend(raws)
        return [parse_packet(raw) for raw in raws]

    monkeypatch.setattr(intake, "check_all", check_all)
    return seen


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


def opened(disk: Disk, a_minute: int = 1_000) -> LiveIntake:
    ledger: Any = SimpleNamespace(config=SimpleNamespace(clock_ms=lambda: 0))
    return LiveIntake(ledger, disk, None, Stored(), Metrics(), Pace(a_minute))  # type: ignore[arg-type]


def test_a_batch_is_checked_while_the_one_before_it_is_stored_and_stored_behind_it(
    checked: list[bytes],
) -> None:
    async def story() -> None:
        disk = Disk()
        one = opened(disk)
        disk.free.clear()
        first = asyncio.create_task(one.take([FIRST]))
        await until(lambda: checked == [FIRST])
        second = asyncio.create_task(one.take([SECOND]))
        await until(lambda: checked == [FIRST, SECOND])
        assert not disk.order
        disk.free.set()
        tooks = await asyncio.gather(first, second)
        assert disk.order == [FIRST, SECOND]
        assert [took.have for took in tooks] == [
            {(LOGGER, RECORDING): [(0, 0)]},
            {(LOGGER, RECORDING): [(0, 1)]},
        ]
        await one.close()

    asyncio.run(story())


def test_a_batch_that_cannot_be_stored_fails_alone(checked: list[bytes]) -> None:
    async def story() -> None:
        disk = Disk()
        disk.broken = {FIRST}
        one = opened(disk)
        with pytest.raises(Fault, match="store_unavailable"):
            await one.take([FIRST])
        await one.take([SECOND])
        assert disk.order == [SECOND]
        await one.close()
        with pytest.raises(Fault, match="closing"):
            await one.take([FIRST])

    asyncio.run(story())


def test_closing_waits_for_what_is_being_stored(checked: list[bytes]) -> None:
    async def story() -> None:
        disk = Disk()
        one = opened(disk)
        disk.free.clear()
        taking = asyncio.create_task(one.take([FIRST]))
        await until(lambda: checked)
        closing = asyncio.create_task(one.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        disk.free.set()
        await asyncio.gather(taking, closing)
        assert disk.order == [FIRST]

    asyncio.run(story())
