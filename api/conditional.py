"""Answers that a client may keep: entity tags (RFC 9110 section 8.8.3) and how long they hold."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.requests import Request

FOR_EVER = "public, max-age=31536000, immutable"
PRIVATE = "private, no-cache"  # asked again each time, so that rights that ended have ended
REVALIDATE = "no-cache"  # keep it, but ask each time whether it still holds


def document(request: Request, found: BaseModel) -> Response:
    """A JSON document that may be different the next time.

    Its tag is weak: a log that grew elsewhere (`as_of_position`, `lag`) makes no other document.
    """
    same = found.model_dump_json(exclude={"as_of_position", "lag"}).encode()
    body = found.model_dump_json().encode()
    return _answer(request, body, "application/json", f"W/{_tag(same)}", {"cache-control": PRIVATE})


def answer(request: Request, body: bytes, media_type: str, cache: str) -> Response:
    """The bytes, or 304 if the client holds them already."""
    return _answer(request, body, media_type, _tag(body), {"cache-control": cache, "vary": "accept"})


def _answer(request: Request, body: bytes, media_type: str, etag: str, headers: dict[str, str]) -> Response:
    headers["etag"] = etag
    if matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(header: str, etag: str) -> bool:
    """RFC 9110 section 13.1.2: a weak comparison with any tag listed, or `*`."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return etag.removeprefix("W/") in tags or "*" in tags
