"""Facts are no weapon: how many facts without standing one key may record.

A signer without a relation to a bag may be right (a finder, a stand-in), so the fact is
recorded as a review item. A thousand of them are noise, so they cost time: past the limit
the answer is "later", the statement stays in its signer's outbox, and nothing is lost.
"""

from __future__ import annotations

from ledger.errors import TooMany

LIMIT = 60
PERIOD_MS = 3_600_000


class Reviews:
    """Counts per key over the ledger's time. Used by the writer's thread only; one per node."""

    def __init__(self) -> None:
        self._taken: dict[str, list[int]] = {}

    def take(self, kid: str, now_ms: int) -> None:
        """Count one. Raises `TooMany` (`too_many_reviews`)."""
        recent = [at for at in self._taken.get(kid, ()) if at > now_ms - PERIOD_MS]
        if len(recent) >= LIMIT:
            raise TooMany(
                "too_many_reviews", f"this key recorded {LIMIT} facts without standing within an hour"
            )
        self._taken[kid] = [*recent, now_ms]
