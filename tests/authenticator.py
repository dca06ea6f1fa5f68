"""A passkey in software: makes real assertions, and any wrong one that a test asks for.

What a browser and an authenticator do between them: Web Authentication Level 2, sections
5.8.1 (client data), 6.1 (authenticator data) and 6.5.5 (signatures).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ledger.verify.esignatures import challenge_of
from tests.scenario import b64

RP_ID = "ledger.example"
UP, UV = 0x01, 0x04


@dataclass
class Authenticator:
    """One passkey. `credential` and `key` are what is enrolled."""

    rp_id: str = RP_ID
    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = b"a passkey's id"

    @property
    def credential(self) -> str:
        return b64(self.id)

    @property
    def key(self) -> str:
        der, spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return b64(self.private.public_key().public_bytes(der, spki))

    @property
    def enrolment(self) -> dict[str, str]:
        """The members of its `PasskeyAdded`."""
        return {"credential": self.credential, "key": self.key, "rp_id": self.rp_id}

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        made: bytes = self.private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return made

    def answer(
        self, challenge: bytes, /, flags: int = UP | UV, rp_id: str = "", **said: Any
    ) -> dict[str, str]:
        """The assertion's members. `said` replaces members of the client data; None takes one out."""
        usual = {
            "type": "webauthn.get",
            "challenge": b64(challenge),
            "origin": f"https://{self.rp_id}",
            "crossOrigin": False,
        }
        told = {name: value for name, value in (usual | said).items() if value is not None}
        return self.assertion(json.dumps(told, separators=(",", ":")).encode(), flags, rp_id or self.rp_id)

    def assertion(self, client_data: bytes, flags: int = UP | UV, rp_id: str = RP_ID) -> dict[str, str]:
        data = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + bytes(4)
        signature = self.sign(data + hashlib.sha256(client_data).digest())
        return {
            "credential": self.credential,
            "authenticator_data": b64(data),
            "client_data": b64(client_data),
            "signature": b64(signature),
        }

    def esign(self, payload: dict[str, Any], meaning: str = "approval", **wrong: Any) -> dict[str, Any]:
        """The payload with this passkey's e-signature under it; `wrong` goes to `answer`."""
        asked = {"meaning": meaning, "method": "passkey", "signed_at": payload["occurred_at"]}
        asked_about = payload | {"esignature": asked}
        found = self.answer(challenge_of(asked_about), **wrong)
        return payload | {"esignature": asked | {"assertion": found}}
