"""What a checking process is asked, and how it travels: a length of four bytes, a nonce, then CBOR.

The answer is the nonce again, then a byte for each signature. Both ends are the same program on
the same machine: nothing here is a format for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import cbor2

if TYPE_CHECKING:
    import socket

READY = b"\x01"
VERIFIED = 1  # the one verdict that means anything
NONCE = 16  # bytes: no answer passes for another question's
_LENGTH = 4  # bytes, big-endian


class Signed(NamedTuple):
    """To check: did the key (SubjectPublicKeyInfo DER) sign the statement (COSE_Sign1, its exact bytes)?"""

    spki: bytes
    raw: bytes


def frame_of(nonce: bytes, ones: Sequence[Signed]) -> bytes:
    body = nonce + cbor2.dumps(ones)
    return len(body).to_bytes(_LENGTH, "big") + body


def question_in(body: bytes) -> tuple[bytes, list[Signed]]:
    """The nonce, and what to check."""
    return body[:NONCE], [Signed(*one) for one in cbor2.loads(body[NONCE:])]


def receive(peer: socket.socket) -> bytes:
    """The next frame's body; nothing where the peer has gone. Raises `OSError`."""
    length = exactly(peer, _LENGTH)
    return exactly(peer, int.from_bytes(length, "big")) if length else b""


def exactly(peer: socket.socket, count: int) -> bytes:
    """So many bytes, or none where the peer has gone. Raises `OSError`."""
    found = bytearray()
    while len(found) < count:
        part = peer.recv(count - len(found))
        if not part:
            return b""
        found += part
    return bytes(found)
