"""Private keys at rest: PKCS#8 PEM under a passphrase (PBES2 by OpenSSL).

The only module of the proof that draws randomness: for new keys and for salts.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ledger.errors import Malformed, Unauthentic
from ledger.proof.keys import ED25519, ES256, SigningKey


def new_key(alg: int = ED25519) -> SigningKey:
    """A fresh key for `ED25519` or `ES256`. Raises `Malformed` (`unsupported_algorithm`)."""
    if alg == ED25519:
        return SigningKey(ed25519.Ed25519PrivateKey.generate())
    if alg == ES256:
        return SigningKey(ec.generate_private_key(ec.SECP256R1()))
    raise Malformed("unsupported_algorithm", f"keys are made for Ed25519 or ES256, not for {alg}")


def seal_key(key: SigningKey, passphrase: bytes) -> bytes:
    """The key as encrypted PEM. Raises `Malformed` (`no_passphrase`): never in the clear."""
    if not passphrase:
        raise Malformed("no_passphrase", "a private key is never written without a passphrase")
    return key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )


def open_key(pem: bytes, passphrase: bytes) -> SigningKey:
    """Raises `Malformed` (`malformed_key_file`), `Unauthentic` (`wrong_passphrase`)."""
    if b"BEGIN ENCRYPTED PRIVATE KEY" not in pem:
        raise Malformed("malformed_key_file", "not an encrypted private key in PEM form")
    try:
        private = serialization.load_pem_private_key(pem, passphrase)
    except ValueError as error:
        if "password" in str(error).lower() or "decrypt" in str(error).lower():
            raise Unauthentic("wrong_passphrase", "the passphrase does not open this key file") from None
        raise Malformed("malformed_key_file", f"the key file cannot be read: {error}") from None
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return SigningKey(private)
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        return SigningKey(private)
    raise Malformed("malformed_key_file", "the key is neither Ed25519 nor P-256")
