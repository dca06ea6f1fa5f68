"""Packets that arrive together are checked and stored together, by whatever way they came.

While one transaction is written, whatever arrives is checked, and goes with the next: so the disk is
synced once for many, the cores are busy meanwhile, and a lone packet waits for nobody.
"""

from __future__ import annotations

import asyncio
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from api.live.checking import check_all
from ledger.errors import Fault, TooMany, UnbrokenError
from ledger.live.packet import Packet
from ledger.store.live_rows import live_packet

if TYPE_CHECKING:
    from api.live.stored import Stored
    from api.metrics import Metrics
    from api.pace import Pace
    from ledger.application import Ledger
    from ledger.application.followed import Followed
    from ledger.live.ranges import Range
    from ledger.store.live import LiveStore
    from ledger.store.live import Stored as Put
    from ledger.store.live_rows import LivePacket, Run

TOGETHER = 2_000  # packets of one transaction
CHUNK = 64  # packets that one thread checks before another takes over
TOGETHER_BYTES = 16 << 20  # of these
MOST_WAITING = 20_000  # packets
MOST_BYTES = 64 << 20  # of these
MOST_RANGES = 1_000  # told of one recording, beside those of what was just sent

Outcome = Literal["stored", "again", "replayed", "refused"]


class Taken(NamedTuple):
    """What became of one packet; `error` says why it was refused. `logger` and `recording` are the
    packet's own word, which only counts where it was not refused; None: it could not be read."""

    outcome: Outcome
    logger: str | None = None
    recording: str | None = None
    first: int = 0
    readings: int = 0
    error: UnbrokenError | None = None

    @property
    def run(self) -> Run | None:
        return (self.logger, self.recording) if self.logger and self.recording else None


class Took(NamedTuple):
    """One for each packet, in order; and which numbers are stored of the recordings that they belong to."""

    results: list[Taken]
    have: dict[Run, list[Range]]


Batch: TypeAlias = list[tuple[Sequence[bytes], asyncio.Future[Took]]]


