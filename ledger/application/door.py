"""The door for statements that come one at a time, from many threads at once.

As many threads as there are cores check signatures; what was checked together goes to the
writer together. So the number of threads that compete for the interpreter does not grow
with the callers, who sleep, or go on with something else, until the answer is there.
"""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from ledger.application.writer import Waiting
from ledger.errors import TooMany, UnbrokenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.application.answer import Answer
    from ledger.application.batch import Intaken
    from ledger.application.writer import Writer

TOGETHER = 8  # small enough that every core gets some of a burst


Done: TypeAlias = "Callable[[Answer | UnbrokenError], None]"


class Door:
    """Threads that admit statements and queue them for the writer."""

    def __init__(self, admit: Callable[[bytes], Intaken], writer: Writer) -> None:
        self._admit = admit
        self._writer = writer
        self._queue: SimpleQueue[tuple[bytes, Done] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"verify-{number}", daemon=True)
            for number in range(os.cpu_count() or 1)
        ]
        for thread in self._threads:
            thread.start()

    def enter(self, raw: bytes, done: Done) -> None:
        """Queue one statement; `done` gets its answer, in the writer's thread: it must be short."""
        self._queue.put((raw, done))

    def close(self) -> None:
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            entered, closing = self._together(first)
            self._pass_on(entered)
            if closing:
                return

    def _together(self, first: tuple[bytes, Done]) -> tuple[list[tuple[bytes, Done]], bool]:
        found = [first]
        while len(found) < TOGETHER:
            try:
                one = self._queue.get_nowait()
            except Empty:
                break
            if one is None:
                return found, True
            found.append(one)
        return found, False

    def _pass_on(self, entered: list[tuple[bytes, Done]]) -> None:
        admitted = [self._admit(raw) for raw, _ in entered]

        def done(results: list[Answer | UnbrokenError]) -> None:
            for (_, tell), result in zip(entered, results, strict=True):
                tell(result)

        try:
            self._writer.put(Waiting(admitted, done))
        except TooMany as busy:
            done([busy] * len(entered))
