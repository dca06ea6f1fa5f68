"""The log's second signature: an ML-DSA-44 cosignature of its heads (c2sp.org/tlog-cosignature, type 0x06).

Ed25519 falls to a large enough quantum computer, ML-DSA-44 (FIPS 204) is made to withstand one.
The signed message names the log, the size, the root, the time and the cosigner; unlike that of
the Ed25519 kinds it leaves out a checkpoint's extension lines. A verifier that knows no such key
passes the line over, as c2sp.org/signed-note asks.

Signing draws randomness inside the library (FIPS 204, "hedged"), which offers no other way: the
same head signed twice gives two lines. So a line is made once and kept.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.errors import Malformed, ProofInvalid
from ledger.proof import note

if TYPE_CHECKING:
    from ledger.proof.checkpoint import Checkpoint
    from ledger.proof.note import Note

ML_DSA_44 = 0x06  # the type byte of c2sp.org/tlog-cosignature
PUBLIC, SIGNATURE, _TIME = 1312, 2420, 8  # bytes; FIPS 204, table 2
MAX_TIME = 2**63 - 1
_LABEL = b"subtree/v1\n\0"
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class SecondKey:
    """The public half. `raw`: 1312 bytes. Written as `name+hash+base64(0x06 || raw)`, one long line."""

    name: str
    raw: bytes

    @property
    def key_id(self) -> bytes:
        """`SHA-256(name || 0x0A || 0x06 || key)[:4]`."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([ML_DSA_44]) + self.raw).digest()[:4]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([ML_DSA_44]) + self.raw).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> SecondKey:
        """Raises `Malformed` (`malformed_vkey`)."""
        match = _VKEY.fullmatch(text)
        material = note.unbase64(match[3]) if match else b""
        if not match or len(material) != 1 + PUBLIC or material[0] != ML_DSA_44:
            raise Malformed("malformed_vkey", f"{text[:80]!r} is not an ML-DSA-44 verifier key")
        found = cls(match[1], material[1:])
        if not note.is_name(found.name) or found.key_id.hex() != match[2]:
            raise Malformed("malformed_vkey", "the verifier key's hash doesn't fit its name and key")
        return found


@dataclass(frozen=True, slots=True)
class SecondSigner:
    """The private half, under the log's name."""

    name: str
    private: MLDSA44PrivateKey

    @property
    def public(self) -> SecondKey:
        return SecondKey(self.name, self.private.public_key().public_bytes_raw())

    def line(self, head: Checkpoint, time_s: int) -> str:
        """One signature line over a head, with its newline. `time_s`: whole seconds since the epoch."""
        signature = self.private.sign(_message(self.name, head, time_s))
        return note.signature_line(self.public, time_s.to_bytes(_TIME, "big") + signature)


def is_second(text: str) -> bool:
    """Whether a verifier key is of this kind, if it is one at all."""
    return note.unbase64(text.split("+", 2)[-1])[:1] == bytes([ML_DSA_44])


def signed_at(found: Note, head: Checkpoint, key: SecondKey) -> int:
    """When the key signed this head, in seconds since the epoch. `head`: what the note's text says.

    Raises `ProofInvalid`: `no_signature` where it did not, `bad_cosignature`.
    """
    stamped = note.find(found, key)
    time_s = int.from_bytes(stamped[:_TIME], "big")
    if head.extensions:
        raise ProofInvalid("bad_cosignature", "the head has further lines, which this signature leaves out")
    if len(stamped) != _TIME + SIGNATURE or time_s > MAX_TIME:
        raise ProofInvalid("bad_cosignature", f"the line by {key.name!r} is no ML-DSA-44 cosignature")
    try:
        public = MLDSA44PublicKey.from_public_bytes(key.raw)
        public.verify(stamped[_TIME:], _message(key.name, head, time_s))
    except InvalidSignature:
        detail = f"{key.name}: the ML-DSA-44 signature was not made by this key over this head"
        raise ProofInvalid("bad_cosignature", detail) from None
    except UnsupportedAlgorithm:  # a build of the library against an older OpenSSL
        raise ProofInvalid("bad_cosignature", "NOT CHECKED: ML-DSA-44 is missing on this computer") from None
    return time_s


def _message(name: str, head: Checkpoint, time_s: int) -> bytes:
    """ "ML-DSA-44 signed message", a `cosigned_message`: a whole tree begins at 0 and ends at its size."""
    numbers = (0).to_bytes(8, "big") + head.size.to_bytes(8, "big")
    return _LABEL + _opaque(name) + time_s.to_bytes(8, "big") + _opaque(head.origin) + numbers + head.root


def _opaque(text: str) -> bytes:
    """`opaque <1..2^8-1>` (RFC 8446, section 3.4)."""
    raw = text.encode()
    if not 1 <= len(raw) <= 255:
        raise Malformed("bad_origin", f"{text[:40]!r} cannot name a cosigner or a log")
    return bytes([len(raw)]) + raw
