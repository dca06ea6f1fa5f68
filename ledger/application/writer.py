"""Group commit: one lock, one transaction, one fsync and one checkpoint for all that waits.

The writer takes whatever has queued, decides each statement on the newest state of every
stream that it reads, and commits the accepted ones together with the deviations that they
raise, the tree and the checkpoint. A refused statement leaves no trace in its batch.
Nothing is answered before the commit, and a head leaves the process only after it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ledger.application.batch import Accepted, Answers, Batch, Decided, Draft, Intaken
from ledger.application.high_water import Mark
from ledger.application.intake import Admitted
from ledger.errors import Fault, TooMany, UnbrokenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.application import Ledger
    from ledger.application.answer import Answer
    from ledger.store.recorder import Sealed

MAX_BATCH = 1_000  # statements: bounds the time that the lock is held
GATHER = 64  # statements; up to so many, those being checked are worth waiting for
LINGER_S = 0.005  # and no longer
MAX_WAITING = 20_000  # submissions

log = logging.getLogger("unbroken.writer")


@dataclass(slots=True)
class Waiting:
    """Statements that came together, and where to send what became of each."""

    admitted: Sequence[Intaken]
    done: Callable[[list[Answer | UnbrokenError]], None]
    results: list[Answer | UnbrokenError] = field(default_factory=list)


class Writer:
    """The one thread of a node that appends. `close` lets the queue run dry."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.expects_more: Callable[[], bool] = lambda: False
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def put(self, waiting: Waiting) -> None:
        """Queue statements; `done` is called from the writer's thread.

        Raises `TooMany` (`busy`) when too many wait already: none of these was taken.
        """
        if self._queue.qsize() > MAX_WAITING:
            raise TooMany("busy", "the ledger has too many statements waiting; send again in a moment")
        self._queue.put(waiting)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, closing = self._drain(first)
            self._serve(batch)
            if closing:
                return

    def _drain(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """Whatever waits; up to `GATHER`, also what is being checked right now: a commit costs
        about as much as checking that many, whoever shares it."""
        batch, count = [first], len(first.admitted)
        until = time.monotonic() + LINGER_S
        while count < MAX_BATCH:
            try:
                waiting = self._next(until if count < GATHER else 0)
            except Empty:
                break
            if waiting is None:
                return batch, True
            batch.append(waiting)
            count += len(waiting.admitted)
        return batch, False

    def _next(self, until: float) -> Waiting | None:
        """Raises `Empty`."""
        left = until - time.monotonic()
        if left > 0 and self.expects_more():
            return self._queue.get(timeout=left)
        return self._queue.get_nowait()

    def _top_up(self, batch: list[Waiting]) -> None:
        """What came while another node held the lock goes along."""
        count = sum(len(waiting.admitted) for waiting in batch)
        while count < MAX_BATCH:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                return
            if waiting is None:  # the end: for `_run` to find
                self._queue.put(None)
                return
            batch.append(waiting)
            count += len(waiting.admitted)

    def _serve(self, batch: list[Waiting]) -> None:
        """Commit and answer. Whatever fails here is an answer: the thread must live on."""
        try:
            self._commit(batch)
        except UnbrokenError as fault:
            self._fail(batch, fault)
        except Exception:
            log.exception("a batch failed in a way that nobody expected")
            self._fail(batch, Fault("internal", "the ledger failed; nothing of this was acknowledged"))
        for waiting in batch:
            waiting.done(waiting.results)

    def _fail(self, batch: list[Waiting], fault: UnbrokenError) -> None:
        for waiting in batch:
            waiting.results = [
                fault if isinstance(one, Admitted | Draft) else one for one in waiting.admitted
            ]

    def _commit(self, batch: list[Waiting]) -> None:
        ledger = self._ledger
        decided: list[list[Decided]] = []
        sealed = None
        try:
            with ledger.store.writing() as writing:
                self._top_up(batch)
                ledger.refresh(writing)
                one = Batch(ledger, writing, [each for waiting in batch for each in waiting.admitted])
                decided = [one.decide_all(waiting.admitted) for waiting in batch]
                if one.entries:
                    sealed = writing.append(one.entries, one.time_ms, ledger.seal_at(one.time_ms))
        except BaseException as error:
            ledger.world.roll_back()
            if not isinstance(error, Fault) or error.code != "commit_unknown":
                raise
            decided = self._resolve(decided, error)
        self._answer(batch, decided, sealed)

    def _answer(self, batch: list[Waiting], decided: list[list[Decided]], sealed: Sealed | None) -> None:
        ledger = self._ledger
        if sealed is None:
            for waiting, results in zip(batch, decided, strict=True):
                waiting.results = [one for one in results if not isinstance(one, Accepted)]
            return
        ledger.committed(Mark(sealed.size, sealed.root))
        answers = Answers(ledger, sealed)
        for waiting, results in zip(batch, decided, strict=True):
            waiting.results = [answers.of(one) for one in results]

    def _resolve(self, decided: list[list[Decided]], fault: Fault) -> list[list[Decided]]:
        """The connection died in COMMIT: look, by statement id, whether the batch is there."""
        firsts = [one for results in decided for one in results if isinstance(one, Accepted)]
        if not firsts or self._ledger.store.settled_position_of(firsts[0].signed.id) is None:
            raise Fault(
                "store_unavailable", "the database went away; nothing was recorded, send it again"
            ) from fault
        again = self._ledger.answer_again
        return [
            [again(one.position, one.signed) if isinstance(one, Accepted) else one for one in results]
            for results in decided
        ]
