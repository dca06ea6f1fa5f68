"""The signed credential in a shipper label's second symbol: checked on a phone, with no network.

A CWT (RFC 8392) in COSE_Sign1 (RFC 9052 §4.2), signed with the log's key. It says that the log
held this label at a checkpoint. It says nothing of what came later: a voided label's credential
still verifies, so whoever shows it says "genuine, as of T", never "valid".

As text: `UB1:` and base45 (RFC 9285), which a QR code holds in alphanumeric mode. Not zipped,
see ADR 0011.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cbor2

from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.labels import base45
from ledger.proof.cbor import load
from ledger.proof.keys import ED25519, SigningKey
from ledger.proof.note import VerifierKey
from ledger.proof.statement import sig_structure

CONTENT_TYPE = "application/vnd.unbroken.label-credential+cwt; v=1"
PREFIX = "UB1:"
MAX_TEXT = 1_200  # characters: no symbol that fits a label holds more

_TAG = b"\xd2"  # tag 18, RFC 9052 §2
_ALG, _CONTENT_TYPE, _KID = 1, 3, 4
_ISS, _SUB, _IAT = 1, 2, 6  # RFC 8392 §4
# CWT claims below -65536 are for private use (RFC 8392 §9.1); -65537 is the receipt's tree size too.
_SIZE, _ROOT, _POSITION, _STATEMENT, _SERIAL = -65537, -65538, -65539, -65540, -65541
_CLAIMS = [_ISS, _SUB, _IAT, _SIZE, _ROOT, _POSITION, _STATEMENT, _SERIAL]
_TOP = 2**53


class Credential(NamedTuple):
    """Entry `position`, whose statement has the id `statement`, issued this label; the tree of `size`
    with `root` covers it. `issued_s`: Unix seconds, as the log claims. `statement`, `root`: 32 bytes.
    """

    origin: str
    issued_s: int
    container: str
    serial: str
    position: int
    statement: bytes
    size: int
    root: bytes


def sign_credential(key: SigningKey, credential: Credential) -> bytes:
    """The signed bytes, by the log's Ed25519 key. Raises `Malformed` (`malformed_credential`)."""
    _must_be_sound(credential)
    protected = _protected(key.public.kid)
    payload = _payload(credential)
    return _envelope(protected, payload, key.sign(sig_structure(protected, payload)))


def verify_credential(raw: bytes, vkey: VerifierKey) -> Credential:
    """1 the bytes are in our one form; 2 this log and this key; 3 the signature.

    Raises `Malformed` (`malformed_credential`), `ProofInvalid` (`bad_credential`).
    """
    credential, kid, signature = _parse(raw)
    if (credential.origin, kid) != (vkey.name, vkey.public.kid):
        raise ProofInvalid(
            "bad_credential",
            f"a credential by {credential.origin!r:.80} where {vkey.name!r} and its key are due",
        )
    try:
        vkey.public.verify(ED25519, signature, sig_structure(_protected(kid), _payload(credential)))
    except UnbrokenError as error:
        raise ProofInvalid("bad_credential", error.detail) from None
    return credential


def to_text(raw: bytes) -> str:
    return PREFIX + base45.encode(raw)


def from_text(text: str) -> bytes:
    """The bytes in a scanned text; nothing is proved yet. Raises `Malformed` (`malformed_credential`)."""
    if len(text) > MAX_TEXT or not text.startswith(PREFIX):
        raise _malformed(f"expected {PREFIX} and base45, got {text!r:.40}")
    try:
        return base45.decode(text.removeprefix(PREFIX))
    except ValueError as error:
        raise _malformed(str(error)) from None


def _protected(kid: bytes) -> bytes:
    return cbor2.dumps({_ALG: ED25519, _CONTENT_TYPE: CONTENT_TYPE, _KID: kid})


def _payload(one: Credential) -> bytes:
    values = (
        one.origin, one.container, one.issued_s, one.size, one.root, one.position, one.statement, one.serial,
    )  # fmt: skip
    return cbor2.dumps(dict(zip(_CLAIMS, values, strict=True)))


def _envelope(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return _TAG + cbor2.dumps([protected, {}, payload, signature])


def _parse(raw: bytes) -> tuple[Credential, bytes, bytes]:
    """Strict: from what it read it writes the bytes again, and they must be equal."""
    try:
        protected, _, payload, signature = load(raw[1:])
        kid, claims = load(protected)[_KID], load(payload)
        origin, container, issued, size, root, position, statement, serial = (claims[n] for n in _CLAIMS)
        found = Credential(origin, issued, container, serial, position, statement, size, root)
        _must_be_sound(found)
        again = _envelope(_protected(kid), _payload(found), signature)
    except (Malformed, ValueError, TypeError, LookupError):
        raise _malformed("not the structure of a label's credential") from None
    if again != raw or type(kid) is not bytes or type(signature) is not bytes or len(signature) != 64:
        raise _malformed("not a credential in the one form that is written here")
    return found, kid, signature


def _must_be_sound(one: Credential) -> None:
    texts: tuple[Any, ...] = (one.origin, one.container, one.serial)
    numbers: tuple[Any, ...] = (one.issued_s, one.size, one.position)
    blobs: tuple[Any, ...] = (one.statement, one.root)
    sound = all(type(text) is str and text for text in texts)
    sound &= all(type(number) is int and 0 <= number < _TOP for number in numbers)
    sound &= all(type(blob) is bytes and len(blob) == 32 for blob in blobs)
    if not sound or one.position >= one.size:
        raise _malformed("an origin, container, serial, time, position below the size, or hash is not one")


def _malformed(detail: str) -> Malformed:
    return Malformed("malformed_credential", detail)
