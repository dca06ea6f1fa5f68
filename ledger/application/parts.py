"""Statements on their way to the log: what a caller handed over, and the parts in which it is checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ledger.application.answer import Answer
from ledger.application.batch import Draft, Intaken
from ledger.application.intake import Admitted
from ledger.errors import Fault, UnbrokenError

if TYPE_CHECKING:
    from ledger.checking.process import Question

Result: TypeAlias = Answer | UnbrokenError
Done: TypeAlias = Callable[[list[Result]], None]

log = logging.getLogger("unbroken.writer")


@dataclass(slots=True, eq=False)
class Entered:
    """What one caller handed over, in its order, and whom to tell what became of it."""

    coming: Sequence[bytes] | Sequence[Draft]
    done: Done
    results: list[Result] = field(default_factory=list)

    def take(self, result: Result) -> None:
        """The next result. With the last one the caller is told."""
        self.results.append(result)
        if len(self.results) == len(self.coming):
            self.done(self.results)


@dataclass(slots=True, eq=False)
class Part:
    """Some statements that are checked together: of one caller or of several."""

    whose: Sequence[Entered]  # of each statement
    admit: Callable[[bytes], Sequence[Intaken]]  # once each of `question`'s signatures has a verdict
    question: Question | None = None
    admitted: Sequence[Intaken] = ()
    results: Sequence[Result] = ()

    @property
    def is_ready(self) -> bool:
        """Whether nobody else has anything left to do for it."""
        return self.question is None or self.question.verdicts is not None

    def admit_now(self) -> None:
        """Raises nothing: what nobody expected is an answer too."""
        verdicts = self.question.verdicts if self.question else None
        try:
            self.admitted = self.admit(verdicts or b"")
        except Exception:
            log.exception("statements could not be admitted, in a way that nobody expected")
            self.admitted = [internal()] * len(self.whose)

    def fail(self, fault: UnbrokenError) -> None:
        """What would have been decided was not."""
        self.results = [fault if isinstance(one, Admitted | Draft) else one for one in self.admitted]

    def tell(self) -> None:
        for entered, result in zip(self.whose, self.results, strict=True):
            entered.take(result)


def internal() -> Fault:
    return Fault("internal", "the ledger failed; nothing of this was acknowledged")
