"""Statements that arrive together go to the ledger together.

Each waiting request costs the event loop one future. What arrives within one turn of the loop is
handed over in one call, and all its answers come back into the loop by one wake-up: the
loop and the writer then switch per batch, not per statement.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from api.metrics import Metrics
from ledger.application import Answer
from ledger.errors import Fault, UnbrokenError

Result = Answer | UnbrokenError

PART = 8  # statements of one burst that are answered together


class Recorder(Protocol):
    """The ledger, as far as the intake knows it."""

    def submit(self, raws: Sequence[bytes]) -> Future[list[Result]]: ...


class Intake:
    """Used in the event loop only; one per server process."""

    def __init__(self, ledger: Recorder, metrics: Metrics) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._raws: list[bytes] = []
        self._waiting: list[asyncio.Future[Result]] = []

    async def one(self, raw: bytes) -> Result:
        """Record one statement together with whatever else arrives in this turn of the loop."""
        loop = asyncio.get_running_loop()
        if not self._raws:
            loop.call_soon(self._hand_over, loop)
        future: asyncio.Future[Result] = loop.create_future()
        self._raws.append(raw)
        self._waiting.append(future)
        return await future

    async def many(self, raws: Sequence[bytes]) -> list[Result]:
        """Record the statements of one body, in their order."""
        if not raws:
            return []
        started = time.perf_counter()
        results = await asyncio.wrap_future(self._ledger.submit(raws))
        self._metrics.batch(results, time.perf_counter() - started)
        return results

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """In parts, each of which is answered as soon as it can be."""
        raws, waiting = self._raws, self._waiting
        self._raws, self._waiting = [], []
        for at in range(0, len(raws), PART):
            self._submit(loop, raws[at : at + PART], waiting[at : at + PART])

    def _submit(
        self, loop: asyncio.AbstractEventLoop, raws: list[bytes], waiting: list[asyncio.Future[Result]]
    ) -> None:
        started = time.perf_counter()

        def done(future: Future[list[Result]]) -> None:
            loop.call_soon_threadsafe(self._resolve, waiting, future, started)

        self._ledger.submit(raws).add_done_callback(done)

    def _resolve(
        self, waiting: list[asyncio.Future[Result]], future: Future[list[Result]], started: float
    ) -> None:
        results = _results(future, len(waiting))
        self._metrics.batch(results, time.perf_counter() - started)
        for each, result in zip(waiting, results, strict=True):
            if not each.done():  # its client may have gone away
                each.set_result(result)


def _results(future: Future[list[Result]], count: int) -> Sequence[Result]:
    """What became of each; a failure of the whole is everybody's."""
    error = future.exception()
    if error is None:
        return future.result()
    if not isinstance(error, UnbrokenError):
        error = Fault("internal", "the ledger failed; nothing of this was acknowledged")
    return [error] * count
