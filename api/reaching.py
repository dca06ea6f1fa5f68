"""What something touches: the therapies and containers, and who holds each now.

Therapies that the reader may not see are counted, never named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from pydantic import BaseModel

from api.documents import Place
from api.listing import LOOKS, STRIDE
from api.pages import after_of, cursor_of
from api.reading import Reader
from ledger.views.paging import Page
from ledger.views.touch import Reached, ReachedContainer, reach, reached_containers


class ReachedContainerDocument(BaseModel):
    """A container that was touched, or made of one that was. Without a status: it was named, but
    never came to be in this therapy."""

    container: str
    first_position: int
    status: str | None
    used_up: bool | None
    holder: Place | None
    offered_to: Place | None


class ReachedTherapy(BaseModel):
    """`first_position`: the entry that named it first."""

    chain: str
    first_position: int
    containers: list[ReachedContainerDocument]


class Reach(BaseModel):
    """`hidden`: therapies between these that the reader may not see. A page may be short while
    `next_cursor` says that there is more."""

    kind: str
    name: str
    status: str
    as_of_position: int
    lag: int
    therapies: list[ReachedTherapy]
    hidden: int
    next_cursor: str | None


def reach_of(
    reader: Reader, subject: tuple[str, str, str], kinds: Collection[str], cursor: str | None, limit: int
) -> Reach:
    """A page of what `subject` (kind, name, status) touches, named under `kinds`."""
    kind, name, status = subject
    page, hidden = _readable(reader, kinds, name, cursor, limit)
    shown = page.items
    engine = reader.node.ledger.store.engine
    containers = reached_containers(engine, kinds, name, [one.chain for one in shown])
    return Reach(
        kind=kind,
        name=name,
        status=status,
        as_of_position=page.position,
        lag=max(reader.size - page.position, 0),
        therapies=_therapies(shown, containers),
        hidden=hidden,
        next_cursor=page.next,
    )


def _readable(
    reader: Reader, kinds: Collection[str], name: str, cursor: str | None, limit: int
) -> tuple[Page[Reached], int]:
    """As `api.listing.readable`, and how many therapies were left out."""
    engine = reader.node.ledger.store.engine
    shown: list[Reached] = []
    hidden, after = 0, after_of(reader, cursor) or None
    for _ in range(max(LOOKS, -(-limit // STRIDE))):
        page = reach(engine, kinds, name, after=after, limit=min(limit - len(shown), STRIDE))
        readable = [one for one in page.items if reader.reads_all or reader.may_read(one.chain)]
        shown += readable
        hidden += len(page.items) - len(readable)
        after = page.next
        if after is None or len(shown) == limit:
            break
    return Page(shown, cursor_of(reader, after) if after else None, page.position), hidden


def _therapies(shown: list[Reached], containers: list[ReachedContainer]) -> list[ReachedTherapy]:
    of_chain: dict[str, list[ReachedContainerDocument]] = defaultdict(list)
    for one in containers:
        of_chain[one.chain].append(_container(one))
    return [
        ReachedTherapy(
            chain=one.chain, first_position=one.first_position, containers=of_chain.get(one.chain, [])
        )
        for one in shown
    ]


def _container(one: ReachedContainer) -> ReachedContainerDocument:
    return ReachedContainerDocument(
        container=one.container,
        first_position=one.first_position,
        status=one.status,
        used_up=one.used_up,
        holder=_place(one.site, one.department),
        offered_to=_place(one.offered_site, one.offered_department),
    )


def _place(site: str | None, department: str | None) -> Place | None:
    return Place(site=site, department=department) if site and department else None


def therapies_with(reader: Reader, kind: str, name: str) -> Iterator[str]:
    """Those that it touched and that the reader may read."""
    return filter(reader.may_read, touched_by(reader, kind, name))


def touched_by(reader: Reader, kind: str, name: str) -> Iterator[str]:
    """The therapies that it touched, whoever may read them; by the read model, come as far as the reader."""
    node, after = reader.node, None
    if node.projector.position() < reader.size:
        node.projector.catch_up(reader.size)
    while True:
        page = reach(node.ledger.store.engine, (kind,), name, after=after, limit=STRIDE)
        for one in page.items:
            if one.first_position < reader.size:
                yield one.chain
        after = page.next
        if after is None:
            return
