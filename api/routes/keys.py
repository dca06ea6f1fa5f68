"""A signing key: whose it is, whether it may still sign, and where its sequence stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples import KEY
from api.examples_registry import KEYS
from api.listing import Limit
from api.pages import Cursor
from api.reading import TheReader
from api.registry import Counted, KeyRowDocument, listed
from ledger.domain.parts import Hex32, Name
from ledger.domain.registry import KeyStatus
from ledger.errors import NotFound
from ledger.views import registered

router = APIRouter(tags=["registry"])


class KeyDocument(BaseModel):
    """`seq` and `last`: number and id of the key's last recorded statement; null before the first."""

    kid: str
    agent: str
    status: str
    seq: int | None
    last: str | None
    position: int


class Keys(Counted):
    keys: list[KeyRowDocument]


@router.get(
    "/v1/keys",
    summary="Keys, by whether they may still sign",
    response_model=Keys,
    responses=shown(KEYS, "A page, by id") | problems(400, 401, 503),
)
def get_keys(
    request: Request,
    reader: TheReader,
    status: Annotated[KeyStatus | None, Query(examples=["revoked"])] = None,
    agent: Annotated[Name | None, Query(examples=["quinn"])] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    page = listed(reader, registered.keys, KeyRowDocument, cursor, limit, status=status, agent=agent)
    return document(request, Keys(keys=page.pop("rows"), **page))


@router.get(
    "/v1/keys/{kid}",
    summary="A key, for its owner, administrators and auditors",
    response_model=KeyDocument,
    responses=shown(KEY, "The key") | problems(400, 401, 404, 503),
)
def get_key(
    request: Request, reader: TheReader, kid: Annotated[Hex32, Path(examples=["ab" * 32])]
) -> Response:
    key = reader.world.key(kid)
    agent = reader.agent
    if key is None or not (key.agent == agent.id or agent.is_administrator or reader.reads_all):
        raise NotFound("no_such_key", "there is no such key that you may read")
    seq, last = reader.world.signer(kid)
    found = KeyDocument(
        kid=kid, agent=key.agent, status=key.status, seq=seq, last=last, position=key.position
    )
    return document(request, found)
