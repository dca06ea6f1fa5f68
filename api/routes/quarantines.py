"""What is in quarantine, in every therapy that the reader may see. From a read model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples_registry import QUARANTINES
from api.listing import Limit, readable
from api.pages import Cursor
from api.reading import TheReader
from api.registry import Counted
from ledger.views.paging import Page
from ledger.views.quarantines import Quarantining, quarantines

router = APIRouter(tags=["deviations"])


class QuarantiningDocument(BaseModel):
    """`lifted_position` null: it holds, and holds all that was made of these containers."""

    chain: str
    statement_id: str
    position: int
    reason: str
    containers: list[str]
    put_by: str
    lifted_position: int | None


class Quarantines(Counted):
    quarantines: list[QuarantiningDocument]


@router.get(
    "/v1/quarantines",
    summary="Quarantines that hold, across therapies",
    response_model=Quarantines,
    responses=shown(QUARANTINES, "A page, the oldest first") | problems(400, 401, 503),
)
def get_quarantines(
    request: Request,
    reader: TheReader,
    holding: Annotated[bool, Query(description="false: those that were lifted")] = True,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    def look(after: str | None, count: int) -> Page[Quarantining]:
        return quarantines(reader.node.ledger.store.engine, holding=holding, after=after, limit=count)

    page = readable(reader, look, cursor, limit)
    rows = [QuarantiningDocument.model_validate(each, from_attributes=True) for each in page.items]
    lag = max(reader.size - page.position, 0)
    return document(
        request,
        Quarantines(as_of_position=page.position, lag=lag, next_cursor=page.next, quarantines=rows),
    )
