"""Time stamps by an authority outside (RFC 3161): somebody who is not us says that bytes existed by then.

A token is checked in numbered steps, and only a token that passes all is handed on:

1. It is DER in the form of a TimeStampToken: CMS SignedData of one signer over a TSTInfo.
2. The imprint is of these bytes, by SHA-256, SHA-384 or SHA-512.
3. The nonce is the one that was asked with, where one was.
4. One certificate in it is the signer's, for time stamping and nothing else (RFC 3161, section 2.3),
   and the signed attributes name that very certificate (section 2.4.2, RFC 5816).
5. The signature verifies, by SHA-256, SHA-384 or SHA-512, and the certificate leads to a root that was
   given from outside (`authority_chain`); all are strong, and were in force at the time that the token
   says.
6. It says to five minutes or better when that was.

What it does not see: whether a certificate was revoked, and whether the authority's clock was right.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.authority_chain import HASHES, Chain, chain_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_APART_MS = 5 * 60_000  # two clocks that differ by more: one of them is wrong
MAX_TOKEN = 64 * 1024  # bytes; with a chain of certificates some have 10,000
_WHY = re.compile(r'Verify error: ([^"]+)"')  # what OpenSSL says of a certificate, in words
_MICROS = {"seconds": 1_000_000, "millis": 1000, "micros": 1}
_GRANTED = 0  # PKIStatus; "granted with mods" is not what was asked for


class Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp, whose token is missing from a refusal (section 2.4.2)."""

    _fields = [  # noqa: RUF012  the library's own form
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token that verified. `at_ms`: the time it says, in milliseconds since the epoch, with its
    `accuracy_ms` (0 where it says none); `until_ms`: when the first certificate of its chain ends;
    `authority`: the signer's subject; `hash_name` of the imprint."""

    token: bytes
    at_ms: int
    accuracy_ms: int
    authority: str
    hash_name: str
    until_ms: int

    @property
    def by_ms(self) -> int:
        """The bytes existed by then, if the authority's clock is as good as it says."""
        return self.at_ms + self.accuracy_ms


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """Certificates of authorities, from outside. Raises `Malformed` (`malformed_roots`)."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise Malformed("malformed_roots", "the roots are not certificates in PEM form") from None


def token_in(response: bytes) -> bytes:
    """The token of a TimeStampResp (DER). Raises `ProofInvalid` (`time_stamp_refused`, `bad_time_stamp`)."""
    try:
        answered = Response.load(response, strict=True)
        status = answered["status"]
        if int(status["status"]) != _GRANTED:
            said = "; ".join(status["status_string"].native or ()) or status["status"].native
            raise ProofInvalid("time_stamp_refused", f"the authority does not stamp: {str(said)[:200]!r}")
        token: bytes = answered["time_stamp_token"].dump()
        if not token:
            raise _bad("it grants a token and holds none")
        return token
    except (ValueError, TypeError, KeyError):
        raise _bad("not a time-stamp response") from None


def check_token(
    token: bytes, message: bytes, roots: Sequence[x509.Certificate], nonce: int | None = None
) -> Stamp:
    """Steps 1 to 6. Raises `ProofInvalid`: `unknown_authority` where its signer leads to none of the
    roots, `bad_time_stamp` for all else."""
    try:
        signed, info = _parsed(token)
        name = _must_be_about(info, message)
        if nonce is not None and info["nonce"].native != nonce:
            raise _bad("it answers another question: the nonce differs")
        leaf = _leaf(signed)
        _must_be_strong(signed["signer_infos"][0])
        chain = _chain(signed, leaf, roots, info["gen_time"].native)
        _must_be_signed(token, hashlib.new(name, message).digest(), chain)
        return _stamp(token, info, chain, name)
    except (ValueError, TypeError, KeyError, OverflowError, x509.InvalidVersion):
        raise _bad("it cannot be read") from None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says, whoever signed it: its time, the time by which the bytes existed, and when its
    signer's certificate ends; all in milliseconds."""

    at_ms: int
    by_ms: int
    until_ms: int


def claim_of(token: bytes, message: bytes | None = None) -> Claim:
    """Step 1, and step 2 where there is a message. Raises `ProofInvalid` (`bad_time_stamp`)."""
    try:
        signed, info = _parsed(token)
        if message is not None:
            _must_be_about(info, message)
        at_ms = _ms(info["gen_time"].native)
        return Claim(at_ms, at_ms + _accuracy_ms(info), _ms(_leaf(signed).not_valid_after_utc))
    except (ValueError, TypeError, KeyError, OverflowError, x509.InvalidVersion):
        raise _bad("it cannot be read") from None


def _must_be_about(info: Any, message: bytes) -> str:
    """Step 2: the name of the hash algorithm."""
    name = str(info["message_imprint"]["hash_algorithm"]["algorithm"].native)
    if name not in HASHES:
        raise _bad(f"its imprint is by {name}, which is not accepted")
    if info["message_imprint"]["hashed_message"].native != hashlib.new(name, message).digest():
        raise _bad("it is about other bytes")
    return name


def _parsed(token: bytes) -> tuple[Any, Any]:
    """Step 1: SignedData and TSTInfo."""
    if len(token) > MAX_TOKEN:
        raise _bad(f"it has {len(token)} bytes; at most {MAX_TOKEN} are read")
    content = cms.ContentInfo.load(token, strict=True)
    if content["content_type"].native != "signed_data" or len(content["content"]["signer_infos"]) != 1:
        raise _bad("it is not signed data by one signer")
    signed = content["content"]
    if signed["encap_content_info"]["content_type"].native != "tst_info":
        raise _bad("what it signs is no time stamp")
    inner = signed["encap_content_info"]["content"]
    info = tsp.TSTInfo.load(cast("core.ParsableOctetString", inner).contents, strict=True)
    if any(one["critical"] for one in info["extensions"].native or ()):
        raise _bad("it has a critical extension, and none is known here")  # section 2.4.2
    return signed, info


def _leaf(signed: Any) -> x509.Certificate:
    """Step 4: the one certificate of the signer. Libraries compare issuers' names in ways of their own,
    so no other certificate in the token may have its number."""
    signer = signed["signer_infos"][0]
    if signer["sid"].name != "issuer_and_serial_number":
        raise _bad("its signer is not named by issuer and number")
    sid, given = (
        signer["sid"].chosen,
        [one.chosen for one in signed["certificates"] if one.name == "certificate"],
    )
    found = [one for one in given if one.serial_number == sid["serial_number"].native]
    if len(found) != 1 or found[0].issuer.dump() != sid["issuer"].dump():
        raise _bad("it does not hold just one certificate that can be its signer's")
    der = found[0].dump()
    _must_be_named(signer, der)
    leaf = x509.load_der_x509_certificate(der)
    _must_stamp(leaf)
    return leaf


def _must_stamp(leaf: x509.Certificate) -> None:
    """ "The corresponding certificate MUST contain only one instance of the extended key usage
    field extension … id-kp-timeStamping. This extension MUST be critical." """
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, x509.DuplicateExtension):
        raise _bad("its certificate is not for time stamping") from None
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise _bad("its certificate is not for time stamping alone")


