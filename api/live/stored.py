"""Packets that were just stored, told to whoever in this process listens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.store.live_rows import LivePacket

MOST_WAITING = 1_000  # batches that one listener leaves lying


class Listener:
    """One who is told. `missed`: so much lay waiting that the oldest were dropped; they are stored."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[list[LivePacket]] = asyncio.Queue(MOST_WAITING)
        self.missed = False

    async def next(self) -> list[LivePacket]:
        """The packets of one transaction, in order of arrival; waits until there are some."""
        return await self._waiting.get()

    def take_missed(self) -> bool:
        """Whether batches were dropped since this was asked last: look into the store for them."""
        missed, self.missed = self.missed, False
        return missed

    def tell(self, packets: list[LivePacket]) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
            self.missed = True
        self._waiting.put_nowait(packets)


class Stored:
    """Used in the event loop only. Tells of packets that are durable, and were new."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """What is stored while the block lasts."""
        listener = Listener()
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)

    def tell(self, packets: list[LivePacket]) -> None:
        for listener in self._listeners:
            listener.tell(packets)
