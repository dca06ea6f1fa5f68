"""Processes that check signatures for whoever asks, and what happens when one of them fails.

A process can only confirm. What it does not confirm, because it is wrong, or because the process
died, hangs or is not ready yet, the asker checks for itself, with the same code: so no answer
ever depends on a process, only how soon it comes.
"""

from __future__ import annotations

import logging
import os
import select
import time
from collections.abc import Sequence

from ledger.checking.process import Process, Question
from ledger.checking.wire import Signed

WORTH_ASKING = 2  # statements: a lone one is checked sooner here than asked for
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0  # between starts, while none that started has answered

log = logging.getLogger("unbroken.checking")


class Checkers:
    """`count` processes, started at once; none is waited for. Belongs to one thread.

    They belong to the process that made them: a copy of it (`os.fork`) is told nothing, and ends none.
    """

    def __init__(self, count: int) -> None:
        self._processes: list[Process] = []
        self._pid = os.getpid()
        self._missing = count
        self._pause_s = 0.0
        self._not_before_s = 0.0  # of time.monotonic
        self._fill()

    def ask(self, ones: Sequence[Signed]) -> Question | None:
        """Have them checked while the asker does something else; `wait` fetches the answers.

        None: nobody can be asked, or it is not worth it. The asker checks all of them.
        """
        worth_it = len(ones) >= WORTH_ASKING or (ones and self.is_asked())
        process = self._least_asked() if worth_it and self._pid == os.getpid() else None
        if process is None:
            return None
        try:
            return process.ask(ones)
        except Exception as error:  # whatever it was, the asker can check without it
            self._lose(process, error)
            return None

    def is_asked(self) -> bool:
        """Whether answers have yet to come."""
        return any(process.asked for process in self._processes)

    def wait(self, seconds: float) -> bool:
        """Until a question is answered or given up, and no longer than so: True if one was."""
        asked = [process for process in self._processes if process.asked]
        poll = select.poll()
        for process in asked:
            poll.register(process, select.POLLIN | (select.POLLOUT if process.has_unsent else 0))
        poll.poll(seconds * 1000)
        return sum(self._exchange(process) for process in asked) > 0

    def close(self) -> None:
        """End the processes. Who asks later is told to check for themselves."""
        self._missing = 0
        while self._pid == os.getpid() and self._processes:
            self._processes.pop().close()

    def _exchange(self, process: Process) -> bool:
        try:
            answered = process.exchange()
        except Exception as error:
            self._lose(process, error)
            return True
        if answered:
            self._pause_s = 0.0
        return answered

    def _least_asked(self) -> Process | None:
        """None: none is ready yet."""
        if self._missing:
            self._fill()
        ready = [process for process in [*self._processes] if self._is_ready(process)]
        return min(ready, key=lambda process: len(process.asked), default=None)

    def _is_ready(self, process: Process) -> bool:
        try:
            return process.is_ready()
        except OSError as error:
            self._lose(process, error)
            return False

    def _fill(self) -> None:
        """Start those that are missing, unless it is too soon after a failure."""
        while self._missing and time.monotonic() >= self._not_before_s:
            try:
                self._processes.append(Process())
                self._missing -= 1
            except Exception as error:
                self._failed("could not be started", error)

    def _lose(self, process: Process, error: Exception) -> None:
        self._processes.remove(process)
        process.close()
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
