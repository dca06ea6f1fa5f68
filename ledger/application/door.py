"""The door for statements that come in ones and twos, from many callers at once.

As many threads as there are cores check signatures; what was checked together goes to the
writer together. So the number of threads that compete for the interpreter does not grow
with the callers, who sleep, or go on with something else, until the answer is there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from ledger.application.answer import Answer
from ledger.application.writer import Waiting
from ledger.errors import Fault, TooMany, UnbrokenError

if TYPE_CHECKING:
    from ledger.application.batch import Intaken
    from ledger.application.writer import Writer

TOGETHER = 8  # statements: small enough that every core gets some of a burst

Done: TypeAlias = Callable[[list[Answer | UnbrokenError]], None]
Entered: TypeAlias = tuple[Sequence[bytes], Done]


def _closing() -> Fault:
    return Fault("closing", "this node is closing and recorded nothing of this; send it again")


class Door:
    """Threads that admit statements and queue them for the writer."""

    def __init__(self, admit: Callable[[Sequence[bytes]], Sequence[Intaken]], writer: Writer) -> None:
        self._admit = admit
        self._writer = writer
        self._queue: SimpleQueue[Entered | None] = SimpleQueue()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"verify-{number}", daemon=True)
            for number in range(os.cpu_count() or 1)
        ]
        self._checking = [False] * len(self._threads)
        writer.expects_more = self.is_busy
        for thread in self._threads:
            thread.start()

    def enter(self, raws: Sequence[bytes], done: Done) -> None:
        """Queue some statements; `done` gets their answers, in the writer's thread: it must be short."""
        if self._closing:
            done([_closing()] * len(raws))
        else:
            self._queue.put((raws, done))

    def is_busy(self) -> bool:
        """Whether more statements are on their way to the writer."""
        return any(self._checking) or not self._queue.empty()

    def close(self) -> None:
        """Finish what is being checked; what came too late is told so."""
        self._closing = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        while not self._queue.empty():
            if (late := self._queue.get()) is not None:
                late[1]([_closing()] * len(late[0]))

    def _run(self, number: int) -> None:
        while (first := self._queue.get()) is not None:
            self._checking[number] = True
            entered, closing = self._together(first)
            admitted = self._admit([raw for raws, _ in entered for raw in raws])
            self._checking[number] = False  # before the hand-over: a lone statement must not wait
            self._pass_on(entered, admitted)
            if closing:
                return

    def _together(self, first: Entered) -> tuple[list[Entered], bool]:
        found, count = [first], len(first[0])
        while count < TOGETHER:
            try:
                one = self._queue.get_nowait()
            except Empty:
                break
            if one is None:
                return found, True
            found.append(one)
            count += len(one[0])
        return found, False

    def _pass_on(self, entered: list[Entered], admitted: Sequence[Intaken]) -> None:
        def done(results: list[Answer | UnbrokenError]) -> None:
            at = 0
            for raws, tell in entered:
                tell(results[at : at + len(raws)])
                at += len(raws)

        try:
            self._writer.put(Waiting(admitted, done))
        except TooMany as busy:
            done([busy] * len(admitted))
