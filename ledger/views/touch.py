"""What touched which therapy and which container: lots, sites, people, equipment, labels.

A row says from which entry on a name touched a container, or the therapy (`container` is
empty). What was made of a container is found through its lineage when somebody asks. A lot
touches every container of the batch for which it was consumed, as the gate has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ledger.domain.naming import containers_of
from ledger.domain.registry import LEDGER
from ledger.domain.shares import is_carried, share_of
from ledger.store.faults import faults
from ledger.views import schema
from ledger.views.paging import Page, read_page
from ledger.views.schema import container, lineage, touch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sqlalchemy import Engine

    from ledger.domain.parts import Event
    from ledger.domain.world import Entry

Touched = tuple[str, str, str]  # kind, name, container

# Under these kinds a registered piece of equipment may be named.
EQUIPMENT_KINDS = ("equipment", "location", "logger", "platform", "shipper")


def _sites(sites: Any) -> Iterator[tuple[str, str]]:
    for name in (sites.collection, sites.treatment, *sites.manufacturing, *sites.couriers):
        yield "site", name


def _plain(kind: str) -> Callable[[Any], Any]:
    return lambda name: ((kind, name),)


def _party(party: Any) -> Any:
    return (("site", party.site),)


_NAMING: dict[str, Callable[[Any], Any]] = {
    "at": _party,
    "batch": _plain("batch"),
    "equipment": lambda names: [("equipment", name) for name in names],
    "failed_batch": _plain("batch"),
    "giver": _party,
    "label": _plain("label"),
    "labels": lambda serials: [("label", serial) for serial in serials],
    "location": _plain("location"),
    "logger": _plain("logger"),
    "lots": lambda names: [("lot", name) for name in names],
    "old_shipper": _plain("shipper"),
    "platform": _plain("platform"),
    "product": lambda product: (("product", product.product),),
    "receiver": _party,
    "seal": _plain("seal"),
    "serial": _plain("label"),
    "serials": lambda serials: [("label", serial) for serial in serials],
    "shipper": _plain("shipper"),
    "site": _plain("site"),
    "sites": _sites,
}


_MADE_IN = {
    "CollectionCompleted": "containers",
    "ContainersDerived": "children",
    "ChainLinked": "containers",
}


@cache
def _members(event: type[Event]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Which members of this kind of event name something, and how they are read."""
    return tuple((name, read) for name, read in _NAMING.items() if name in event.model_fields)


def names_in(entry: Entry) -> Iterator[tuple[str, str]]:
    """Kind and name of all that the entry names, its signer included; not the ledger."""
    if entry.signer != LEDGER:
        yield "agent", entry.signer
    for member, read in _members(type(entry.event)):
        value = getattr(entry.event, member)
        if value is not None:
            yield from read(value)


def _carrier(entry: Entry) -> Iterator[tuple[str, str]]:
    """The shipment or tank on whose stream the entry stands."""
    if is_carried(entry):
        kind, _, name = entry.stream.partition("/")
        yield kind, name


