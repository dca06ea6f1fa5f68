"""A birth date is soon guessed: how many wristbands that match nothing one key may ask about.

Whoever asks already needs the hospital's keys, a session and a role at the site. What is left is
a person of that hospital who knows one identifier and tries the other. Only misses count: no
patient's real wristband is ever refused because of how many there were.
"""

from __future__ import annotations

import threading

from ledger.errors import TooMany

PERIOD_MS = 3_600_000


class Tries:
    """Counts per key over the ledger's time; one per node. Safe to use from any thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._missed: dict[str, list[int]] = {}
        self._turn = threading.Lock()

    def check(self, kid: str, now_ms: int) -> None:
        """Raises `TooMany` (`too_many_patient_tries`)."""
        with self._turn:
            missed = len(self._recent(kid, now_ms))
        if missed >= self._limit:
            detail = f"{missed} wristbands matched no therapy within an hour: ask the coordinator"
            raise TooMany("too_many_patient_tries", detail)

    def miss(self, kid: str, now_ms: int) -> None:
        """Count one."""
        with self._turn:
            self._missed[kid] = [*self._recent(kid, now_ms), now_ms]

    def _recent(self, kid: str, now_ms: int) -> list[int]:
        return [at for at in self._missed.get(kid, ()) if at > now_ms - PERIOD_MS]
