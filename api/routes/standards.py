"""Partners' standards: a therapy as EPCIS 2.0 or FHIR R5, EPCIS queries, EPCIS capture."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.bodies import JSON, media_type, read_body
from api.conditional import PRIVATE, answer
from api.describing import Responses, problems, sent, shown
from api.epcis_capture import PROCEED, ROLLBACK, answered, captured, job
from api.epcis_query import EventQuery, page_of, query_of
from api.moments import TheMoment
from api.node import node_of
from api.reading import TheReader
from api.routes.chains import PROBLEMS, Coi
from api.standards import made_ms, names_of, said_of, seen_by, story
from api.standards_examples import EPCIS_DOCUMENT, EPCIS_QUERY_DOCUMENT, FHIR_BUNDLE, JOB, JOB_ID
from ledger.errors import Malformed, NotFound
from ledger.export.epcis import document, query_document, therapy_events
from ledger.export.epcis_document import read_document
from ledger.export.fhir import bundle

router = APIRouter(tags=["standards"])

LD_JSON, FHIR_JSON = "application/ld+json", "application/fhir+json"
Behaviour = Annotated[
    str | None,
    Header(
        alias="GS1-Capture-Error-Behaviour",
        description=f"`{ROLLBACK}` (so where nothing is said: all or nothing, for one statement) or "
        f"`{PROCEED}` (each on its own)",
        examples=[PROCEED],
    ),
]
CaptureId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$", examples=[JOB_ID])]
CAPTURED: Responses = shown(JOB, "What became of each event; drafts of what wants a signature", 202)


class CaptureJob(BaseModel):
    """`errors`: problems, each with the `event` that it is about. `events`: each is `recorded`, `known`
    (recorded before), `part` (repeats a part of another one), `refused` or `not_recorded`."""

    captureID: str  # noqa: N815 - the standard's names
    createdAt: str  # noqa: N815
    finishedAt: str  # noqa: N815
    running: bool
    success: bool
    captureErrorBehaviour: str  # noqa: N815
    errors: list[dict[str, Any]]
    events: list[dict[str, Any]]


@router.get(
    "/v1/chains/{coi}/epcis",
    summary="A therapy as an EPCIS 2.0 document",
    response_class=Response,
    responses=shown(EPCIS_DOCUMENT, "JSON-LD", media_type=LD_JSON) | PROBLEMS,
)
def get_epcis(request: Request, reader: TheReader, moment: TheMoment, coi: Coi) -> Response:
    reader.chain(coi, moment.position)
    entries, seen = said_of(reader, coi, moment.position), seen_by(reader, coi, moment.position)
    made = document(therapy_events(entries, seen, names_of(reader)), made_ms(reader, moment.position))
    return answer(request, _json(made), LD_JSON, PRIVATE)


@router.get(
    "/v1/chains/{coi}/fhir",
    summary="A therapy as a FHIR R5 Bundle",
    response_class=Response,
    responses=shown(FHIR_BUNDLE, "A Bundle of type collection", media_type=FHIR_JSON) | PROBLEMS,
)
def get_fhir(request: Request, reader: TheReader, moment: TheMoment, coi: Coi) -> Response:
    told = story(reader, coi, moment.position)
    made = bundle(told, names_of(reader), made_ms(reader, moment.position))
    return answer(request, _json(made), FHIR_JSON, PRIVATE)


@router.get(
    "/v1/epcis/events",
    summary="EPCIS events of all therapies that you may read",
    response_class=Response,
    responses=shown(EPCIS_QUERY_DOCUMENT, "A page; `Link` names the next", media_type=LD_JSON)
    | problems(400, 401, 503),
)
def get_events(
    request: Request, reader: TheReader, query: Annotated[EventQuery, Depends(query_of)]
) -> Response:
    found, token = page_of(reader, query)
    body = _json(query_document(found, made_ms(reader, reader.size)))
    response = answer(request, body, LD_JSON, PRIVATE)
    if token is not None:
        following = request.url.include_query_params(nextPageToken=token)
        response.headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
    return response


async def document_in(request: Request) -> bytes:
    """The whole document, before anything looks into it."""
    media_type(request.scope, JSON, LD_JSON)
    return await read_body(request.scope, request.receive, node_of(request).settings.max_body)


@router.post(
    "/v1/epcis/capture",
    summary="Record the statements that an EPCIS document brings; drafts for what is not signed",
    description="Every event brings the statement that its signer signed (`unbroken:signed`, base64url) and "
    "must say the same. What brings none is refused with a draft to sign.",
    status_code=202,
    response_model=CaptureJob,
    responses=CAPTURED | problems(400, 401, 413, 415, 503),
    openapi_extra=sent({JSON: json.dumps(EPCIS_DOCUMENT), LD_JSON: json.dumps(EPCIS_DOCUMENT)}),
)
async def post_capture(
    request: Request,
    reader: TheReader,
    raw: Annotated[bytes, Depends(document_in)],
    behaviour: Behaviour = None,
) -> Response:
    if behaviour not in (None, ROLLBACK, PROCEED):
        raise Malformed("invalid_request", f"GS1-Capture-Error-Behaviour: expected {ROLLBACK} or {PROCEED}")
    events = await run_in_threadpool(read_document, raw)
    made = await run_in_threadpool(captured, reader, events, behaviour or ROLLBACK)
    answered(made, await reader.node.intake.many([one.raw for one in made.waiting if one.raw is not None]))
    now_ms = reader.node.ledger.config.clock_ms()
    kept = json.dumps(job(made, now_ms, whole=False))
    await run_in_threadpool(reader.node.captures.keep, made.id, reader.agent.id, kept, now_ms)
    headers = {"location": f"/v1/epcis/capture/{made.id}", "cache-control": "no-store"}
    return Response(_json(job(made, now_ms, whole=True)), 202, headers, JSON)


@router.get(
    "/v1/epcis/capture/{capture}",
    summary="What became of a document that you captured",
    response_model=CaptureJob,
    responses=shown(JOB, "Codes and places; details and drafts were in the first answer")
    | problems(400, 401, 404, 503),
)
def get_capture(request: Request, reader: TheReader, capture: CaptureId) -> Response:
    found = reader.node.captures.find(capture, reader.agent.id)
    if found is None:
        raise NotFound("no_such_capture", "you captured no document under this id, or more than 30 days ago")
    return answer(request, found.encode(), JSON, PRIVATE)


def _json(found: Any) -> bytes:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
