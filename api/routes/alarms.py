"""Alarms of live readings: open and past ones, as they come, and that somebody saw them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from api.alarm_examples import ALARM, ALARM_FEED, ALARMS
from api.alarms.documents import AlarmDocument, alarm_document
from api.alarms.feed import AlarmFeed
from api.conditional import document
from api.describing import problems, shown
from api.examples import COI
from api.feed import EVENT_STREAM, FeedResponse
from api.listing import Limit, readable
from api.pages import Cursor
from api.reading import Reader, TheReader, TheToken
from ledger.domain.parts import MAX_INT
from ledger.domain.parts import Coi as CoiText
from ledger.domain.standing import THERAPY_ROLES
from ledger.errors import NotFound, NotPermitted
from ledger.live.alarms import Kind
from ledger.store.alarms import Noted
from ledger.views.alarms import alarms
from ledger.views.paging import Page

router = APIRouter(tags=["temperature"])

Number = Annotated[int, Path(ge=0, le=MAX_INT, description="The alarm's number", examples=[17])]
After = Annotated[
    int | None,
    Query(ge=-1, lt=2**53, description="Begin behind this event; -1: with the first", examples=[17]),
]
LastEventId = Annotated[
    int | None,
    Header(ge=-1, lt=2**53, description="The `id` that came last; counts before `after`", examples=[17]),
]


class Alarms(BaseModel):
    """`last_event`: follow the feed behind it, and you miss nothing that is not in here."""

    last_event: int
    alarms: list[AlarmDocument]
    next_cursor: str | None


@router.get(
    "/v1/alarms",
    summary="Alarms of live readings, the open ones first",
    response_model=Alarms,
    responses=shown(ALARMS, "A page, the newest of the open ones first, then of the others")
    | problems(400, 401, 503),
)
def get_alarms(
    request: Request,
    reader: TheReader,
    chain: Annotated[CoiText | None, Query(examples=[COI])] = None,
    kind: Annotated[Kind | None, Query(examples=["excursion"])] = None,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Only those that stand, or not", examples=[True])
    ] = None,
    acknowledged: Annotated[
        bool | None, Query(description="Only those that somebody saw, or nobody", examples=[False])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    store = reader.node.alarms.store
    last_event = store.length() - 1  # before the alarms are read: what comes between is told again

    def look(after: str | None, count: int) -> Page[Noted]:
        asked = {"chain": chain, "kind": kind, "is_open": is_open, "acknowledged": acknowledged}
        return alarms(store.engine, **asked, after=after, limit=count)  # type: ignore[arg-type]

    page = readable(reader, look, cursor, limit, chain=chain)
    found = [alarm_document(one) for one in page.items]
    return document(request, Alarms(last_event=last_event, alarms=found, next_cursor=page.next))


@router.get(
    "/v1/alarms/feed",
    summary="Alarms as they begin and end",
    response_class=StreamingResponse,
    responses=shown(ALARM_FEED, "Server-sent events, without an end", media_type=EVENT_STREAM)
    | problems(400, 401, 404, 429, 503),
)
async def get_alarm_feed(
    reader: TheReader, token: TheToken, after: After = None, last_event_id: LastEventId = None
) -> Response:
    """One event for each alarm that begins, ends or is acknowledged, of therapies that the session
    may read at the moment of telling: its `id` is the event's number, its `event` what became of the
    alarm. An `id` alone passes over what is not for the reader.

    Without `after` and `Last-Event-ID` it begins with what comes next. It ends with the session.
    """
    length = reader.node.alarms.store.length()
    begin = after if last_event_id is None else last_event_id
    if begin is not None and begin >= length:
        raise NotFound("not_recorded_yet", f"{length} events of alarms were told, the last is {length - 1}")
    feed = AlarmFeed(reader.node, token, length - 1 if begin is None else begin)
    return FeedResponse(feed, reader.session.kid)


@router.get(
    "/v1/alarms/{alarm}",
    summary="One alarm",
    response_model=AlarmDocument,
    responses=shown(ALARM, "As it is now") | problems(400, 401, 404, 503),
)
def get_alarm(request: Request, reader: TheReader, alarm: Number) -> Response:
    return document(request, alarm_document(_readable(reader, alarm)))


@router.post(
    "/v1/alarms/{alarm}/acknowledgement",
    summary="Say that you saw an alarm",
    response_model=AlarmDocument,
    responses=shown(ALARM, "The first to say so stays") | problems(400, 401, 403, 404, 503),
)
def post_acknowledgement(request: Request, reader: TheReader, alarm: Number) -> Response:
    """It tells others that somebody looks after it, ends nothing, and is no part of the log."""
    _readable(reader, alarm)
    if reader.agent.roles.isdisjoint(THERAPY_ROLES):
        raise NotPermitted("not_permitted", f"{reader.agent.id!r} has no role in any therapy")
    now_ms = reader.node.ledger.config.clock_ms()
    store, tidings = reader.node.alarms.store, reader.node.alarms.tidings
    found = store.acknowledge(alarm, reader.agent.id, now_ms)
    tidings.look_soon()
    return document(request, alarm_document(found))


def _readable(reader: Reader, alarm: int) -> Noted:
    """Raises `NotFound` (`no_such_alarm`), the same for one that is not for this reader."""
    found = reader.node.alarms.store.find(alarm)
    if not reader.reads_all and not reader.may_read(found.chain):
        raise NotFound("no_such_alarm", "there is no such alarm that you may know of")
    return found
