"""Reading what was sent: the right media type, and no more bytes than allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from ledger.errors import Malformed

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

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
