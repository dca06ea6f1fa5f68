"""What the ledger shows of a site, followed along the log.

It is an account in parts, named by tags: the site itself, the people who work there, and of each therapy
the containers that are there. An entry changes the parts that it is tagged with. Where it is asked as it was
shown to somebody, an entry about that one changes what they may read of every therapy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ledger.domain.account import of_site, roles_told
from ledger.domain.difference import Parted
from ledger.domain.world import agent_tag, site_tag

if TYPE_CHECKING:
    from ledger.domain.account import Account
    from ledger.domain.difference import Change
    from ledger.domain.world import World

Reads = Callable[[str, int], bool]
"""True if a therapy may be told, as the entries before a position made it."""


class SiteAccount:
    """The account of one site. `parts` are tags; of others nothing is told."""

    def __init__(self, site: str, seen_by: str | None, reads: Reads = lambda _, __: True) -> None:
        self._site, self._seen_by, self._reads = site, seen_by, reads
        self._known = Parted()

    @property
    def account(self) -> Account:
        return self._known.account

    def parts_of(self, tags: Iterable[str]) -> list[str]:
        """What an entry with these tags changes."""
        found = {one for one in tags if one.startswith(("chain/", "agent/")) or one == site_tag(self._site)}
        if self._seen_by and agent_tag(self._seen_by) in found:
            found.update(one for one in self._known.parts if one.startswith("chain/"))
        return sorted(found)

    def begin(self, world: World, position: int, parts: Iterable[str]) -> None:
        """Take in what stands before anything of it changes."""
        for part in parts:
            if part not in self._known:
                self._known.put(part, self._read(world, position, part))

    def follow(self, world: World, entry: int, at_ms: int, parts: Iterable[str]) -> list[Change]:
        """What the entry at this position changed; the world is what it made."""
        told = ((part, self._read(world, entry + 1, part)) for part in parts)
        return [change for part, account in told for change in self._known.put(part, account, entry, at_ms)]

    def _read(self, world: World, position: int, part: str) -> Account:
        kind, _, name = part.partition("/")
        if kind == "chain":
            is_told = self._reads(name, position)
            return of_site(world, name, self._site, self._seen_by or "") if is_told else {}
        if kind == "agent":
            return {at: held for at, held in roles_told(world, [name]) if at.endswith(f"/at/{self._site}")}
        site = world.site(name)
        return {part: site.status} if site else {}
