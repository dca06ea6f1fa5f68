"""Single entries, with their proofs in each form."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.answers import base64url
from api.bodies import COSE, JSON
from api.conditional import PRIVATE, answer
from api.describing import problems, shown
from api.examples import ENTRY, PROOF, RECEIPT
from api.reading import Reader, TheReader
from ledger.application import node_reader
from ledger.domain.events import to_payload
from ledger.domain.parts import Hex32
from ledger.domain.world import Entry, timestamp
from ledger.errors import Malformed, NotFound
from ledger.proof import merkle, receipt
from ledger.store.decode import entry_of

router = APIRouter(tags=["entries"])

TEXT = "text/plain; charset=utf-8"
Position = Annotated[int, Path(ge=0, lt=2**53, description="Leaf index, from 0", examples=[4711])]


class EntryDocument(BaseModel):
    """One statement at its place. `event` is its payload, `statement` its bytes (base64url)."""

    position: int
    statement_id: str
    kid: str
    signer: str
    stream: str
    recorded_at: str
    event: dict[str, Any]
    statement: str


@router.get(
    "/v1/entries/{position}",
    summary="One entry, as its bytes or explained",
    response_model=EntryDocument,
    responses=shown(ENTRY, "The entry; with `Accept: application/cose` its exact bytes")
    | problems(401, 404, 406, 503),
)
def get_entry(request: Request, reader: TheReader, position: Position) -> Response:
    form = accepted(request)
    entry, data = readable(reader, position)
    body = data if form == COSE else described(entry, data).model_dump_json().encode()
    return answer(request, body, form, PRIVATE)


@router.get(
    "/v1/entries",
    summary="The entry of a statement",
    response_model=EntryDocument,
    responses=shown(ENTRY, "The entry") | problems(400, 401, 404, 503),
)
def find_entry(
    request: Request,
    reader: TheReader,
    statement_id: Annotated[Hex32, Query(description="SHA-256 of its bytes", examples=["ab" * 32])],
) -> Response:
    position = reader.node.ledger.store.position_of(bytes.fromhex(statement_id))
    entry, data = readable(reader, -1 if position is None else position)
    body = described(entry, data).model_dump_json().encode()
    return answer(request, body, JSON, PRIVATE)


@router.get(
    "/v1/entries/{position}/receipt",
    summary="The entry's COSE receipt (RFC 9942)",
    response_class=Response,
    responses=shown(RECEIPT, "The receipt", media_type=COSE) | problems(401, 404, 503),
)
def get_receipt(request: Request, reader: TheReader, position: Position) -> Response:
    readable(reader, position)
    return answer(request, reader.node.ledger.answer_at(position).receipt, COSE, PRIVATE)


@router.get(
    "/v1/entries/{position}/proof",
    summary="The entry's c2sp.org/tlog-proof",
    response_class=Response,
    responses=shown(PROOF, "The proof and its checkpoint", media_type=TEXT) | problems(401, 404, 503),
)
def get_proof(request: Request, reader: TheReader, position: Position) -> Response:
    readable(reader, position)
    node, store = reader.node, reader.node.ledger.store
    witnessed = node.witnessing.newest()
    head = witnessed if witnessed and witnessed.size > position else store.checkpoint_covering(position)
    path = merkle.inclusion_proof(position, head.size, node_reader(store))
    (note,) = node.cosignatures.complete([head])
    return answer(request, receipt.encode_tlog_proof(position, path, note), TEXT, PRIVATE)


def readable(reader: Reader, position: int) -> tuple[Entry, bytes]:
    """The entry and its bytes. Raises `NotFound` (`no_such_entry`), also for what is not for this reader."""
    for stored in reader.node.ledger.store.entries(position, position + 1):
        entry = entry_of(stored.position, stored.data, stored.recorded_ms)
        if reader.may_read_entry(entry):
            return entry, stored.data
    raise NotFound("no_such_entry", "there is no such entry that you may read")


def described(entry: Entry, data: bytes) -> EntryDocument:
    return EntryDocument(
        position=entry.position,
        statement_id=entry.statement_id,
        kid=entry.kid,
        signer=entry.signer,
        stream=entry.stream,
        recorded_at=timestamp(entry.recorded_ms),
        event=to_payload(entry.event),
        statement=base64url(data),
    )


def accepted(request: Request) -> str:
    """COSE or JSON, as the Accept header prefers by its order. Raises `Malformed` (`not_acceptable`)."""
    header = request.headers.get("accept", "*/*")
    for part in header.split(","):
        wanted = part.partition(";")[0].strip().lower()
        if wanted == COSE:
            return COSE
        if wanted in (JSON, "application/*", "*/*"):
            return JSON
    raise Malformed("not_acceptable", f"an entry is served as {COSE} or {JSON}")
