"""How warm it was, as a picture: SVG, for a screen, a report or a printed page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.conditional import PRIVATE, answer
from api.describing import shown
from api.examples import FRESH
from api.moments import TheMoment
from api.reading import TheReader
from api.routes.chains import PROBLEMS, Coi
from api.zones import zone_of
from ledger.charts.drawing import draw
from ledger.charts.therapy import chart_of
from ledger.domain.parts import ContainerId

router = APIRouter(tags=["temperature"])

SVG = "image/svg+xml"
# Opened by itself, it runs and fetches nothing, whatever stands in it.
HEADERS = {"content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff"}


@router.get(
    "/v1/chains/{coi}/temperature.svg",
    summary="The temperature of a therapy, a container's journey or a leg, as a picture",
    response_class=Response,
    responses=shown("<svg>...</svg>", "Bands, gaps, excursions, hand-overs, budgets", media_type=SVG)
    | PROBLEMS,
)
def get_chart(
    request: Request,
    reader: TheReader,
    moment: TheMoment,
    coi: Coi,
    container: Annotated[
        ContainerId | None,
        Query(description="With all that it was made of; without: every container", examples=[FRESH]),
    ] = None,
    leg: Annotated[
        int | None,
        Query(
            ge=0, description="The position of the acceptance that began a leg with a carrier", examples=[17]
        ),
    ] = None,
    zone: Annotated[
        str,
        Query(
            max_length=64,
            description="Of the time axes (IANA); UTC stands beside it",
            examples=["Europe/Berlin"],
        ),
    ] = "UTC",
) -> Response:
    shown_in = zone_of(zone)
    chain = reader.chain(coi, moment.position)
    world = reader.world_before(moment.position)
    svg = draw(chart_of(chain, world, moment.position, container, leg), shown_in)
    response = answer(request, svg.encode(), SVG, PRIVATE)
    response.headers.update(HEADERS)
    return response
