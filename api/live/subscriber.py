"""What comes by MQTT goes to the intake, and is acknowledged to the broker when it is durable.

What arrives while one batch is being stored makes the next, which is checked meanwhile: under load many
messages share one transaction, and a single one waits for nothing. A failure of the store keeps the
batch, and the broker's copy of it. A refused packet is acknowledged: to send it again would not help.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from api.live.answers import took_messages
from api.live.intake import Took
from api.live.link import Link, Message
from clients.mqtt_broker import MAX_MESSAGE
from ledger.errors import Fault, Malformed, TooMany
from ledger.proof.sequence import split

if TYPE_CHECKING:
    from clients.mqtt_broker import Broker
    from ledger.live.ranges import Range

BATCH = 500  # messages
PAUSES_S = (0.1, 0.5, 2.0, 5.0)  # before a batch is tried again; the last one over and over
ANSWER_S = 0.25  # in which what a recording has is said once, however much of it came

UNDER_WAY = 2  # batches behind the one that is being stored

log = logging.getLogger("unbroken.mqtt")


class Taking(Protocol):
    """The intake, as far as this knows it."""

    async def take(self, raws: Sequence[bytes]) -> Took: ...


class Opened(NamedTuple):
    """What becomes of a message, and its packets: none, where it is no CBOR sequence that is taken."""

    outcome: str
    packets: list[bytes]


UnderWay: TypeAlias = tuple[list[Message], list[Opened], asyncio.Task[Took | None]]


class Subscriber:
    """Used in the event loop only, but for `_arrive`."""

    def __init__(self, broker: Broker, intake: Taking) -> None:
        self.link = Link(broker, self._arrive)
        self._broker = broker
        self._intake = intake
        self._arrived: deque[Message] = deque()
        self._told = False
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._under_way: asyncio.Queue[UnderWay] = asyncio.Queue(UNDER_WAY)
        self._work: asyncio.Task[None] | None = None
        self._have: dict[str, list[Range]] = {}  # by recording: to be told
        self._loggers: dict[str, str] = {}  # whose recordings these are
        self.messages: Counter[str] = Counter()  # by what became of them

    def open(self) -> None:
        self.link.open()
        self._work = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Leave what is not yet stored with the broker."""
        if self._work:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        self._answer()
        await asyncio.to_thread(self.link.close)

    def _arrive(self, message: Message) -> None:
        """In the link's thread."""
        self._arrived.append(message)
        if not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._settle())
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._told = False  # before looking: what comes from now on wakes this again
                while self._arrived:
                    batch = [self._arrived.popleft() for _ in range(min(BATCH, len(self._arrived)))]
                    opened = [_opened(message.payload) for message in batch]
                    storing = group.create_task(self._durable([raw for one in opened for raw in one.packets]))
                    await self._under_way.put((batch, opened, storing))

    async def _settle(self) -> None:
        """In the order of arrival, whichever batch was stored first."""
        while True:
            batch, opened, storing = await self._under_way.get()
            took = await storing
            if took:
                self._done(batch, opened, took)
                continue
            for message, one in zip(batch, opened, strict=True):
                took = await self._durable(one.packets)
                self._done([message], [one if took else Opened("failed", [])], took)

    def _done(self, batch: Sequence[Message], opened: Sequence[Opened], took: Took | None) -> None:
        """What the server failed at is acknowledged too: nobody told its logger that it is here."""
        self.link.acknowledge(batch)
        self.messages.update(one.outcome for one in opened)
        if took:
            self._remember(took)

    async def _durable(self, packets: Sequence[bytes]) -> Took | None:
        """Tried until it works, while the broker fills the window of what it may hand over, and waits.

        None: this program fails at these packets, however often.
        """
        for pause in chain(PAUSES_S, repeat(PAUSES_S[-1])):
            try:
                return await self._intake.take(packets) if packets else Took([], {}, {})
            except (Fault, TooMany) as error:
                if error.code == "internal":
                    log.error("packets of loggers could not be taken", extra={"packets": len(packets)})
                    return None
                log.warning("readings wait with the broker: %s", error)
            await asyncio.sleep(pause)
        raise AssertionError  # the pauses never end

    def _remember(self, took: Took) -> None:
        if took.have and not self._have:
            self._loop.call_later(ANSWER_S, self._answer)
        self._have |= took.have
        self._loggers |= took.loggers

    def _answer(self) -> None:
        """Lost where the connection is: the logger sends again, and is answered again."""
        had = Took([], self._have, self._loggers)
        self._have, self._loggers = {}, {}
        for logger, said in took_messages(had):
            self.link.publish(self._broker.have(logger), said)


def _opened(payload: bytes) -> Opened:
    if len(payload) > MAX_MESSAGE:
        return Opened("too_large", [])
    try:
        return Opened("taken", split(payload))
    except Malformed as error:
        return Opened(error.code, [])
