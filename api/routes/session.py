"""Signing in with one's own key; the token then opens what that person may read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.responses import Response

from api.bodies import COSE, media_type, read_body
from api.describing import problems, sent, shown
from api.examples import CHALLENGE, OPENED, SESSION, STATEMENT
from api.node import TheNode, node_of
from api.reading import TheReader
from ledger.domain.world import timestamp

router = APIRouter(tags=["session"])


class Challenge(BaseModel):
    """Sign `{"challenge": …}` within two minutes."""

    challenge: str


class SessionOpened(BaseModel):
    """Send the token as `Authorization: Bearer …`. It is told only here."""

    token: str
    agent: str
    expires_at: str


class SessionSeen(BaseModel):
    """Who this session belongs to, what they may do where, and when it ends.

    `label_host`: what the links of this ledger's labels name; null: it draws none.
    """

    agent: str
    organisation: str
    roles: dict[str, list[str]]
    expires_at: str
    label_host: str | None


async def sign_in_body(request: Request) -> bytes:
    media_type(request.scope, COSE)
    return await read_body(request.scope, request.receive, node_of(request).settings.max_question)


@router.get(
    "/v1/session/challenge",
    summary="Ask for a challenge to sign",
    responses=shown(CHALLENGE, "A challenge, good for two minutes"),
)
def get_challenge(node: TheNode) -> Challenge:
    return Challenge(challenge=node.sessions.challenge())


@router.post(
    "/v1/session",
    summary="Sign in: open a session with a signed challenge",
    description='A COSE_Sign1 of content type `application/vnd.unbroken.session+json; v=1`, `sub` "session", '
    '`aud` the log\'s origin, `iss` the agent, and the payload `{"challenge": …}`.',
    responses=shown(OPENED, "A session", 201) | problems(400, 401, 413, 415, 503, signature=True),
    openapi_extra=sent({COSE: STATEMENT}),
    status_code=201,
)
def post_session(node: TheNode, raw: Annotated[bytes, Depends(sign_in_body)]) -> SessionOpened:
    opened = node.sessions.sign_in(raw)
    expires_at = timestamp(opened.session.expires_ms)
    return SessionOpened(token=opened.token, agent=opened.session.agent, expires_at=expires_at)


@router.get(
    "/v1/session",
    summary="Who am I?",
    responses=shown(SESSION, "This session") | problems(401, 503),
)
def get_session(reader: TheReader) -> SessionSeen:
    agent = reader.agent
    return SessionSeen(
        agent=agent.id,
        organisation=agent.organisation,
        roles={site: sorted(roles) for site, roles in sorted(agent.roles_at.items())},
        expires_at=timestamp(reader.session.expires_ms),
        label_host=reader.node.settings.label_host or None,
    )


@router.delete(
    "/v1/session",
    summary="Sign out",
    status_code=204,
    response_class=Response,
    responses=problems(401, 503),
)
def delete_session(
    reader: TheReader, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> None:
    reader.node.sessions.sign_out(credentials.credentials)
