"""What a client signs to sign in: a challenge that the server can check without keeping it.

    challenge = base64url( expiry, ms, 8 bytes big-endian | 16 random bytes | HMAC-SHA-256 of both )

The HMAC's key is derived from a key that all nodes of a log share, so that any node checks
what another has issued.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from ledger.errors import Unauthentic

if TYPE_CHECKING:
    from ledger.proof.keys import SigningKey

_LABEL = b"unbroken session challenges v1\x00"
_STATED = 24  # bytes before the HMAC
_SIZE = _STATED + 32


def challenge_key(key: SigningKey) -> bytes:
    """A secret that only holders of `key` can derive: its deterministic signature, hashed.

    The label is no COSE Sig_structure, checkpoint or cosignature, so nothing else that the
    key signs can equal it.
    """
    return hashlib.sha256(_LABEL + key.sign(_LABEL)).digest()


def cursor_key(key: SigningKey) -> bytes:
    """Another such secret, for the cursors of pages."""
    return hashlib.sha256(b"unbroken cursors v1\x00" + challenge_key(key)).digest()


def issue(secret: bytes, expires_ms: int) -> str:
    stated = expires_ms.to_bytes(8, "big") + secrets.token_bytes(_STATED - 8)
    return base64.urlsafe_b64encode(stated + _tag(secret, stated)).rstrip(b"=").decode()


def check(secret: bytes, challenge: str, now_ms: int) -> int:
    """When the challenge expires (ms). Raises `Unauthentic`: `bad_challenge`, `challenge_expired`."""
    data = _decode(challenge)
    stated, tag = data[:_STATED], data[_STATED:]
    if len(data) != _SIZE or not hmac.compare_digest(tag, _tag(secret, stated)):
        raise Unauthentic("bad_challenge", "this ledger did not issue that challenge: ask for one, sign it")
    expires_ms = int.from_bytes(stated[:8], "big")
    if expires_ms <= now_ms:
        raise Unauthentic("challenge_expired", "the challenge has expired: ask for a new one and sign that")
    return expires_ms


def _tag(secret: bytes, stated: bytes) -> bytes:
    return hmac.digest(secret, stated, "sha256")


def _decode(challenge: str) -> bytes:
    try:
        return base64.b64decode(challenge + "=" * (-len(challenge) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
