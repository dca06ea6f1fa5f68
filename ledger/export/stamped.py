"""What authorities outside said of a log's heads, as a bundle carries it.

Of each entry that is given, the stamp that bounds its time best is the one of the first stamped head
that covers it. Authorities answer after a head was signed, and stamps are renewed, yet the same
request gives the same bytes: what was kept before `SETTLED_MS` after the request counts.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from ledger.proof.checkpoint import stamp_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.store.time_stamps import TimeStampStore

SETTLED_MS = 10_000  # a head under which somebody asked for evidence is stamped within some seconds


class Stamps:
    """Of heads of at most `size` entries, for a request of `recorded_ms`."""

    def __init__(self, kept: TimeStampStore, size: int, recorded_ms: int) -> None:
        self._kept = kept
        self._size = size
        self._until_ms = recorded_ms + SETTLED_MS

    def heads(self, positions: Iterable[int]) -> list[int]:
        """Sizes: the first stamped head that covers each entry, and the newest."""
        covering = {bisect_right(self._sizes, position) for position in positions}
        return sorted({self._sizes[at] for at in covering if at < len(self._sizes)} | {*self._sizes[-1:]})

    def files(self, positions: Iterable[int]) -> Iterator[tuple[str, bytes]]:
        """(name, evidence record), ascending."""
        for size in self.heads(positions):
            for number, record in enumerate(self._kept.of(size, self._until_ms)):
                yield stamp_name(size, number), record.encode()

    @property
    def state(self) -> str:
        """Other where the bundle's bytes would be."""
        return str(self._kept.count(self._size, self._until_ms))

    @cached_property
    def _sizes(self) -> list[int]:
        return self._kept.sizes(self._size, self._until_ms)
