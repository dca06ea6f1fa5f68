"""How a field is sealed, how a key is wrapped, and how a person's keys come from one. Pure.

Sealing is AES-256-GCM (NIST SP 800-38D) under a nonce of 12 random bytes that is handed in; what a
field belongs to is authenticated with it, so that no row opens in another's place. A data key seals a
handful of short fields, and is drawn anew on every re-keying: far from the 2^32 nonces of section 8.3.
"""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import Fault

KEY_SIZE = 32
NONCE_SIZE = 12
PERSON_SIZE = 16
_FIELD = b"unbroken vault field v1\x00"
_COMMITMENT = b"unbroken patient field key v1\x00"
_INDEX = b"unbroken vault index v1\x00"


def seal(key: bytes, plain: bytes, nonce: bytes, about: bytes) -> bytes:
    """nonce, ciphertext and tag. `about` is authenticated, not kept."""
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def unseal(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """Raises `Fault` (`vault_damaged`): altered, of something else, or under another key."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], about)
    except (InvalidTag, ValueError):  # the second: too short for a nonce
        raise Fault("vault_damaged", "a sealed row of the vault does not open") from None


def about_field(person: bytes, name: str, version: int) -> bytes:
    """What a sealed field belongs to: person (16 bytes), version of the data key, name."""
    return _FIELD + person + version.to_bytes(4) + name.encode()


def field_key(commitment_key: bytes, name: str) -> bytes:
    """The key of one person's commitments to this field; 32 bytes.

    HKDF (RFC 5869) with SHA-256 and no salt: the commitment key is uniformly random already
    (section 3.1). From a field's key nobody gets the commitment key, or another field's.
    """
    return HKDF(SHA256(), KEY_SIZE, salt=None, info=_COMMITMENT + name.encode()).derive(commitment_key)


def index_of(index_key: bytes, name: str, normalised: str) -> bytes:
    """By which a person is found who has this value; 32 bytes. The field's name is part of it."""
    return hmac.digest(index_key, _INDEX + name.encode() + b"\x00" + normalised.encode(), "sha256")
