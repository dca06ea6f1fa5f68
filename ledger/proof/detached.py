"""A signature that stands beside what it signs: COSE_Sign1 with a detached payload (RFC 9052 §4.2).

The content type in the protected header says what was signed, so that no signature passes for one
over something else. One form, as `statement` has it: what `sign` would not write is refused.
"""

from __future__ import annotations

import cbor2

from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.proof.cbor import load
from ledger.proof.keys import PublicKey, SigningKey
from ledger.proof.statement import sig_structure

_TAG = b"\xd2"  # tag 18, RFC 9052 §2
_ALG, _CONTENT_TYPE, _KID = 1, 3, 4


def sign(key: SigningKey, content_type: str, payload: bytes) -> bytes:
    """The signature, some 180 bytes."""
    protected = _protected(key.alg, content_type, key.public.kid)
    return _envelope(protected, key.sign(sig_structure(protected, payload)))


def verify(raw: bytes, content_type: str, payload: bytes, key: PublicKey) -> None:
    """Raises `ProofInvalid` (`bad_signature`)."""
    try:
        protected, _, _, signature = load(raw[1:])
        alg = load(protected)[_ALG]
        if type(alg) is not int or type(signature) is not bytes:
            raise Malformed("malformed_cose", "not the structure of a signature")
        again = _envelope(_protected(alg, content_type, key.kid), signature)
        if again != raw:
            raise Malformed("malformed_cose", f"not a signature by this key over {content_type!r}")
        key.verify(alg, signature, sig_structure(protected, payload))
    except UnbrokenError as error:
        raise ProofInvalid("bad_signature", error.detail) from None
    except (ValueError, TypeError, LookupError):
        raise ProofInvalid("bad_signature", "not the structure of a signature") from None


def _protected(alg: int, content_type: str, kid: bytes) -> bytes:
    return cbor2.dumps({_ALG: alg, _CONTENT_TYPE: content_type, _KID: kid})


def _envelope(protected: bytes, signature: bytes) -> bytes:
    return _TAG + cbor2.dumps([protected, {}, None, signature])
