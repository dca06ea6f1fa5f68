"""What the ledger showed to whom at a moment, what changed between two, and in which order it came."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples import DOSE
from api.examples_replay import ACCOUNT, CHANGES, ORDER, SITE_CHANGES
from api.moments import Moment, TheMoment, moment_of
from api.ordering import OrderDocument, order_document
from api.reading import TheReader
from api.replaying import AccountDocument, Question, Replaying, SiteChanges, TherapyChanges, site_changes
from api.routes.chains import PROBLEMS, Coi
from api.shown_to import For, TheView
from ledger.domain.parts import ContainerId, Name, Timestamp

router = APIRouter(tags=["replay"])

OfContainer = Annotated[
    ContainerId | None, Query(description="Only what is about this container", examples=[DOSE])
]
Position = Annotated[int | None, Query(ge=0, description="Before this entry", examples=[4711])]
Time = Annotated[Timestamp | None, Query(description="UTC", examples=["2026-09-21T12:00:00.000Z"])]
ALL = PROBLEMS | problems(403)


def moments_of(
    reader: TheReader,
    from_position: Position = None,
    from_at: Time = None,
    to_position: Position = None,
    to_at: Time = None,
) -> tuple[Moment, Moment]:
    """From when to when; without a first one from the beginning, without a second one until now.

    Raises as `moment_of`.
    """
    start = moment_of(reader, from_position, from_at)
    return (start if start.asked else Moment(0)), moment_of(reader, to_position, to_at)


TheMoments = Annotated[tuple[Moment, Moment], Depends(moments_of)]


@router.get(
    "/v1/chains/{coi}/account",
    summary="All that the ledger shows of a therapy at a moment, point by point",
    response_model=AccountDocument,
    responses=shown(ACCOUNT, "The points; none where it was not shown") | ALL,
)
def get_account(
    request: Request,
    reader: TheReader,
    moment: TheMoment,
    coi: Coi,
    container: OfContainer = None,
    seen_by: For = None,
) -> Response:
    asked = Question(coi, container, seen_by)
    return document(request, Replaying(reader, asked, moment).account(moment))


@router.get(
    "/v1/chains/{coi}/changes",
    summary="What changed in a therapy between two moments, and which entries changed it",
    response_model=TherapyChanges,
    responses=shown(CHANGES, "The changes, by point") | ALL,
)
def get_changes(
    request: Request,
    reader: TheReader,
    moments: TheMoments,
    coi: Coi,
    container: OfContainer = None,
    seen_by: For = None,
) -> Response:
    asked = Question(coi, container, seen_by)
    return document(request, Replaying(reader, asked, *moments).changes(*moments))


@router.get(
    "/v1/chains/{coi}/order",
    summary="The order that signers claim beside the one that is proved, and what a decision could not see",
    response_model=OrderDocument,
    responses=shown(ORDER, "Entries in the log's order, with their bounds") | ALL,
)
def get_order(request: Request, view: TheView, coi: Coi) -> Response:
    return document(request, order_document(view.reader, coi, view.moment.position))


@router.get(
    "/v1/sites/{site}/changes",
    summary="What changed at a site between two moments",
    response_model=SiteChanges,
    responses=shown(SITE_CHANGES, "Of the therapies that you may read") | ALL,
)
def get_site_changes(
    request: Request,
    reader: TheReader,
    moments: TheMoments,
    site: Annotated[Name, Path(examples=["st-mary"])],
    seen_by: For = None,
) -> Response:
    return document(request, site_changes(reader, site, seen_by, *moments))
