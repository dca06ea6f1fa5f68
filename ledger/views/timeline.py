"""A therapy's story: one row for each entry, those without standing included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.domain.quality_events import Corrected
from ledger.domain.therapy_events import CustodyAccepted, DeviationDispositioned, DeviationRaised
from ledger.views.paging import Page, read_page
from ledger.views.schema import timeline

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.domain.chain import Chain
    from ledger.domain.parts import Event
    from ledger.domain.world import Entry

LATE = "late_by_retired_key"  # the ledger's finding about a fact whose key had ended


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the story. `cause`: id of the statement that it answers or is about.

    `standing` False: its signer has nothing to do with the therapy; it changed nothing.
    `late`: it was signed with a key that had ended before the entry arrived. `corrected`: the
    position of the newest entry that corrects it; what it says stays as it is.
    """

    chain: str
    position: int
    type: str
    signer: str
    occurred_at: str
    recorded_ms: int
    statement_id: str
    standing: bool
    late: bool
    cause: str | None
    corrected: int | None


def story(
    engine: Engine,
    chain: str,
    *,
    standing: bool | None = None,
    before: int | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Told]:
    """The therapy's entries in the log's order, at positions < `before`."""
    where = [timeline.c.chain == chain]
    if standing is not None:
        where.append(timeline.c.standing.is_(standing))
    if before is not None:
        where.append(timeline.c.position < before)
    return read_page(engine, select(timeline).where(*where), (timeline.c.position,), Told, after, limit)


def row(coi: str, entry: Entry, standing: bool) -> tuple[Any, ...]:
    """The entry's row of `view_timeline`."""
    event = entry.event
    return (
        coi,
        entry.position,
        event.type,
        entry.signer,
        event.occurred_at,
        entry.recorded_ms,
        entry.statement_id,
        standing,
        event.type == "LateStatementAttested",
        _cause(event),
        None,
    )


def late_cause(event: Event) -> str | None:
    """The id of the statement that this event calls late."""
    return event.cause if isinstance(event, DeviationRaised) and event.code == LATE else None


def corrected(chain: Chain, entries: Iterable[Entry]) -> list[tuple[int, str, str]]:
    """The marks that these entries of the therapy set: by what was corrected last, where, what."""
    if not chain.corrections:
        return []
    said = ((entry.event, entry.statement_id) for entry in entries)
    ids = {event.corrects if isinstance(event, Corrected) else one for event, one in said}
    found = {one: chain.corrections[one] for one in sorted(ids) if one in chain.corrections}
    return [(max(each.position for each in those), chain.coi, one) for one, those in found.items()]


def _cause(event: Event) -> str | None:
    if isinstance(event, DeviationRaised):
        return event.cause
    if isinstance(event, CustodyAccepted):
        return event.release
    if isinstance(event, Corrected):
        return event.corrects
    return event.deviation if isinstance(event, DeviationDispositioned) else None
