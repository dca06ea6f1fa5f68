"""Pages of the read models, with only the rows that the reader may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol, TypeVar

from fastapi import Query

from api.pages import after_of, cursor_of
from api.reading import Reader
from ledger.views.paging import Page

LOOKS = 10  # at the read model, before a short page goes out
STRIDE = 100  # rows a look: whether one may be read can mean folding its therapy

Limit = Annotated[int, Query(ge=1, le=1000)]


class OfChain(Protocol):
    """A row about one therapy."""

    @property
    def chain(self) -> str: ...


Row = TypeVar("Row", bound=OfChain)
Look = Callable[[str | None, int], Page[Row]]  # behind which key, how many


def readable(
    reader: Reader, look: Look[Row], cursor: str | None, limit: int, *, chain: str | None = None
) -> Page[Row]:
    """Up to `limit` rows. May be short, even empty, while there is more: then `next` says so.

    `chain`: the therapy that was asked for. One that the reader may not read has no rows.
    """
    if chain is not None and not (reader.reads_all or reader.may_read(chain)):
        return Page([], None, look(None, 1).position)
    after = after_of(reader, cursor) or None
    found: list[Row] = []
    for _ in range(max(LOOKS, -(-limit // STRIDE))):
        page = look(after, min(limit - len(found), STRIDE))
        found += [row for row in page.items if reader.reads_all or reader.may_read(row.chain)]
        after = page.next
        if after is None or len(found) == limit:
            break
    return Page(found, cursor_of(reader, after) if after else None, page.position)
