"""What decisions about sites, and about what belongs to them, ask of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import Conflict, NotPermitted, Refused

if TYPE_CHECKING:
    from ledger.domain.registry import Site
    from ledger.domain.world import World


def require_site(name: str, world: World) -> Site:
    """Raises `Refused` `unknown_site`."""
    site = world.site(name)
    if site is None:
        raise Refused("unknown_site", f"the site {name!r} was never onboarded")
    return site


def require_not_closed(site: Site) -> None:
    """Raises `Conflict` `site_closed`."""
    if site.closed:
        raise Conflict("site_closed", f"site/{site.id} was closed for good at position {site.position}")


def require_own_site(name: str, organisation: str, world: World) -> None:
    """Raises `Refused` `unknown_site`, `NotPermitted` `not_own_site`, `Conflict` `site_closed`."""
    site = require_site(name, world)
    if site.organisation != organisation:
        raise NotPermitted("not_own_site", f"{name!r} belongs to {site.organisation!r}")
    require_not_closed(site)
