"""Alarms for people to look up: the open ones first, the newest of each first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, case, literal, select

from ledger.domain.parts import MAX_INT
from ledger.store.alarm_schema import alarm
from ledger.store.alarms import Noted
from ledger.views.paging import Page, read_page

if TYPE_CHECKING:
    from sqlalchemy import Engine


def alarms(
    engine: Engine,
    *,
    chain: str | None = None,
    kind: str | None = None,
    is_open: bool | None = None,
    acknowledged: bool | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Noted]:
    """All, unless asked otherwise. While one reads page after page an alarm that closes may come twice."""
    where: list[Any] = []
    if chain is not None:
        where.append(alarm.c.chain == chain)
    if kind is not None:
        where.append(alarm.c.kind == kind)
    if is_open is not None:
        where.append(alarm.c.closed_ms.is_(None) if is_open else alarm.c.closed_ms.is_not(None))
    if acknowledged is not None:
        seen = alarm.c.acknowledged_ms
        where.append(seen.is_not(None) if acknowledged else seen.is_(None))
    is_closed = case((alarm.c.closed_ms.is_(None), literal(0, Integer)), else_=literal(1, Integer))
    key: Any = (is_closed.label("is_closed"), (MAX_INT - alarm.c.number).label("age"))
    return read_page(engine, select(alarm).where(*where), key, _noted, after, limit)


def _noted(*row: Any) -> Noted:
    return Noted(*row)
