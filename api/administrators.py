"""The root administrators of a new log, as the command line names them."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from ledger.domain.parts import Administrator
from ledger.errors import Malformed
from ledger.proof.keys import PublicKey


def administrator(text: str) -> Administrator:
    """`name:organisation:file`, the file holding a public key as PEM, DER or base64url of DER.

    Raises `Malformed` (`bad_administrator`, `unsupported_key`), `Unauthentic` (`low_order_point`).
    """
    name, organisation, path = [*text.split(":", 2), "", ""][:3]
    if not path:
        raise Malformed("bad_administrator", f"{text!r} is not written as name:organisation:keyfile")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Malformed("bad_administrator", f"{path} cannot be read: {error.strerror}") from None
    key = base64.urlsafe_b64encode(PublicKey.from_spki(_der(data)).spki).rstrip(b"=").decode()
    try:
        return Administrator(agent=name, organisation=organisation, key=key)
    except ValidationError:
        raise Malformed(
            "bad_administrator", f"{name!r} and {organisation!r} must be names: a-z, 0-9, '.', '_', '-'"
        ) from None


def _der(data: bytes) -> bytes:
    """Whatever cannot be read as text stays as it is, for the parser to judge."""
    try:
        if data.startswith(b"-----"):
            key = serialization.load_pem_public_key(data)
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            return key.public_bytes(serialization.Encoding.DER, form)
        text = data.strip()
        return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return data
