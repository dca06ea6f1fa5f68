"""The therapies: what was ordered, where it happens, what stands open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from ledger.views.paging import Page, read_page
from ledger.views.schema import chain as table

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.domain.chain import Chain


@dataclass(frozen=True, slots=True)
class Therapy:
    """One therapy. Without an order (a provisional chain), its members are None."""

    chain: str
    version: int
    product: str | None
    product_version: int | None
    protocol: str | None
    country: str | None
    collection_site: str | None
    treatment_site: str | None
    ordered_by: str | None
    open_deviations: int
    blocking_deviations: int
    last_position: int


def therapies(
    engine: Engine, *, site: str | None = None, after: str | None = None, limit: int = 100
) -> Page[Therapy]:
    """Therapies by name; with `site`, those collected or treated there."""
    statement = select(table)
    if site is not None:
        statement = statement.where(or_(table.c.collection_site == site, table.c.treatment_site == site))
    return read_page(engine, statement, (table.c.chain,), Therapy, after, limit)


def row(chain: Chain, last_position: int) -> tuple[Any, ...]:
    """The row of `view_chain`."""
    order = chain.order
    ordered: tuple[Any, ...] = (None,) * 7
    if order:
        product, sites = order.product, order.sites
        places = (sites.collection, sites.treatment)
        ordered = (product.product, product.version, order.protocol, order.country, *places, chain.ordered_by)
    opened = sum(one.is_open for one in chain.deviations.values())
    blocking = sum(one.blocks for one in chain.deviations.values())
    return (chain.coi, chain.version, *ordered, opened, blocking, last_position)
