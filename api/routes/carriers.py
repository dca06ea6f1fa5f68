"""Shipments and tanks: what is inside, who holds it, and what was said of it.

One may carry several patients' containers. A reader sees those of the therapies that they may
read; of the others, only how many there are.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.documents import Place, TimelineEntry, place_of, timeline_entry
from api.examples import CARRIER
from api.moments import Moment
from api.pages import Cursor, cursor_of, position_of
from api.reading import Reader
from api.shown_to import TheView
from ledger.domain.chain import Chain
from ledger.domain.parts import Name
from ledger.domain.shares import share_of
from ledger.errors import NotFound
from ledger.store.decode import entry_of

router = APIRouter(tags=["shipments and tanks"])

CarrierId = Annotated[Name, Path(description="Its name", examples=["ship-2026-11"])]
Limit = Annotated[int, Query(ge=1, le=1000)]
SHOWN = shown(CARRIER, "Its contents and its story") | problems(400, 401, 403, 404, 503)


class Inside(BaseModel):
    """A container that it holds. `place`: the shipper, or the location in the tank."""

    container: str
    chain: str
    place: str
    position: int


class CarrierDocument(BaseModel):
    """`others`: how many more containers it holds, of therapies that you may not read. That, and
    the holder, is told only to who has something in it.

    `entries`: in the log's order, each once for every therapy of yours that it is about.
    """

    carrier: str
    as_of_position: int
    holder: Place | None
    inside: list[Inside]
    others: int
    entries: list[TimelineEntry]
    next_cursor: str | None


@router.get(
    "/v1/shipments/{carrier}",
    summary="A shipment's contents",
    response_model=CarrierDocument,
    responses=SHOWN,
)
def get_shipment(
    request: Request,
    view: TheView,
    carrier: CarrierId,
    cursor: Cursor = None,
    limit: Limit = 1000,
) -> Response:
    reader, moment = view
    return document(request, _document(reader, moment, f"shipment/{carrier}", cursor, limit))


@router.get(
    "/v1/tanks/{carrier}", summary="A tank's contents", response_model=CarrierDocument, responses=SHOWN
)
def get_tank(
    request: Request,
    view: TheView,
    carrier: CarrierId,
    cursor: Cursor = None,
    limit: Limit = 1000,
) -> Response:
    reader, moment = view
    return document(request, _document(reader, moment, f"tank/{carrier}", cursor, limit))


def _document(reader: Reader, moment: Moment, stream: str, cursor: str | None, limit: int) -> CarrierDocument:
    """Raises `NotFound` (`no_such_carrier`), also where nothing in it is for this reader."""
    found = reader.world_before(moment.position).carrier(stream)
    if found is None or not any(reader.reads_all or reader.may_read(coi) for coi in found.chains):
        raise NotFound("no_such_carrier", f"there is no {stream} that you may read about")
    inside = found.inside()
    mine = {name: put for name, put in inside.items() if reader.reads_all or reader.may_read(put.coi)}
    sees_inside = reader.reads_all or bool(mine)
    entries, next_cursor = _told(reader, moment, stream, cursor, limit)
    return CarrierDocument(
        carrier=stream,
        as_of_position=moment.position,
        holder=place_of(found.held.holder) if found.held and sees_inside else None,
        inside=[
            Inside(container=name, chain=put.coi, place=put.place, position=put.position)
            for name, put in sorted(mine.items())
        ],
        others=len(inside) - len(mine) if sees_inside else 0,
        entries=entries,
        next_cursor=next_cursor,
    )


def _told(
    reader: Reader, moment: Moment, stream: str, cursor: str | None, limit: int
) -> tuple[list[TimelineEntry], str | None]:
    """The reader's shares of a page of what was said of it."""
    store = reader.node.ledger.store
    stored = store.by_tag(stream, after=position_of(reader, cursor), before=moment.position, limit=limit + 1)
    entries = [entry_of(one.position, one.data, one.recorded_ms) for one in stored[:limit]]
    world = reader.world_before(moment.position)
    told = [
        timeline_entry(share_of(entry, coi), world.chain(coi) if reader.may_read(coi) else Chain(coi))
        for entry in entries
        for coi in reader.told_of(entry)
    ]
    return told, cursor_of(reader, str(entries[-1].position)) if len(stored) > limit else None
