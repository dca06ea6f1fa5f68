"""What the ledger showed of a therapy, a container or a site at a moment, and what changed between two."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from api.moments import time_of
from api.reaching import therapies_with
from api.shown_to import require_entitled
from api.stepping import Changed, MomentDocument, changes, require_order, told
from ledger.domain.account import account_of, could_ask, is_shown, of_container
from ledger.domain.difference import net
from ledger.domain.noted import NotedWorld
from ledger.domain.site_account import SiteAccount
from ledger.domain.world import AGGREGATES, LEDGER, chain_tag, timestamp
from ledger.errors import Malformed, NotFound
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.moments import Moment
    from api.reading import Reader
    from ledger.domain.account import Account
    from ledger.domain.difference import Change
    from ledger.domain.world import World

MAX_WINDOW = 20_000  # entries between the two moments of a site: each is looked at
MAX_STEPS = 2_000  # entries between those of a therapy that can change it: it is read after each
MAX_THERAPIES = (
    2_000  # of a site, as it was shown to somebody: all are read again when that one's rights change
)
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
    """Answers one question. Raises `NotFound` (`no_such_chain`, `no_such_container`, `no_such_agent`),
    `Unauthorised`."""

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
        """Raises `Malformed` (`invalid_request`): the moments are the wrong way round, or too far apart."""
        require_order(self.reader, start, end)
        positions = self._positions(start, end)
        if len(positions) > MAX_STEPS:
            many = f"at most {MAX_STEPS} entries that can change it may lie between the two moments"
            raise Malformed("invalid_request", many)
        found = changes(self.reader, start, end, positions, self._look)
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
    """Only of therapies that the asker may read. Raises `NotFound` (`no_such_site`, `no_such_agent`),
    `Unauthorised`, `Malformed` (`invalid_request`): the wrong way round, more than `MAX_WINDOW` entries
    apart, or more than `MAX_THERAPIES` that somebody else's view is asked of."""
    if reader.world.site(site) is None:
        raise NotFound("no_such_site", f"there is no site {site!r}")
    _require_entitled(reader, seen_by, (start, end))
    require_order(reader, start, end)
    if end.position - start.position > MAX_WINDOW:
        raise Malformed("invalid_request", f"at most {MAX_WINDOW} entries may lie between the two moments")
    followed = SiteAccount(site, seen_by, lambda coi, at: _may_tell(reader, coi, at))
    found = net(_site_steps(reader, followed, start, end, _there(reader, site) if seen_by else []))
    ends = (_site_moment(reader, start, seen_by), _site_moment(reader, end, seen_by))
    return SiteChanges(site=site, seen_by=seen_by, **told(reader, found, ends))


def _site_steps(
    reader: Reader, followed: SiteAccount, start: Moment, end: Moment, there: list[str]
) -> Iterator[Change]:
    """After each entry, what it changed. `there`: parts that it may change without being about them."""
    ledger, now_ms = reader.node.ledger, time_of(reader, start)
    world = ledger.world_at(start.position)
    followed.begin(world, start.position, there)
    for at in range(start.position, end.position, PAGE):
        for stored, tags in ledger.store.entries_with_tags(at, min(at + PAGE, end.position)):
            parts, now_ms = followed.parts_of(tags), max(now_ms, stored.recorded_ms)
            followed.begin(world, stored.position, parts)
            world.apply(LazyEntry(stored), tuple(tags))
            yield from followed.follow(world, stored.position, now_ms, parts)


def _there(reader: Reader, site: str) -> list[str]:
    """Tags of the therapies that had a container at the site. Raises `Malformed` (`invalid_request`)."""
    found = sorted(islice(therapies_with(reader, "site", site), MAX_THERAPIES + 1))
    if len(found) > MAX_THERAPIES:
        asked = f"more than {MAX_THERAPIES} therapies had a container there: ask without `for`, or a copy"
        raise Malformed("invalid_request", asked)
    return [chain_tag(coi) for coi in found]


def _may_tell(reader: Reader, coi: str, position: int) -> bool:
    return reader.may_read(coi) and not reader.hides_before(coi, position)


def _site_moment(reader: Reader, moment: Moment, seen_by: str | None) -> MomentDocument:
    world = reader.node.ledger.world_at(moment.position)
    return _told_moment(reader, moment, seen_by is None or could_ask(world, seen_by))


def _require_entitled(reader: Reader, seen_by: str | None, moments: Iterable[Moment]) -> None:
    if seen_by is not None:
        positions = [one.position for one in moments]
        require_entitled(reader, seen_by, min(positions), max(positions))
        if reader.world.agent(seen_by) is None:
            raise NotFound("no_such_agent", f"nobody called {seen_by} was ever enrolled")


def _told_moment(reader: Reader, moment: Moment, is_told: bool) -> MomentDocument:
    return MomentDocument(position=moment.position, at=timestamp(time_of(reader, moment)), shown=is_told)
