"""What went wrong, and whether Quality has said what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.views.paging import Page, read_page
from ledger.views.schema import deviation

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.domain.chain import Chain
    from ledger.domain.deviation import Deviation


@dataclass(frozen=True, slots=True)
class Raised:
    """A deviation. `containers` empty: the whole therapy; `disposition` None: open."""

    position: int
    chain: str
    statement_id: str
    code: str
    severity: str
    blocking: bool
    containers: tuple[str, ...]
    cause: str | None
    raised_by: str
    disposition: str | None
    disposition_position: int | None


def deviations(
    engine: Engine,
    *,
    chain: str | None = None,
    is_open: bool | None = True,
    severity: str | None = None,
    blocking: bool | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Raised]:
    """Deviations, the oldest first; the open ones unless asked otherwise."""
    where: list[Any] = []
    if chain is not None:
        where.append(deviation.c.chain == chain)
    if is_open is not None:
        where.append(deviation.c.disposition.is_(None) if is_open else deviation.c.disposition.is_not(None))
    if severity is not None:
        where.append(deviation.c.severity == severity)
    if blocking is not None:
        where.append(deviation.c.blocking.is_(blocking))
    key = (deviation.c.position, deviation.c.chain)
    return read_page(engine, select(deviation).where(*where), key, _raised, after, limit)


def _raised(*row: Any) -> Raised:
    containers = row[6].split("\n") if row[6] else ()
    values: list[Any] = [*row[:6], tuple(containers), *row[7:]]
    return Raised(*values)


def rows(chain: Chain) -> list[tuple[Any, ...]]:
    """Rows of `view_deviation`."""
    return [_row(chain.coi, one) for one in chain.deviations.values()]


def _row(coi: str, one: Deviation) -> tuple[Any, ...]:
    return (
        one.position,
        coi,
        one.id,
        one.code,
        one.severity,
        one.blocking,
        "\n".join(one.containers),
        one.cause,
        one.raised_by,
        one.disposition,
        one.disposition_position,
    )