@dataclass(slots=True)
class Touches:
    """The fold of one therapy's entries, in the log's order. `fresh` are the rows not yet taken."""

    chain: str
    first: dict[Touched, int] = field(default_factory=dict)
    fresh: list[tuple[Any, ...]] = field(default_factory=list)
    lots: dict[str, dict[str, None]] = field(default_factory=dict)  # by batch
    containers: dict[str, dict[str, None]] = field(default_factory=dict)  # by batch

    def apply(self, whole: Entry) -> None:
        entry = share_of(whole, self.chain)
        event: Any = entry.event
        containers = dict.fromkeys(("", *containers_of(event)))
        for kind, name in (*names_in(entry), *_carrier(whole)):
            self._put(kind, name, containers, entry.position)
        for made in getattr(event, _MADE_IN[event.type]) if event.type in _MADE_IN else ():
            for kind in ("din", "product_code"):
                name = getattr(made, kind)
                if name is not None:
                    self._put(kind, name, ("", made.container), entry.position)
        if "batch" in type(event).model_fields:
            self._join(event, entry.position)

    def _join(self, event: Any, position: int) -> None:
        """Lots and containers of a batch meet, whichever is named first."""
        lots = self.lots.setdefault(event.batch, {})
        containers = self.containers.setdefault(event.batch, {})
        if "lots" in type(event).model_fields:
            lots.update(dict.fromkeys(event.lots))
        containers.update(dict.fromkeys(containers_of(event)))
        for lot in lots:
            self._put("lot", lot, containers, position)

    def _put(self, kind: str, name: str, containers: Iterable[str], position: int) -> None:
        for one in containers:
            if (kind, name, one) not in self.first:
                self.first[kind, name, one] = position
                self.fresh.append((kind, name, self.chain, one, position))

    def take(self) -> list[tuple[Any, ...]]:
        """Rows of `view_touch` that came since the last time."""
        taken, self.fresh = self.fresh, []
        return taken


# --- what is asked ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reached:
    """A therapy that a name touched, and the entry that named it first."""

    chain: str
    first_position: int


@dataclass(frozen=True, slots=True)
class ReachedContainer:
    """A container that was touched, or made of one that was. Without a row of its own: not made yet."""

    chain: str
    container: str
    first_position: int
    status: str | None
    used_up: bool | None
    site: str | None
    department: str | None
    offered_site: str | None
    offered_department: str | None


def reach(
    engine: Engine, kinds: Collection[str], name: str, *, after: str | None = None, limit: int = 100
) -> Page[Reached]:
    """Therapies that the name touched under any of the kinds."""
    first = func.min(touch.c.first_position)
    named = (touch.c.kind.in_(kinds), touch.c.name == name, touch.c.container == "")
    statement = select(touch.c.chain, first).where(*named).group_by(touch.c.chain)
    return read_page(engine, statement, (touch.c.chain,), Reached, after, limit)


def reached_containers(
    engine: Engine, kinds: Collection[str], name: str, chains: Collection[str]
) -> list[ReachedContainer]:
    """Of these therapies: the containers that the name touched, and all that was made of them."""
    named = (touch.c.kind.in_(kinds), touch.c.name == name, touch.c.chain.in_(chains))
    start = select(touch.c.chain, touch.c.container, touch.c.first_position).where(
        *named, touch.c.container != ""
    )
    walked = start.cte("walked", recursive=True)
    made = (lineage.c.chain == walked.c.chain) & (lineage.c.parent == walked.c.container)
    further = select(walked.c.chain, lineage.c.child, walked.c.first_position).join(lineage, made)
    walked = walked.union(further)  # a loop, which only false facts make, ends: no row comes twice
    first = func.min(walked.c.first_position).label("first_position")
    found = select(walked.c.chain, walked.c.container, first).group_by(walked.c.chain, walked.c.container)
    each = found.subquery()
    here = (container.c.chain == each.c.chain) & (container.c.container == each.c.container)
    now = [container.c[column] for column in ("status", "used_up", "site", "department")]
    offered = [container.c.offered_site, container.c.offered_department]
    statement = select(each, *now, *offered).outerjoin(container, here)
    with faults(), engine.connect() as connection:
        rows = connection.execute(statement.order_by(each.c.chain, each.c.container)).all()
    return [ReachedContainer(*row) for row in rows]


def named(engine: Engine, text: str, leave_out: Collection[str], limit: int) -> list[Touched]:
    """Kind, name and therapy of what begins with the text."""
    columns = (touch.c.kind, touch.c.name, touch.c.chain)
    where = (schema.begins(touch.c.name, text), touch.c.container == "", touch.c.kind.not_in(leave_out))
    statement = select(*columns).where(*where).order_by(touch.c.name, touch.c.kind, touch.c.chain)
    with faults(), engine.connect() as connection:
        return [(kind, name, chain) for kind, name, chain in connection.execute(statement.limit(limit))]
