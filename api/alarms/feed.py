"""One reader's feed of alarms: each event once, in order, of the therapies that they may read now.

As the feed of the log (`api/feed.py`): the `id` is the event's number, and one that is not for this
reader is passed over with an `id` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.sse import format_sse_event

from api.alarms.documents import told_document
from api.feed import PAGE, Feed
from api.reading import reader_at
from ledger.proof import canonical

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ledger.store.alarms import Told


class AlarmFeed(Feed):
    """Goes on behind the event `position`."""

    def place(self, kid: str) -> AbstractContextManager[None]:
        return self.node.feeds.alarm_place(kid)

    async def wait(self) -> None:
        await self.node.alarms.tidings.longer_than(self.size, self.patience_s())

    def look(self) -> bytes:
        """In a thread. Raises as `reader_at`."""
        store, feeds = self.node.alarms.store, self.node.feeds
        reader = reader_at(self.node, self.token, feeds.world(self.node.ledger.store.head()[0]))
        self.size, self.expires_ms = store.length(), reader.session.expires_ms
        page = store.events(self.position + 1, PAGE)
        blocks = [_event(one) for one in page if reader.may_read(one.alarm.chain)]
        if page and not reader.may_read(page[-1].alarm.chain):
            blocks.append(format_sse_event(id=str(page[-1].seq)))
        self.position = page[-1].seq if page else self.position
        return b"".join(blocks)


def _event(told: Told) -> bytes:
    data = canonical.encode(told_document(told).model_dump()).decode()
    return format_sse_event(data_str=data, event=told.what, id=str(told.seq))
