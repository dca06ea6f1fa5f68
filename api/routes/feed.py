"""The log as it grows: a stream of what this reader may know of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from api.describing import problems, shown
from api.examples import FEED
from api.feed import EVENT_STREAM, Feed, FeedResponse
from api.reading import TheReader, TheToken
from ledger.errors import NotFound

router = APIRouter(tags=["entries"])

After = Annotated[
    int | None,
    Query(ge=-1, lt=2**53, description="Begin behind this position; -1: with the first", examples=[4711]),
]
LastEventId = Annotated[
    int | None,
    Header(ge=-1, lt=2**53, description="The `id` that came last; counts before `after`", examples=[4711]),
]


@router.get(
    "/v1/feed",
    summary="What is recorded, as it is recorded",
    response_class=StreamingResponse,
    responses=shown(FEED, "Server-sent events, without an end", media_type=EVENT_STREAM)
    | problems(400, 401, 404, 429, 503),
)
async def get_feed(
    reader: TheReader, token: TheToken, after: After = None, last_event_id: LastEventId = None
) -> Response:
    """One event for each entry that the session may read at the moment of telling: its `id` is
    the position, its `event` the entry's type. An `id` alone passes over what is not for the
    reader. What became readable later than it was recorded is on the therapy's timeline.

    Without `after` and `Last-Event-ID` it begins with what comes next. It ends with the session.
    """
    # A browser that comes again repeats the address as it was and says in the header where it is.
    begin = after if last_event_id is None else last_event_id
    if begin is not None and begin >= reader.size:
        raise NotFound(
            "not_recorded_yet", f"the log has {reader.size} entries, the last at {reader.size - 1}"
        )
    feed = Feed(reader.node, token, reader.size - 1 if begin is None else begin)
    return FeedResponse(feed, reader.session.kid)
