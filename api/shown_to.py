"""What the ledger would have answered to somebody at a moment.

`for=<agent>` makes a read that one's, with the roles and relations that they had then: every answer is
what the server would have said to them, its 404 included. Who asks on another's behalf must be entitled to
all that is shown: auditors; Quality of a site, for the people of that site; everybody for
themselves. They are never shown more than they may read themselves now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import Depends, Query

from api.moments import Moment, TheMoment
from api.reading import Reader, TheReader
from ledger.domain.account import could_ask
from ledger.domain.parts import Name
from ledger.domain.registry import Agent
from ledger.domain.standing import QUALITY, may_read_all
from ledger.domain.world import agent_tag
from ledger.errors import NotFound, Unauthorised
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from ledger.domain.world import Entry

For = Annotated[
    Name | None,
    Query(
        alias="for", description="As it was shown to this person then; see `403 not_yours`", examples=["nora"]
    ),
]


@dataclass(slots=True)
class Beholder(Reader):
    """Another's reads at a moment, never beyond what `asker` may read now."""

    asker: Reader | None = None

    @property
    def reads_all(self) -> bool:
        assert self.asker is not None
        return may_read_all(self.agent) and self.asker.reads_all

    def may_read(self, coi: str) -> bool:
        assert self.asker is not None
        return super(Beholder, self).may_read(coi) and self.asker.may_read(coi)

    def shows(self, coi: str, entry: Entry) -> bool:
        assert self.asker is not None
        return super(Beholder, self).shows(coi, entry) and self.asker.shows(coi, entry)

    def may_read_entry(self, entry: Entry) -> bool:
        """What somebody else has signed is not the asker's to read for that."""
        assert self.asker is not None
        return super(Beholder, self).may_read_entry(entry) and self.asker.may_read_entry(entry)

    def told_of(self, entry: Entry) -> tuple[str, ...]:
        assert self.asker is not None
        own = entry.signer == self.asker.agent.id
        mine = [one for one in self.asker.told_of(entry) if own or self.asker.shows(one, entry)]
        return tuple(one for one in super(Beholder, self).told_of(entry) if one in mine)

    def hides_before(self, coi: str, position: int) -> bool:
        assert self.asker is not None
        hidden = super(Beholder, self).hides_before(coi, position)
        return hidden or self.asker.hides_before(coi, position)


class View(NamedTuple):
    """Who reads, and of which moment."""

    reader: Reader
    moment: Moment


def view_of(reader: TheReader, moment: TheMoment, seen_by: For = None) -> View:
    """Raises as `beholder`."""
    return View(reader if seen_by is None else beholder(reader, moment, seen_by), moment)


TheView = Annotated[View, Depends(view_of)]


def beholder(asker: Reader, moment: Moment, seen_by: str) -> Beholder:
    """Raises `Unauthorised` (`not_yours`), `NotFound` (`no_such_agent`): not enrolled, or
    without a key in force, at that moment."""
    world = asker.node.ledger.world_at(moment.position)
    agent = world.agent(seen_by)
    require_entitled(asker, seen_by, moment.position, moment.position)
    if agent is None or not could_ask(world, seen_by):
        missing = f"{seen_by} was not enrolled, or had no key in force, before entry {moment.position}"
        raise NotFound("no_such_agent", missing)
    return Beholder(asker.node, asker.session, moment.position, world, agent, asker=asker)


def require_entitled(asker: Reader, seen_by: str, first: int, last: int) -> None:
    """From one position to another. Raises `Unauthorised` (`not_yours`)."""
    if asker.reads_all or asker.agent.id == seen_by:
        return
    sites = _sites_of(asker, seen_by, first, last)
    if not sites or not all(asker.agent.has_role(QUALITY, site) for site in sites):
        raise Unauthorised("not_yours", "ask for yourself, or as an auditor or Quality of that person's site")


def _sites_of(asker: Reader, seen_by: str, first: int, last: int) -> set[str]:
    """All at which they had a role meanwhile, so that nothing of another site is told; of whoever has none
    any more, the last ones."""
    agent, known, sites = Agent(seen_by), set[str](), set[str]()
    for stored in asker.node.ledger.store.by_tag(agent_tag(seen_by), before=last):
        if stored.position >= first:
            sites |= known
        agent.apply(LazyEntry(stored))
        known = set(agent.roles_at) or known
    return sites | known
