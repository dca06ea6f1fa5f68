"""What witnesses said of a log's heads, as a bundle carries it.

Witnesses answer after a head was signed, so what they say is no part of the request. Yet the same request
gives the same bytes: lines count whose witness says a time before `SETTLED_S` after the request, and a
witness cosigns no head that is older than one that it cosigned before.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ledger.proof.witnesses import encode_policy
from ledger.verify.manifest import Witnessed

if TYPE_CHECKING:
    from ledger.proof.witnesses import Policy
    from ledger.store.cosignatures import CosignatureStore
    from ledger.store.reading import StoredCheckpoint

SETTLED_S = 10  # a node hands a head out within one second, and a witness answers within a few
RECENT = 1 << 16  # entries: heads further back have their lines, whoever is late


class Cosignatures:
    """Of heads of at most `size` entries, for a request of `recorded_ms`. `policy`: the node's own."""

    def __init__(self, kept: CosignatureStore, policy: Policy | None, size: int, recorded_ms: int) -> None:
        self._kept = kept
        self._policy = policy if policy and policy.asks else None
        self._size = size
        self._until_s = recorded_ms // 1_000 + SETTLED_S

    @property
    def heads(self) -> list[int]:
        """Sizes: for any policy, the newest head that meets it is one of them."""
        return [size for size, _ in self._best]

    @cached_property
    def claim(self) -> Witnessed | None:
        """The node's policy and the newest head that meets it; None where none does, or it has none."""
        policy = self._policy
        if policy is None:
            return None
        names = {str(each.vkey): name for name, each in policy.witnesses.items()}
        met = (size for size, by in self._best if policy.met_by({names[one] for one in by if one in names}))
        size = max(met, default=0)
        return Witnessed(policy=encode_policy(policy), size=size) if size else None

    @property
    def state(self) -> str:
        """Other where the bundle's bytes would be."""
        claimed = self.claim.policy if self.claim else ""
        return f"{self._kept.count(self._size - RECENT, self._size, self._until_s)} {claimed} {self.heads}"

    def complete(self, heads: list[StoredCheckpoint]) -> list[bytes]:
        """The heads' notes with their lines."""
        return self._kept.complete(heads, self._until_s)

    @cached_property
    def _best(self) -> list[tuple[int, set[str]]]:
        return self._kept.best(self._size, self._until_s)
