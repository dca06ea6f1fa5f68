"""Who has a part in a therapy, and who may read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

from ledger.domain.parts import PlannedSites, Role

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.registry import Agent
    from ledger.domain.world import World

ALL_ROLES: frozenset[str] = frozenset(get_args(Role))
# Administrators run the registry, auditors read: neither has a part in a therapy.
THERAPY_ROLES = ALL_ROLES - {"administrator", "auditor"}
QUALITY = frozenset({"quality"})


def has_part_in(agent: Agent, chain: Chain, world: World) -> bool:
    """The planned relation: a role at a site of the order, at one that holds or held a bag or
    was offered one by its holder, or in the sponsor's organisation."""
    return at_a_site_of(chain, THERAPY_ROLES, agent) or of_sponsor(chain, THERAPY_ROLES, agent, world)


def is_quality_of(agent: Agent, chain: Chain, world: World) -> bool:
    """True for Quality with a part in the therapy."""
    return at_a_site_of(chain, QUALITY, agent) or of_sponsor(chain, QUALITY, agent, world)


def may_read_all(agent: Agent) -> bool:
    """Auditors read everything (and write nothing)."""
    return "auditor" in agent.roles


def may_read_chain(agent: Agent, world: World, chain: Chain) -> bool:
    """Sites of the order and the sponsor's people read the therapy; couriers, and sites that
    the order does not name, only while they hold a container or are about to. A provisional
    chain is read by the people of the site that it belongs to."""
    if may_read_all(agent):
        return True
    reading = THERAPY_ROLES - {"courier"}
    if chain.order is None:  # a provisional chain, or nothing at all
        return has_role_at(agent, reading, chain.planned) or has_role_at(
            agent, THERAPY_ROLES, chain.present_sites()
        )
    if has_role_at(agent, reading, care_and_manufacture(chain.order.sites)):
        return True
    if has_role_at(agent, THERAPY_ROLES, chain.present_sites()):
        return True
    return of_sponsor(chain, reading, agent, world) or _holds_what_was_set_aside(agent, chain)


def _holds_what_was_set_aside(agent: Agent, chain: Chain) -> bool:
    """The order came late: until its collection is linked, whoever holds the bags reads on."""
    aside, order = chain.aside, chain.order
    if aside is None or aside.provisional is None or aside.linked_to is not None or order is None:
        return False
    own = aside.provisional.site == order.sites.collection
    return own and has_role_at(agent, THERAPY_ROLES, aside.present_sites())


def is_anothers(agent: Agent, chain: Chain, position: int) -> bool:
    """True for an entry that another site than the order's recorded under this id before the order."""
    aside, order = chain.aside, chain.order
    if aside is None or aside.provisional is None or order is None or position >= chain.order_position:
        return False
    site = aside.provisional.site
    return site != order.sites.collection and not agent.has_role(THERAPY_ROLES, site)


def sponsor_of(product_id: str, world: World) -> str | None:
    """The organisation of whoever defined the product's first version."""
    product = world.product(product_id)
    owner = world.agent(product.owner) if product else None
    return owner.organisation if owner else None


def has_role_at(agent: Agent, roles: frozenset[str], sites: Iterable[str]) -> bool:
    return any(agent.has_role(roles, site) for site in sites)


def at_a_site_of(chain: Chain, roles: frozenset[str], agent: Agent) -> bool:
    sites = [site for site in agent.roles_at if agent.has_role(roles, site)]
    if not chain.planned.isdisjoint(sites):
        return True
    return bool(sites) and not (chain.handled_sites() | chain.present_sites()).isdisjoint(sites)


def of_sponsor(chain: Chain, roles: frozenset[str], agent: Agent, world: World) -> bool:
    if chain.order is None or agent.roles.isdisjoint(roles):
        return False
    return sponsor_of(chain.order.product.product, world) == agent.organisation


def care_and_manufacture(sites: PlannedSites) -> tuple[str, ...]:
    return (sites.collection, sites.treatment, *sites.manufacturing)
