"""Several statements in one file or body: a CBOR sequence (RFC 8742).

Every statement here is in CBOR's one deterministic form, so the parser that reads one also
says, by what it wrote, where it ends.
"""

from __future__ import annotations

from ledger.errors import Malformed

_BYTES, _TEXT, _ARRAY, _MAP, _TAG = 2, 3, 4, 5, 6  # major types, RFC 8949 §3.1


def split_sequence(data: bytes) -> list[bytes]:
    """The encoded items, in order, exactly as they came. Raises `Malformed` `malformed_cbor`."""
    items: list[bytes] = []
    at = 0
    while at < len(data):
        end = _end(data, at)
        items.append(data[at:end])
        at = end
    return items


def _end(data: bytes, start: int) -> int:
    """Where the item that starts here ends, counting the items that are still open."""
    at, missing = start, 1
    while missing:
        if at >= len(data) or data[at] & 31 > 27:
            raise Malformed(
                "malformed_cbor", f"the item at byte {start} is not whole CBOR of definite length"
            )
        major, argument, at = _head(data, at)
        missing -= 1
        if major in (_BYTES, _TEXT):
            at += argument
        missing += {_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}.get(major, 0)
    if at > len(data):
        raise Malformed("malformed_cbor", f"the item at byte {start} is cut off")
    return at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument, and where the head ends (RFC 8949 §3)."""
    major, short = data[at] >> 5, data[at] & 31
    if short < 24:
        return major, short, at + 1
    size = 1 << (short - 24)
    return major, int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size
