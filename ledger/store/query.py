"""The library's queries: which entries match, read page by page.

A position of the library is the tree's size after the entry: our position plus one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventsourcing.dcb.api import DCBEvent, DCBReadResponse, DCBSequencedEvent
from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from ledger.store.faults import faults
from ledger.store.reading import tags_of_line
from ledger.store.schema import entry, head, tag, tag_hash
from ledger.store.statements import has_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventsourcing.dcb.api import DCBAppendCondition, DCBQuery, DCBQueryItem
    from sqlalchemy import Connection, Engine

PAGE = 500  # entries held in memory at once


class Response(DCBReadResponse):
    """Matching events up to the head that was found at the beginning.

    Entries never change, so pages read later still belong to that head.
    """

    def __init__(self, engine: Engine, query: DCBQuery | None, after: int, limit: int | None) -> None:
        self._engine = engine
        self._query = query
        with faults(), engine.connect() as connection:
            self.size: int = connection.execute(select(head.c.size)).scalar_one()
        events = self._pages(after, limit)
        self._head = self.size or None
        if limit is not None:
            found = list(events)
            events = iter(found)
            self._head = found[-1].position if found else None
        self._events = events

    @property
    def head(self) -> int | None:
        """The last position of the log, or with a limit, of what was read."""
        return self._head

    def __next__(self) -> DCBSequencedEvent:
        return next(self._events)

    def _pages(self, after: int, limit: int | None) -> Iterator[DCBSequencedEvent]:
        left = self.size if limit is None else limit
        while left > 0:
            page = self._page(after, min(left, PAGE))
            yield from page
            if len(page) < PAGE:
                return
            left -= len(page)
            after = page[-1].position

    def _page(self, after: int, limit: int) -> list[DCBSequencedEvent]:
        bounds = (entry.c.position >= after, entry.c.position < self.size)
        statement = matching(self._query).where(*bounds).limit(limit)
        with faults(), self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [sequenced(*row) for row in rows]


def sequenced(position: int, kind: str, tags: str, data: bytes) -> DCBSequencedEvent:
    return DCBSequencedEvent(DCBEvent(kind, data, tags_of_line(tags)), position + 1)


def first_match(connection: Connection, condition: DCBAppendCondition) -> int | None:
    """The first library position that matches an append's condition, if any does."""
    found = matching(condition.fail_if_events_match).where(entry.c.position >= (condition.after or 0))
    row = connection.execute(found.limit(1)).first()
    return None if row is None else row[0] + 1


def matching(query: DCBQuery | None) -> Select[Any]:
    """Select the entries that match at least one item of the query; all, if it has none."""
    items = query.items if query else []
    columns = (entry.c.position, entry.c.type, entry.c.tags, entry.c.data)
    where = or_(*[_matches(item) for item in items]) if items else true()
    return select(*columns).where(where).order_by(entry.c.position)


def _matches(item: DCBQueryItem) -> ColumnElement[bool]:
    of_type = [entry.c.type.in_(item.types)] if item.types else []
    tagged = [and_(_indexed(name), has_tag(name)) for name in item.tags]
    return and_(true(), *of_type, *tagged)


def _indexed(name: str) -> ColumnElement[bool]:
    return entry.c.position.in_(select(tag.c.position).where(tag.c.hash == tag_hash(name)))
