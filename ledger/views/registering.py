"""From entries to rows of the registry: fold what each touches, write down what it says now.

Rows are never taken away: what was known stays known, with another status.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ledger.domain.world import new_aggregate
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.domain.equipment import Equipment
    from ledger.domain.lots import Lot
    from ledger.domain.registry import Agent, Key, Product, Site
    from ledger.domain.world import Entry
    from ledger.store.reading import Reads

MAX_KEPT = 2_000
Row = tuple[Any, ...]


def _lot(one: Lot) -> dict[str, list[Row]]:
    said = (one.organisation, one.site, one.material, one.supplier_lot, one.expires_at)
    return {"view_lot": [(one.id, *said, one.status, one.reason, one.position)]}


def _equipment(one: Equipment) -> dict[str, list[Row]]:
    said = (one.organisation, one.site, one.kind, one.model, one.serial)
    until = (one.qualified_until, one.calibrated_until, one.retired)
    charged_at = max((charge.occurred_at for charge in one.charges), default=None)
    return {"view_equipment": [(one.id, *said, *until, one.hold_time_s, charged_at, one.position)]}


def _site(one: Site) -> dict[str, list[Row]]:
    return {"view_site": [(one.id, one.organisation, one.kind, one.country, one.status, one.position)]}


def _agent(one: Agent) -> dict[str, list[Row]]:
    held = {(role, site) for site, roles in one.roles_at.items() for role in roles}
    roles = (_lines(held), _lines(set(one.named_roles) - held))
    granted = [
        (one.id, name, one.organisation, held.expires_at, held.position)
        for name, held in one.qualifications.items()
    ]
    row = (one.id, one.organisation, *roles, one.is_administrator, one.position)
    return {"view_agent": [row], "view_qualification": granted}


def _lines(roles: set[tuple[str, str]]) -> str:
    return "\n".join(sorted(f"{role}@{site}" for role, site in roles))


def _key(one: Key) -> dict[str, list[Row]]:
    return {"view_key": [(one.kid, one.agent, one.status, one.position)]}


def _product(one: Product) -> dict[str, list[Row]]:
    rows = []
    for number, version in one.versions.items():
        rules = version.rules
        said = (rules.name, one.owner, rules.window_starts, rules.window_s)
        places = ("\n".join(rules.countries), "\n".join(rules.sites))
        rows.append((one.id, number, *said, *places, version.position))
    return {"view_product": rows}


ROWS: dict[str, Callable[[Any], dict[str, list[Row]]]] = {
    "lot": _lot,
    "equipment": _equipment,
    "site": _site,
    "agent": _agent,
    "key": _key,
    "product": _product,
}
PREFIXES = tuple(f"{kind}/" for kind in ROWS)


def rows_of(tag: str, aggregate: Any) -> dict[str, list[Row]]:
    """The rows of one aggregate, by table."""
    return ROWS[tag.partition("/")[0]](aggregate)


class Registering:
    """The registry's aggregates as of the views' position. Not thread-safe."""

    def __init__(self, store: Reads) -> None:
        self._store = store
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def forget(self) -> None:
        self._kept.clear()

    def fold(self, start: int, touched: Mapping[str, list[Entry]], rows: dict[str, list[Row]]) -> None:
        """Take in the entries by tag, of positions from `start` on; add what they change to `rows`."""
        for tag, entries in touched.items():
            aggregate = self._kept[tag] = self._kept.get(tag) or self._load(tag, start)
            self._kept.move_to_end(tag)
            for entry in entries:
                aggregate.apply(entry)
            for table, made in rows_of(tag, aggregate).items():
                rows[table].extend(made)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def _load(self, tag: str, before: int) -> Any:
        aggregate = new_aggregate(tag)
        for stored in self._store.rows_by_tag(tag, before=before) if before else ():
            aggregate.apply(LazyEntry(stored))
        return aggregate