def _must_be_named(signer: Any, der: bytes) -> None:
    """The first ESSCertID or ESSCertIDv2 of the signed attributes is of this certificate."""
    named = [
        (each.get("hash_algorithm", "sha1"), each["cert_hash"])
        for attribute in signer["signed_attrs"]
        if attribute["type"].native in ("signing_certificate", "signing_certificate_v2")
        for value in attribute["values"].native
        for each in [_plain(value["certs"][0])]
    ]
    if not named or any(hashlib.new(name, der).digest() != hashed for name, hashed in named):
        raise _bad("its signed attributes name another certificate")


def _plain(cert: Any) -> dict[str, Any]:
    """An ESSCertID's hash, and the name of its algorithm where it is one of version 2."""
    found = {"cert_hash": cert["cert_hash"]}
    return found | (
        {"hash_algorithm": cert["hash_algorithm"]["algorithm"]} if "hash_algorithm" in cert else {}
    )


def _must_be_strong(signer: Any) -> None:
    """Step 5, of the signature itself: what it is over is named by a hash, twice."""
    named = {signer["digest_algorithm"]["algorithm"].native}
    if signer["signature_algorithm"]["algorithm"].native != "rsassa_pkcs1v15":  # which names none
        named.add(signer["signature_algorithm"].hash_algo)
    weak = sorted(named - set(HASHES))
    if weak:
        raise _bad(f"its signature is by {weak[0]}, which is not accepted")


def _chain(signed: Any, leaf: x509.Certificate, roots: Sequence[x509.Certificate], at: datetime) -> Chain:
    if not roots:
        raise _bad("no root was given, so nothing vouches for its signer")
    ders = [one.chosen.dump() for one in signed["certificates"] if one.name == "certificate"]
    return chain_of(leaf, [x509.load_der_x509_certificate(der) for der in ders], roots, at)


def _must_be_signed(token: bytes, imprint: bytes, chain: Chain) -> None:
    """Step 5, and once more the chain, by a library's own judgement. It gets these certificates alone: of
    two roots of one name it would take any."""
    response = decode_timestamp_response(_as_response(token))
    try:
        VerifierBuilder(roots=list(chain[1:] or chain)).build().verify(response, imprint)
    except VerificationError as error:
        why = _WHY.search(str(error))
        raise _bad(why[1] if why else "its signature does not verify") from None


def _as_response(token: bytes) -> bytes:
    """A TimeStampResp that grants this token, for a library that reads nothing less."""
    return cast("bytes", core.Sequence(contents=b"\x30\x03\x02\x01\x00" + token).dump())


def _stamp(token: bytes, info: Any, chain: Chain, hash_name: str) -> Stamp:
    accuracy_ms = _accuracy_ms(info)
    if accuracy_ms > MAX_APART_MS:
        raise _bad(f"it says when only to {accuracy_ms // 1000} s; at most {MAX_APART_MS // 1000} are taken")
    return Stamp(
        token=token,
        at_ms=_ms(info["gen_time"].native),
        accuracy_ms=accuracy_ms,
        authority=chain[0].subject.rfc4514_string(),
        hash_name=hash_name,
        until_ms=min(_ms(one.not_valid_after_utc) for one in chain),
    )


def _accuracy_ms(info: Any) -> int:
    """Rounded up."""
    accuracy = info["accuracy"].native or {}
    return -(-sum((accuracy.get(unit) or 0) * scale for unit, scale in _MICROS.items()) // 1000)


def _ms(moment: datetime) -> int:
    """Rounded up: it existed by then."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return -(-(since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds) // 1000)


def _bad(what: str) -> ProofInvalid:
    return ProofInvalid("bad_time_stamp", what)
