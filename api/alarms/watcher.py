"""The watch of one node: a look at each logger whose packets come, and at each that should have sent.

Packets of this node are heard of at once. Those of other nodes, a bag that is packed or taken out, and
the silence after a node that died, are found by a round: cheap, for it compares and seldom looks.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from api.threads import to_its_end
from ledger.application.watching import WATCHED_MS
from ledger.store.alarm_packets import loggers_since

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.alarms.tidings import Tidings
    from ledger.application.followed import Followed
    from ledger.application.watching import Looked, Watching
    from ledger.store.alarms import AlarmStore

TICK_S = 0.5  # how late a silence may be noticed; what comes meanwhile is looked at together
ROUND_MS = 5_000  # between rounds

log = logging.getLogger("unbroken.alarms")


class Watcher:
    """`hear` and `watch` in the event loop, looks in one thread at a time."""

    def __init__(
        self,
        watching: Watching,
        store: AlarmStore,
        followed: Followed,
        tidings: Tidings,
        seal_now: Callable[[str], None],
        clock_ms: Callable[[], int],
    ) -> None:
        self._watching, self._store, self._followed = watching, store, followed
        self._tidings, self._seal_now, self._clock_ms = tidings, seal_now, clock_ms
        self._listening_ms = clock_ms()
        self._heard: set[str] = set()
        self._something = asyncio.Event()
        self._silent_ms: dict[str, int] = {}  # when each is to be called silent
        self._seen: dict[str, object] = {}  # of each, what the last round compared
        self._round_ms = 0

    def hear(self, logger: str) -> None:
        """A packet of it is stored."""
        self._heard.add(logger)
        self._something.set()

    def hear_again(self) -> None:
        """Some packets were not heard of: look at all."""
        self._seen.clear()
        self._round_ms = 0
        self._something.set()

    async def watch(self) -> None:
        """Until cancelled. What fails is said and tried again."""
        while not self._tidings.closed:
            heard, self._heard = self._heard, set()
            self._something.clear()
            try:
                self._heard |= await to_its_end(self._look, heard)
            except Exception as error:  # whatever it is: nothing is lost, all is looked at again
                log.warning("the watch waits: %s", getattr(error, "code", type(error).__name__))
                self._heard |= heard
                self._seen.clear()
                self._round_ms = 0
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._something.wait()

    def _look(self, heard: set[str]) -> set[str]:
        """Those at which it could not look: one that cannot be looked at holds up no other."""
        now_ms = self._clock_ms()
        due = heard | {logger for logger, at_ms in self._silent_ms.items() if at_ms <= now_ms}
        if now_ms - self._round_ms >= ROUND_MS:
            due |= self._changed(now_ms)
            self._round_ms = now_ms
        return {logger for logger in sorted(due) if not self._looked_at(logger)}

    def _looked_at(self, logger: str) -> bool:
        try:
            self._take(logger, self._watching.look(logger, self._listening_ms))
        except Exception as error:
            code = getattr(error, "code", type(error).__name__)
            log.warning("the watch of %s waits: %s", logger, code)
            return False
        return True

    def _changed(self, now_ms: int) -> set[str]:
        """Loggers of which something is otherwise than when they were compared last."""
        last_ms = loggers_since(self._store.engine, now_ms - WATCHED_MS)
        loggers = {*last_ms, *self._store.loggers()}
        now = {one: (last_ms.get(one), self._followed.placements(one)) for one in loggers}
        changed = {one for one, what in now.items() if self._seen.get(one) != what}
        self._seen = dict(now)
        return changed

    def _take(self, logger: str, looked: Looked | None) -> None:
        self._silent_ms.pop(logger, None)
        if looked is None:
            return
        if looked.silent_ms is not None:  # by the look's own clock: else a moment in between would be lost
            self._silent_ms[logger] = looked.silent_ms
        for recording in looked.urgent:
            self._seal_now(recording)
        if looked.begun:
            self._tidings.look_soon()
