"""What the ledger showed of a therapy, a container or a site at a moment, and what changed between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from api.moments import time_of
from api.shown_to import require_entitled
from api.stepping import Changed, MomentDocument, changes, require_order, told
from ledger.domain.account import account_of, is_shown, of_container, of_site, roles_told
from ledger.domain.noted import NotedWorld
from ledger.domain.shares import therapies_of
from ledger.domain.world import AGGREGATES, LEDGER, chain_tag, site_tag, timestamp
from ledger.errors import Malformed, NotFound
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.moments import Moment
    from api.reading import Reader
    from ledger.domain.account import Account
    from ledger.domain.world import World

MAX_WINDOW = 20_000  # entries between the two moments of a site: each is looked at
PAGE = 1_000


class AccountDocument(BaseModel):
    """`points`: address to value, as `ledger/domain/account.py` lists them; none where it was not shown."""

    coi: str
    container: str | None
    seen_by: str | None
    moment: MomentDocument
    points: dict[str, Any]


class TherapyChanges(Changed):
    """Of a therapy, or of one of its containers."""

    coi: str
    container: str | None


class SiteChanges(Changed):
    """Of the containers that the site held or was offered, of who worked there, and of the site itself."""

    site: str


class Question(NamedTuple):
    """Of which therapy, or of one container of it; as it was shown to `seen_by`."""

    coi: str
    container: str | None
    seen_by: str | None


class Replaying:
    """Answers one question. Raises `NotFound` `no_such_chain`, `no_such_container`; `Unauthorised`."""

    def __init__(self, reader: Reader, asked: Question, *moments: Moment) -> None:
        chain = reader.chain(asked.coi)  # whatever is told, the asker may read the therapy now
        _require_entitled(reader, asked.seen_by, moments)
        if asked.container is not None and asked.container not in chain.containers:
            raise NotFound("no_such_container", "there is no such container that you may read")
        self.reader, self.asked = reader, asked
        stored = reader.node.ledger.store.by_tag(chain_tag(asked.coi), before=reader.size)
        told = (one for one in map(LazyEntry, stored) if reader.shows(asked.coi, one))
        self._signed = [(one.position, one.signer) for one in told if one.signer != LEDGER]

    def account(self, moment: Moment) -> AccountDocument:
        world = self.reader.node.ledger.world_at(moment.position)
        return AccountDocument(
            **self.asked._asdict(),
            moment=self._moment(moment),
            points=self._look(world, moment.position, time_of(self.reader, moment)),
        )

    def changes(self, start: Moment, end: Moment) -> TherapyChanges:
        """Raises `Malformed` (`invalid_request`) where the moments are the wrong way round."""
        require_order(self.reader, start, end)
        found = changes(self.reader, start, end, self._positions(start, end), self._look)
        ends = (self._moment(start), self._moment(end))
        return TherapyChanges(**self.asked._asdict(), **told(self.reader, found, ends))

    def _positions(self, start: Moment, end: Moment) -> list[int]:
        """Of the entries of everything that the accounts at both ends read."""
        read: set[str] = set()
        for moment in (start, end):
            noted = NotedWorld(self.reader.node.ledger.world_at(moment.position))
            account_of(noted, self.asked.coi, time_of(self.reader, moment), self._people(end.position))
            if self.asked.seen_by is not None:
                is_shown(noted, self.asked.coi, self.asked.seen_by)
            read |= {tag for tag in noted.tags if tag.partition("/")[0] in AGGREGATES}
        store = self.reader.node.ledger.store
        found = (store.by_tag(tag, after=start.position - 1, before=end.position) for tag in read)
        return sorted({one.position for entries in found for one in entries})

    def _look(self, world: World, position: int, now_ms: int) -> Account:
        coi, container, seen_by = self.asked
        if self.reader.hides_before(coi, position):
            return {}
        points = account_of(world, coi, now_ms, self._people(position), seen_by or "")
        return of_container(points, world.chain(coi), container) if container else points

    def _people(self, position: int) -> list[str]:
        """Who had signed an entry of the therapy by then."""
        return sorted({signer for at, signer in self._signed if at < position})

    def _moment(self, moment: Moment) -> MomentDocument:
        seen_by, world = self.asked.seen_by, self.reader.node.ledger.world_at(moment.position)
        return _told_moment(self.reader, moment, seen_by is None or is_shown(world, self.asked.coi, seen_by))


def site_changes(reader: Reader, site: str, seen_by: str | None, start: Moment, end: Moment) -> SiteChanges:
    """Only of therapies that the asker may read. Raises `NotFound` (`no_such_site`), `Unauthorised`,
    `Malformed` (`invalid_request`): the wrong way round, or more than `MAX_WINDOW` entries apart."""
    if reader.world.site(site) is None:
        raise NotFound("no_such_site", f"there is no site {site!r}")
    _require_entitled(reader, seen_by, (start, end))
    require_order(reader, start, end)
    if end.position - start.position > MAX_WINDOW:
        raise Malformed("invalid_request", f"at most {MAX_WINDOW} entries may lie between the two moments")
    chains, people, positions = _between(reader, site, start, end)

    def look(world: World, position: int, _: int) -> Account:
        points = {f"site/{site}": known.status} if (known := world.site(site)) else {}
        roles = {at: held for at, held in roles_told(world, people) if at.endswith(f"/at/{site}")}
        told = (coi for coi in chains if not reader.hides_before(coi, position))
        bags = (of_site(world, coi, site, seen_by or "") for coi in told)
        return {name: value for part in (points, roles, *bags) for name, value in part.items()}

    found = changes(reader, start, end, positions, look)
    ends = (_told_moment(reader, start, True), _told_moment(reader, end, True))
    return SiteChanges(site=site, seen_by=seen_by, **told(reader, found, ends))


def _between(reader: Reader, site: str, start: Moment, end: Moment) -> tuple[list[str], list[str], list[int]]:
    """Therapies of which something was recorded that the asker may read, people, and the positions."""
    chains, people, positions = set[str](), set[str](), list[int]()
    for at in range(start.position, end.position, PAGE):
        for stored in reader.node.ledger.store.entries(at, min(at + PAGE, end.position)):
            entry = LazyEntry(stored)
            kind, _, name = entry.stream.partition("/")
            mine = {coi for coi in therapies_of(entry) if reader.may_read(coi)}
            chains |= mine
            people |= {name} if kind == "agent" else set()
            if mine or kind == "agent" or entry.stream == site_tag(site):
                positions.append(entry.position)
    return sorted(chains), sorted(people), positions


def _require_entitled(reader: Reader, seen_by: str | None, moments: Iterable[Moment]) -> None:
    if seen_by is not None:
        then = (reader.world_before(one.position).agent(seen_by) for one in moments)
        require_entitled(reader, seen_by, *then)


def _told_moment(reader: Reader, moment: Moment, is_told: bool) -> MomentDocument:
    return MomentDocument(position=moment.position, at=timestamp(time_of(reader, moment)), shown=is_told)
