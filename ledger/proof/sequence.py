"""A body or file of several statements: a CBOR sequence (RFC 8742), taken apart without decoding.

Only the lengths are read. Whether each item is a statement is for the strict parser to say,
so that one bad statement is answered on its own and does not spoil the others.
"""

from __future__ import annotations

from ledger.errors import Malformed

_STRINGS, _ARRAY, _MAP, _TAG = (2, 3), 4, 5, 6  # major types, RFC 8949 section 3.1


def split(body: bytes, limit: int | None = None) -> list[bytes]:
    """The encoded items of the sequence, in order, exactly as they came.

    Raises `Malformed`: `malformed_cbor` naming the byte where the sequence breaks (then
    nothing of it is taken, for what follows cannot be told apart), `too_many_statements`.
    """
    items: list[bytes] = []
    at = 0
    while at < len(body):
        if len(items) == limit:
            raise Malformed("too_many_statements", f"a body carries at most {limit} statements: send several")
        end = _end(body, at)
        items.append(body[at:end])
        at = end
    return items


def _end(body: bytes, start: int) -> int:
    """Where the item that starts here ends. Nesting only adds to what is left to read."""
    at, left = start, 1
    while left:
        if at >= len(body):
            raise _broken(start)
        major, info = body[at] >> 5, body[at] & 31
        width = 0 if info < 24 else 1 << (info - 24)
        if info > 27:  # reserved, or an indefinite length, which we never write
            raise _broken(start)
        argument = int.from_bytes(body[at + 1 : at + 1 + width], "big") if width else info
        at += 1 + width + (argument if major in _STRINGS else 0)
        left += {_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}.get(major, 0) - 1
    if at > len(body):
        raise _broken(start)
    return at


def _broken(start: int) -> Malformed:
    return Malformed(
        "malformed_cbor", f"the item that starts at byte {start} is not whole CBOR of definite length"
    )
