"""Waiting for what is appended, without missing any of it.

Whoever waits compares the log's size with the position reached, under the same lock that
an append takes to tell of itself; so an entry that comes between the look and the wait is
seen at once. Other nodes don't tell: their entries are found by looking at the head row.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from eventsourcing.dcb.api import DCBSubscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eventsourcing.dcb.api import DCBQuery, DCBSequencedEvent

    from ledger.store.recorder import LedgerRecorder

POLL_S = 0.1  # how late an entry of another node may be noticed
PAGE = 500


class Arrivals:
    """How long the log is known to be. Thread-safe."""

    def __init__(self, size: Callable[[], int]) -> None:
        self._look = size
        self._size = 0
        self._closed = False
        self._changed = threading.Condition()

    def tell(self, size: int) -> None:
        """A commit made the log this long."""
        with self._changed:
            self._size = max(self._size, size)
            self._changed.notify_all()

    def wake(self) -> None:
        """Let everybody who waits look whether to go on."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, size: int, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Block until the log is longer than `size`; False once stopped or closed."""
        while not (self._closed or stopped()):
            if self._size <= size:
                self.tell(self._look())
            with self._changed:
                self._changed.wait_for(lambda: self._closed or stopped() or self._size > size, POLL_S)
                if self._size > size:
                    return True
        return False


class Subscription(DCBSubscription["LedgerRecorder"]):
    """Matching events in order. One thread iterates; any may `stop`."""

    def __init__(self, recorder: LedgerRecorder, query: DCBQuery | None, after: int | None) -> None:
        super().__init__(recorder, query, after)
        self._page: Iterator[DCBSequencedEvent] = iter(())

    def __next__(self) -> DCBSequencedEvent:
        while not self._has_been_stopped:
            found = next(self._page, None)
            if found is not None:
                self._last_position = max(self._last_position, found.position)
                return found
            self._turn_page()
        raise StopIteration

    def stop(self) -> None:
        """End the iteration, from whichever thread."""
        super().stop()
        self._recorder.arrivals.wake()

    def _turn_page(self) -> None:
        """Read what matches beyond the last position; with nothing there, wait for more."""
        response = self._recorder.read(self._query, after=self._last_position, limit=PAGE)
        self._page = response
        if response.head is None:
            # Nothing up to the size that was read: the next look begins behind it.
            self._last_position = max(self._last_position, response.size)
            if not self._recorder.arrivals.wait(response.size, lambda: self._has_been_stopped):
                self._has_been_stopped = True
