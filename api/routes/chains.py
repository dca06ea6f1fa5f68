"""One therapy: its state, its story, its lineage, its deviations; now or as of any moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.documents import (
    ChainDocument,
    DeviationDocument,
    TimelineEntry,
    chain_document,
    deviation_document,
    timeline_entry,
)
from api.examples import CHAIN, CHAIN_LINEAGE, COI, DEVIATIONS, TIMELINE
from api.lineage import LineageNode, nodes
from api.pages import Cursor, cursor_of, position_of
from api.shown_to import TheView
from ledger.domain.shares import share_of
from ledger.domain.world import Entry, chain_tag, review_tag
from ledger.store.decode import entry_of
from ledger.store.recorder import StoredEntry

router = APIRouter(tags=["chains"])

Coi = Annotated[str, Path(description="Chain of identity", examples=[COI])]
PROBLEMS = problems(400, 401, 403, 404, 503)


class Timeline(BaseModel):
    """The therapy's entries in the log's order. `next_cursor`: ask with it for more."""

    coi: str
    as_of_position: int
    entries: list[TimelineEntry]
    next_cursor: str | None


class ChainLineage(BaseModel):
    """Every container, with what it was made of and what was made of it."""

    coi: str
    as_of_position: int
    containers: list[LineageNode]


class Deviations(BaseModel):
    """`reviews`: facts by signers who have nothing to do with this therapy; they block nothing.

    A provisional chain shows none: they may be another site's.
    """

    coi: str
    as_of_position: int
    open: list[DeviationDocument]
    closed: list[DeviationDocument]
    reviews: list[TimelineEntry]


@router.get(
    "/v1/chains/{coi}",
    summary="A therapy's state",
    response_model=ChainDocument,
    responses=shown(CHAIN, "The therapy") | PROBLEMS,
)
def get_chain(request: Request, view: TheView, coi: Coi) -> Response:
    reader, moment = view
    found = chain_document(reader.chain(coi, moment.position), moment.position)
    if reader.hides_before(coi, 0):
        found.provisional = None
    before = found.provisional
    if before and before.linked_to and not (reader.reads_all or reader.may_read(before.linked_to)):
        before.linked_to = None
    return document(request, found)


@router.get(
    "/v1/chains/{coi}/timeline",
    summary="A therapy's story, entry by entry",
    response_model=Timeline,
    responses=shown(TIMELINE, "A page of entries") | PROBLEMS,
)
def get_timeline(
    request: Request,
    view: TheView,
    coi: Coi,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> Response:
    reader, moment = view
    chain = reader.chain(coi, moment.position)
    after = position_of(reader, cursor)
    found = reader.node.ledger.store.by_tag(
        chain_tag(coi), after=after, before=moment.position, limit=limit + 1
    )
    told = [entry for entry in map(_entry, found[:limit]) if reader.shows(coi, entry)]
    entries = [timeline_entry(share_of(entry, coi), chain) for entry in told]
    next_cursor = cursor_of(reader, str(found[limit - 1].position)) if len(found) > limit else None
    shown_ = Timeline(coi=coi, as_of_position=moment.position, entries=entries, next_cursor=next_cursor)
    return document(request, shown_)


@router.get(
    "/v1/chains/{coi}/lineage",
    summary="What was made of what",
    response_model=ChainLineage,
    responses=shown(CHAIN_LINEAGE, "The containers") | PROBLEMS,
)
def get_lineage(request: Request, view: TheView, coi: Coi) -> Response:
    reader, moment = view
    chain = reader.chain(coi, moment.position)
    found = list(nodes(chain).values())
    return document(request, ChainLineage(coi=coi, as_of_position=moment.position, containers=found))


@router.get(
    "/v1/chains/{coi}/deviations",
    summary="What went wrong, and what Quality said",
    response_model=Deviations,
    responses=shown(DEVIATIONS, "Open and closed deviations") | PROBLEMS,
)
def get_deviations(request: Request, view: TheView, coi: Coi) -> Response:
    reader, moment = view
    chain = reader.chain(coi, moment.position)
    store = reader.node.ledger.store
    reviews = store.by_tag(review_tag(coi), before=moment.position, limit=1000) if chain.is_open else []
    found = Deviations(
        coi=coi,
        as_of_position=moment.position,
        open=[deviation_document(one) for one in chain.deviations.values() if one.is_open],
        closed=[deviation_document(one) for one in chain.deviations.values() if not one.is_open],
        reviews=[timeline_entry(share_of(each, coi), chain) for each in map(_entry, reviews)],
    )
    return document(request, found)


def _entry(stored: StoredEntry) -> Entry:
    return entry_of(stored.position, stored.data, stored.recorded_ms)
