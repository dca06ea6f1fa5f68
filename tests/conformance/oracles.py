"""Other people's COSE libraries, made to start here.

`cwt` imports a certificate validator whose OpenSSL detection fails on patch versions of
two digits ("3.0.19"); no certificate is looked at in these tests, so it gets an empty one
where the real one cannot be loaded. Both `cwt` and `pycose` expect lists where `cbor2` >= 6
gives tuples inside a tag, so they are handed the list itself.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

import cbor2
from cryptography.hazmat.primitives import serialization

from ledger.proof.keys import ED25519, SigningKey


def cwt() -> Any:
    """The `cwt` package."""
    try:
        importlib.import_module("certvalidator")
    except Exception:  # its own LibraryNotFoundError, or a missing package
        for name in [name for name in sys.modules if name.startswith("certvalidator")]:
            del sys.modules[name]
        empty = types.ModuleType("certvalidator")
        empty.CertificateValidator = empty.ValidationContext = object  # type: ignore[attr-defined]
        sys.modules["certvalidator"] = empty
    import cwt

    return cwt


def public_pem(key: SigningKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.private.public_key().public_bytes(serialization.Encoding.PEM, form)


def private_pem(key: SigningKey) -> bytes:
    return key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def pycose_key(key: SigningKey) -> Any:
    """With the private half, so that it serves both ways."""
    from pycose.keys.ec2 import EC2Key
    from pycose.keys.okp import OKPKey

    if key.alg == ED25519:
        secret = private_bytes(key)
        return OKPKey(crv="ED25519", x=key.public.raw, d=secret)
    numbers = key.private.private_numbers()  # type: ignore[union-attr]
    x, y = (n.to_bytes(32, "big") for n in (numbers.public_numbers.x, numbers.public_numbers.y))
    return EC2Key(crv="P_256", x=x, y=y, d=numbers.private_value.to_bytes(32, "big"))


def private_bytes(key: SigningKey) -> bytes:
    raw = serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    return key.private.private_bytes(*raw)


def pycose_accepts(raw: bytes, key: SigningKey, detached: bytes | None = None) -> bool:
    """What `pycose` says of a COSE_Sign1."""
    from pycose.messages.sign1message import Sign1Message

    message = Sign1Message.from_cose_obj(cbor2.loads(raw[1:]), True)
    message.key = pycose_key(key)
    if detached is not None:
        message.payload = detached
    return bool(message.verify_signature())


def cwt_accepts(raw: bytes, key: SigningKey, detached: bytes | None = None) -> bool:
    """What `cwt` says of a COSE_Sign1; it knows no detached payload, so that is put in."""
    protected, unprotected, payload, signature = cbor2.loads(raw[1:])
    body = [protected, unprotected, payload if detached is None else detached, signature]
    theirs = cwt().COSEKey.from_pem(public_pem(key), kid=key.public.kid)
    try:
        cwt().COSE.new().decode(cbor2.CBORTag(18, body), theirs)
    except cwt().VerifyError:
        return False
    return True


def scitt_accepts(raw: bytes, key: SigningKey, detached: bytes | None = None) -> bool:
    """What `scitt-cose` says of a COSE_Sign1."""
    import scitt_cose

    labels = frozenset({1, 2, 3, 4, 15, 395})
    pem = public_pem(key)
    try:
        scitt_cose.verify_sign1(raw, public_key_pem=pem, detached_payload=detached, understood_labels=labels)
    except scitt_cose.CoseError:
        return False
    return True
