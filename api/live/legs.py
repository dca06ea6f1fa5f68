"""Follows the log for what makes readings due: a logger that is packed, a leg that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.domain.naming import containers_of
from ledger.domain.shares import shares
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.application.followed import Followed
    from ledger.domain.entry import Entry
    from ledger.domain.world import World
    from ledger.store.recorder import LedgerRecorder
    from ledger.views.runner import Projector

PAGE = 1_000
PACKING = frozenset({"Packed", "ShipperSwapped"})
# Whoever takes over decides on what is known by then.
ENDING = frozenset({"CustodyAccepted", "Unpacked", "ShipperSwapped", "ReceiptInspected"})


class Legs:
    """One per sealer; one question at a time."""

    def __init__(self, store: LedgerRecorder, followed: Followed, projector: Projector) -> None:
        self._store = store
        self._followed = followed
        self._projector = projector
        self._at: int | None = None

    def since(self) -> tuple[set[str], set[str]]:
        """Since the last question: loggers that were packed, and those whose leg has ended.

        No further than the read models have come, which are asked for a logger's therapies. The first
        question only says where to begin.
        """
        packed: set[str] = set()
        ended: set[str] = set()
        end = min(self._projector.position(), self._store.head()[0])
        start = end if self._at is None else self._at
        for at in range(start, end, PAGE):
            self._look(at, min(at + PAGE, end), packed, ended)
        self._at = max(start, end)
        return packed, ended

    def _look(self, start: int, stop: int, packed: set[str], ended: set[str]) -> None:
        for stored in self._store.entries(start, stop):
            if stored.type in PACKING and (logger := _logger(LazyEntry(stored))):
                packed.add(logger)
            if stored.type in ENDING:
                with self._followed.now() as world:
                    ended.update(_loggers_with(LazyEntry(stored), world))


def _logger(entry: Entry) -> str | None:
    event: Any = entry.event
    logger: str | None = event.logger
    return logger


def _loggers_with(entry: Entry, world: World) -> Iterator[str]:
    """Those that were ever packed with its containers."""
    for share in shares(entry):
        chain = world.chain(share.stream.removeprefix("chain/"))
        for name in containers_of(share.event):
            container = chain.containers.get(name)
            yield from (one.logger for one in (container.packings if container else ()) if one.logger)
