"""How many events of alarms there are, for all in this process who wait for more.

What this node raises it tells at once. Other nodes don't tell: theirs are found by looking.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from api.threads import to_its_end

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_S = 0.5  # how late an alarm of another node may be noticed

log = logging.getLogger("unbroken.alarms")


class Tidings:
    """Used in the event loop only, but for `look_soon`. `length`: asks the database, in a thread."""

    def __init__(self, length: Callable[[], int]) -> None:
        self._length = length
        self._known = 0
        self._changed = asyncio.Event()
        self._sooner = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    async def follow(self) -> None:
        """Look until cancelled or closed."""
        self._loop = asyncio.get_running_loop()
        while not self.closed:
            try:
                found = await to_its_end(self._length)
            except Exception as error:  # whatever it is: the next look may succeed
                log.warning("alarms wait: %s", getattr(error, "code", type(error).__name__))
            else:
                if found > self._known:
                    self._known = found
                    self._wake()
            await self._pause()

    def look(self) -> None:
        """There may be more."""
        self._sooner.set()

    def look_soon(self) -> None:
        """The same, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.look)

    def close(self) -> None:
        """Let everybody go who waits."""
        self.closed = True
        self._wake()
        self.look()

    async def longer_than(self, length: int, patience_s: float) -> None:
        """Wait until there are more, the time is over, or the server closes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._known <= length and not self.closed:
                    await self._changed.wait()

    def _wake(self) -> None:
        told, self._changed = self._changed, asyncio.Event()
        told.set()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._sooner.wait()
        self._sooner.clear()
