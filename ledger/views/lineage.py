"""What was made of what: from a container up to the collection, or down to the doses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, func, literal, select

from ledger.store.faults import faults
from ledger.views.schema import container, lineage

if TYPE_CHECKING:
    from sqlalchemy import Column, Engine

    from ledger.domain.chain import Chain

MAX_STEPS = 100  # no therapy is that deep; a loop, which only false facts make, ends here


@dataclass(frozen=True, slots=True)
class Relative:
    """A container `steps` derivations away; `made_by` and `position` None if it never came to be."""

    container: str
    steps: int
    made_by: str | None
    position: int | None
    status: str | None


def ancestors(engine: Engine, chain: str, of: str) -> list[Relative]:
    """All that the container was made of, the nearest first."""
    return _walk(engine, chain, of, lineage.c.child, lineage.c.parent)


def descendants(engine: Engine, chain: str, of: str) -> list[Relative]:
    """All that was made of the container, the nearest first."""
    return _walk(engine, chain, of, lineage.c.parent, lineage.c.child)


def _walk(engine: Engine, chain: str, of: str, from_: Column[Any], to: Column[Any]) -> list[Relative]:
    one = literal(1, Integer)
    walk = select(to.label("name"), one.label("steps")).where(lineage.c.chain == chain, from_ == of)
    walked = walk.cte("walked", recursive=True)
    further = select(to, walked.c.steps + 1).join(walked, from_ == walked.c.name)
    # UNION drops what was reached by two ways in as many steps.
    walked = walked.union(further.where(lineage.c.chain == chain, walked.c.steps < MAX_STEPS))
    nearest = (
        select(walked.c.name, func.min(walked.c.steps).label("steps")).group_by(walked.c.name).subquery()
    )
    here = (container.c.container == nearest.c.name) & (container.c.chain == chain)
    found = (
        select(nearest, container.c.made_by, container.c.position, container.c.status)
        .outerjoin(container, here)
        .where(nearest.c.name != of)
        .order_by(nearest.c.steps, nearest.c.name)
    )
    with faults(), engine.connect() as connection:
        return [Relative(*row) for row in connection.execute(found)]


def rows(chain: Chain) -> list[tuple[Any, ...]]:
    """Rows of `view_lineage`."""
    return [(chain.coi, one.id, parent) for one in chain.containers.values() for parent in one.parents]
