"""What a ledger showed to whom at a moment, answered from its log or a bundle, without any server.

The account, the changes and the order are those that the server answers (`ledger/domain/account.py`,
`difference.py`, `order.py`), read from the world that the audit's replay makes on its way. Moments are
judged by the heads' times. From a bundle, what was left out cannot be read: `not_given` names the tags that
an answer rests on and that are not whole; a point of it may then be missing, or older than it was. Where the
therapy itself is not whole, or the person whose view is asked for, there is no answer at all. Of a site a
bundle tells only the therapies that it gives: `chain/*` says so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.account import account_of, could_ask, is_shown, of_container
from ledger.domain.difference import Step, net, trail
from ledger.domain.memory import MemoryWorld
from ledger.domain.noted import NotedWorld
from ledger.domain.order import order_of
from ledger.domain.partial import PartialWorld
from ledger.domain.registry import LEDGER
from ledger.domain.rules import Verdict, tags_of
from ledger.domain.shares import share_of
from ledger.domain.site_account import SiteAccount
from ledger.domain.times import timestamp
from ledger.domain.world import Entry, agent_tag, chain_tag, site_tag
from ledger.errors import Malformed, NotFound, UnbrokenError
from ledger.verify.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.domain.account import Account
    from ledger.domain.difference import Change
    from ledger.verify.checkpoints import Heads
    from ledger.verify.steps import Judged

_CLEAN = Verdict()


class When(NamedTuple):
    """Before a position, or by a time (ms); neither: at the end of what is given."""

    position: int | None = None
    at_ms: int | None = None


BEGINNING, END = When(0), When()


class Subject(NamedTuple):
    """A therapy, or one container of it; or, without a therapy, a site. `seen_by`: as shown to them."""

    coi: str = ""
    container: str | None = None
    site: str = ""
    seen_by: str | None = None


class _Point(NamedTuple):
    position: int
    at_ms: int


def not_whole(code: str, tag: str) -> NotFound:
    """`no_such_chain`, `no_such_agent`: not every entry of the tag is given."""
    return NotFound(code, f"these files do not hold {tag} whole: what was shown cannot be told from them")


def resolved(when: When, heads: Heads) -> _Point:
    """Raises `NotFound` (`not_recorded_yet`) for a position that the log does not have."""
    last = heads.last
    size = last.size if last else 0
    if when.at_ms is not None:
        by_then = [head.size for head in heads.heads if head.time_s * 1000 <= when.at_ms]
        return _Point(by_then[-1] if by_then else 0, when.at_ms)
    position = size if when.position is None else when.position
    if position > size:
        raise NotFound("not_recorded_yet", f"the log has {size} entries")
    covering = heads.covering(position - 1) if position else None
    return _Point(position, covering.time_s * 1000 if covering else 0)


def _is_told(world: MemoryWorld, tag: str) -> bool:
    return not isinstance(world, PartialWorld) or world.is_whole(tag)


class ChangesWatch(Watch):
    """What changed between two moments. With `start` and `end` the same: nothing, and the account then."""

    def __init__(self, subject: Subject, start: When, end: When) -> None:
        self.not_given: set[str] = set()
        self.account: Account = {}  # at the end
        self.shown = [False, False]
        self._subject, self._asked = subject, (start, end)
        self._signed: set[str] = set()
        self._read: set[str] = set()
        self._site = SiteAccount(subject.site, subject.seen_by) if subject.site else None
        self._parts: dict[str, None] = {}  # of the site, that any entry was about
        self._entries: dict[int, Entry] = {}
        self._before: Account | None = None
        self._steps: list[Step] = []
        self._changes: list[Change] = []
        self._waits: Entry | None = None
        self._last: Entry | None = None
        self._now_ms = 0
        self._done = False
        self._refused: UnbrokenError | None = None

    # --- as the audit goes ----------------------------------------------------------------

    def begin(self, heads: Heads) -> None:
        try:
            self._start, self._end = (resolved(one, heads) for one in self._asked)
            if self._start > self._end:
                raise Malformed("invalid_request", "the first moment lies behind the second one")
        except UnbrokenError as error:  # the audit goes on; whoever wants the answer is told
            self._refused, self._done = error, True

    def ahead(self, entry: Entry, world: MemoryWorld) -> None:
        self._know(world)
        self._reach(entry.position, world)
        if not self._done and self._before is not None and self._is_read(entry):
            if entry.recorded_ms > self._now_ms:
                self._now_ms = entry.recorded_ms
                self._step(None, world)
            self._begin(self._parts_of(entry), world, entry.position)
            self._waits = self._entries[entry.position] = entry
        self._last = entry

    def finish(self, world: MemoryWorld) -> None:
        self._know(world)
        if self._refused is None:
            self._reach(self._end.position, world)
        if self._subject.site and isinstance(world, PartialWorld):
            self.not_given.add("chain/*")
        self._refused = self._refused or self._unknown(world)
        self._require_whole()

    def _unknown(self, world: MemoryWorld) -> NotFound | None:
        """A name that the log does not know; what is not given whole may know it."""
        coi, container, site, seen_by = self._subject
        if coi and _is_told(world, chain_tag(coi)) and not world.chain(coi).version:
            return NotFound("no_such_chain", f"there is no therapy {coi}")
        if container and container not in world.chain(coi).containers:
            return NotFound("no_such_container", f"there is no container {container} in {coi}")
        if site and _is_told(world, site_tag(site)) and world.site(site) is None:
            return NotFound("no_such_site", f"there is no site {site!r}")
        if seen_by and _is_told(world, agent_tag(seen_by)) and world.agent(seen_by) is None:
            return NotFound("no_such_agent", f"nobody called {seen_by} was ever enrolled")
        return None

    def _require_whole(self) -> None:
        """Of what is not given, nothing can be told; least of all that it was not shown."""
        coi, _, __, seen_by = self._subject
        if coi and chain_tag(coi) in self.not_given:
            self._refused = not_whole("no_such_chain", chain_tag(coi))
        elif seen_by and agent_tag(seen_by) in self.not_given:
            self._refused = not_whole("no_such_agent", agent_tag(seen_by))

    def _reach(self, position: int, world: MemoryWorld) -> None:
        """The world is now what the entries before `position` made."""
        if self._done:
            return
        if self._waits is not None:
            self._step(self._waits.position, world)
            self._waits = None
        if self._before is None and position >= self._start.position:
            self._now_ms = self._start.at_ms
            self._begin(self._parts, world, position)
            self._before = self.account = {} if self._site else self._look(world)
            self.shown[0] = self._is_shown(world)
        if position >= self._end.position:
            self._now_ms = max(self._now_ms, self._end.at_ms)
            self._step(None, world)
            self.account = self._site.account if self._site else self.account
            self.shown[1] = self._is_shown(world)
            self._done = True

    def _know(self, world: MemoryWorld) -> None:
        """Of the last entry: who signs here, and which therapies and people there are."""
        entry, coi = self._last, self._subject.coi
        if entry is None:
            return
        if entry.signer != LEDGER and coi and world.statement(coi, entry.statement_id):
            self._signed.add(entry.signer)
        self._parts.update(dict.fromkeys(self._parts_of(entry)))

    def _parts_of(self, entry: Entry) -> list[str]:
        return self._site.parts_of(tags_of(entry, _CLEAN)) if self._site else []

    def _is_read(self, entry: Entry) -> bool:
        if self._site is not None:
            return bool(self._parts_of(entry))
        return not set(tags_of(entry, _CLEAN)).isdisjoint(self._read | {chain_tag(self._subject.coi)})

    def _step(self, position: int | None, world: MemoryWorld) -> None:
        """After the entry that waits, or, without a position, along the clock alone."""
        if self._site is not None:
            self._follow(self._site, world)
            return
        before, self.account = self.account, self._look(world)
        self._changes += trail(before, [Step(position, self._now_ms, self.account)])

    def _follow(self, site: SiteAccount, world: MemoryWorld) -> None:
        if self._waits is None:
            return  # time alone changes nothing of a site
        at, parts = self._waits.position, self._parts_of(self._waits)
        with self._noting(world):
            self._changes += site.follow(world, at, self._now_ms, parts)

    def _begin(self, parts: Iterable[str], world: MemoryWorld, position: int) -> None:
        if self._site is not None:
            with self._noting(world):
                self._site.begin(world, position, parts)

    # --- what is looked at ------------------------------------------------------------------

    @contextmanager
    def _noting(self, world: MemoryWorld) -> Iterator[None]:
        """What is read meanwhile and is not whole is not given."""
        if isinstance(world, PartialWorld):
            world.unknown = set()
        yield
        if isinstance(world, PartialWorld):
            self.not_given |= world.unknown

    def _look(self, world: MemoryWorld) -> Account:
        noted = NotedWorld(world)
        with self._noting(world):
            found = self._therapy(noted)
        self._read |= noted.tags
        return found

    def _therapy(self, world: NotedWorld) -> Account:
        coi, container, _, seen_by = self._subject
        points = account_of(world, coi, self._now_ms, sorted(self._signed), seen_by or "")
        return of_container(points, world.chain(coi), container) if container else points

    def _is_shown(self, world: MemoryWorld) -> bool:
        seen_by, coi = self._subject.seen_by, self._subject.coi
        if seen_by is None:
            return True
        return is_shown(world, coi, seen_by) if coi else could_ask(world, seen_by)

    # --- what is told -----------------------------------------------------------------------

    def account_told(self) -> dict[str, Any]:
        """As the server's `AccountDocument`, of the end. Raises as `changes_told`."""
        return self._named() | {"moment": self._moment(1), "points": self.account}

    def changes_told(self) -> dict[str, Any]:
        """As the server's `TherapyChanges` or `SiteChanges`. Raises as `resolved`, `not_whole`,
        `require_finished`; `NotFound` for a name that the log does not know; `Malformed`
        (`invalid_request`) for moments the wrong way round."""
        found = net(self._changes)
        made = sorted({one.position for one in found if one.position is not None})
        return self._named() | {
            "start": self._moment(0),
            "end": self._moment(1),
            "changes": [one.as_dict() for one in found],
            "entries": [_maker(self._entries[at]) for at in made],
        }

    def _named(self) -> dict[str, Any]:
        self.require_finished()
        if self._refused is not None:
            raise self._refused
        coi, container, site, seen_by = self._subject
        return ({"site": site} if site else {"coi": coi, "container": container}) | {"seen_by": seen_by}

    def _moment(self, which: int) -> dict[str, Any]:
        point = (self._start, self._end)[which]
        return {"position": point.position, "at": timestamp(point.at_ms), "shown": self.shown[which]}


