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
from ledger.errors import Fault, TooMany
from ledger.live.packet import Packet, parse_packet
from ledger.proof.keyfile import new_key
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
        return Put(["stored" for _ in packets], {(one.logger, RECORDING): recording for one in packets})


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


def test_what_waits_is_bounded_in_packets_and_bytes_and_the_newcomer_counts(
    checked: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(many: list[bytes]) -> None:
        disk = Disk()
        one = opened(disk)
        disk.free.clear()
        under_way = []
        for number in (1, 2):  # one is being stored, one was checked behind it
            under_way.append(asyncio.create_task(one.take([FIRST])))
            await until(lambda number=number: len(checked) == number)
        waiting = asyncio.create_task(one.take(many))  # who comes alone is taken
        await asyncio.sleep(0)
        with pytest.raises(TooMany, match="busy"):
            await one.take([SECOND])
        disk.free.set()
        await asyncio.gather(*under_way, waiting)
        await one.take([SECOND])
        await one.close()

    monkeypatch.setattr(intake, "MOST_WAITING", 3)
    asyncio.run(story([FIRST] * 3))
    checked.clear()
    monkeypatch.setattr(intake, "MOST_WAITING", 100)
    monkeypatch.setattr(intake, "MOST_BYTES", 3 * len(FIRST))
    asyncio.run(story([FIRST] * 3))


def test_a_batch_is_bounded_in_bytes(checked: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "TOGETHER_BYTES", len(FIRST) + len(SECOND))

    async def story() -> list[int]:
        one = opened(Disk())
        for raws in ([FIRST, SECOND], [FIRST], [SECOND], [FIRST] * 5):
            one._waiting.append((raws, asyncio.get_running_loop().create_future()))
        return [sum(len(raws) for raws, _ in one._next()) for _ in range(3)]

    assert asyncio.run(story()) == [2, 2, 5]


def test_one_key_sends_only_so_many_packets_a_minute_whatever_the_way(checked: list[bytes]) -> None:
    async def story() -> None:
        disk = Disk()
        one = opened(disk, a_minute=2)
        took = await one.take([FIRST, SECOND, packet(first=2)])
        assert [each.outcome for each in took.results] == ["stored", "stored", "refused"]
        assert isinstance(took.results[2].error, TooMany)
        other = packet(logger="logger-8", key=new_key())
        took = await one.take([packet(first=3), other])
        assert [each.outcome for each in took.results] == ["refused", "stored"]
        assert disk.order == [FIRST, SECOND, other]
        await one.close()

    asyncio.run(story())
