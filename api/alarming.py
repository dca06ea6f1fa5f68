"""The alarms of one node: watched, told as they come, handed on. Put together here."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.alarms.tidings import Tidings
from api.alarms.watcher import Watcher
from api.webhooks.sending import Sending
from ledger.application.watching import Watching
from ledger.store.alarms import AlarmStore
from ledger.store.webhooks import DeliveryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.live import Live
    from api.live.stored import Stored
    from api.settings import Settings
    from ledger.application import Ledger


@dataclass(frozen=True)
class Alarms:
    """Once per process."""

    store: AlarmStore
    deliveries: DeliveryStore
    tidings: Tidings
    watcher: Watcher
    sendings: list[Sending]
    stored: Stored

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watched and handed on while the block lasts."""
        work = [self.tidings.follow(), self.watcher.watch(), self._hear()]
        work += [each.serve() for each in self.sendings]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            yield
        finally:
            self.tidings.close()
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _hear(self) -> None:
        with self.stored.listening() as listener:
            while True:
                for logger in {one.logger for one in await listener.next()}:
                    self.watcher.hear(logger)
                if listener.take_missed():
                    self.watcher.hear_again()


def open_alarms(ledger: Ledger, live: Live, settings: Settings) -> Alarms:
    clock_ms = ledger.config.clock_ms
    engine, turn = ledger.store.engine, ledger.store.turn
    store, deliveries = AlarmStore(engine, turn), DeliveryStore(engine, turn)
    tidings = Tidings(store.length)
    watching = Watching(store, live.followed, clock_ms)
    watcher = Watcher(watching, store, live.followed, tidings, live.sealer.seal_now, clock_ms)
    chance = random.Random().random  # noqa: S311  # it spreads attempts, and guards nothing
    sendings = [
        Sending(one, ledger.origin, store, deliveries, live.followed, tidings, clock_ms, chance)
        for one in settings.webhooks
    ]
    return Alarms(store, deliveries, tidings, watcher, sendings, live.stored)
