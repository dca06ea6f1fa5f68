"""The evidence of an e-signature: a passkey's assertion, bound to the payload that it stands in.

Here the event meets the crypto: `ledger.proof` knows no event, `ledger.domain` no crypto, and
both the server's intake and an offline audit ask the same question. Whose the passkey is, and
whether it was in force at a position, the rules judge (`ledger/domain/esignatures.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ledger.errors import Unauthentic
from ledger.proof import canonical
from ledger.proof.assertion import Assertion, Passkey, verify_assertion
from ledger.proof.keys import PublicKey
from ledger.verify.base64url import unbase64url

if TYPE_CHECKING:
    from ledger.domain.parts import Event
    from ledger.domain.registry_events import PasskeyAdded

FindPasskey = Callable[[str], Passkey | None]
"""Credential (base64url) to what the log enrolled under it, whatever became of it since."""


def challenge_of(payload: Mapping[str, Any]) -> bytes:
    """What a passkey is asked to sign: SHA-256 of the canonical payload without the member
    `assertion` of its member `esignature`. All the rest is covered, `signed_at` and `seq` included."""
    said = {name: value for name, value in payload["esignature"].items() if name != "assertion"}
    return hashlib.sha256(canonical.encode({**payload, "esignature": said})).digest()


def passkey_of(event: PasskeyAdded) -> Passkey:
    """Raises `Malformed` (`invalid_event`, `unsupported_key`), `Unauthentic` (`low_order_point`)."""
    return Passkey(PublicKey.from_spki(unbase64url(event.key)), event.rp_id)


def check_assertion(event: Event, payload: Mapping[str, Any], find: FindPasskey) -> None:
    """Nothing to check where a statement carries no assertion.

    Raises `Unauthentic`: `unknown_passkey`, `bad_assertion`; `Malformed` (`invalid_event`).
    """
    given = event.esignature.assertion if event.esignature else None
    if given is None:
        return
    passkey = find(given.credential)
    if passkey is None:
        raise Unauthentic("unknown_passkey", f"no passkey {given.credential} was enrolled in this log")
    parts = (given.authenticator_data, given.client_data, given.signature)
    verify_assertion(Assertion(*map(unbase64url, parts)), challenge_of(payload), passkey)
