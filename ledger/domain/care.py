"""Where a patient is known in person, and by which organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.domain.chain import Chain
    from ledger.domain.world import World


def care_sites(chain: Chain) -> tuple[str, ...]:
    """Collection and treatment; empty before the log knows anything of the therapy."""
    if chain.order is not None:
        return (chain.order.sites.collection, chain.order.sites.treatment)
    return (chain.provisional.site,) if chain.provisional else ()


def organisations(world: World, sites: Iterable[str]) -> list[str]:
    """Each once, in the order of their sites."""
    found = [world.site(one) for one in sites]
    return list(dict.fromkeys(site.organisation for site in found if site))
