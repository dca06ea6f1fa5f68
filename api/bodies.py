"""Reading what was sent: the right media type, and no more bytes than allowed."""

from __future__ import annotations

from starlette.requests import Request

from ledger.errors import Malformed

COSE = "application/cose"
SEQUENCE = "application/cbor-seq"  # RFC 8742
JSON = "application/json"


def media_type(request: Request, *known: str) -> str:
    """The body's media type, without parameters. Raises `Malformed` `unsupported_media_type`."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in known:
        raise Malformed("unsupported_media_type", f"the body's type is {sent!r}; send {' or '.join(known)}")
    return sent


async def read_body(request: Request, limit: int, code: str = "body_too_large") -> bytes:
    """The whole body. Raises `Malformed` with `code` as soon as it is longer than `limit` bytes."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limit:
        raise _too_large(limit, code)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit, code)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(limit: int, code: str) -> Malformed:
    return Malformed(code, f"at most {limit} bytes are taken here")
