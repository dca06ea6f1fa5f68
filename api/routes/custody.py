"""Who holds what now, and which hand-overs wait. Read from read models, which say how old they are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.documents import Place
from api.examples import COI, CUSTODY, DOSE, HANDOVERS
from api.history import held_at
from api.listing import Limit, readable
from api.pages import Cursor
from api.reading import TheReader
from api.shown_to import TheView
from ledger.domain.parts import Coi, ContainerId, Name
from ledger.domain.world import timestamp
from ledger.views.custody import Held, Waiting, held, waiting
from ledger.views.paging import Page

router = APIRouter(tags=["custody"])


class Holding(BaseModel):
    """A container and its holder. `held_since`, `offered_since`: the entries that prove it."""

    container: str
    chain: str
    status: str
    used_up: bool
    holder: Place | None
    held_since: int | None
    offered_to: Place | None
    offered_since: int | None
    expires_at: str | None
    position: int


class Custody(BaseModel):
    """As the entries before `as_of_position` made it; `lag` more are in the log. A page may be
    short while `next_cursor` says that there is more."""

    as_of_position: int
    lag: int
    holdings: list[Holding]
    next_cursor: str | None


class CustodyQuestion(BaseModel):
    """All that is given must fit."""

    container: ContainerId | None = Field(None, examples=[DOSE])
    chain: Coi | None = Field(None, examples=[COI])
    site: Name | None = Field(None, description="Held there", examples=["st-mary"])
    department: Name | None = Field(None, examples=["ward-5"])
    offered_to: Name | None = Field(None, description="Released to this site", examples=["st-mary"])
    used_up: bool = Field(False, description="Emptied and infused ones too")

    def filters(self) -> dict[str, Any]:
        """As `ledger.views.custody.held` takes them; who asks for one container gets it anyway."""
        given = self.model_dump(exclude={"container", "used_up"})
        return given | {"container_id": self.container, "with_used_up": self.used_up or bool(self.container)}


class Handover(BaseModel):
    """Half of a hand-over: a release that nobody accepted, or a claim whose release has not come."""

    kind: str
    container: str
    chain: str
    statement_id: str
    giver: Place
    receiver: Place
    recorded_at: str
    position: int


class Handovers(BaseModel):
    as_of_position: int
    lag: int
    handovers: list[Handover]
    next_cursor: str | None


@router.get(
    "/v1/custody",
    summary="Who holds what, or held it",
    response_model=Custody,
    responses=shown(CUSTODY, "A page of containers, by id; of the past, by therapy")
    | problems(400, 401, 403, 404, 503),
)
def get_custody(
    request: Request,
    view: TheView,
    question: Annotated[CustodyQuestion, Query()],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    reader, moment = view
    if moment.asked:
        return document(request, _custody(held_at(reader, moment, question, cursor, limit), 0))

    def look(after: str | None, count: int) -> Page[Held]:
        return held(reader.node.ledger.store.engine, **question.filters(), after=after, limit=count)

    asked = question.chain or reader.world.chain_of_container(question.container or "")
    page = readable(reader, look, cursor, limit, chain=asked)
    return document(request, _custody(page, max(reader.size - page.position, 0)))


@router.get(
    "/v1/handovers",
    summary="Hand-overs that wait for their other half",
    response_model=Handovers,
    responses=shown(HANDOVERS, "A page, the oldest first") | problems(400, 401, 503),
)
def get_handovers(
    request: Request,
    reader: TheReader,
    kind: Literal["release", "claim"] | None = None,
    site: Annotated[Name | None, Query(description="Gives or receives", examples=["st-mary"])] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    def look(after: str | None, count: int) -> Page[Waiting]:
        return waiting(reader.node.ledger.store.engine, kind=kind, site=site, after=after, limit=count)

    page = readable(reader, look, cursor, limit)
    found = Handovers(
        as_of_position=page.position,
        lag=max(reader.size - page.position, 0),
        handovers=[_handover(each) for each in page.items],
        next_cursor=page.next,
    )
    return document(request, found)


def _custody(page: Page[Held], lag: int) -> Custody:
    return Custody(
        as_of_position=page.position,
        lag=lag,
        holdings=[_holding(each) for each in page.items],
        next_cursor=page.next,
    )


def _holding(row: Held) -> Holding:
    return Holding(
        container=row.container,
        chain=row.chain,
        status=row.status,
        used_up=row.used_up,
        holder=_place(row.site, row.department),
        held_since=row.held_since,
        offered_to=_place(row.offered_site, row.offered_department),
        offered_since=row.offered_since,
        expires_at=row.expires_at,
        position=row.position,
    )


def _handover(row: Waiting) -> Handover:
    return Handover(
        kind=row.kind,
        container=row.container,
        chain=row.chain,
        statement_id=row.statement_id,
        giver=Place(site=row.giver_site, department=row.giver_department),
        receiver=Place(site=row.receiver_site, department=row.receiver_department),
        recorded_at=timestamp(row.recorded_ms),
        position=row.position,
    )


def _place(site: str | None, department: str | None) -> Place | None:
    return Place(site=site, department=department) if site and department else None
