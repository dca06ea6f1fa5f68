"""Passkeys: the second component of an electronic signature, held by its owner's device.

A passkey belongs to one agent, for ever, as a key does. It signs no statement: its assertion
is evidence inside a statement that a key signs. An administrator who is somebody else adds
it: who has only a stolen key and its passphrase cannot give themselves the second component.
What an assertion must be, byte by byte, is checked in `ledger/proof/assertion.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ledger.domain.registry import kid_of
from ledger.errors import Conflict, Malformed, NotPermitted, Refused

if TYPE_CHECKING:
    from ledger.domain.registry_events import PasskeyAdded, PasskeyRevoked
    from ledger.domain.world import Entry, World

PasskeyStatus = Literal["active", "revoked"]


@dataclass(slots=True)
class Passkey:
    """`credential` is its id in base64url. `position` is where its present status began, `added` where
    it was enrolled."""

    credential: str
    version: int = 0
    agent: str = ""
    key: str = ""
    rp_id: str = ""
    status: PasskeyStatus = "active"
    position: int = -1
    added: int = -1

    def apply(self, entry: Entry) -> None:
        self.version += 1
        handler = _ON_PASSKEY.get(entry.type)
        if handler:
            self.position = entry.position
            handler(self, entry, entry.event)

    def _added(self, entry: Entry, event: PasskeyAdded) -> None:
        self.agent = entry.stream.removeprefix("agent/")
        self.key, self.rp_id, self.added = event.key, event.rp_id, entry.position

    def _revoked(self, _: Entry, __: PasskeyRevoked) -> None:
        self.status = "revoked"


_ON_PASSKEY: dict[str, Callable[[Passkey, Entry, Any], None]] = {
    "PasskeyAdded": Passkey._added,
    "PasskeyRevoked": Passkey._revoked,
}


def check_added(entry: Entry, event: PasskeyAdded, world: World) -> None:
    """Raises `Refused` `unknown_agent`, `NotPermitted` `same_signer`, `Conflict` `passkey_in_use`;
    `Malformed` `malformed_passkey_id`, `malformed_key`."""
    name = entry.stream.removeprefix("agent/")
    if world.agent(name) is None:
        raise Refused("unknown_agent", f"{name!r} was never enrolled")
    if name == entry.signer:
        raise NotPermitted("same_signer", "nobody adds a passkey for themselves: another administrator does")
    if kid_of(event.credential) is None:
        raise Malformed("malformed_passkey_id", "expected the passkey's id in canonical base64url")
    if kid_of(event.key) is None:
        raise Malformed("malformed_key", "expected canonical base64url of a SubjectPublicKeyInfo")
    if world.passkey(event.credential) is not None:
        raise Conflict("passkey_in_use", f"the passkey {event.credential} was enrolled before")


def check_revoked(entry: Entry, event: PasskeyRevoked, world: World) -> None:
    """Raises `Refused` `not_their_passkey`, `Conflict` `passkey_already_out`."""
    name, passkey = entry.stream.removeprefix("agent/"), world.passkey(event.credential)
    if passkey is None or passkey.agent != name:
        raise Refused("not_their_passkey", f"{event.credential} is not a passkey of {name!r}")
    if passkey.status == "revoked":
        detail = f"{event.credential} was revoked at position {passkey.position}"
        raise Conflict("passkey_already_out", detail)
