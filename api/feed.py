"""One reader's feed: the log's entries as server-sent events, in order, each once.

HTML Living Standard, section 9.2 (server-sent events). The `id` is the position. Entries that
are not for this reader are passed over in silence, but the position moves on: an event of
nothing but an `id` raises nothing in a client and yet is what it resumes from
(section 9.2.6), so that nobody makes the server look twice at what they may not read. It
tells no secret: how long the log is, everybody may know from its checkpoints.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from fastapi.sse import format_sse_event
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from api.reading import reader_at
from ledger.domain.shares import is_carried
from ledger.domain.world import timestamp
from ledger.errors import Fault, Unauthorised
from ledger.proof import canonical

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractContextManager

    from starlette.types import Message, Receive, Scope, Send

    from api.feeds import Listed
    from api.node import Node
    from api.reading import Reader
    from ledger.domain.entry import Entry

EVENT_STREAM = "text/event-stream"
PAGE = 200  # entries of one look
RETRY_MS = 2_000  # how soon a client comes again when the connection breaks
HEARTBEAT = b": still here\n\n"  # a comment: proxies drop what is silent, and clients notice what is dead
AT_LEAST_S = 0.001

log = logging.getLogger("unbroken.feeds")


class FeedEntry(BaseModel):
    """What a feed says of an entry; the entry itself is at `/v1/entries/{position}`.

    `chain` null: the registry's, or about several therapies that a shipment or tank (`carrier`)
    holds: `chains` are those that you may read. `review`: a fact by a signer who has nothing to do with the
    therapy; it changed nothing.
    """

    position: int
    chain: str | None
    carrier: str | None
    chains: list[str]
    type: str
    signer: str
    recorded_at: str
    statement_id: str
    review: bool


class Feed:
    """Goes on behind `position`. Every look asks anew who this is and what they may read now."""

    def __init__(self, node: Node, token: str, position: int) -> None:
        self.node = node
        self.position = position
        self.token = token
        self.size = 0  # how much there is to tell
        self.expires_ms = 0

    def place(self, kid: str) -> AbstractContextManager[None]:
        """Counts it while it is open; raises as `Feeds.place`."""
        return self.node.feeds.place(kid)

    async def blocks(self) -> AsyncGenerator[bytes]:
        """The stream. Ends with the session, with the server, and when the database fails."""
        yield format_sse_event(id=str(self.position), retry=RETRY_MS)
        while (told := await self._told()) is not None:
            yield told or HEARTBEAT
            if self.position + 1 >= self.size:
                await self.wait()

    async def wait(self) -> None:
        """Until there is more, or it is time for a heartbeat."""
        await self.node.feeds.longer_than(self.size, self.patience_s())

    async def _told(self) -> bytes | None:
        """What is new, maybe nothing; None: it is over."""
        if self.node.feeds.closed:
            return None
        try:
            return await self.node.feeds.look(self.look)
        except Unauthorised:
            return None
        except Fault as fault:
            log.warning("a feed ended: %s", fault.code)
            return None

    def look(self) -> bytes:
        """In a thread, and with a connection for no longer than this. Raises as `reader_at`."""
        feeds = self.node.feeds
        size, _ = self.node.ledger.store.head()
        reader = reader_at(self.node, self.token, feeds.world(size))
        start = self.position + 1
        page = feeds.page(start, min(start + PAGE, size)) if start < size else []
        blocks = [event(each, reader) for each in page if _is_told(each.entry, reader)]
        if page and not _is_told(page[-1].entry, reader):
            blocks.append(format_sse_event(id=str(page[-1].entry.position)))
        self.position = page[-1].entry.position if page else self.position
        self.size, self.expires_ms = size, reader.session.expires_ms
        return b"".join(blocks)

    def patience_s(self) -> float:
        """Until the next heartbeat, or the end of the session if that is sooner."""
        left_s = (self.expires_ms - self.node.ledger.config.clock_ms()) / 1000
        return max(min(self.node.settings.heartbeat_s, left_s), AT_LEAST_S)


class FeedResponse(StreamingResponse):
    """Counts as an open feed until its client has gone, or takes nothing any more."""

    media_type = EVENT_STREAM

    def __init__(self, feed: Feed, kid: str) -> None:
        # nginx collects an answer before it passes it on, unless told not to.
        super().__init__(feed.blocks(), headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self._feed = feed
        self._kid = kid

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `TooMany` (`too_many_feeds`) and `Fault` (`closing`) before anything is sent."""
        node = self._feed.node
        with self._feed.place(self._kid):
            await super().__call__(scope, receive, _within(node.settings.feed_stall_s, send))


def _is_told(entry: Entry, reader: Reader) -> bool:
    return reader.may_read_entry(entry) or bool(reader.told_of(entry))


def event(listed: Listed, reader: Reader) -> bytes:
    """The event of one entry."""
    entry = listed.entry
    kind, _, name = entry.stream.partition("/")
    told = reader.told_of(entry)
    carried = is_carried(entry)
    document = FeedEntry(
        position=entry.position,
        chain=name if kind == "chain" else None,
        carrier=entry.stream if carried else None,
        chains=list(told) if carried else [],
        type=entry.type,
        signer=entry.signer,
        recorded_at=timestamp(entry.recorded_ms),
        statement_id=entry.statement_id,
        review=bool(listed.apart) and listed.apart.issuperset(told),
    )
    data = canonical.encode(document.model_dump()).decode()
    return format_sse_event(data_str=data, event=entry.type, id=str(entry.position))


def _within(limit_s: float, send: Send) -> Send:
    """Take a client that accepts nothing for so long as one that has gone."""

    async def brisk(message: Message) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await send(message)
        except TimeoutError:
            raise ClientDisconnect from None

    return brisk
