"""The log's keys up to an entry: whose each is, and whether it still stands.

The audit judges some thousands of entries before it looks at what they say of files, and a revoked key
counts only up to its revocation: so the history is followed again, entry by entry.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ledger.domain.naming import registry_tags
from ledger.domain.registry import Key
from ledger.domain.registry_events import AgentEnrolled, KeyAdded
from ledger.errors import UnbrokenError
from ledger.live.sealed import signed_by
from ledger.proof.keys import PublicKey
from ledger.verify.base64url import unbase64url

if TYPE_CHECKING:
    from ledger.domain.world import Entry
    from ledger.live.segment import KeyOf


class KeyHistory:
    """`key_of` finds the key of a packet as of the entries that were followed."""

    def __init__(self, origin: str) -> None:
        self._standing: dict[str, Key] = {}
        self._public: dict[bytes, PublicKey] = {}
        self.key_of: KeyOf = signed_by(origin, self._standing.get, self._public.get)

    def knows(self, kid: bytes) -> bool:
        """True if the entry that enrolled the key was among those that were followed."""
        return kid in self._public

    def follow(self, entry: Entry) -> None:
        """The next entry; one that says nothing of keys changes nothing."""
        for tag in registry_tags(entry.event):
            kind, _, kid = tag.partition("/")
            if kind == "key":
                self._standing.setdefault(kid, Key(kid)).apply(entry)
        if isinstance(entry.event, AgentEnrolled | KeyAdded):
            with suppress(UnbrokenError):  # then nothing can be signed with it either
                public = PublicKey.from_spki(unbase64url(entry.event.key))
                self._public.setdefault(public.kid, public)
