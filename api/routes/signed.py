"""The signed statements themselves, page by page: what an auditor's own tools are filled with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.answers import base64url
from api.conditional import document
from api.describing import problems, shown
from api.examples_replay import SIGNED
from api.reading import Reader, TheReader
from ledger.domain.world import timestamp
from ledger.store.decode import LazyEntry

router = APIRouter(tags=["statements"])

LOOKS = 5_000  # entries looked at before a short page goes out
STRIDE = 500


class SignedStatement(BaseModel):
    """One entry: its bytes (base64url), when it was recorded as the ledger says, and its tags."""

    position: int
    recorded_at: str
    statement: str
    tags: list[str]


class SignedStatements(BaseModel):
    """Those that you may read, in the log's order. `next_after`: ask with it for more; a page may be short,
    even empty, while it is there. `as_of_position`: how many entries the log has."""

    as_of_position: int
    statements: list[SignedStatement]
    next_after: int | None


@router.get(
    "/v1/statements",
    summary="Every statement that you may read, with its bytes and tags",
    response_model=SignedStatements,
    responses=shown(SIGNED, "A page, in the log's order") | problems(400, 401, 503),
)
def get_statements(
    request: Request,
    reader: TheReader,
    after: Annotated[int, Query(ge=-1, lt=2**53, description="Behind this position", examples=[4710])] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> Response:
    found: list[SignedStatement] = []
    at, end = after + 1, min(reader.size, after + 1 + LOOKS)
    while at < end and len(found) < limit:
        stop = min(at + STRIDE, end, at + limit - len(found))
        found += _readable(reader, at, stop)
        at = stop
    more = at - 1 if at < reader.size else None
    return document(request, SignedStatements(as_of_position=reader.size, statements=found, next_after=more))


def _readable(reader: Reader, start: int, stop: int) -> list[SignedStatement]:
    return [
        SignedStatement(
            position=stored.position,
            recorded_at=timestamp(stored.recorded_ms),
            statement=base64url(stored.data),
            tags=tags,
        )
        for stored, tags in reader.node.ledger.store.entries_with_tags(start, stop)
        if reader.may_read_entry(LazyEntry(stored))
    ]
