"""Cursors: where the last page ended, sealed.

A page may end behind rows that its reader may not see, so a cursor tells nobody what it stands
for: it is encrypted (AES-SIV, RFC 5297), for this agent, under a key that only the log's nodes
can derive. One that nobody was given is refused.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from fastapi import Query

from ledger.errors import Malformed

if TYPE_CHECKING:
    from api.reading import Reader

NUL = "\x00"  # in no key of ours, and PostgreSQL's texts can't hold it

Cursor = Annotated[
    str | None,
    Query(
        max_length=600, description="`next_cursor` of the page before", examples=["8Qm0uHb5X1mYV2zq0nD0aw"]
    ),
]


def cursor_of(reader: Reader, last: str) -> str:
    """The cursor behind the item with this key."""
    sealed = AESSIV(reader.node.cursor_key).encrypt(last.encode(), [reader.agent.id.encode()])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def after_of(reader: Reader, cursor: str | None) -> str:
    """The key behind which a page begins; empty for the first. Raises `Malformed` (`invalid_request`)."""
    if cursor is None:
        return ""
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        last = AESSIV(reader.node.cursor_key).decrypt(sealed, [reader.agent.id.encode()])
    except (binascii.Error, ValueError, InvalidTag):
        raise Malformed("invalid_request", "cursor: not one that this ledger gave you") from None
    return last.decode()


def position_of(reader: Reader, cursor: str | None) -> int:
    """The position behind which a page begins; -1 for the first. Raises as `after_of`."""
    last = after_of(reader, cursor)
    if last and not (last.isascii() and last.isdecimal() and len(last) < 17):
        raise Malformed("invalid_request", "cursor: not one of this list")
    return int(last) if last else -1
