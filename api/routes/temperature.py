"""How warm it was: of one therapy, from the log itself; excursions across therapies, from a read model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples import COI, FRESH
from api.listing import Limit, readable
from api.pages import Cursor
from api.reading import TheReader
from api.routes.chains import PROBLEMS, Coi
from api.shown_to import TheView
from api.temperature import ExcursionDocument, TemperatureDocument, temperature_document
from api.temperature_examples import EXCURSIONS, TEMPERATURE
from ledger.domain.parts import Coi as CoiText
from ledger.domain.parts import ContainerId
from ledger.domain.world import timestamp
from ledger.views.paging import Page
from ledger.views.temperature import Excursed, excursions

router = APIRouter(tags=["temperature"])


class ExcursionOfTherapy(ExcursionDocument):
    """`position`: the first entry that shows it. `within_limits`: all that the container spent in
    this phase still is."""

    chain: str
    container: str
    phase: str
    within_limits: bool
    position: int


class Excursions(BaseModel):
    """As the entries before `as_of_position` made it; `lag` more are in the log."""

    as_of_position: int
    lag: int
    excursions: list[ExcursionOfTherapy]
    next_cursor: str | None


@router.get(
    "/v1/chains/{coi}/temperature",
    summary="How warm a therapy's containers were, and what is left of their budget",
    response_model=TemperatureDocument,
    responses=shown(TEMPERATURE, "Containers with evidence, by phase") | PROBLEMS,
)
def get_temperature(request: Request, view: TheView, coi: Coi) -> Response:
    reader, moment = view
    chain = reader.chain(coi, moment.position)
    world = reader.world_before(moment.position)
    return document(request, temperature_document(chain, world, moment.position))


@router.get(
    "/v1/temperature/excursions",
    summary="Excursions, across therapies",
    response_model=Excursions,
    responses=shown(EXCURSIONS, "A page, in the order of the entries that show them")
    | problems(400, 401, 503),
)
def get_excursions(
    request: Request,
    reader: TheReader,
    chain: Annotated[CoiText | None, Query(examples=[COI])] = None,
    container: Annotated[ContainerId | None, Query(examples=[FRESH])] = None,
    within_limits: Annotated[
        bool | None, Query(description="Only those that the profile bears, or not", examples=[False])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    def look(after: str | None, count: int) -> Page[Excursed]:
        return excursions(
            reader.node.ledger.store.engine,
            chain=chain,
            container=container,
            within_limits=within_limits,
            after=after,
            limit=count,
        )

    asked = chain or reader.world.chain_of_container(container or "")
    page = readable(reader, look, cursor, limit, chain=asked)
    found = Excursions(
        as_of_position=page.position,
        lag=max(reader.size - page.position, 0),
        excursions=[_excursion(each) for each in page.items],
        next_cursor=page.next,
    )
    return document(request, found)


def _excursion(one: Excursed) -> ExcursionOfTherapy:
    return ExcursionOfTherapy(
        chain=one.chain,
        container=one.container,
        phase=one.phase,
        within_limits=one.within_limits,
        position=one.position,
        started_at=timestamp(one.started_ms),
        ended_at=timestamp(one.ended_ms),
        peak_centi_c=one.peak_centi_c,
        proof=list(one.proof),
    )
