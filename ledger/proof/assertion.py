"""A passkey's assertion: the verification of Web Authentication Level 2, section 7.2.

The relying party is the log: it knows which passkey was enrolled, for which domain, and the
challenge. Its steps, as far as they concern bytes, under their numbers there:

 9, 10. The client data is UTF-8 and JSON, one object, no name twice.
11. Its type is `webauthn.get`.
12. Its challenge is the base64url of the one expected.
13. Its origin lies within the passkey's domain; and, of Level 3, it is not cross-origin.
15. The authenticator data begins with the SHA-256 of that domain.
16, 17. The user was present and verified (flags UP and UV).
19, 20. The signature covers authenticator data and SHA-256 of the client data, by the passkey.

Steps 1 to 8 are the caller's. Step 14 (token binding) is of a protocol that browsers gave up,
18 concerns extensions, of which none is asked for. Step 21, the counter, is not judged: passkeys
that are synchronised keep it at zero, and statements may arrive out of order.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, NamedTuple, NoReturn

from cryptography.hazmat.primitives.asymmetric import utils

from ledger.errors import Malformed, Unauthentic
from ledger.proof.keys import ES256, PublicKey, low_s

USER_PRESENT, USER_VERIFIED = 0x01, 0x04  # section 6.1
HAS_CREDENTIAL, HAS_EXTENSIONS = 0x40, 0x80
HEADER = 37  # bytes of authenticator data before either of these: hash, flags, counter
_ORIGIN = re.compile(r"(https?)://([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:[1-9][0-9]{0,4})?")


class Passkey(NamedTuple):
    """What was enrolled: the public key, and the domain (relying party id) that it is bound to."""

    key: PublicKey
    rp_id: str


class Assertion(NamedTuple):
    """The bytes that the authenticator and the browser answered.

    `signature`: DER for ES256 (section 6.5.5), 64 bytes for Ed25519.
    """

    authenticator_data: bytes
    client_data: bytes
    signature: bytes


def verify_assertion(given: Assertion, challenge: bytes, passkey: Passkey) -> None:
    """`challenge`: the bytes that the browser was given. Raises `Unauthentic` (`bad_assertion`)."""
    _check_client_data(given.client_data, challenge, passkey.rp_id)
    _check_authenticator_data(given.authenticator_data, passkey.rp_id)
    signed = given.authenticator_data + hashlib.sha256(given.client_data).digest()  # step 19
    try:  # step 20
        passkey.key.verify(passkey.key.alg, _signature(given.signature, passkey.key.alg), signed)
    except (Unauthentic, Malformed) as error:
        _refuse(error.detail)


def _check_client_data(data: bytes, challenge: bytes, rp_id: str) -> None:
    said = _client_data(data)  # steps 9 and 10
    if said.get("type") != "webauthn.get":  # step 11
        _refuse("the client data is not of type webauthn.get")
    if said.get("challenge") != base64.urlsafe_b64encode(challenge).rstrip(b"=").decode():  # step 12
        _refuse("the challenge is not the hash of this payload: it was made for another one")
    if not _is_within(said.get("origin"), rp_id):  # step 13
        _refuse(f"it was made at {said.get('origin')!r:.120}, which is not within {rp_id!r}")
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:  # Level 3, section 7.2
        _refuse("it was made inside a page of somebody else (cross-origin)")


def _client_data(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_json)
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else _refuse("the client data is not a JSON object in UTF-8")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that stands there twice, two readers may take different ones."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands there twice")
    return made


def _no_json(literal: str) -> NoReturn:
    """Python reads `NaN` and `Infinity`, which are not in RFC 8259; browsers don't."""
    raise ValueError(f"{literal} is no JSON")


def _is_within(origin: object, rp_id: str) -> bool:
    """Section 5.1.4.1 step 8: the domain is the origin's host, or a suffix of it at a dot.

    Only `https`; `http` at localhost alone, which browsers take for a secure context.
    """
    found = _ORIGIN.fullmatch(origin) if isinstance(origin, str) else None
    if found is None:
        return False
    scheme, host = found[1], found[2]
    local = host == "localhost" or host.endswith(".localhost")
    return (host == rp_id or host.endswith(f".{rp_id}")) and (scheme == "https" or local)


def _check_authenticator_data(data: bytes, rp_id: str) -> None:
    if len(data) < HEADER:
        _refuse(f"the authenticator data has {len(data)} bytes, not at least {HEADER}")
    if data[:32] != hashlib.sha256(rp_id.encode()).digest():  # step 15
        _refuse(f"the authenticator made it for another domain than {rp_id!r}")
    flags = data[32]
    if not flags & USER_PRESENT:  # step 16
        _refuse("nobody touched the authenticator (user presence)")
    if not flags & USER_VERIFIED:  # step 17
        _refuse("the authenticator did not verify who used it (user verification)")
    if len(data) > HEADER and not flags & (HAS_CREDENTIAL | HAS_EXTENSIONS):
        _refuse("the authenticator data goes on where it should end")


def _signature(given: bytes, alg: int) -> bytes:
    """ES256 in the DER of WebAuthn to r||s with low S: authenticators write either S."""
    if alg != ES256:
        return given
    try:
        r, s = utils.decode_dss_signature(given)
        made, again = low_s(r, s), utils.encode_dss_signature(r, s)
    except (ValueError, OverflowError):
        made, again = b"", b""
    return made if again == given else _refuse("the signature is not in DER")


def _refuse(why: str) -> NoReturn:
    raise Unauthentic("bad_assertion", f"the passkey's assertion proves nothing: {why}")
