"""Recording: the one write of this interface. The signature is the credential."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.answers import answer_json, answers_json
from api.bodies import COSE, SEQUENCE, media_type, read_body
from api.describing import Responses, problems, sent, shown
from api.examples import ANSWER, ANSWERS, STATEMENT
from api.node import node_of
from api.observed import CODE
from api.problems import problem_of
from api.sequence import split
from ledger.errors import UnbrokenError
from ledger.proof.statement import MAX_STATEMENT

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]

JSON = "application/json"
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


class Lean(APIRoute):
    """Described like every route, but run without FastAPI's dependencies and exit stacks: on the
    busiest path they would cost more than checking the signature's envelope."""

    def __init__(self, path: str, endpoint: Endpoint, **described: Any) -> None:
        super().__init__(path, endpoint, **described)

        async def lean(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive))
            await response(scope, receive, send)

        self.app = lean


async def post_statements(request: Request) -> Response:
    """Record one statement, or several, each answered on its own."""
    if media_type(request, COSE, SEQUENCE) == COSE:
        return await _one(request)
    node = node_of(request)
    body = await read_body(request, node.settings.max_body)
    results = await node.intake.many(split(body, node.settings.max_statements))
    return Response(answers_json(results), media_type=JSON)


async def _one(request: Request) -> Response:
    raw = await read_body(request, MAX_STATEMENT, "statement_too_large")
    result = await node_of(request).intake.one(raw)
    if isinstance(result, UnbrokenError):
        request.scope[CODE] = result.code
        return problem_of(result).response()
    return Response(answer_json(result), 201, media_type=JSON)


def route() -> Lean:
    """The route, to be put first."""
    extra: dict[str, Any] = sent({COSE: STATEMENT, SEQUENCE: STATEMENT + STATEMENT})
    return Lean(
        "/v1/statements",
        post_statements,
        methods=["POST"],
        status_code=201,
        summary="Record signed statements",
        description=DESCRIPTION,
        responses=RESPONSES,
        openapi_extra=extra,
        response_class=Response,
        tags=["statements"],
    )
