"""Questions that the rules of many facts ask; what is wrong goes to `found`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from ledger.domain.custody import Holder
from ledger.domain.identifiers import check_character
from ledger.domain.parts import PlannedSites
from ledger.domain.times import timestamp
from ledger.domain.window import latest_ms

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.findings import Found
    from ledger.domain.parts import NewContainer, Party
    from ledger.domain.world import Entry, World


def known_here(names: Iterable[str], chain: Chain, world: World, found: Found) -> list[Container]:
    """The containers of this therapy among the names; the others are findings."""
    known = []
    for name in names:
        container = chain.containers.get(name)
        if container is not None:
            known.append(container)
        elif world.chain_of_container(name) in (None, chain.coi):
            found.add("container_not_in_chain", name)
        else:
            found.add("container_known_elsewhere", name)
    return known


def held_by(containers: Iterable[Container], at: Party, found: Found) -> None:
    actor = Holder(at.site, at.department)
    for container in containers:
        if container.holder != actor and not container.custody.claimed_by(actor):
            found.add("acted_without_custody", container.id)


def usable(
    containers: Iterable[Container],
    entry: Entry,
    chain: Chain,
    found: Found,
    overridden: Collection[str] = (),
) -> None:
    """Not quarantined, used up, destroyed, nor expired at the latest moment at which it can have happened.

    What a gate in `overridden` asks was decided by two people before.
    """
    for container in containers:
        if "not_quarantined" not in overridden and any(chain.quarantined(container.id)):
            found.add("container_quarantined", container.id)
        if container.is_used_up:
            found.add("container_used_up", container.id)
        if container.destroyed:
            found.add("container_destroyed", container.id)
        if "not_expired" not in overridden and container.expires_at is not None:
            latest = timestamp(latest_ms(entry.event.occurred_at, entry.recorded_ms))
            if container.expires_at <= latest:
                found.add("container_expired", container.id)


def planned(site: str, sites: Iterable[str], names: Sequence[str], found: Found) -> None:
    if site not in sites:
        found.add("site_not_planned", *names)


def order_sites(chain: Chain) -> PlannedSites:
    """Those of the order; a provisional chain plans nothing but the site that it belongs to."""
    if chain.order is not None:
        return chain.order.sites
    assert chain.provisional is not None  # the judge asked before
    site = chain.provisional.site
    return PlannedSites(collection=site, manufacturing=[site], treatment=site, couriers=[])


def newly_made(new: Sequence[NewContainer], chain: Chain, world: World, found: Found) -> None:
    """Containers come to be once, in one therapy; bag n of m makes a set."""
    times = Counter(one.container for one in new)
    bags = Counter((one.of, one.bag, one.component) for one in new if one.of is not None)
    for one in new:
        elsewhere = world.chain_of_container(one.container)
        if one.container in chain.containers or times[one.container] > 1:
            found.add("container_reused", one.container)
        elif elsewhere not in (None, chain.coi):
            found.add("container_known_elsewhere", one.container)
        half = (one.bag is None) != (one.of is None)
        if half or (one.bag or 0) > (one.of or 0) or (one.of and bags[one.of, one.bag, one.component] > 1):
            found.add("bag_numbers_wrong", one.container)
        if _is_misread(one):
            found.add("check_character_wrong", one.container)


def _is_misread(one: NewContainer) -> bool:
    """A check character was scanned, and it is not this number's."""
    return one.din_check is not None and (one.din is None or check_character(one.din) != one.din_check)
