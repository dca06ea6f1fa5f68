"""Processes that check signatures for whoever asks, and what happens when one of them fails.

A process can only confirm. What it does not confirm, because it is wrong, or because the process
died, hangs or is not ready yet, the asker checks for itself, with the same code: so no answer
ever depends on a process, only how soon it comes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from ledger.checking.process import Process
from ledger.checking.wire import Signature

WORTH_ASKING = 2  # signatures: a lone one is checked sooner here than asked for
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0  # between starts, while none that started has answered

log = logging.getLogger("unbroken.checking")


class Checkers:
    """`count` processes, started at once; none is waited for. Safe to use from any thread.

    They belong to the process that made them: a copy of it (`os.fork`) is told nothing, and ends none.
    """

    def __init__(self, count: int) -> None:
        self._idle: SimpleQueue[Process] = SimpleQueue()
        self._pid = os.getpid()
        self._closing = False
        self._lock = threading.Lock()  # over the three that follow
        self._missing = count
        self._pause_s = 0.0
        self._not_before_s = 0.0  # of time.monotonic
        self._fill()

    def confirm(self, signatures: Sequence[Signature]) -> bytes:
        """One byte for each signature: 1 if a process verified it; 0 if it has yet to be checked."""
        worth_it = len(signatures) >= WORTH_ASKING and self._pid == os.getpid()
        process = self._take() if worth_it else None
        if process is None:
            return bytes(len(signatures))
        try:
            verdicts = process.ask(signatures)
        except Exception as error:  # whatever it was, the asker can check without it
            self._lose(process, error)
            return bytes(len(signatures))
        self._pause_s = 0.0
        self._idle.put(process)
        return verdicts

    def close(self) -> None:
        """End the processes, when nobody is asking. Who asks later is told to check for themselves."""
        self._closing = True
        while self._pid == os.getpid() and not self._idle.empty():
            self._idle.get().close()

    def _take(self) -> Process | None:
        """One that has nothing to do. None: all are busy, or not ready yet."""
        if self._missing:
            self._fill()
        with suppress(Empty):
            process = self._idle.get_nowait()
            try:
                if process.is_ready():
                    return process
                self._idle.put(process)
            except OSError as error:
                self._lose(process, error)
        return None

    def _fill(self) -> None:
        """Start those that are missing, unless it is too soon after a failure."""
        with self._lock:
            while self._missing and not self._closing and time.monotonic() >= self._not_before_s:
                try:
                    self._idle.put(Process())
                    self._missing -= 1
                except Exception as error:
                    self._failed("could not be started", error)

    def _lose(self, process: Process, error: Exception) -> None:
        process.close()
        with self._lock:
            self._missing += 1
            self._failed("failed", error)
        self._fill()

    def _failed(self, how: str, error: Exception) -> None:
        """The first failure after an answer is mended at once, each further one later than the one before."""
        log.warning(
            "a process that checks signatures %s; another is started in %g s: %s", how, self._pause_s, error
        )
        self._not_before_s = time.monotonic() + self._pause_s
        self._pause_s = min(max(2 * self._pause_s, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
