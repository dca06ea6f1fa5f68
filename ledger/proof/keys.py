"""Keys and signatures: Ed25519 and ES256, and nothing that two verifiers could see apart.

Three signatures that some verifiers accept and others refuse are refused here before the
library is asked: an Ed25519 public key or nonce point R of low order (a signature under
such a key proves nothing), a point in a second encoding (RFC 8032 §5.1.3 asks for y < p),
and an ES256 signature in its high-S twin.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from ledger.errors import Malformed, Unauthentic

ED25519 = -8  # EdDSA, RFC 9053 §2.2: what we write
ED25519_FULL = -19  # the fully-specified Ed25519, RFC 9864 §2.2
ES256 = -7  # RFC 9053 §2.1

Private: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

_P = 2**255 - 19
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # P-256's order
_EIGHT = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
_EIGHT_NEGATED = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
# y of the points of order 1, 2, 4 and 8; the sign of x doesn't matter to the rule.
_LOW_ORDER_Y = frozenset(
    {0, 1, _P - 1} | {int.from_bytes(point, "little") % 2**255 for point in (_EIGHT, _EIGHT_NEGATED)}
)


def _must_be_sound(point: bytes, what: str) -> None:
    """Refuse what RFC 8032 verifiers are known to disagree on. `point`: 32 bytes."""
    y = int.from_bytes(point, "little") & (2**255 - 1)
    if y % _P in _LOW_ORDER_Y:
        raise Unauthentic("low_order_point", f"the {what} is a point of low order, which proves nothing")
    if y >= _P:
        raise Unauthentic("low_order_point", f"the {what} is not in its one canonical encoding")


class PublicKey:
    """A public key. `spki`: SubjectPublicKeyInfo DER; `kid`: its SHA-256, 32 bytes."""

    __slots__ = ("_key", "alg", "kid", "spki")

    def __init__(self, key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> None:
        self._key = key
        self.alg = ED25519 if isinstance(key, ed25519.Ed25519PublicKey) else ES256
        self.spki = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.kid = hashlib.sha256(self.spki).digest()
        if self.alg == ED25519:
            _must_be_sound(self.raw, "public key")

    @classmethod
    def from_spki(cls, der: bytes) -> PublicKey:
        """Raises `Malformed` (`unsupported_key`), `Unauthentic` (`low_order_point`)."""
        try:
            key = serialization.load_der_public_key(der)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Malformed("unsupported_key", f"not a public key that can be read: {error}") from None
        p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
        if not (p256 or isinstance(key, ed25519.Ed25519PublicKey)):
            raise Malformed("unsupported_key", "the key is neither Ed25519 nor P-256")
        made = cls(key)  # type: ignore[arg-type]
        if made.spki != der:
            raise Malformed("unsupported_key", "the key is not in its one canonical DER form")
        return made

    @classmethod
    def from_raw(cls, raw: bytes) -> PublicKey:
        """An Ed25519 key from its 32 bytes. Raises `Malformed`, `Unauthentic`."""
        if len(raw) != 32:
            raise Malformed("unsupported_key", f"an Ed25519 key has 32 bytes, not {len(raw)}")
        return cls(ed25519.Ed25519PublicKey.from_public_bytes(raw))

    @property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key."""
        return self.spki[-32:]

    def verify(self, alg: int, signature: bytes, message: bytes) -> None:
        """`signature`: 64 bytes, R||S (Ed25519) or r||s (ES256, low S).

        Raises `Unauthentic`: `bad_signature`, `low_order_point`, `high_s`;
        `Malformed` (`unsupported_algorithm`) where `alg` isn't of this kind of key.
        """
        if len(signature) != 64:
            raise Unauthentic("bad_signature", f"a signature has 64 bytes, not {len(signature)}")
        try:
            if isinstance(self._key, ed25519.Ed25519PublicKey) and alg in (ED25519, ED25519_FULL):
                _must_be_sound(signature[:32], "signature's R")
                self._key.verify(signature, message)
            elif isinstance(self._key, ec.EllipticCurvePublicKey) and alg == ES256:
                self._key.verify(_der(signature), message, ec.ECDSA(hashes.SHA256()))
            else:
                raise Malformed("unsupported_algorithm", f"algorithm {alg} does not fit this kind of key")
        except InvalidSignature:
            raise Unauthentic(
                "bad_signature", "the signature was not made by this key over these bytes"
            ) from None


def _der(signature: bytes) -> bytes:
    """r||s as the DER that the library reads; refuses S above half the order."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if s > _N // 2:
        raise Unauthentic("high_s", "S is above half of the order: the same signature in a second spelling")
    return utils.encode_dss_signature(r, s)


def low_s(r: int, s: int) -> bytes:
    """r||s in the one spelling that `verify` takes. Raises `OverflowError` for what is no P-256 value."""
    return r.to_bytes(32, "big") + min(s, _N - s).to_bytes(32, "big")


class SigningKey:
    """A private key. Signing is deterministic (RFC 8032, RFC 6979): no randomness is drawn."""

    __slots__ = ("alg", "private", "public")

    def __init__(self, private: Private) -> None:
        self.private = private
        self.public = PublicKey(private.public_key())
        self.alg = self.public.alg

    def sign(self, message: bytes) -> bytes:
        """64 bytes: R||S, or r||s with low S."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        der = self.private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return low_s(*utils.decode_dss_signature(der))