class OrderWatch(Watch):
    """The claimed order of a therapy beside the log's, up to a moment."""

    def __init__(self, coi: str, end: When) -> None:
        self._coi, self._asked = coi, end
        self._entries: list[Entry] = []
        self._is_whole = self._is_known = True

    def begin(self, heads: Heads) -> None:
        self._heads = heads
        self._times = {head.size: head.time_s * 1000 for head in heads.heads}

    def judged(self, position: int, judged: Judged) -> None:
        entry, verdict = judged.entry, judged.verdict or _CLEAN
        if entry and chain_tag(self._coi) in tags_of(entry, verdict):
            self._entries.append(share_of(entry, self._coi))

    def finish(self, world: MemoryWorld) -> None:
        if isinstance(world, PartialWorld):
            self._is_whole = world.is_whole(chain_tag(self._coi))
        self._is_known = world.chain(self._coi).version > 0

    def told(self) -> dict[str, Any]:
        """As the server's `OrderDocument`. Raises as `resolved`, `not_whole`, `require_finished`."""
        self.require_finished()
        if not self._is_whole:
            raise not_whole("no_such_chain", chain_tag(self._coi))
        if not self._is_known:
            raise NotFound("no_such_chain", f"there is no therapy {self._coi}")
        end = resolved(self._asked, self._heads).position
        found = order_of(self._coi, (one for one in self._entries if one.position < end), self._times.get)
        return {"coi": self._coi, "as_of_position": end} | found.as_dict()


def _maker(entry: Entry) -> dict[str, Any]:
    return {
        "position": entry.position,
        "statement_id": entry.statement_id,
        "type": entry.type,
        "signer": entry.signer,
        "stream": entry.stream,
        "occurred_at": entry.event.occurred_at,
        "recorded_at": timestamp(entry.recorded_ms),
    }


class ContainerWatch(Watch):
    """The therapy of a container; `coi` None: no entry that is given makes it."""

    def __init__(self, container: str) -> None:
        self.coi: str | None = None
        self._container = container

    def finish(self, world: MemoryWorld) -> None:
        self.coi = world.chain_of_container(self._container)
