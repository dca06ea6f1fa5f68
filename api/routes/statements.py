"""Recording: the one write of this interface. The signature is the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.answers import answer_json, answers_json
from api.bodies import COSE, JSON, SEQUENCE, media_type, read_body
from api.describing import Responses, problems, sent, shown
from api.examples import ANSWER, ANSWERS, STATEMENT
from api.observed import CODE
from api.problems import MEDIA_TYPE, problem_of
from ledger.errors import UnbrokenError
from ledger.proof.sequence import split
from ledger.proof.statement import MAX_STATEMENT

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.intake import Intake
    from api.settings import Settings

PATH = "/v1/statements"
DESCRIPTION = """Record one signed statement (`application/cose`), or up to 1,000 as a CBOR sequence
(`application/cbor-seq`, RFC 8742), of which each is answered on its own, in order.

The answer comes when the statement is durable, and carries its receipt (RFC 9942). The same
bytes sent again get the same answer. After a 429, a 5xx or no answer at all, send the same
bytes again; any other problem is a verdict about them."""
RESPONSES: Responses = (
    shown(ANSWER, "Recorded", 201)
    | shown(ANSWERS, "Each answered on its own", 200)
    | problems(400, 401, 403, 409, 413, 415, 422, 429, 503, signature=True)
)
Headers = list[tuple[bytes, bytes]]


class Statements:
    """POST /v1/statements as a bare ASGI application, the busiest path of all.

    It needs no routing by pattern, no dependencies and no exit stacks, which together would
    cost the event loop as much as all the rest of a request.
    """

    def __init__(self, intake: Intake, settings: Settings) -> None:
        self._intake = intake
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if media_type(scope, COSE, SEQUENCE) == COSE:
                status, body = 201, await self._one(scope, receive)
            else:
                status, body = 200, await self._many(scope, receive)
            headers: Headers = [(b"content-type", JSON.encode())]
        except UnbrokenError as error:
            problem = problem_of(error)
            scope[CODE] = problem.code
            status, body = problem.status, problem.body()
            headers = [(name.encode(), value.encode()) for name, value in problem.headers().items()]
            headers.append((b"content-type", MEDIA_TYPE.encode()))
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _one(self, scope: Scope, receive: Receive) -> bytes:
        raw = await read_body(scope, receive, MAX_STATEMENT, "statement_too_large")
        result = await self._intake.one(raw)
        if isinstance(result, UnbrokenError):
            raise result
        return answer_json(result)

    async def _many(self, scope: Scope, receive: Receive) -> bytes:
        body = await read_body(scope, receive, self._settings.max_body)
        results = await self._intake.many(split(body, self._settings.max_statements))
        return answers_json(results)


async def post_statements(request: Request) -> Response:
    """What the description is made of; `Lean` runs `Statements` in its place."""
    raise NotImplementedError


class Lean(APIRoute):
    """A route that is described like every other, and runs an ASGI application."""

    def __init__(self, app: ASGIApp, **described: Any) -> None:
        super().__init__(PATH, post_statements, methods=["POST"], **described)
        self.app = app


def route(app: ASGIApp) -> Lean:
    """The route, for the description and for all that is not a plain POST."""
    return Lean(
        app,
        status_code=201,
        summary="Record signed statements",
        description=DESCRIPTION,
        responses=RESPONSES,
        openapi_extra=sent({COSE: STATEMENT, SEQUENCE: STATEMENT + STATEMENT}),
        response_class=Response,
        tags=["statements"],
    )
