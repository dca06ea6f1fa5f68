"""Labels: drawn for a printer, checked by whoever holds one, counted, and those that are void."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.bodies import media_type, read_body, read_json
from api.conditional import document
from api.describing import Responses, problems, sent, sent_json, shown
from api.examples import COI, ID
from api.label_documents import (
    MEDIA,
    LabelCheck,
    LabelWanted,
    Reconciliation,
    ScanBackDocument,
    VoidedLabelDocument,
    VoidedLabels,
    check_document,
    reconciliation,
)
from api.label_examples import DRAWN, LABEL_CHECK, LINK_PART, RECONCILIATION, SCANNED_BACK, VOIDED, WANTED
from api.labelling import drawn, scanned_back, standing
from api.listing import Limit, readable
from api.moments import TheMoment
from api.node import TheNode, node_of
from api.pages import Cursor
from api.reading import TheReader, TheToken, is_signed_in
from ledger.domain.world import timestamp
from ledger.labels.link import parse_link
from ledger.views.paging import Page
from ledger.views.voided_labels import VoidedLabel, voided_labels

router = APIRouter(tags=["labels"])

DIGEST = "unbroken-label-digest"
DRAWN_ANSWER: Responses = {
    200: {
        "description": "The label; every format carries the same bitmap",
        "content": {media: {"example": example} for media, example in DRAWN.items()},
        "headers": {
            "Unbroken-Label-Digest": {
                "description": "What `LabelPrinted` says as `digest`",
                "schema": {"type": "string", "examples": [ID]},
            }
        },
    }
}
PHOTOS = {"image/jpeg": "<a photo>", "image/png": "<a photo>", "image/webp": "<a photo>"}
NO_STORE = {"cache-control": "no-store"}
LinkPart = Annotated[
    str, Path(max_length=200, description="The link behind `/B/`, in any letter case", examples=[LINK_PART])
]


async def wanted_in(request: Request) -> LabelWanted:
    return await read_json(request, LabelWanted, node_of(request).settings.max_question)


@router.post(
    "/v1/labels",
    summary="Draw a label that was issued, for whoever prints it; records nothing, keeps the bitmap",
    response_class=Response,
    responses=DRAWN_ANSWER | problems(400, 401, 403, 404, 409, 413, 415, 503),
    openapi_extra=sent_json(LabelWanted, WANTED),
)
def draw_label(reader: TheReader, wanted: Annotated[LabelWanted, Depends(wanted_in)]) -> Response:
    picture = drawn(reader, wanted)
    body: bytes = getattr(picture, wanted.format)()
    return Response(body, headers=NO_STORE | {DIGEST: picture.digest}, media_type=MEDIA[wanted.format])


ScannedCoi = Annotated[
    str | None,
    Query(description="The therapy whose label it should be; any other's is not genuine", examples=[COI]),
]


async def photo_in(request: Request) -> bytes:
    media_type(request.scope, *PHOTOS)
    return await read_body(request.scope, request.receive, node_of(request).settings.max_photo)


@router.post(
    "/v1/labels/scan-back",
    summary="Compare a photo of a printed label with what was to be printed; records nothing",
    responses=shown(SCANNED_BACK, "What it says, and how many modules differ: no ISO/IEC 15415 grade")
    | problems(400, 401, 404, 413, 415, 503),
    openapi_extra=sent(PHOTOS),
)
async def scan_label_back(
    reader: TheReader, photo: Annotated[bytes, Depends(photo_in)], coi: ScannedCoi = None
) -> ScanBackDocument:
    async with reader.node.photos:
        return await run_in_threadpool(scanned_back, reader, photo, coi)


@router.get(
    "/v1/labels",
    summary="Every label of a therapy, and whether all are accounted for",
    response_model=Reconciliation,
    responses=shown(RECONCILIATION, "From the log itself") | problems(400, 401, 404, 503),
)
def get_labels(
    request: Request,
    reader: TheReader,
    moment: TheMoment,
    coi: Annotated[str, Query(description="Chain of identity", examples=[COI])],
) -> Response:
    return document(request, reconciliation(reader.chain(coi, moment.position), moment.position))


@router.get(
    "/v1/labels/voided",
    summary="Labels that must never be used again, for devices to keep",
    response_model=VoidedLabels,
    responses=shown(VOIDED, "A page, by serial") | problems(400, 401, 503),
)
def get_voided_labels(
    request: Request, reader: TheReader, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    def look(after: str | None, count: int) -> Page[VoidedLabel]:
        return voided_labels(reader.node.ledger.store.engine, after=after, limit=count)

    page = readable(reader, look, cursor, limit)
    rows = [VoidedLabelDocument.model_validate(each, from_attributes=True) for each in page.items]
    lag = max(reader.size - page.position, 0)
    found = VoidedLabels(as_of_position=page.position, lag=lag, next_cursor=page.next, labels=rows)
    return document(request, found)


def keep_pace(request: Request, node: TheNode, token: TheToken) -> None:
    """Of those without a session. Raises `TooMany` (`too_many_label_checks`)."""
    if not token or not is_signed_in(node, token):
        node.label_checks.take(request.client.host if request.client else "")


@router.get(
    "/v1/labels/{link}",
    summary="Is this label genuine and current, and whom to call? Open to everybody",
    response_model=LabelCheck,
    responses=shown(LABEL_CHECK, "All that a stranger may know") | problems(400, 404, 429, 503),
    dependencies=[Depends(keep_pace)],
)
def check_label(node: TheNode, link: LinkPart) -> Response:
    """One that this ledger never issued is told as not genuine, and nothing about why."""
    read = parse_link(link)
    size, _ = node.ledger.store.head()
    found = standing(read, node.ledger.world_at(size))
    covering = node.ledger.store.checkpoint(size)
    as_of = timestamp(covering.time_ms if covering else 0)
    told = check_document(found, node.settings.contact or None, as_of, size)
    return Response(told.model_dump_json(), headers=NO_STORE, media_type="application/json")
