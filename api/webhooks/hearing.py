"""Of which therapies an endpoint hears: those that the people of its sites may read now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.registry import Agent
from ledger.domain.standing import THERAPY_ROLES, may_read_chain

if TYPE_CHECKING:
    from api.webhooks.endpoints import Endpoint
    from ledger.domain.world import World


def hears(endpoint: Endpoint, world: World, coi: str) -> bool:
    """As somebody with every role of a therapy at its sites; of an organisation: at all that are its."""
    chain = world.chain(coi)
    sites = endpoint.sites
    if endpoint.organisation:
        near = chain.planned | chain.present_sites()
        sites = frozenset(one for one in near if _owner(world, one) == endpoint.organisation)
    somebody = Agent(endpoint.name, organisation=endpoint.organisation)
    # The sponsor's people read whatever their own site is.
    somebody.roles_at = dict.fromkeys(sites or {""}, THERAPY_ROLES)
    return chain.version > 0 and may_read_chain(somebody, world, chain)


def _owner(world: World, site: str) -> str | None:
    found = world.site(site)
    return found.organisation if found else None
