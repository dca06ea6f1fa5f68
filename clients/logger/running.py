"""A logger at work: readings come in line by line, and go out in a thread beside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from clients.logger.lines import measured_of
from clients.logger.recorder import Recorder
from clients.logger.source import lines_of
from clients.logger.uplink import Uplink
from ledger.errors import Fault, UnbrokenError

MOST_SAID = 100  # different complaints: a week without a network must not fill a disk with them


@dataclass
class Running:
    """`kept` and `not_kept` count readings; `first_problem` is why one was not kept."""

    recorder: Recorder
    uplink: Uplink
    complain: Callable[[str], None]
    kept: int = 0
    not_kept: int = 0
    first_problem: UnbrokenError | None = None
    _said: set[str] = field(default_factory=set)

    def measure(self, source: str, interval_s: int) -> Running:
        """Until the source ends, or somebody ends it; then what waits is signed, and sent once more."""
        wake, stop = threading.Event(), threading.Event()
        sending = threading.Thread(target=self.uplink.keep_sending, args=(wake, stop, self._tell))
        sending.start()
        try:
            with suppress(KeyboardInterrupt):
                for line in lines_of(source, interval_s, self._tell):
                    self._take(line)
                    wake.set()
            self.recorder.flush()
        finally:
            stop.set()
            wake.set()
            sending.join()
        self.uplink.try_to_send(self._tell)
        return self

    def _take(self, line: str) -> None:
        try:
            measured = measured_of(line, time.time_ns() // 1_000_000)
            if measured is not None:
                self.recorder.take(measured)
                self.kept += 1
        except UnbrokenError as error:
            self._not_kept(error)
        except Exception as error:
            self._not_kept(Fault("logger_failed", f"{line.strip()[:80]!r}: {error!r}"))

    def _not_kept(self, problem: UnbrokenError) -> None:
        self.not_kept += 1
        self.first_problem = self.first_problem or problem
        self.complain(f"NOT KEPT: {problem.detail}")

    def _tell(self, what: str) -> None:
        """Each trouble once."""
        if what not in self._said and len(self._said) < MOST_SAID:
            self._said.add(what)
            self.complain(what)
