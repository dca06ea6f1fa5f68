"""A credential for tests, by a key that everybody knows."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import ed25519

from ledger.labels.credential import Credential, sign_credential, to_text
from ledger.proof.keys import SigningKey
from ledger.proof.note import vkey_of

ORIGIN = "ledger.example.org/unbroken"
KEY = SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
VKEY = vkey_of(ORIGIN, KEY.public)
CREDENTIAL = Credential(
    origin=ORIGIN,
    issued_s=1_798_000_000,
    container="A999921123456-01",
    serial="L7QK2M4D9XP",
    position=123_456,
    statement=hashlib.sha256(b"statement").digest(),
    size=123_460,
    root=hashlib.sha256(b"root").digest(),
)
CREDENTIAL_BYTES = sign_credential(KEY, CREDENTIAL)
CREDENTIAL_TEXT = to_text(CREDENTIAL_BYTES)
