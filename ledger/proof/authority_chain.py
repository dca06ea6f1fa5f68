"""From a time-stamp authority's certificate to a root that was given from outside, by sound ones only.

A library that verifies a token takes whatever algorithm its signer chose, MD5 and RSA of 512 bits
too. So the chain is looked for here: each key is RSA of 2048 bits or more or a curve of 256 or
more, each signature below the root is by SHA-256, SHA-384 or SHA-512, each issuer may issue
(RFC 5280, section 4.2.1.9), and all hold at the time asked for. A root's own signature proves
nothing, so its hash does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ledger.errors import ProofInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

HASHES = ("sha256", "sha384", "sha512")  # the weakest first
MIN_RSA, MIN_CURVE = 2048, 256  # bits
MAX_CERTIFICATES = 20  # in a token
Chain = tuple[x509.Certificate, ...]
"""The signer's certificate first, the root last."""


def chain_of(
    leaf: x509.Certificate, given: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> Chain:
    """The shortest sound chain by certificates that are `given` with the token.

    Raises `ProofInvalid`: `unknown_authority` where there is none to any root, `bad_time_stamp`
    where there is one, and it is weak or did not hold then.
    """
    if len(given) > MAX_CERTIFICATES:
        raise ProofInvalid("bad_time_stamp", f"it holds more than {MAX_CERTIFICATES} certificates")
    if not _chain(leaf, given, roots, lambda _: True, or_unread=True):
        detail = "its signer's certificate leads to no root that was given; its issuer certificate is unknown"
        raise ProofInvalid("unknown_authority", detail)
    _must_be_strong(leaf)
    found = _chain(leaf, given, roots, lambda one: _is_sound(one, one in roots, at))
    if found is None:
        detail = "a certificate above its signer's is weak, or may not issue, or did not hold then"
        raise ProofInvalid("bad_time_stamp", detail)
    return found


def _chain(
    leaf: x509.Certificate,
    given: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    is_good: Callable[[x509.Certificate], bool],
    *,
    or_unread: bool = False,
) -> Chain | None:
    """Breadth first, and each certificate once, so that a knot of them ends the search. `or_unread`: by
    issuers' names where a signature is of a kind that is not read any more."""
    above: list[x509.Certificate] = [*roots, *given]
    seen, ends = {leaf}, [cast("Chain", (leaf,))]
    while ends:
        chain = ends.pop(0)
        if chain[-1] in roots and chain[-1].subject == chain[-1].issuer:  # a root proper, not one between
            return chain
        new = (one for one in above if one not in seen and one.subject == chain[-1].issuer)
        issuers = [one for one in new if _issued(chain[-1], one, or_unread=or_unread) and is_good(one)]
        seen.update(issuers)
        ends += [(*chain, one) for one in sorted(issuers, key=_end, reverse=True)]
    return None


def _issued(one: x509.Certificate, by: x509.Certificate, *, or_unread: bool) -> bool:
    try:
        one.verify_directly_issued_by(by)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return or_unread
    return True


def _end(one: x509.Certificate) -> datetime:
    return one.not_valid_after_utc


def _is_sound(one: x509.Certificate, is_root: bool, at: datetime) -> bool:
    """Of a certificate above the signer's."""
    holds = one.not_valid_before_utc <= at <= one.not_valid_after_utc
    return holds and _may_issue(one) and _has_strong_key(one) and (is_root or _has_strong_hash(one))


def _may_issue(one: x509.Certificate) -> bool:
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _must_be_strong(leaf: x509.Certificate) -> None:
    if not _has_strong_key(leaf):
        raise ProofInvalid(
            "bad_time_stamp", "its signer's key is too weak, or of a kind that is not accepted"
        )
    if not _has_strong_hash(leaf):
        raise ProofInvalid(
            "bad_time_stamp", "its signer's certificate is signed by a hash that is not accepted"
        )


def _has_strong_key(one: x509.Certificate) -> bool:
    try:
        key = one.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MIN_RSA
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= MIN_CURVE


def _has_strong_hash(one: x509.Certificate) -> bool:
    try:
        found = one.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return False
    return found is not None and found.name in HASHES
