"""A signing key: whose it is, whether it may still sign, and where its sequence stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples import KEY
from api.reading import TheReader
from ledger.domain.parts import Hex32
from ledger.errors import NotFound

router = APIRouter(tags=["registry"])


class KeyDocument(BaseModel):
    """`seq` and `last`: number and id of the key's last recorded statement; null before the first."""

    kid: str
    agent: str
    status: str
    seq: int | None
    last: str | None
    position: int


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
