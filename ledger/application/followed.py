"""A world that follows the log, for whoever asks it again and again without deciding anything.

Aggregates are kept between two questions, and folded anew when an entry has touched them since.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ledger.application.world import StoredWorld
from ledger.domain.placements import Placement, placements, settled
from ledger.views.touch import reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.store.recorder import LedgerRecorder

LOGGER = ("logger",)  # the kind under which the views keep them


class Followed:
    """Safe to use from any thread; one question at a time. Every method raises `Fault`."""

    def __init__(self, origin: str, store: LedgerRecorder) -> None:
        self._store = store
        self._world = StoredWorld(origin, store)
        self._size = 0
        self._turn = threading.Lock()

    @contextmanager
    def now(self) -> Iterator[StoredWorld]:
        """The world as of now, for as long as the block lasts. What it hands out is only to be read."""
        with self._turn:
            size, _ = self._store.head()
            if size != self._size:
                self._world.forget(self._store.tags_since(self._size - 1) if self._size else ())
                self._size = size
            self._world.settle()
            yield self._world

    def placements(self, logger: str) -> list[Placement]:
        """Where the logger was, the earliest first; as far as the read models have come, which name
        the therapies to look at. Not those of therapies that nobody ordered."""
        chains = list(self._therapies(logger))
        with self.now() as world:
            opened = [chain for coi in chains if (chain := world.chain(coi)).is_open]
            return settled(one for chain in opened for one in placements(chain, logger))

    def _therapies(self, logger: str) -> Iterator[str]:
        after = None
        while True:
            page = reach(self._store.engine, LOGGER, logger, after=after, limit=1_000)
            yield from (one.chain for one in page.items)
            if page.next is None:
                return
            after = page.next
