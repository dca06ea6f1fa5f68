"""What is held in quarantine, and whether Quality has lifted it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.views.paging import Page, read_page
from ledger.views.schema import quarantine

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.domain.chain import Chain


@dataclass(frozen=True, slots=True)
class Quarantining:
    """A quarantine; `lifted_position` None: it holds."""

    position: int
    chain: str
    statement_id: str
    reason: str
    containers: tuple[str, ...]
    put_by: str
    lifted_position: int | None


def quarantines(
    engine: Engine, *, holding: bool | None = True, after: str | None = None, limit: int = 100
) -> Page[Quarantining]:
    """Quarantines, the oldest first; those that hold unless asked otherwise (None: all)."""
    lifted = quarantine.c.lifted_position
    where = [] if holding is None else [lifted.is_(None) if holding else lifted.is_not(None)]
    key = (quarantine.c.position, quarantine.c.chain)
    return read_page(engine, select(quarantine).where(*where), key, _quarantining, after, limit)


def _quarantining(*row: Any) -> Quarantining:
    position, chain, statement_id, reason, containers, put_by, lifted = row
    return Quarantining(position, chain, statement_id, reason, tuple(containers.split("\n")), put_by, lifted)


def rows(chain: Chain) -> list[tuple[Any, ...]]:
    """Rows of `view_quarantine`."""
    return [
        (one.position, chain.coi, one.id, one.reason, "\n".join(one.containers), one.put_by, one.lifted)
        for one in chain.quarantines.values()
    ]
