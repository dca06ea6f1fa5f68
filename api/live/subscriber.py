"""What comes by MQTT goes to the intake, and is acknowledged to the broker when it is durable.

What arrives while one batch is being stored makes the next, which is checked meanwhile: under load many
messages share one transaction, and a single one waits for nothing. A failure of the store keeps the
batch, and the broker's copy of it. A refused packet is acknowledged: to send it again would not help.

What waits here is bounded, in messages and bytes: for QoS 1 by the window of the broker, and where that
holds too much, a message is acknowledged unread. Nobody tells its logger that it is here, so it comes
again.
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
from clients.mqtt_broker import MAX_MESSAGE, WAITING
from ledger.errors import Fault, Malformed, TooMany
from ledger.proof.sequence import split

if TYPE_CHECKING:
    from clients.mqtt_broker import Broker
    from ledger.live.ranges import Range
    from ledger.store.live_rows import Run

BATCH = 500  # messages
BATCH_PACKETS = 2_000  # of all its messages; the last one may go beyond
BATCH_BYTES = 8 * MAX_MESSAGE  # likewise
MOST_PACKETS = 300  # of a message; what holds more is taken for none
MOST_ARRIVED = 4 * WAITING  # messages that lie here
MOST_BYTES = 64 * MAX_MESSAGE  # of these
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
        self._came = 0  # bytes that were put into it; only the link's thread counts
        self._went = 0  # bytes that were taken out of it; only the loop counts
        self._told = False
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._under_way: asyncio.Queue[UnderWay] = asyncio.Queue(UNDER_WAY)
        self._work: asyncio.Task[None] | None = None
        self._have: dict[Run, list[Range]] = {}  # to be told
        self._messages: Counter[str] = Counter()  # by what became of them
        self._dropped = 0  # messages; only the link's thread counts

    @property
    def messages(self) -> Counter[str]:
        """How many, by what became of them."""
        return self._messages + Counter(dropped=self._dropped)

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
        """In the link's thread. Where there is no room, what nobody may send again is forgotten, and
        the rest loses its payload: it must still be acknowledged in its turn."""
        size = len(message.payload or b"")
        room = len(self._arrived) < MOST_ARRIVED and self._came - self._went + size <= MOST_BYTES
        if not room and not message.qos:
            self._dropped += 1
            return
        self._arrived.append(message if room else message._replace(payload=None))
        self._came += size if room else 0
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
                    batch, opened = self._next()
                    storing = group.create_task(self._durable([raw for one in opened for raw in one.packets]))
                    await self._under_way.put((batch, opened, storing))

    def _next(self) -> tuple[list[Message], list[Opened]]:
        """As many as go together, one at least."""
        batch: list[Message] = []
        opened: list[Opened] = []
        packets = size = 0
        while self._arrived and len(batch) < BATCH and packets < BATCH_PACKETS and size < BATCH_BYTES:
            batch.append(self._arrived.popleft())
            opened.append(_opened(batch[-1].payload))
            packets, size = packets + len(opened[-1].packets), size + len(batch[-1].payload or b"")
        self._went += size
        return batch, opened

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
        self._messages.update(one.outcome for one in opened)
        if took:
            self._remember(took)

    async def _durable(self, packets: Sequence[bytes]) -> Took | None:
        """Tried until it works, while the broker fills the window of what it may hand over, and waits.

        None: this program fails at these packets, however often.
        """
        for pause in chain(PAUSES_S, repeat(PAUSES_S[-1])):
            try:
                return await self._intake.take(packets) if packets else Took([], {})
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

    def _answer(self) -> None:
        """Lost where the connection is: the logger sends again, and is answered again."""
        had, self._have = Took([], self._have), {}
        for logger, said in took_messages(had):
            self.link.publish(self._broker.have(logger), said)


def _opened(payload: bytes | None) -> Opened:
    if payload is None:
        return Opened("no_room", [])
    if len(payload) > MAX_MESSAGE:
        return Opened("too_large", [])
    try:
        return Opened("taken", split(payload, MOST_PACKETS))
    except Malformed as error:
        return Opened(error.code, [])