class LiveIntake:
    """Used in the event loop only; one per server process."""

    def __init__(
        self,
        ledger: Ledger,
        store: LiveStore,
        followed: Followed,
        stored: Stored,
        metrics: Metrics,
        pace: Pace,
    ) -> None:
        """`pace`: of packets, by the key that signed them."""
        self._ledger = ledger
        self._store = store
        self._followed = followed
        self._stored = stored
        self._metrics = metrics
        self._pace = pace
        cores = os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(cores + 1, thread_name_prefix="live")  # one that stores
        self._waiting: Batch = []
        self._storing = asyncio.Semaphore()
        self._last: asyncio.Task[None] | None = None  # what is being stored, or was
        self._count = self._bytes = 0  # of what waits
        self._working: asyncio.Task[None] | None = None
        self._closed = False

    async def take(self, raws: Sequence[bytes]) -> Took:
        """Check and store packets; what was not refused is durable when this returns.

        Raises `TooMany` (`busy`) and `Fault`: then none of them counts as taken, and they may be sent
        again, for a packet that was stored all the same is known again.
        """
        if self._closed:
            raise Fault("closing", "the server is closing; send it again in a moment")
        size = sum(map(len, raws))
        full = self._count + len(raws) > MOST_WAITING or self._bytes + size > MOST_BYTES
        if full and self._waiting:  # who comes alone is taken: no way in lets more than that through
            raise TooMany("busy", "too many packets wait here; send them again in a moment")
        future: asyncio.Future[Took] = asyncio.get_running_loop().create_future()
        self._waiting.append((raws, future))
        self._count, self._bytes = self._count + len(raws), self._bytes + size
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work())
        return await future

    async def close(self) -> None:
        """Store what has arrived, and take nothing more."""
        self._closed = True
        if self._working is not None:
            await self._working
        if self._last is not None:
            await self._last
        self._threads.shutdown()

    async def _work(self) -> None:
        """Check one batch while the one before it is stored; store them one after another."""
        while self._waiting:
            batch = self._next()
            with _failing(batch):
                checked = await self._check([raw for raws, _ in batch for raw in raws])
                await self._storing.acquire()
                self._last = asyncio.get_running_loop().create_task(self._store_all(batch, checked))

    async def _store_all(self, batch: Batch, checked: list[Packet | UnbrokenError]) -> None:
        try:
            with _failing(batch):
                self._answer(batch, await self._put_all(checked))
        finally:
            self._storing.release()

    def _next(self) -> Batch:
        """As many as go together, one at least."""
        count = packets = size = 0
        for raws, _ in self._waiting:
            more = sum(map(len, raws))
            if count and (packets + len(raws) > TOGETHER or size + more > TOGETHER_BYTES):
                break
            count, packets, size = count + 1, packets + len(raws), size + more
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._count, self._bytes = self._count - packets, self._bytes - size
        return batch

    async def _check(self, raws: Sequence[bytes]) -> list[Packet | UnbrokenError]:
        loop = asyncio.get_running_loop()
        chunks = [raws[at : at + CHUNK] for at in range(0, len(raws), CHUNK)]
        parts = [
            loop.run_in_executor(self._threads, check_all, chunk, self._ledger, self._followed)
            for chunk in chunks
        ]
        return [self._paced(one) for part in await asyncio.gather(*parts) for one in part]

    def _paced(self, one: Packet | UnbrokenError) -> Packet | UnbrokenError:
        """After its signature was checked, so that nobody uses up another's share."""
        if isinstance(one, Packet):
            try:
                self._pace.take(one.statement.kid.hex())
            except TooMany as slow:
                return slow
        return one

    async def _put_all(self, checked: Sequence[Packet | UnbrokenError]) -> Took:
        good = [one for one in checked if isinstance(one, Packet)]
        now_ms = self._ledger.config.clock_ms()
        put = await asyncio.get_running_loop().run_in_executor(self._threads, self._put, good, now_ms)
        took, new = _told(checked, put, now_ms)
        self._metrics.live(took.results)
        if new:
            self._stored.tell(new)
        return took

    def _put(self, packets: Sequence[Packet], now_ms: int) -> Put | None:
        return self._store.put(packets, now_ms) if packets else None

    def _answer(self, batch: Batch, took: Took) -> None:
        at = 0
        for raws, future in batch:
            results = took.results[at : at + len(raws)]
            at += len(raws)
            mine = {one.run for one in results if one.run and one.outcome != "refused"}
            have = {run: _told_of(took.have[run], run, results) for run in mine}
            if not future.done():  # its client may have gone away
                future.set_result(Took(results, have))


@contextmanager
def _failing(batch: Batch) -> Iterator[None]:
    """A failure of the whole is everybody's."""
    try:
        yield
    except Exception as error:
        known = isinstance(error, UnbrokenError)
        fault = error if known else Fault("internal", "the ledger failed; send it again")
        for _, future in batch:
            if not future.done():
                future.set_exception(fault)


def _told_of(have: list[Range], run: Run, results: Sequence[Taken]) -> list[Range]:
    """All ranges, unless there are very many: then those of the packets just taken, and the first."""
    if len(have) <= MOST_RANGES:
        return have
    just = [one.first for one in results if one.run == run and one.outcome != "refused"]
    places = {bisect_left(have, first, key=itemgetter(1)) for first in just}
    return [have[at] for at in sorted(places | set(range(MOST_RANGES)))]


def _told(
    checked: Sequence[Packet | UnbrokenError], put: Put | None, now_ms: int
) -> tuple[Took, list[LivePacket]]:
    """The answers, and the packets that were new."""
    outcomes = iter(put.outcomes if put else ())
    results: list[Taken] = []
    new: list[LivePacket] = []
    for one in checked:
        if isinstance(one, UnbrokenError):
            results.append(Taken("refused", error=one))
            continue
        outcome = next(outcomes)
        error = outcome if isinstance(outcome, UnbrokenError) else None
        named = one.logger, one.recording, one.first, one.last - one.first + 1
        results.append(Taken("refused" if isinstance(outcome, UnbrokenError) else outcome, *named, error))
        if outcome == "stored":
            new.append(live_packet(one, now_ms))
    known = put.recordings if put else {}
    return Took(results, {run: list(one.have) for run, one in known.items()}), new
