"""Cursors: where the last page ended. Opaque to clients, so that they may change."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Query

from ledger.errors import Malformed

Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before", examples=["NDcxMQ"])
]

NUL = "\x00"  # in no key of ours, and PostgreSQL's texts can't hold it


def cursor_of(last: str) -> str:
    """The cursor behind the item with this key."""
    return base64.urlsafe_b64encode(last.encode()).rstrip(b"=").decode()


def after_of(cursor: str | None) -> str:
    """The key behind which a page begins; empty for the first. Raises `Malformed` (`invalid_request`)."""
    if cursor is None:
        return ""
    try:
        last = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        last = ""
    if not last or NUL in last or cursor_of(last) != cursor:
        raise Malformed("invalid_request", "cursor: not one that this ledger gave")
    return last


def position_of(cursor: str | None) -> int:
    """The position behind which a page begins; -1 for the first. Raises as `after_of`."""
    last = after_of(cursor)
    if last and not (last.isascii() and last.isdecimal() and len(last) < 17):
        raise Malformed("invalid_request", "cursor: not one that this ledger gave")
    return int(last) if last else -1
