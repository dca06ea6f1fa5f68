"""Under which commitments a therapy was ordered: from a wristband to the few therapies it can mean.

The view only narrows: whether a therapy is the patient's is for its aggregate to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from ledger.store.faults import faults
from ledger.views import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from ledger.domain.chain import Chain

MOST = 100  # a patient has a few therapies; a birth date that many share must not cost a scan


class Candidates(NamedTuple):
    """Therapies, the most likely first. Entries before `position` count."""

    chains: list[str]
    position: int


def candidates(engine: Engine, commitments: Iterable[str]) -> Candidates:
    """The therapies that were ordered under most of these commitments, `MOST` at the most."""
    table = schema.patient.c
    equal = func.count()
    found = (
        select(table.chain)
        .where(table.commitment.in_(sorted(set(commitments))))
        .group_by(table.chain)
        .order_by(equal.desc(), table.chain)
        .limit(MOST)
    )
    with faults(), engine.connect() as connection:
        position = connection.execute(select(schema.position.c.position)).scalar_one()
        chains = connection.execute(found).scalars().all()
    return Candidates(list(chains), position)


def rows(chain: Chain) -> list[tuple[str, str]]:
    """Rows of `view_patient`."""
    return [(commitment, chain.coi) for commitment in sorted(set(chain.commitments.values()))]
