"""Deliveries to one endpoint, one after the other; what fails is tried again later, and later still.

An endpoint that is slow, or dead, delays nobody else: each has a task of its own. It is never
followed to another address.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import httpx

from api.threads import to_its_end
from api.webhooks.hearing import hears
from api.webhooks.message import body_of, headers_of, message_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.alarms.tidings import Tidings
    from api.webhooks.endpoints import Endpoint
    from ledger.application.followed import Followed
    from ledger.store.alarms import AlarmStore
    from ledger.store.webhooks import Delivery, DeliveryStore

ATTEMPTS = 10  # over some 21 hours: a night's outage, and the morning until somebody comes
FIRST_MS, FACTOR, MOST_MS = 5_000, 4, 6 * 3_600_000  # between attempts
JITTER = 0.2  # of each pause, up or down: receivers that come back are not met all at once
TIMEOUT_S = 10.0  # of one attempt; Standard Webhooks recommends 15 to 30 at most
LEASE_MS = 60_000  # for so long a node has a delivery in hand
PAGE = 200
PATIENCE_S = 5.0  # between two looks of somebody to whom nothing is due

log = logging.getLogger("unbroken.webhooks")


class Sending:
    """One endpoint's deliveries. `chance`: from 0 to 1, for the jitter."""

    def __init__(
        self,
        endpoint: Endpoint,
        origin: str,
        alarms: AlarmStore,
        deliveries: DeliveryStore,
        followed: Followed,
        tidings: Tidings,
        clock_ms: Callable[[], int],
        chance: Callable[[], float],
    ) -> None:
        self._endpoint, self._origin = endpoint, origin
        self._alarms, self._deliveries, self._followed = alarms, deliveries, followed
        self._tidings, self._clock_ms, self._chance = tidings, clock_ms, chance
        self._queued = 0

    async def serve(self) -> None:
        """Until cancelled or closed. What fails here is said and tried again."""
        # No proxy of the environment, no cookies kept, no redirect followed.
        async with httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=TIMEOUT_S) as client:
            while not self._tidings.closed:
                patience_s = PATIENCE_S
                try:
                    patience_s = await self.step(client)
                except Exception as error:  # whatever it is: what waits is kept
                    code = getattr(error, "code", type(error).__name__)
                    log.warning("webhook %s waits: %s", self._endpoint.name, code)
                await self._tidings.longer_than(self._queued, patience_s)

    async def step(self, client: httpx.AsyncClient) -> float:
        """Queue what is new, and make all deliveries that are due; for how long there is nothing to do."""
        while await to_its_end(self._queue):
            pass
        while True:
            one = await to_its_end(self._deliveries.next, self._endpoint.name)
            wait_ms = (one.next_ms or 0) - self._clock_ms() if one else None
            if one is None or wait_ms is None or wait_ms > 0:
                return min(PATIENCE_S, PATIENCE_S if wait_ms is None else wait_ms / 1000)
            if await to_its_end(self._deliveries.take, one, self._clock_ms() + LEASE_MS):
                await self._deliver(client, one)

    def _queue(self) -> bool:
        """One page of events. True: there may be more."""
        start = self._deliveries.begin(self._endpoint.name, self._alarms.length())
        page = self._alarms.events(start, PAGE)
        told = [one for one in page if one.alarm.kind in self._endpoint.kinds]
        with self._followed.now() as world:
            mine = [one for one in told if hears(self._endpoint, world, one.alarm.chain)]
        bodies = [(one.seq, body_of(one)) for one in mine]
        self._queued = start + len(page)
        now_ms = self._clock_ms()
        return bool(page) and self._deliveries.queue(self._endpoint.name, start, self._queued, bodies, now_ms)

    async def _deliver(self, client: httpx.AsyncClient, one: Delivery) -> None:
        told, is_gone = await self._post(client, one)
        if not told:
            await to_its_end(self._deliveries.done, one)
            return
        is_dead = is_gone or one.attempts + 1 >= ATTEMPTS
        next_ms = None if is_dead else self._clock_ms() + pause_ms(one.attempts, self._chance())
        log.warning("webhook %s: %s%s", self._endpoint.name, told, "; it is given up" if is_dead else "")
        await to_its_end(self._deliveries.failed, one, told, next_ms)

    async def _post(self, client: httpx.AsyncClient, one: Delivery) -> tuple[str, bool]:
        """What went wrong, empty if nothing did; and whether the endpoint says that it is gone."""
        id_ = message_id(self._origin, one.seq)
        headers = headers_of(self._endpoint.secret, id_, one.body, self._clock_ms())
        try:
            # Its answer's status is all that counts: a body of any length is not read.
            post = client.stream("POST", self._endpoint.url, content=one.body, headers=headers)
            async with asyncio.timeout(TIMEOUT_S), post as response:
                told = "" if response.is_success else f"it answered {response.status_code}"
                return told, response.status_code == httpx.codes.GONE
        except Exception as error:  # whatever it is, it was an attempt: else it would be made for ever
            return f"no answer ({type(error).__name__})", False


def pause_ms(attempts: int, chance: float) -> int:
    """Before the next attempt, after so many that failed before this one."""
    whole_ms = min(FIRST_MS * FACTOR**attempts, MOST_MS)
    return int(whole_ms * (1 - JITTER + 2 * JITTER * chance))
