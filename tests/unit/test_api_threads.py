"""A task that is cancelled waits for the thread that works for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from api.threads import to_its_end


def test_a_cancelled_task_ends_after_its_thread() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.set()

    async def cancelled() -> None:
        task = asyncio.create_task(to_its_end(work))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, may_end.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(cancelled())


def test_what_the_thread_returns_and_raises_arrives() -> None:
    assert asyncio.run(to_its_end(divmod, 7, 2)) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(to_its_end(divmod, 7, 0))
