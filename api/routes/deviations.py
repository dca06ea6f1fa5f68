"""What waits for Quality, in every therapy that the reader may see. From a read model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples import RAISED
from api.listing import Limit, readable
from api.pages import Cursor
from api.reading import TheReader
from ledger.domain.parts import Severity
from ledger.views.deviations import Raised, deviations
from ledger.views.paging import Page

router = APIRouter(tags=["deviations"])


class RaisedDocument(BaseModel):
    """`containers` empty: the whole therapy. `disposition` null: nobody has decided yet."""

    chain: str
    statement_id: str
    position: int
    code: str
    severity: str
    blocking: bool
    containers: list[str]
    cause: str | None
    raised_by: str
    disposition: str | None
    disposition_position: int | None


class Deviations(BaseModel):
    as_of_position: int
    lag: int
    deviations: list[RaisedDocument]
    next_cursor: str | None


@router.get(
    "/v1/deviations",
    summary="Deviations that wait for Quality, across therapies",
    response_model=Deviations,
    responses=shown(RAISED, "A page, the oldest first") | problems(400, 401, 503),
)
def get_open_deviations(
    request: Request,
    reader: TheReader,
    severity: Severity | None = None,
    blocking: Annotated[
        bool | None, Query(description="Only those that stop release and infusion", examples=[True])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    def look(after: str | None, count: int) -> Page[Raised]:
        engine = reader.node.ledger.store.engine
        return deviations(engine, severity=severity, blocking=blocking, after=after, limit=count)

    page = readable(reader, look, cursor, limit)
    found = Deviations(
        as_of_position=page.position,
        lag=max(reader.size - page.position, 0),
        deviations=[RaisedDocument.model_validate(each, from_attributes=True) for each in page.items],
        next_cursor=page.next,
    )
    return document(request, found)
