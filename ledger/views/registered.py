"""What the registry says now: lots, equipment, sites, people, their qualifications and keys, products.

`organisation` in a question: only what belongs to it; None: whatever the organisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.views import schema
from ledger.views.paging import Page, read_page

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class LotRow:
    lot: str
    organisation: str
    site: str
    material: str
    supplier_lot: str
    expires_at: str | None
    status: str
    reason: str | None
    position: int


@dataclass(frozen=True, slots=True)
class EquipmentRow:
    equipment: str
    organisation: str
    site: str
    kind: str
    model: str
    serial: str
    qualified_until: str | None
    calibrated_until: str | None
    retired_position: int | None
    hold_time_s: int | None
    charged_at: str | None
    position: int


@dataclass(frozen=True, slots=True)
class SiteRow:
    site: str
    organisation: str
    kind: str
    country: str
    status: str
    position: int


@dataclass(frozen=True, slots=True)
class AgentRow:
    """Roles as `role@site`; `waiting_roles` count only after a second signer's approval."""

    agent: str
    organisation: str
    roles: tuple[str, ...]
    waiting_roles: tuple[str, ...]
    administrator: bool
    position: int


@dataclass(frozen=True, slots=True)
class QualificationRow:
    agent: str
    qualification: str
    organisation: str
    expires_at: str
    position: int


@dataclass(frozen=True, slots=True)
class KeyRow:
    kid: str
    agent: str
    status: str
    position: int


@dataclass(frozen=True, slots=True)
class ProductRow:
    product: str
    version: int
    name: str
    owner: str
    window_starts: str
    window_s: int
    countries: tuple[str, ...]
    sites: tuple[str, ...]
    position: int


def lots(engine: Engine, *, after: str | None = None, limit: int = 100, **wanted: str | None) -> Page[LotRow]:
    """By name; filters `lot`, `organisation`, `site`, `material`, `status`, `supplier_lot`."""
    table = schema.lot
    where = _equal(table.c, wanted)
    return read_page(engine, select(table).where(*where), (table.c.lot,), LotRow, after, limit)


def equipment(
    engine: Engine, *, after: str | None = None, limit: int = 100, **wanted: str | None
) -> Page[EquipmentRow]:
    """By name; filters `equipment`, `organisation`, `site`, `kind`, `serial`."""
    table = schema.equipment
    where = _equal(table.c, wanted)
    return read_page(engine, select(table).where(*where), (table.c.equipment,), EquipmentRow, after, limit)


def sites(
    engine: Engine, *, after: str | None = None, limit: int = 100, **wanted: str | None
) -> Page[SiteRow]:
    """By name; filters `site`, `organisation`, `kind`, `country`, `status`."""
    table = schema.site
    where = _equal(table.c, wanted)
    return read_page(engine, select(table).where(*where), (table.c.site,), SiteRow, after, limit)


def agents(
    engine: Engine, *, after: str | None = None, limit: int = 100, **wanted: str | None
) -> Page[AgentRow]:
    """By name; filters `agent`, `organisation`."""
    table = schema.agent
    where = _equal(table.c, wanted)
    return read_page(engine, select(table).where(*where), (table.c.agent,), agent_of, after, limit)


def qualifications(
    engine: Engine,
    *,
    expiring_before: str | None = None,
    after: str | None = None,
    limit: int = 100,
    **wanted: str | None,
) -> Page[QualificationRow]:
    """Those that end first come first; filters `agent`, `qualification`, `organisation`."""
    table = schema.qualification
    where = _equal(table.c, wanted)
    if expiring_before is not None:
        where.append(table.c.expires_at < expiring_before)
    key = (table.c.expires_at, table.c.agent, table.c.qualification)
    return read_page(engine, select(table).where(*where), key, QualificationRow, after, limit)


def keys(
    engine: Engine,
    *,
    organisation: str | None = None,
    after: str | None = None,
    limit: int = 100,
    **wanted: str | None,
) -> Page[KeyRow]:
    """By id; filters `kid`, `agent`, `status`."""
    table = schema.key
    statement = select(table).where(*_equal(table.c, wanted))
    if organisation is not None:
        statement = statement.where(table.c.agent.in_(_people_of(organisation)))
    return read_page(engine, statement, (table.c.kid,), KeyRow, after, limit)


def products(
    engine: Engine,
    *,
    organisation: str | None = None,
    after: str | None = None,
    limit: int = 100,
    **wanted: str | None,
) -> Page[ProductRow]:
    """Versions of products, by name and number; filter `product`."""
    table = schema.product
    statement = select(table).where(*_equal(table.c, wanted))
    if organisation is not None:
        statement = statement.where(table.c.owner.in_(_people_of(organisation)))
    key = (table.c.product, table.c.version)
    return read_page(engine, statement, key, _product, after, limit)


def _people_of(organisation: str) -> Any:
    return select(schema.agent.c.agent).where(schema.agent.c.organisation == organisation)


def _equal(columns: Any, wanted: dict[str, str | None]) -> list[Any]:
    return [columns[name] == value for name, value in wanted.items() if value is not None]


def agent_of(*row: Any) -> AgentRow:
    agent, organisation, roles, waiting, administrator, position = row
    return AgentRow(agent, organisation, _lines(roles), _lines(waiting), administrator, position)


def _product(*row: Any) -> ProductRow:
    said, (countries, made_at, position) = row[:-3], row[-3:]
    values: list[Any] = [*said, _lines(countries), _lines(made_at), position]
    return ProductRow(*values)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()
