"""The values that a temperature chart is drawn from. Times in milliseconds since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.charts.thinning import Line
    from ledger.domain.intervals import Interval
    from ledger.domain.temperature import Judgement


class HandOver(NamedTuple):
    """Who gave to whom, when the receiver says so; `position` is the acceptance's entry."""

    at_ms: int
    giver: str
    receiver: str
    position: int


class Trace(NamedTuple):
    """One logger's track. `range`: what its instrument can show, in centi-degrees. `doubt`: why it
    proves nothing, empty where it does."""

    logger: str
    line: Line
    range: Interval
    doubt: str


class Unproved(NamedTuple):
    """A carrier held these containers, and nothing proves how warm they were. `proof`: the entries of
    the acceptances that began and ended it."""

    containers: tuple[str, ...]
    carrier: str
    span: Interval
    proof: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Panel:
    """Containers with the same evidence in one phase. `judgement` None: no profile says what is right.

    `unknown`: where nothing that counts says how warm it was; the judgement's gaps are among it, and
    some of each leg that is `unproved`.
    """

    containers: tuple[str, ...]
    phase: str
    window: Interval
    traces: tuple[Trace, ...]
    judgement: Judgement | None
    unknown: tuple[Interval, ...]
    handovers: tuple[HandOver, ...]
    unproved: tuple[Unproved, ...] = ()

    @property
    def loggers(self) -> list[str]:
        """Each once; one whose record was interrupted has several traces."""
        return list(dict.fromkeys(trace.logger for trace in self.traces))

    @property
    def edges(self) -> tuple[int | None, int | None]:
        """The band's low and high edge, in centi-degrees; None is open."""
        if self.judgement is None:
            return None, None
        return self.judgement.profile.low_centi_c, self.judgement.profile.high_centi_c


@dataclass(frozen=True, slots=True)
class Chart:
    """`subject`: a container, a leg, or all of a therapy. `as_of`: the entries before it count.
    `unproved`: of containers without evidence, whose legs no panel can show."""

    coi: str
    subject: str
    as_of: int
    window: Interval
    panels: tuple[Panel, ...]
    handovers: tuple[HandOver, ...]
    unproved: tuple[Unproved, ...] = ()
