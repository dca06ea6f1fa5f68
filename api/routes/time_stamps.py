"""What authorities outside say about the log's heads: public, as the heads are."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples import TIME_STAMPS
from api.node import TheNode
from api.routes.log import MAX_SIZE
from ledger.domain.world import timestamp
from ledger.store.time_stamps import Kept

router = APIRouter(tags=["log"])


class TimeStamped(BaseModel):
    """The head of `size` entries existed by `time`, by the word of the authority at `authority`: what its
    token says, and how exactly it says so.

    `record`: an evidence record (RFC 4998) in base64, over the head's note as the log published it
    first, without lines of witnesses. `stamps`: how many tokens are in it, the first and each renewal.
    `until`: the newest one's certificates hold so long; behind that it proves nothing any more.
    """

    size: int
    authority: str
    time: str
    stamps: int
    until: str
    record: str


class TimeStamps(BaseModel):
    """In ascending order of heads. `next_after`: ask with it for more; null at the end."""

    time_stamps: list[TimeStamped]
    next_after: int | None


@router.get(
    "/log/time-stamps",
    summary="Time stamps of heads, by authorities outside",
    description="RFC 3161 tokens, kept as evidence records (RFC 4998) so that they can be renewed. Some "
    "heads have one, at an interval of the operator's choice; a head's stamp covers all entries before it.",
    response_model=TimeStamps,
    responses=shown(TIME_STAMPS, "A page of time stamps") | problems(400, 503),
)
def get_time_stamps(
    request: Request,
    node: TheNode,
    after: Annotated[int, Query(ge=0, lt=MAX_SIZE, description="Of heads of larger trees than this")] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="How many heads")] = 100,
) -> Response:
    found = node.time_stamps.records(after, limit)
    sizes = sorted({one.size for one in found})
    next_after = sizes[-1] if len(sizes) == limit else None
    return document(request, TimeStamps(time_stamps=list(map(_told, found)), next_after=next_after))


def _told(one: Kept) -> TimeStamped:
    return TimeStamped(
        size=one.size,
        authority=one.record,
        time=timestamp(one.by_ms),
        stamps=one.count,
        until=timestamp(one.until_ms),
        record=base64.b64encode(one.encode()).decode(),
    )
