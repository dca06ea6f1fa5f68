"""Bytes inside events: base64url without padding, in its one canonical spelling (RFC 4648 §3.5, §5)."""

from __future__ import annotations

import base64
import binascii

from ledger.errors import Malformed


def unbase64url(text: str) -> bytes:
    """Raises `Malformed` (`invalid_event`), also for an empty text."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        data = b""
    if not data or base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise Malformed("invalid_event", "it holds a text that is not canonical base64url")
    return data
