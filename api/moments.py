"""History: which state of the log a question is about.

`before_position=n` asks for the state that the entries 0 to n-1 made. `at=<time>` asks for
what the ledger had recorded by then: the largest checkpoint whose time is not later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from api.reading import Reader, TheReader
from ledger.domain.parts import Timestamp
from ledger.domain.world import milliseconds
from ledger.errors import Malformed, NotFound

BeforePosition = Annotated[
    int | None, Query(ge=0, description="As the entries before this position made it", examples=[4711])
]
At = Annotated[
    Timestamp | None,
    Query(description="As recorded by this time, UTC", examples=["2026-09-21T12:00:00.000Z"]),
]


@dataclass(frozen=True, slots=True)
class Moment:
    """The entries before `position` count. `asked`: somebody wants to see the past.

    `at_ms`: the time that was asked about, where it was one.
    """

    position: int
    asked: bool = True
    at_ms: int | None = None


def moment_of(reader: TheReader, before_position: BeforePosition = None, at: At = None) -> Moment:
    """Raises `Malformed` (`invalid_request`) for two moments, `NotFound` (`not_recorded_yet`)."""
    if before_position is not None and at is not None:
        raise Malformed("invalid_request", "ask for before_position or at, not for both")
    if at is not None:
        at_ms = milliseconds(at)
        found = reader.node.ledger.store.checkpoint_before_ms(at_ms)
        return Moment(min(found.size, reader.size) if found else 0, at_ms=at_ms)
    if before_position is None:
        return Moment(reader.size, asked=False)
    if before_position > reader.size:
        raise NotFound("not_recorded_yet", f"the log has {reader.size} entries")
    return Moment(before_position)


def time_of(reader: Reader, moment: Moment) -> int:
    """The ledger's time (ms) at the moment: the one asked about, else when its last entry was recorded;
    now, where nobody asked about the past."""
    if moment.at_ms is not None:
        return moment.at_ms
    if not moment.asked:
        return reader.node.ledger.config.clock_ms()
    store = reader.node.ledger.store
    return store.checkpoint_covering(moment.position - 1).time_ms if moment.position else 0


TheMoment = Annotated[Moment, Depends(moment_of)]
