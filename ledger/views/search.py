"""Whatever begins with a text: containers, therapies, what touched them, and the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from ledger.store.faults import faults
from ledger.store.schema import entry
from ledger.views import schema, touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Column, Engine

# Answered from the registry: they touch more therapies than anybody wants to read a list of.
OF_REGISTRY = ("agent", "product", "site")
_NAMES: tuple[tuple[str, Column[Any], Column[Any]], ...] = (
    ("lot", schema.lot.c.lot, schema.lot.c.lot),
    ("lot", schema.lot.c.supplier_lot, schema.lot.c.lot),
    ("equipment", schema.equipment.c.equipment, schema.equipment.c.equipment),
    ("equipment", schema.equipment.c.serial, schema.equipment.c.equipment),
    ("site", schema.site.c.site, schema.site.c.site),
    ("agent", schema.agent.c.agent, schema.agent.c.agent),
)


class Hit(NamedTuple):
    """`id` under which it is found, and whose it is: an organisation's, or a therapy's."""

    kind: str
    id: str
    organisation: str | None = None
    chain: str | None = None


def hits(engine: Engine, text: str, limit: int) -> Iterator[Hit]:
    """What begins with the text, at most `limit` of each kind, without asking who may see it."""
    for found in (_therapies, _containers, _registry, _touching):
        yield from found(engine, text, limit)


def _therapies(engine: Engine, text: str, limit: int) -> Iterable[Hit]:
    name = schema.chain.c.chain
    rows = _read(engine, select(name).where(schema.begins(name, text)).order_by(name).limit(limit))
    return [Hit("chain", coi, chain=coi) for (coi,) in rows]


def _containers(engine: Engine, text: str, limit: int) -> Iterable[Hit]:
    table = schema.container
    columns = (table.c.container, table.c.chain)
    where = schema.begins(table.c.container, text)
    rows = _read(engine, select(*columns).where(where).order_by(*columns).limit(limit))
    return [Hit("container", name, chain=coi) for name, coi in rows]


def _registry(engine: Engine, text: str, limit: int) -> Iterator[Hit]:
    for kind, column, name in _NAMES:
        columns = (name, column.table.c["organisation"])
        found = select(*columns).where(schema.begins(column, text)).order_by(name).limit(limit)
        for one, organisation in _read(engine, found):
            yield Hit(kind, one, organisation=organisation)
    yield from _products(engine, text, limit)


def _products(engine: Engine, text: str, limit: int) -> Iterator[Hit]:
    product, agent = schema.product, schema.agent
    found = select(product.c.product, agent.c.organisation).distinct()
    found = found.outerjoin(agent, agent.c.agent == product.c.owner)
    where = schema.begins(product.c.product, text)
    for name, organisation in _read(engine, found.where(where).order_by(product.c.product).limit(limit)):
        yield Hit("product", name, organisation=organisation)


def _touching(engine: Engine, text: str, limit: int) -> Iterable[Hit]:
    """One hit for each therapy that something of this name touched."""
    return [Hit(kind, name, chain=coi) for kind, name, coi in touch.named(engine, text, OF_REGISTRY, limit)]


def positions_of_id(engine: Engine, prefix: str, limit: int) -> list[int]:
    """Where statements stand whose id (hex) begins so; from the log itself, so never behind it."""
    low, high = (bytes.fromhex(prefix.ljust(64, digit)) for digit in "0f")
    where = (entry.c.statement_id >= low, entry.c.statement_id <= high)
    found = select(entry.c.position).where(*where).order_by(entry.c.statement_id).limit(limit)
    return [position for (position,) in _read(engine, found)]


def _read(engine: Engine, statement: Any) -> Any:
    with faults(), engine.connect() as connection:
        return connection.execute(statement).all()
