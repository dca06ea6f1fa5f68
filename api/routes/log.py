"""The log itself, in C2SP's forms: checkpoints and hash tiles for everybody, entries for few."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import FOR_EVER, PRIVATE, REVALIDATE, answer, document
from api.describing import problems, shown
from api.examples import BUNDLE, CHECKPOINTS, LOG, NOTE, TILE
from api.node import Node, TheNode
from api.reading import Reader, TheReader
from ledger.domain.rules import RULE_SET
from ledger.domain.world import timestamp
from ledger.errors import NotFound, Unauthorised
from ledger.proof import tiles
from ledger.store.decode import LazyEntry
from ledger.store.recorder import StoredCheckpoint, StoredEntry

router = APIRouter(tags=["log"])

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
HASH_SIZE = 32
MAX_SIZE = 2**53  # no tree is as large, and a database holds no larger number


class LogDocument(BaseModel):
    """What a client pins: the origin and the verifier key, and that of the second signature (ML-DSA-44)
    where the log has one; and how far the log has come."""

    origin: str
    vkey: str
    second_vkey: str | None
    size: int
    root: str
    rule_set: int


class CheckpointDocument(BaseModel):
    size: int
    time: str
    note: str


class Checkpoints(BaseModel):
    """Heads in ascending order. `next_after`: ask with it for more; null at the end."""

    checkpoints: list[CheckpointDocument]
    next_after: int | None


@router.get("/v1/log", summary="What log is this?", responses=shown(LOG, "The log") | problems(503))
def get_log(request: Request, node: TheNode) -> LogDocument:
    size, root = node.ledger.store.head()
    log, ledger = node.ledger.world_at(size).log(), node.ledger
    return LogDocument(
        origin=ledger.origin,
        vkey=str(ledger.vkey),
        second_vkey=log.second_key,
        size=size,
        root=root.hex(),
        rule_set=log.rule_set or RULE_SET,
    )


@router.get(
    "/v1/checkpoints",
    summary="Every head that the log signed",
    response_model=Checkpoints,
    responses=shown(CHECKPOINTS, "A page of heads") | problems(400, 503),
)
def get_checkpoints(
    request: Request,
    node: TheNode,
    after: Annotated[int, Query(ge=0, lt=MAX_SIZE, description="Heads of larger trees than this")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    found = node.ledger.store.checkpoints(after, limit)
    listed = [
        CheckpointDocument(size=one.size, time=timestamp(one.time_ms), note=note.decode())
        for one, note in zip(found, node.cosignatures.complete(found), strict=True)
    ]
    next_after = found[-1].size if len(found) == limit else None
    return document(request, Checkpoints(checkpoints=listed, next_after=next_after))


@router.get(
    "/log/checkpoint",
    summary="The newest head (c2sp.org/tlog-checkpoint)",
    description="With the lines of the witnesses that have cosigned it by now: of a head that is a second "
    "old, there may be none yet.",
    response_class=Response,
    responses=shown(NOTE, "A signed note", media_type=TEXT) | problems(404, 503),
)
def get_checkpoint(request: Request, node: TheNode) -> Response:
    found = node.ledger.store.latest_checkpoint()
    if found is None:
        raise NotFound("no_such_checkpoint", "the log has no entry yet")
    return _noted(request, node, found)


@router.get(
    "/log/checkpoint.witnessed",
    summary="The newest head that meets the node's witness policy",
    description="Its note carries the lines of enough witnesses for the policy (c2sp.org/tlog-policy) that "
    "this node was given. It is an older head than the newest, by seconds where all witnesses answer.",
    response_class=Response,
    responses=shown(NOTE, "A signed note", media_type=TEXT) | problems(404, 503),
)
def get_witnessed_checkpoint(request: Request, node: TheNode) -> Response:
    found = node.witnessing.newest()
    if found is None:
        raise NotFound("no_such_checkpoint", "no head was cosigned by enough witnesses yet, or none is asked")
    return _noted(request, node, found)


def _noted(request: Request, node: Node, found: StoredCheckpoint) -> Response:
    (note,) = node.cosignatures.complete([found])
    return answer(request, note, TEXT, REVALIDATE)


@router.get(
    "/log/checkpoint.{size}",
    summary="The head of one size",
    response_class=Response,
    responses=shown(NOTE, "A signed note", media_type=TEXT) | problems(400, 404, 503),
)
def get_checkpoint_of(
    request: Request, node: TheNode, size: Annotated[int, Path(ge=1, lt=MAX_SIZE, examples=[4711])]
) -> Response:
    found = node.ledger.store.checkpoint(size)
    if found is None:
        raise NotFound("no_such_checkpoint", f"the log signed no head of {size} entries")
    return _noted(request, node, found)


@router.get(
    "/log/tile/entries/{path:path}",
    summary="A bundle of entries (c2sp.org/tlog-tiles)",
    description="For readers entitled to every therapy in the bundle; registry streams are open to all.",
    response_class=Response,
    responses=shown(BUNDLE, "Entries behind their lengths", media_type=BYTES)
    | problems(400, 401, 403, 404, 503),
)
def get_bundle(
    request: Request, reader: TheReader, path: Annotated[str, Path(examples=["x001/234.p/12"])]
) -> Response:
    ref = tiles.parse_tile_path(f"tile/entries/{path}")
    start = ref.index * tiles.TILE_WIDTH
    if start + ref.width > reader.size:
        raise NotFound("no_such_tile", f"the log has {reader.size} entries")
    entries = reader.node.ledger.store.entries(start, start + ref.width)
    if not reader.reads_all:
        _must_be_open(reader, entries)
    return answer(request, tiles.encode_bundle([one.data for one in entries]), BYTES, PRIVATE)


def _must_be_open(reader: Reader, entries: list[StoredEntry]) -> None:
    if not all(reader.may_read_all_of(LazyEntry(one)) for one in entries):
        raise Unauthorised("not_yours", "this bundle holds therapies that you may not read")


@router.get(
    "/log/tile/{path:path}",
    summary="A tile of hashes (c2sp.org/tlog-tiles)",
    response_class=Response,
    responses=shown(TILE, "Hashes of 32 bytes", media_type=BYTES) | problems(400, 404, 503),
)
def get_tile(
    request: Request, node: TheNode, path: Annotated[str, Path(examples=["0/x001/234.p/12"])]
) -> Response:
    ref = tiles.parse_tile_path(f"tile/{path}")
    hashes = node.ledger.store.tile(int(ref.level), ref.index) or b""
    wanted = hashes[: ref.width * HASH_SIZE]
    if len(wanted) != ref.width * HASH_SIZE:
        raise NotFound("no_such_tile", f"the log has no tile {path} yet")
    return answer(request, wanted, BYTES, FOR_EVER)
