"""Private keys at rest: encrypted PKCS#8 PEM, which OpenSSL's own tools open too.

The only module of the proof that draws randomness: for new keys, salts and nonces.

A key file is stolen with the laptop that it is on, and then only the passphrase's cost
protects it. The library's own encryption spends 2,048 rounds of PBKDF2 on a guess (half a
millisecond); so the file is put together here, with scrypt (RFC 7914 §7) at a tenth of a
second and 16 MiB a guess. That is the most memory that OpenSSL reads without being told to.
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ledger.errors import Malformed, Unauthentic
from ledger.proof.keys import ED25519, ES256, Private, SigningKey
from ledger.proof.ml_dsa import SecondSigner

MAX_FILE = 8192  # bytes; a sealed key takes about 400
_N, _R, _P = 2**14, 8, 5
_SCRYPT = bytes.fromhex("06092b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11, RFC 7914 §7.1
_AES256_CBC = bytes.fromhex("060960864801650304012a")  # 2.16.840.1.101.3.4.1.42
_PBES2 = bytes.fromhex("06092a864886f70d01050d")  # RFC 8018 §A.4
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_PEM = re.compile(
    rb"\s*-----BEGIN ENCRYPTED PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END ENCRYPTED PRIVATE KEY-----\s*"
)


def new_key(alg: int = ED25519) -> SigningKey:
    """A fresh key for `ED25519` or `ES256`. Raises `Malformed` (`unsupported_algorithm`)."""
    if alg == ED25519:
        return SigningKey(ed25519.Ed25519PrivateKey.generate())
    if alg == ES256:
        return SigningKey(ec.generate_private_key(ec.SECP256R1()))
    raise Malformed("unsupported_algorithm", f"keys are made for Ed25519 or ES256, not for {alg}")


def new_second_key(origin: str) -> SecondSigner:
    """A fresh ML-DSA-44 key of the log."""
    return SecondSigner(origin, MLDSA44PrivateKey.generate())


def seal_key(key: SigningKey | SecondSigner, passphrase: bytes) -> bytes:
    """The key as encrypted PEM. Raises `Malformed` (`no_passphrase`): never in the clear."""
    if not passphrase.strip(b"\0"):  # HMAC pads with zeros: to it they are no passphrase
        raise Malformed("no_passphrase", "a private key is never written without a passphrase")
    plain = key.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt, nonce = AESGCM.generate_key(128), AESGCM.generate_key(128)  # 16 bytes of the system's randomness
    secret = Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase)
    text = base64.b64encode(_container(salt, nonce, _encrypt(secret, nonce, plain))).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    framed = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", *lines, "-----END ENCRYPTED PRIVATE KEY-----", ""]
    return "\n".join(framed).encode()


def open_key(pem: bytes, passphrase: bytes) -> SigningKey:
    """Raises `Malformed` (`malformed_key_file`), `Unauthentic` (`wrong_passphrase`).

    A wrong passphrase and an altered ciphertext look the same, so both get the second. The
    form has no checksum: an altered file may even open as another key, one that no log knows.
    """
    return SigningKey(_supported(_decrypted(pem, passphrase)))


def open_second_key(pem: bytes, passphrase: bytes, origin: str) -> SecondSigner:
    """The log's ML-DSA-44 key. Raises as `open_key`."""
    private = _decrypted(pem, passphrase)
    if not isinstance(private, MLDSA44PrivateKey):
        raise Malformed("malformed_key_file", "the key is not one for ML-DSA-44")
    return SecondSigner(origin, private)


def _decrypted(pem: bytes, passphrase: bytes) -> object:
    _must_be_whole(pem)
    try:
        return serialization.load_pem_private_key(pem, passphrase or b"\0")
    except ValueError:
        raise Unauthentic("wrong_passphrase", "the passphrase does not open this key file") from None
    except (TypeError, UnsupportedAlgorithm, InternalError, MemoryError):  # a cost that makes no sense
        raise Malformed(
            "malformed_key_file", "the key file is encrypted in a way that can't be read"
        ) from None


def _supported(private: object) -> Private:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        return private
    raise Malformed("malformed_key_file", "the key is neither Ed25519 nor P-256")


def _must_be_whole(pem: bytes) -> None:
    """One PEM block, its outermost DER length right: what is wrong then is the passphrase."""
    match = _PEM.fullmatch(pem) if len(pem) <= MAX_FILE else None
    try:
        der = base64.b64decode(match[1].replace(b"\n", b""), validate=True) if match else b""
    except binascii.Error:
        der = b""
    header = 2 + (der[1] & 0x7F if der[1:2] > b"\x80" else 0) if len(der) > 4 else 0
    if not header or der[0] != _SEQUENCE or _der(_SEQUENCE, der[header:]) != der:
        raise Malformed("malformed_key_file", "not a whole encrypted private key in PEM form")


def _encrypt(secret: bytes, nonce: bytes, plain: bytes) -> bytes:
    padder = padding.PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    cipher = Cipher(algorithms.AES(secret), modes.CBC(nonce)).encryptor()
    return cipher.update(padded) + cipher.finalize()


def _container(salt: bytes, nonce: bytes, ciphertext: bytes) -> bytes:
    """EncryptedPrivateKeyInfo (RFC 5958 §3) by PBES2 (RFC 8018 §A.4) with scrypt (RFC 7914 §7)."""
    cost = b"".join(_der(_INTEGER, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in (_N, _R, _P))
    derivation = _der(_SEQUENCE, _SCRYPT + _der(_SEQUENCE, _der(_OCTETS, salt) + cost))
    encryption = _der(_SEQUENCE, _AES256_CBC + _der(_OCTETS, nonce))
    scheme = _der(_SEQUENCE, _PBES2 + _der(_SEQUENCE, derivation + encryption))
    return _der(_SEQUENCE, scheme + _der(_OCTETS, ciphertext))


def _der(tag: int, content: bytes) -> bytes:
    """Tag, shortest length, content (X.690 §10.1)."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
