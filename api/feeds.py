"""The open feeds of one process: how many there may be, what wakes them, what they share.

A feed that waits costs neither a thread nor a connection to the database. One thread waits for
the log on behalf of all of them, and only a few look at the database at a time, so that
feeds never crowd out writers and other readers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from api.threads import to_its_end
from ledger.errors import Fault, TooMany
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.settings import Settings
    from ledger.application import Ledger

LOOKS = 4  # of feeds at the database at once: a tenth of the threads and connections that reads have
PAUSE_S = 0.25  # after the log has grown: under load, what comes meanwhile is told together
KEPT_PAGES = 16  # feeds that are up to date all read the same one

log = logging.getLogger("unbroken.feeds")
Found = TypeVar("Found")


class Listed(NamedTuple):
    """An entry of a page. `apart`: the therapies with which its signer has nothing to do."""

    entry: LazyEntry
    apart: frozenset[str]


class Feeds:
    """Used in the event loop only, but for `world` and `page`, which any thread may call."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._store = ledger.store
        self._settings = settings
        self._open: Counter[str] = Counter()  # of the log, by key
        self._alarms: Counter[str] = Counter()
        self._size = 0  # of the log, as far as the feeds were told
        self._changed = asyncio.Event()
        self._looks = asyncio.Semaphore(LOOKS)
        self._pulse: asyncio.Task[None] | None = None
        self.closed = False
        # A log only grows: its world at one size, and the entries of one page, stay what they are.
        self.world = lru_cache(maxsize=2)(ledger.world_at)
        self.page = lru_cache(maxsize=KEPT_PAGES)(self._page)

    @contextmanager
    def alarm_place(self, kid: str) -> Iterator[None]:
        """As `place`, of a feed of alarms: each person's app has one, and it looks at alarms alone."""
        with self._counted(self._alarms, kid, self._settings.max_alarm_feeds):
            yield

    @contextmanager
    def place(self, kid: str) -> Iterator[None]:
        """Count one feed while it is open.

        Counted by key, not by session: whoever signs in again gets no more of them. Raises
        `TooMany` (`too_many_feeds`), `Fault` (`closing`).
        """
        with self._counted(self._open, kid, self._settings.max_feeds):
            if self._pulse is None or self._pulse.done():
                self._pulse = asyncio.get_running_loop().create_task(self._beat())
            yield

    async def look(self, look: Callable[[], Found]) -> Found:
        """Read the database in a thread, a few feeds at a time. Raises what `look` raises."""
        async with self._looks:
            return await to_its_end(look)

    async def longer_than(self, size: int, patience_s: float) -> None:
        """Wait until the log is longer, the time is over, or the server closes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._size <= size and not self.closed:
                    await self._changed.wait()

    async def close(self) -> None:
        """End every feed. A server that stops does this first: it waits for open answers."""
        self.closed = True
        self._tell()
        self._store.arrivals.wake()
        if self._pulse is not None:
            await self._pulse

    @contextmanager
    def _counted(self, open_: Counter[str], kid: str, most: int) -> Iterator[None]:
        self._check_room(open_, kid, most)
        open_[kid] += 1
        try:
            yield
        finally:
            open_[kid] -= 1
            if not open_[kid]:
                del open_[kid]

    def _check_room(self, open_: Counter[str], kid: str, most: int) -> None:
        most_of_key = self._settings.max_feeds_of_key
        if self.closed:
            raise Fault("closing", "the server is closing; ask again in a moment")
        if open_[kid] >= most_of_key:
            raise TooMany("too_many_feeds", f"{most_of_key} feeds of this key are open: close one first")
        if open_.total() >= most:
            raise TooMany("too_many_feeds", f"{most} feeds are open here: ask again later")

    async def _beat(self) -> None:
        """Tell the feeds whenever the log has grown, as long as there are any."""
        while self._open and not self.closed:
            try:
                self._size = await to_its_end(self._grown)
            except Exception as error:  # whatever it is: feeds look by themselves at each heartbeat
                log.warning("feeds wait: %s", getattr(error, "code", type(error).__name__))
            self._tell()
            await asyncio.sleep(PAUSE_S)

    def _grown(self) -> int:
        self._store.arrivals.wait(self._size, lambda: self.closed or not self._open)
        return self._store.head()[0]

    def _tell(self) -> None:
        told, self._changed = self._changed, asyncio.Event()
        told.set()

    def _page(self, start: int, stop: int) -> list[Listed]:
        found = []
        for stored, tags in self._store.entries_with_tags(start, stop):
            entry = LazyEntry(stored)
            apart = frozenset(tag.removeprefix("review/") for tag in tags if tag.startswith("review/"))
            found.append(Listed(entry, apart))
        if len(found) != stop - start:  # rather no feed than one that leaves out an entry
            raise Fault("store_failed", f"of the entries {start} to {stop - 1} some are missing")
        return found
