"""The one thread of a node that takes statements in, and appends them.

It reads what has come and hands the signatures to the processes that check them; while they do,
it decides and commits what they have checked before. So the interpreter's lock seldom changes
hands, and nobody waits for a thread that waits for another. Where no process checks, this
thread does.

Statements are decided in the order in which they came.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ledger.application.batch import Draft, Intaken
from ledger.application.intake import Coming
from ledger.application.parts import Done, Entered, Part, internal
from ledger.errors import Fault, TooMany, UnbrokenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.application import Ledger
    from ledger.application.commit import Commit

CHUNK = 8  # statements: what a process is asked about at once
GATHER = 16  # statements; for so many, what is being checked is worth waiting for
LINGER_S = 0.005  # and no longer
MAX_BATCH = 1_000  # statements: bounds the time that the lock is held
MAX_PARTS = MAX_BATCH // CHUNK  # on their way, before more is taken in
MAX_WAITING = 20_000  # submissions that are not taken in yet

log = logging.getLogger("unbroken.writer")


class Writer:
    """The thread. `close` lets the queue run dry."""

    def __init__(self, ledger: Ledger, commit: Commit) -> None:
        self._ledger = ledger
        self._commit = commit
        self._queue: SimpleQueue[Entered | None] = SimpleQueue()
        self._parts: deque[Part] = deque()
        self._entering = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def enter(self, coming: Sequence[bytes] | Sequence[Draft], done: Done) -> None:
        """Queue some; `done` gets their answers in the writer's thread: it must be short.

        Answered here with `closing`, or `busy` where too many wait already: none of these was taken.
        """
        kept: Any = tuple(coming)  # whatever its owner does with it
        if not kept:
            done([])
        elif (refusal := self._queued(Entered(kept, done))) is not None:
            done([refusal] * len(kept))

    def close(self) -> None:
        """Finish what has come. What comes later is told so."""
        with self._entering:
            self._closing = True
            self._queue.put(None)
        self._thread.join()

    def _queued(self, entered: Entered) -> UnbrokenError | None:
        with self._entering:  # nothing gets behind the end of the queue, where nobody would find it
            if self._closing:
                return Fault("closing", "this node is closing and recorded nothing of this; send it again")
            if self._queue.qsize() > MAX_WAITING:
                return TooMany("busy", "the ledger has too many statements waiting; send again in a moment")
            self._queue.put(entered)
        return None

    def _run(self) -> None:
        while self._parts or self._wait():
            try:
                self._step()
            except Exception:  # the thread must live on
                log.exception("the writer failed in a way that nobody expected")
                self._give_up()

    def _step(self) -> None:
        self._take_in(self._waiting())
        ready = self._ready()
        if not self._is_worth_waiting(ready) or not self._ledger.checkers.wait(LINGER_S):
            self._serve(ready)
            time.sleep(0)  # lets those who were answered send what is checked meanwhile

    def _give_up(self) -> None:
        while self._parts:
            part = self._parts.popleft()
            part.results = [internal()] * len(part.whose)
            part.tell()

    def _wait(self) -> bool:
        """For somebody who enters. False: nobody will."""
        first = self._queue.get()
        if first is not None:
            self._take_in([first])
        return first is not None

    def _waiting(self) -> Iterator[Entered]:
        """What has come, as far as there is room for it."""
        while len(self._parts) < MAX_PARTS:
            try:
                one = self._queue.get_nowait()
            except Empty:
                return
            if one is None:  # the end: for `_wait` to find
                self._queue.put(None)
                return
            yield one

    def _take_in(self, entered: Iterable[Entered]) -> None:
        """Read what callers handed over, and have it checked."""
        whose: list[Entered] = []
        raws: list[bytes] = []
        for one in entered:
            for coming in one.coming:
                if isinstance(coming, bytes):
                    whose.append(one)
                    raws.append(coming)
                if raws and (len(raws) == CHUNK or not isinstance(coming, bytes)):
                    self._parts.append(self._part(whose, raws))
                    whose, raws = [], []
                if not isinstance(coming, bytes):
                    self._parts.append(Part([one], partial(_nothing_to_check, [coming])))
        if raws:
            self._parts.append(self._part(whose, raws))

    def _part(self, whose: list[Entered], raws: list[bytes]) -> Part:
        ledger = self._ledger
        try:
            coming = Coming(raws, ledger.origin, ledger.keys)
            question = ledger.checkers.ask(coming.signed)
        except Exception:
            log.exception("statements could not be read, in a way that nobody expected")
            return Part(whose, partial(_nothing_to_check, [internal()] * len(whose)))
        admit = partial(coming.admitted, found=ledger.store.positions_of_cti, again=ledger.recorded)
        return Part(whose, admit, question)

    def _ready(self) -> list[Part]:
        """The first ones, as far as they are ready."""
        ready: list[Part] = []
        for part in self._parts:
            if not part.is_ready or len(ready) >= MAX_PARTS:
                break
            ready.append(part)
        return ready

    def _is_worth_waiting(self, ready: list[Part]) -> bool:
        """A commit costs about as much as checking `GATHER`, whoever shares it."""
        return len(ready) < len(self._parts) and sum(len(part.whose) for part in ready) < GATHER

    def _serve(self, batch: list[Part]) -> None:
        for part in batch:
            part.admit_now()
        self._take_in(self._waiting())  # so that the processes have something to do meanwhile
        for _ in batch:
            self._parts.popleft()
        if batch:
            self._commit.serve(batch, self._top_up)

    def _top_up(self, batch: list[Part]) -> None:
        """What was checked while another node held the lock goes along; what came, is checked meanwhile."""
        self._take_in(self._waiting())
        if self._ledger.checkers.is_asked() and self._ledger.checkers.wait(0):
            while len(batch) < MAX_PARTS and self._parts and self._was_checked(self._parts[0]):
                batch.append(self._parts.popleft())
                batch[-1].admit_now()

    @staticmethod
    def _was_checked(part: Part) -> bool:
        return part.question is not None and part.is_ready


def _nothing_to_check(intaken: Sequence[Intaken], _verdicts: bytes) -> Sequence[Intaken]:
    return intaken
