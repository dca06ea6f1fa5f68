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
_SIG = re.compile(rb"^Sig:", re.MULTILINE)
_SIG_LINE = re.compile(rb"Sig: ([0-9a-f]{128})(?:\r?\n)?")
_SIG_CERT = re.compile(rb"^Sig Cert: ([0-9a-f]{128})\r?$", re.MULTILINE)
_CERT = re.compile(rb"^Cert:", re.MULTILINE)
_KEY = re.compile(rb"^ Public Key: ([0-9a-f]{128})\r?$", re.MULTILINE)


def device_signature(raw: bytes, root: str = ROOT) -> DeviceSignature:
    """The verdict over the raw bytes: `absent` only where the file carries no part of a signature."""
    if not re.search(rb"^\s*(?:Sig|Sig Cert|Cert):", raw, re.MULTILINE):
        return DeviceSignature("absent", ("the file carries no signature",), root)
    checked: list[str] = []
    failed = _certificate(raw, root, checked) or _file(raw, checked)
    return DeviceSignature("failed" if failed else "valid", (*checked, *([failed] if failed else ())), root)


def _certificate(raw: bytes, root: str, checked: list[str]) -> str | None:
    """Step 1. What failed, or None."""
    certs, sigs = list(_CERT.finditer(raw)), list(_SIG_CERT.finditer(raw))
    if len(certs) != 1 or len(sigs) != 1 or sigs[0].start() < certs[0].end():
        return "FAILED: the file has not exactly one certificate, signed"
    signed = raw[certs[0].start() : sigs[0].start()]
    if not verifies(bytes.fromhex(root), sigs[0][1], signed):
        return f"FAILED: the certificate is not signed by the root key {root[:16]}"
    checked.append(f"the certificate is signed by the root key {root[:16]}")
    return None


def _file(raw: bytes, checked: list[str]) -> str | None:
    """Step 2. What failed, or None."""
    lines = list(_SIG.finditer(raw))
    match = _SIG_LINE.fullmatch(raw, lines[0].start()) if len(lines) == 1 else None
    keys = _KEY.findall(raw)
    if match is None or len(keys) != 1:
        return "FAILED: the file does not end with exactly one signature"
    if not verifies(bytes.fromhex(keys[0].decode()), match[1], raw[: match.start()]):
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
