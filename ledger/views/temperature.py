"""Excursions: when a container was outside its band, how far, and which entries show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.domain.registry import Product
from ledger.domain.temperature_rules import judgement_of
from ledger.domain.world import product_tag
from ledger.store.decode import LazyEntry
from ledger.views.paging import Page, read_page
from ledger.views.schema import excursion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    from ledger.domain.chain import Chain
    from ledger.domain.parts import TemperatureProfile
    from ledger.store.reading import Reads


@dataclass(frozen=True, slots=True)
class Excursed:
    """`position` is the first entry that shows it, `proof` all that do. `within_limits`: what
    the container spent in this phase in all is still within its profile."""

    position: int
    chain: str
    container: str
    phase: str
    started_ms: int
    ended_ms: int
    peak_centi_c: int
    proof: tuple[int, ...]
    within_limits: bool


def excursions(
    engine: Engine,
    *,
    chain: str | None = None,
    container: str | None = None,
    within_limits: bool | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Excursed]:
    """Excursions in the order of the entries that show them first."""
    where: list[Any] = []
    if chain is not None:
        where.append(excursion.c.chain == chain)
    if container is not None:
        where.append(excursion.c.container == container)
    if within_limits is not None:
        where.append(excursion.c.within_limits.is_(within_limits))
    key = tuple(excursion.primary_key)
    return read_page(engine, select(excursion).where(*where), key, _excursed, after, limit)


def _excursed(*row: Any) -> Excursed:
    values: list[Any] = list(row)
    values[7] = tuple(int(position) for position in row[7].split())
    return Excursed(*values)


def rows(chain: Chain, profiles: Sequence[TemperatureProfile]) -> list[tuple[Any, ...]]:
    """Rows of `view_excursion`."""
    return [row for name in chain.containers for profile in profiles for row in _rows(chain, name, profile)]


def _rows(chain: Chain, name: str, profile: TemperatureProfile) -> Iterator[tuple[Any, ...]]:
    judgement = judgement_of(chain, name, profile)
    for one in judgement.excursions:
        key = (one.proof[0], chain.coi, name, profile.phase, one.start_ms)
        proof = " ".join(map(str, one.proof))
        yield (*key, one.end_ms, one.peak_centi_c, proof, judgement.is_within_limits)


class Rulebook:
    """The profiles that orders name. A version never changes, so each is read once."""

    def __init__(self, store: Reads) -> None:
        self._store = store
        self._products: dict[str, Product] = {}

    def profiles(self, chain: Chain) -> Sequence[TemperatureProfile]:
        if chain.order is None:
            return ()
        named = chain.order.product
        product = self._products.get(named.product)
        if product is None or named.version not in product.versions:
            product = self._products[named.product] = self._read(named.product)
        version = product.versions.get(named.version)
        return (version.rules.temperature or ()) if version else ()

    def _read(self, name: str) -> Product:
        product = Product(name)
        for stored in self._store.by_tag(product_tag(name)):
            product.apply(LazyEntry(stored))
        return product
