"""Who holds what, who was offered what, and which hand-overs wait for their other half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import or_, select

from ledger.views.paging import Page, read_page
from ledger.views.schema import container, handover

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Engine

    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.custody import Handover


@dataclass(frozen=True, slots=True)
class Held:
    """A container and its holder. Positions name the entries that prove it.

    `used_up`: emptied, infused or destroyed; the holder then is the last one it had. `offered_…`: whom
    the holder released it to, as long as nobody has answered.
    """

    container: str
    chain: str
    position: int
    made_by: str
    status: str
    used_up: bool
    site: str | None
    department: str | None
    held_since: int | None
    offered_site: str | None
    offered_department: str | None
    offered_since: int | None
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Half of a hand-over: a release that nobody accepted, or a claim whose release hasn't come."""

    position: int
    container: str
    chain: str
    statement_id: str
    kind: Literal["release", "claim"]
    giver_site: str
    giver_department: str
    receiver_site: str
    receiver_department: str
    recorded_ms: int


def held(
    engine: Engine,
    *,
    container_id: str | None = None,
    chain: str | None = None,
    site: str | None = None,
    department: str | None = None,
    offered_to: str | None = None,
    with_used_up: bool = False,
    after: str | None = None,
    limit: int = 100,
) -> Page[Held]:
    """Containers by any of: name, therapy, holder, site that they are offered to."""
    wanted = {
        container.c.container: container_id,
        container.c.chain: chain,
        container.c.site: site,
        container.c.department: department,
        container.c.offered_site: offered_to,
    }
    where = [column == value for column, value in wanted.items() if value is not None]
    if not with_used_up:
        where.append(container.c.used_up.is_(False))
    key = (container.c.container, container.c.chain)
    return read_page(engine, select(container).where(*where), key, Held, after, limit)


def waiting(
    engine: Engine,
    *,
    kind: Literal["release", "claim"] | None = None,
    chain: str | None = None,
    site: str | None = None,
    recorded_before_ms: int | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Waiting]:
    """Hand-overs that wait, the oldest first. `site` gives or receives."""
    where: list[Any] = []
    if kind is not None:
        where.append(handover.c.kind == kind)
    if chain is not None:
        where.append(handover.c.chain == chain)
    if site is not None:
        where.append(or_(handover.c.giver_site == site, handover.c.receiver_site == site))
    if recorded_before_ms is not None:
        where.append(handover.c.recorded_ms < recorded_before_ms)
    key = (handover.c.position, handover.c.container)
    return read_page(engine, select(handover).where(*where), key, Waiting, after, limit)


def container_rows(chain: Chain) -> list[tuple[Any, ...]]:
    """Rows of `view_container`."""
    return [_container_row(chain.coi, one) for one in chain.containers.values()]


def _container_row(coi: str, one: Container) -> tuple[Any, ...]:
    site, department = one.holder or (None, None)
    offered = one.offered
    to_site, to_department = offered.receiver if offered else (None, None)
    return (
        one.id,
        coi,
        one.position,
        one.made_by,
        one.status,
        one.is_gone,
        site,
        department,
        one.custody.position if one.holder else None,
        to_site,
        to_department,
        offered.position if offered else None,
        one.expires_at,
    )


def handover_rows(chain: Chain) -> list[tuple[Any, ...]]:
    """Rows of `view_handover`."""
    return [row for name in chain.waiting for row in _waiting_rows(chain, chain.container(name))]


def _waiting_rows(chain: Chain, one: Container) -> Iterator[tuple[Any, ...]]:
    halves: tuple[tuple[str, Collection[Handover]], ...] = (
        ("release", one.custody.releases.values()),
        ("claim", one.custody.claims.values()),
    )
    for kind, found in halves:
        for half in found:
            parties = (*half.giver, *half.receiver)
            yield (half.position, one.id, chain.coi, half.id, kind, *parties, half.recorded_ms)
