"""Who holds what now: the one list that is read from a read model, and says how old it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.documents import Place
from api.examples import CUSTODY, DOSE
from api.node import Holding
from api.pages import Cursor, after_of, cursor_of
from api.reading import Reader, TheReader
from ledger.domain.events import ContainerId, Name

router = APIRouter(tags=["custody"])

LOOKS = 10  # pages that are looked through for readable rows before an answer goes out


class HoldingDocument(BaseModel):
    """`position`: the entry that said last who holds it or is offered it."""

    container: str
    chain: str
    status: str
    holder: Place | None
    offered_to: Place | None
    position: int


class Custody(BaseModel):
    """As the entries before `as_of_position` made it; `lag` more are in the log. A page may be
    short, even empty, while `next_cursor` says that there is more."""

    as_of_position: int
    lag: int
    holdings: list[HoldingDocument]
    next_cursor: str | None


@router.get(
    "/v1/custody",
    summary="Who holds what, by container, site or department",
    response_model=Custody,
    responses=shown(CUSTODY, "A page of containers, by id") | problems(400, 401, 503),
)
def get_custody(
    request: Request,
    reader: TheReader,
    container: Annotated[ContainerId | None, Query(examples=[DOSE])] = None,
    site: Annotated[Name | None, Query(description="Held by or offered to it", examples=["st-mary"])] = None,
    department: Annotated[Name | None, Query(examples=["ward-5"])] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    views = reader.node.views
    position = views.position()
    where = {"container": container, "site": site, "department": department}
    found, last = _readable(reader, where, after_of(cursor), limit)
    page = Custody(
        as_of_position=position,
        lag=max(reader.size - position, 0),
        holdings=[_document(each) for each in found],
        next_cursor=cursor_of(last) if last else None,
    )
    return document(request, page)


def _readable(
    reader: Reader, where: dict[str, str | None], after: str, limit: int
) -> tuple[list[Holding], str]:
    """Up to `limit` rows that this reader may see, and the key to go on from, if there may be more."""
    found: list[Holding] = []
    for _ in range(LOOKS):
        rows = reader.node.views.holdings(where, after, limit)
        for row in rows:
            after = row.container
            if reader.reads_all or reader.may_read(row.chain):
                found.append(row)
                if len(found) == limit:
                    return found, after
        if len(rows) < limit:
            return found, ""
    return found, after


def _document(row: Holding) -> HoldingDocument:
    return HoldingDocument(
        container=row.container,
        chain=row.chain,
        status=row.status,
        holder=_place(row.site, row.department),
        offered_to=_place(row.offered_site, row.offered_department),
        position=row.position,
    )


def _place(site: str | None, department: str | None) -> Place | None:
    return Place(site=site, department=department) if site and department else None
