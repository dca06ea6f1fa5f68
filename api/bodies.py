"""Reading what was sent: the right media type, and no more bytes than allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from ledger.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request
    from starlette.types import Receive, Scope

Question = TypeVar("Question", bound=BaseModel)

COSE = "application/cose"
SEQUENCE = "application/cbor-seq"  # RFC 8742
JSON = "application/json"


def header(scope: Scope, name: bytes) -> str:
    """The first header of this lower-case name; empty if there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""


def media_type(scope: Scope, *known: str) -> str:
    """The body's media type, without parameters. Raises `Malformed` `unsupported_media_type`."""
    sent = header(scope, b"content-type").partition(";")[0].strip().lower()
    if sent not in known:
        raise Malformed("unsupported_media_type", f"the body's type is {sent!r}; send {' or '.join(known)}")
    return sent


async def read_body(scope: Scope, receive: Receive, limit: int, code: str = "body_too_large") -> bytes:
    """The whole body. Raises `Malformed` with `code` as soon as it is longer than `limit` bytes,
    `ClientDisconnect` where it breaks off."""
    stated = header(scope, b"content-length")
    size = int(stated) if stated.isdecimal() else 0
    parts: list[bytes] = []
    more = size <= limit
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size = sum(map(len, parts))
        more = message.get("more_body", False) and size <= limit
    if size > limit:
        raise Malformed(code, f"at most {limit} bytes are taken here")
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def read_json(request: Request, shape: type[Question], limit: int) -> Question:
    """What is asked in JSON.

    Raises `Malformed`: `unsupported_media_type`, `body_too_large`, `malformed_json`, and
    `invalid_request` naming the first part that is wrong, without repeating what was sent: of a path, as
    far as its steps are the shape's own, for the names within a table are whatever somebody sent.
    """
    media_type(request.scope, JSON)
    body = await read_body(request.scope, request.receive, limit)
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        code = "malformed_json" if first["type"] == "json_invalid" else "invalid_request"
        where = ".".join(map(str, _path(shape, first["loc"])))
        raise Malformed(code, f"{where}: {first['msg']}" if where else first["msg"]) from None


def _path(shape: type[BaseModel], steps: tuple[int | str, ...]) -> Iterator[int | str]:
    known = _names(shape.model_json_schema())
    return (step if isinstance(step, int) or step in known else "?" for step in steps)


def _names(schema: object) -> set[str]:
    """Every member that a JSON schema has anywhere, and its tags."""
    if isinstance(schema, list):
        return set().union(*map(_names, schema))
    if not isinstance(schema, dict):
        return {schema} if isinstance(schema, str) else set()
    return set(schema).union(*map(_names, schema.values()))
