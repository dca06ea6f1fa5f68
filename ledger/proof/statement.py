"""The statement: COSE_Sign1 (RFC 9052 §4.2), laid out as an RFC 9943 Signed Statement.

One parser, which refuses what `sign` would not write: from the values that it accepted it
writes the envelope again, and the bytes must be equal. A longer integer, `true` for the
label 1, an indefinite length, a second order of labels or a trailing byte cannot hide.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import cbor2

from ledger.errors import Malformed, Unauthentic
from ledger.proof.cbor import load
from ledger.proof.keys import ED25519, ED25519_FULL, ES256

if TYPE_CHECKING:
    from ledger.proof.keys import PublicKey, SigningKey

EVENT_CONTENT_TYPE = "application/vnd.unbroken.event+json; v=1"
SESSION_CONTENT_TYPE = "application/vnd.unbroken.session+json; v=1"
MAX_STATEMENT = 65_535  # bytes: what a tlog-tiles entry bundle can carry

_TAG = b"\xd2"  # tag 18, RFC 9052 §2
_ALG, _CONTENT_TYPE, _KID, _CLAIMS = 1, 3, 4, 15  # RFC 9052 §3.1; 15: RFC 9597 §2
_ISS, _SUB, _AUD, _CTI = 1, 2, 3, 7  # RFC 8392 §4
_HEADER = [_ALG, _CONTENT_TYPE, _KID, _CLAIMS]
_CLAIM = [_ISS, _SUB, _AUD, _CTI]
_ALGORITHMS = (ED25519, ED25519_FULL, ES256)
_REPEATED = 512  # bytes: longer headers are not kept, so that nobody fills the memory with them

Header: TypeAlias = tuple[int, bytes, str, str, str, str, bytes]


class Statement(NamedTuple):
    """A parsed statement. `id`: SHA-256 of `raw`.

    `kid` has 32 bytes, `cti` 16, `signature` 64; `iss`, `sub`, `aud` are the claims'
    signer, stream and log.
    """

    raw: bytes
    protected: bytes
    alg: int
    kid: bytes
    content_type: str
    iss: str
    sub: str
    aud: str
    cti: bytes
    payload: bytes
    signature: bytes
    id: bytes

    @property
    def tbs(self) -> bytes:
        """The bytes that were signed."""
        return sig_structure(self.protected, self.payload)


def sig_structure(protected: bytes, payload: bytes, external_aad: bytes = b"") -> bytes:
    """RFC 9052 §4.4: `["Signature1", body_protected, external_aad, payload]`."""
    return cbor2.dumps(["Signature1", protected, external_aad, payload])


def sign(
    key: SigningKey,
    *,
    iss: str,
    sub: str,
    aud: str,
    cti: bytes,
    payload: bytes,
    content_type: str = EVENT_CONTENT_TYPE,
) -> bytes:
    """The signed bytes. `cti`: 16 bytes that this key never used before.

    Raises `Malformed`, as `parse` does: a statement that we would not read is not written.
    """
    protected = _protected(key.alg, content_type, key.public.kid, iss, sub, aud, cti)
    raw = _envelope(protected, payload, key.sign(sig_structure(protected, payload)))
    parse(raw, content_type)
    return raw


def parse(raw: bytes, content_type: str = EVENT_CONTENT_TYPE) -> Statement:
    """Read a statement strictly; the signature is not checked here.

    Raises `Malformed`: `statement_too_large`, `malformed_cbor`, `malformed_cose`,
    `unknown_header`, `unsupported_algorithm`, `wrong_content_type`.
    """
    if len(raw) > MAX_STATEMENT:
        raise Malformed("statement_too_large", f"{len(raw)} bytes; a statement has at most {MAX_STATEMENT}")
    protected, payload, signature = _quickly(raw) or _parts(raw)
    header = _header(protected, content_type)
    return Statement(raw, protected, *header, payload, signature, hashlib.sha256(raw).digest())


def verify(statement: Statement, key: PublicKey) -> None:
    """Raises `Unauthentic`: `wrong_key`, `bad_signature`, `low_order_point`, `high_s`."""
    if statement.kid != key.kid:
        raise Unauthentic("wrong_key", "the statement names another key")
    key.verify(statement.alg, statement.signature, statement.tbs)


def _header(protected: bytes, content_type: str) -> Header:
    """A key says much on one stream, and only the cti differs: it stands at the end, as it is.

    So a start that was read with one cti is right with any. What isn't is read as a whole, for
    its own error.
    """
    if len(protected) <= _REPEATED:
        try:
            return *_start(protected[:-16], content_type)[:-1], protected[-16:]
        except Malformed:
            pass
    return _read_header(protected, content_type)


@lru_cache(maxsize=4_096)
def _start(start: bytes, content_type: str) -> Header:
    return _read_header(start + bytes(16), content_type)


def _read_header(protected: bytes, content_type: str) -> Header:
    alg, declared, kid, claims = _members(load(protected), _HEADER, "header")
    iss, sub, aud, cti = _members(claims, _CLAIM, "claim")
    _check_header(alg, declared, kid, content_type)
    _check_claims(iss, sub, aud, cti)
    if _protected(alg, declared, kid, iss, sub, aud, cti) != protected:
        raise _second_spelling()
    return alg, kid, declared, iss, sub, aud, cti


def _second_spelling() -> Malformed:
    return Malformed("malformed_cbor", "not in the one deterministic encoding (RFC 8949 §4.2.1)")


def _protected(alg: int, content_type: str, kid: bytes, iss: str, sub: str, aud: str, cti: bytes) -> bytes:
    """The protected header: labels in the order of RFC 8949 §4.2.1."""
    claims = {_ISS: iss, _SUB: sub, _AUD: aud, _CTI: cti}
    return cbor2.dumps({_ALG: alg, _CONTENT_TYPE: content_type, _KID: kid, _CLAIMS: claims})


def _envelope(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return _TAG + cbor2.dumps([protected, {}, payload, signature])


def _quickly(raw: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The parts of what `_envelope` writes, taken out where they stand; None for all other bytes."""
    signed = len(raw) - 66
    protected, at = _slice(raw, 2)
    payload, end = _slice(raw, at + 1)
    fixed = raw[:2] == b"\xd2\x84" and raw[at : at + 1] == b"\xa0" and raw[end : end + 2] == b"\x58\x40"
    if protected is None or payload is None or not fixed or end != signed:
        return None
    return protected, payload, raw[end + 2 :]


