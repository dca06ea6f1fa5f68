"""The signature of a Berlinger Fridge-tag's or Q-tag's own file.

ECDSA over P-256 and SHA-256. A public key (x, y), a signature (r, s) and the digest are 32-byte
numbers with the lowest byte first, as hexadecimal text. Two signatures stand at the end:

1. `Sig Cert:` is the root key's, over the bytes from `Cert:` up to the start of its own line;
2. `Sig:` is the certificate's key's, over the bytes of the file up to the start of its own line,
   and nothing follows that line.

The maker publishes none of this. It was inferred from device files; so was the root key, from the
certificates of four lots: it is the one key under which all four verify. Whoever knows better
gives another pin.
"""

from __future__ import annotations

import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.cold_chain.logger_file import DeviceSignature

ROOT = (
    "6619afdc1b1198fcc7d8462aed7ef55293883a19ac0ac04f878b26041bbea20a"
    "68f60c18dac0aaab9f74afb65c503c00fd484b7cfc9a5b7e7b1aaeb94816bee3"
)
_HEX = rb"([0-9a-f]{128})"
_SIG = re.compile(rb"Sig: " + _HEX + rb"(?:\r?\n)?")
_SIG_CERT = re.compile(rb"Sig Cert: " + _HEX + rb"\r?\n")
_KEY = re.compile(rb" Public Key: " + _HEX + rb"\r?\n")


def device_signature(raw: bytes, root: str = ROOT) -> DeviceSignature:
    """The verdict over the raw bytes: `absent` only where the file carries no part of a signature."""
    letters = raw.replace(b"\0", b"")  # a signed file that was saved again as UTF-16 is no unsigned one
    if not any(word in letters for word in (b"Sig", b"sig:", b"Cert", b"Public Key")):
        return DeviceSignature("absent", ("the file carries no signature",), root)
    checked: list[str] = []
    failed = _certificate(raw, root, checked) or _file(raw, checked)
    return DeviceSignature("failed" if failed else "valid", (*checked, *([failed] if failed else ())), root)


def _lines(raw: bytes, name: bytes) -> list[int]:
    """Where lines begin with `name`."""
    found = [0] if raw.startswith(name) else []
    at = raw.find(b"\n" + name)
    while at >= 0:
        found.append(at + 1)
        at = raw.find(b"\n" + name, at + 1)
    return found


def _certificate(raw: bytes, root: str, checked: list[str]) -> str | None:
    """Step 1. What failed, or None."""
    certs, sigs = _lines(raw, b"Cert:"), _lines(raw, b"Sig Cert:")
    match = _SIG_CERT.match(raw, sigs[0]) if len(certs) == len(sigs) == 1 else None
    if match is None or sigs[0] < certs[0]:
        return "FAILED: the file has not exactly one certificate, signed"
    if not verifies(bytes.fromhex(root), match[1], raw[certs[0] : sigs[0]]):
        return f"FAILED: the certificate is not signed by the root key {root[:16]}"
    checked.append(f"the certificate is signed by the root key {root[:16]}")
    return None


def _file(raw: bytes, checked: list[str]) -> str | None:
    """Step 2. What failed, or None. The key is the certificate's: it stands between step 1's lines."""
    sigs, keys = _lines(raw, b"Sig:"), _lines(raw, b" Public Key:")
    match = _SIG.fullmatch(raw, sigs[0]) if len(sigs) == 1 else None
    key = _KEY.match(raw, keys[0]) if len(keys) == 1 else None
    if match is None or key is None or not _lines(raw, b"Cert:")[0] < keys[0] < _lines(raw, b"Sig Cert:")[0]:
        return "FAILED: the file does not end with exactly one signature"
    if not verifies(bytes.fromhex(key[1].decode()), match[1], raw[: sigs[0]]):
        return "FAILED: the file was altered after the device signed it"
    checked.append("the file is signed by the certificate's key")
    return None


def verifies(key: bytes, signature: bytes, signed: bytes) -> bool:
    """`key` is 64 bytes, x then y, `signature` 128 hexadecimal digits: each number lowest byte first."""
    numbers = bytes.fromhex(signature.decode())
    r, s = (int.from_bytes(numbers[at : at + 32], "little") for at in (0, 32))
    x, y = (int.from_bytes(key[at : at + 32], "little") for at in (0, 32))
    digest = hashlib.sha256(signed).digest()[::-1]
    try:
        public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), digest, ECDSA(Prehashed(SHA256())))
    except (InvalidSignature, ValueError):
        return False
    return True
