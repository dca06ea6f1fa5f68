"""Group commit: one lock, one transaction, one fsync and one checkpoint for all that is ready.

Each statement is decided on the newest state of every stream that it reads; the accepted ones
are committed together with the deviations that they raise, the tree and the checkpoint. A
refused statement leaves no trace in its batch. Nothing is answered before the commit, and a
head leaves the process only after it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ledger.application.batch import Accepted, Answers, Batch, Decided
from ledger.application.high_water import Mark
from ledger.application.parts import Part, internal
from ledger.errors import Fault, UnbrokenError

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.store.recorder import Sealed

log = logging.getLogger("unbroken.writer")


class Commit:
    """How a node appends. Belongs to the writer's thread."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def serve(self, batch: list[Part], top_up: Callable[[list[Part]], None]) -> None:
        """Decide, commit and answer. Whatever fails here is an answer: the thread must live on.

        `top_up` adds, under the lock, what became ready while another node held it.
        """
        try:
            self._commit(batch, top_up)
        except UnbrokenError as fault:
            self._fail(batch, fault)
        except Exception:
            log.exception("a batch failed in a way that nobody expected")
            self._fail(batch, internal())
        for part in batch:
            part.tell()

    def _fail(self, batch: list[Part], fault: UnbrokenError) -> None:
        for part in batch:
            part.fail(fault)

    def _commit(self, batch: list[Part], top_up: Callable[[list[Part]], None]) -> None:
        ledger = self._ledger
        decided: list[list[Decided]] = []
        sealed = None
        try:
            with ledger.store.writing() as writing:
                top_up(batch)
                ledger.refresh(writing)
                one = Batch(ledger, writing, [each for part in batch for each in part.admitted])
                decided = [one.decide_all(part.admitted) for part in batch]
                if one.entries:
                    sealed = writing.append(one.entries, one.time_ms, ledger.seal_at(one.time_ms))
        except BaseException as error:
            ledger.world.roll_back()
            if not isinstance(error, Fault) or error.code != "commit_unknown":
                raise
            decided = self._resolve(decided, error)
        self._answer(batch, decided, sealed)

    def _answer(self, batch: list[Part], decided: list[list[Decided]], sealed: Sealed | None) -> None:
        ledger = self._ledger
        if sealed is None:
            for part, results in zip(batch, decided, strict=True):
                part.results = [one for one in results if not isinstance(one, Accepted)]
            return
        ledger.committed(Mark(sealed.size, sealed.root))
        answers = Answers(ledger, sealed)
        for part, results in zip(batch, decided, strict=True):
            part.results = [answers.of(one) for one in results]

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