def _slice(raw: bytes, at: int) -> tuple[bytes | None, int]:
    """The byte string at `at` with the shortest head (RFC 8949 §3.1, §4.2.1), and where it ends."""
    head = raw[at : at + 3]
    if head[:1] == b"\x59" and len(head) == 3 and head[1]:
        start, length = at + 3, head[1] << 8 | head[2]
    elif head[:1] == b"\x58" and len(head) > 1 and head[1] > 23:
        start, length = at + 2, head[1]
    elif head and 0x40 <= head[0] <= 0x57:
        start, length = at + 1, head[0] - 0x40
    else:
        return None, at
    return raw[start : start + length], start + length


def _parts(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """The same from whatever bytes, with the error that fits where they are not what `_envelope` writes."""
    if raw[:1] != _TAG:
        raise Malformed("malformed_cose", "not a tagged COSE_Sign1 (tag 18)")
    protected, payload, signature = _body(load(raw[1:]))
    if _envelope(protected, payload, signature) != raw:
        raise _second_spelling()
    return protected, payload, signature


def _body(value: Any) -> tuple[bytes, bytes, bytes]:
    if not (isinstance(value, list) and len(value) == 4):
        raise Malformed("malformed_cose", "a COSE_Sign1 is an array of four")
    protected, unprotected, payload, signature = value
    if unprotected != {}:
        raise Malformed("unknown_header", "the unprotected header must be empty")
    if not (type(protected) is type(payload) is type(signature) is bytes):
        raise Malformed("malformed_cose", "protected header, payload and signature are byte strings")
    if len(signature) != 64:
        raise Malformed("malformed_cose", f"a signature has 64 bytes, not {len(signature)}")
    return protected, payload, signature


def _members(value: Any, labels: list[int], what: str) -> Any:
    if not isinstance(value, dict):
        raise Malformed("malformed_cose", f"the protected {what}s are not a map")
    if not value.keys() <= set(labels):
        raise Malformed("unknown_header", f"the {what} labels are {list(value)!r:.80}, not {labels}")
    if len(value) != len(labels):
        raise Malformed("malformed_cose", f"of the {what} labels {labels} only {list(value)!r:.80} are there")
    return [value[label] for label in labels]


def _check_header(alg: Any, declared: Any, kid: Any, content_type: str) -> None:
    if type(alg) is not int or alg not in _ALGORITHMS:
        raise Malformed("unsupported_algorithm", f"algorithm {alg!r:.40} is not one of {_ALGORITHMS}")
    if declared != content_type:
        raise Malformed("wrong_content_type", f"content type {declared!r:.80}, where {content_type!r} is due")
    if type(kid) is not bytes or len(kid) != 32:
        raise Malformed("malformed_cose", "kid is the SHA-256 of the key, 32 bytes")


def _check_claims(iss: Any, sub: Any, aud: Any, cti: Any) -> None:
    if not (type(iss) is type(sub) is type(aud) is str and iss and sub and aud):
        raise Malformed("malformed_cose", "iss, sub and aud are texts that are not empty")
    if type(cti) is not bytes or len(cti) != 16:
        raise Malformed("malformed_cose", "cti has 16 bytes")
