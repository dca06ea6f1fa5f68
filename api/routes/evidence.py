"""Loggers' own files: handed in for a therapy, and given back to its readers, byte for byte."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.bodies import media_type, read_body
from api.describing import Responses, problems, sent, shown
from api.examples import COI, ID
from api.node import node_of
from api.reading import TheReader
from ledger.domain.standing import has_part_in
from ledger.errors import Conflict, NotFound, NotPermitted

router = APIRouter(tags=["temperature"])

BYTES = "application/octet-stream"
GIVEN: Responses = {
    200: {"description": "The file's bytes, exactly", "content": {BYTES: {"example": "<the file>"}}}
}
# Whatever it holds, a browser must not run it: it only ever saves it.
HEADERS = {
    "cache-control": "private, no-store",
    "content-disposition": "attachment",
    "x-content-type-options": "nosniff",
}
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file", examples=[ID])]
OfCoi = Annotated[
    str, Query(max_length=80, description="The therapy that it is evidence for", examples=[COI])
]


class KeptEvidence(BaseModel):
    """What `TemperatureEvidenceAttached` says as `raw`, and the file's size in bytes."""

    sha256: str
    size: int


async def file_in(request: Request) -> bytes:
    """The whole file, before anything looks into it."""
    media_type(request.scope, BYTES)
    return await read_body(request.scope, request.receive, node_of(request).settings.max_evidence)


@router.post(
    "/v1/evidence",
    summary="Keep a logger's own file for a therapy; the same bytes again change nothing",
    description="Nothing reads the file here. Its SHA-256 goes into `TemperatureEvidenceAttached.raw`.",
    status_code=201,
    responses=shown({"sha256": ID, "size": 5422}, "Kept, durably", 201)
    | problems(400, 401, 403, 404, 409, 413, 415, 503),
    openapi_extra=sent({BYTES: "<the file>"}),
)
def post_evidence(reader: TheReader, coi: OfCoi, raw: Annotated[bytes, Depends(file_in)]) -> KeptEvidence:
    chain, node = reader.chain(coi), reader.node
    if not has_part_in(reader.agent, chain, reader.world):
        raise NotPermitted("not_permitted", "who reads this therapy without a part in it hands in no files")
    if node.evidence.kept(coi) + len(raw) > node.settings.max_evidence_of_therapy:
        detail = "the file was not kept: keep it yourself, and ask who runs the server for room"
        raise Conflict("evidence_full", detail)
    kept = node.evidence.keep(raw, coi, reader.agent.id, node.ledger.config.clock_ms())
    return KeptEvidence(sha256=kept, size=len(raw))


@router.get(
    "/v1/evidence/{sha256}",
    summary="A logger's own file, for the readers of the therapies that it is evidence for",
    response_class=Response,
    responses=GIVEN | problems(400, 401, 404, 503),
)
def get_evidence(reader: TheReader, sha256: Sha256) -> Response:
    store = reader.node.evidence
    if not any(reader.may_read(coi) for coi in store.chains(sha256)):
        raise NotFound("no_such_evidence", "there is no such file that you may read")
    return Response(store.find(sha256), headers=HEADERS, media_type=BYTES)
