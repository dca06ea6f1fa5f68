"""Which entries a bundle gives: those that were asked for, and all that judging them reads.

A therapy's decisions rest on people, sites, products, lots: on aggregates, each the fold of the
entries with its tag. So the entries that were asked for are judged again here, as a verifier will
do; the tags that this reads and that are not given yet are given too, and so on until nothing new
is read. What the reader may not see stays out, and its tag is not called whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.findings import CLEAN
from ledger.domain.partial import PartialWorld
from ledger.domain.therapy_events import LateStatementAttested
from ledger.domain.world import container_tag, key_tag, log_tag, review_tag
from ledger.errors import UnbrokenError
from ledger.export.proofs import MOST
from ledger.proof import statement
from ledger.store.decode import LazyEntry, entry_of
from ledger.verify.base64url import unbase64url

if TYPE_CHECKING:
    from ledger.domain.world import Entry
    from ledger.store.reading import Reads
    from ledger.verify.manifest import Therapies

MayRead = Callable[["Entry"], bool]
_CONTAINER, _CHAIN = container_tag(""), "chain/"


class Choice(NamedTuple):
    """`positions` ascending; `whole`: the tags of which nothing is missing, None for the whole log;
    `therapies`: which of them a lot reached or a site had, None where neither was asked for; `proved`: what
    was asked for itself, ascending, where each is to have its proofs as files."""

    positions: Sequence[int]
    whole: frozenset[str] | None
    therapies: Therapies | None = None
    proved: Sequence[int] = ()


def choose(reads: Reads, origin: str, tags: Iterable[str], size: int, may_read: MayRead) -> Choice:
    """What of the first `size` entries belongs to `tags`. Memory grows with what is chosen."""
    asked = frozenset(tags)
    choosing = _Choosing(reads, origin, size, may_read)
    return choosing.choose({log_tag(origin), *asked}, asked - {log_tag(origin)})


class _Choosing:
    def __init__(self, reads: Reads, origin: str, size: int, may_read: MayRead) -> None:
        self._reads = reads
        self._origin = origin
        self._size = size
        self._may_read = may_read
        self._positions: set[int] = set()
        self._taken: dict[str, bool] = {}  # tag: whole
        self._of: dict[str, list[int]] = {}  # tag: positions
        self._containers: set[str] = set()
        self._find_checkpoint = lru_cache(maxsize=10_000)(self._checkpoint)

    def choose(self, wanted: set[str], asked: frozenset[str]) -> Choice:
        """`asked`: the tags that are meant, and not only read."""
        while wanted:
            for tag in sorted(wanted):
                self._take(tag)
            read = self._read_by_judging()
            self._containers |= {tag for tag in read if tag.startswith(_CONTAINER)}
            wanted = read - self._taken.keys() - self._containers
        proved = sorted({position for tag in asked for position in self._of[tag]})
        return Choice(sorted(self._positions), self._whole(), None, proved if len(proved) <= MOST else [])

    def _take(self, tag: str) -> None:
        """The tag's entries; a therapy's with what strangers said about it, which changes nothing in it."""
        found = [LazyEntry(one) for one in self._reads.by_tag(tag, before=self._size)]
        readable = [one.position for one in found if self._may_read(one)]
        self._positions.update(readable)
        self._of[tag] = readable
        self._taken[tag] = len(readable) == len(found)
        if tag.startswith(_CHAIN):
            apart = self._reads.by_tag(review_tag(tag.removeprefix(_CHAIN)), before=self._size)
            self._positions.update(one.position for one in apart if self._may_read(LazyEntry(one)))

    def _whole(self) -> frozenset[str]:
        whole = {tag for tag, is_whole in self._taken.items() if is_whole}
        return frozenset(whole | {tag for tag in self._containers if self._has_all_of(tag)})

    def _has_all_of(self, container: str) -> bool:
        """Nobody outside of what is given names the container."""
        found = self._reads.by_tag(container, before=self._size)
        return all(one.position in self._positions for one in found)

    def _read_by_judging(self) -> set[str]:
        """The tags that judging all that is chosen so far reads and that are not whole."""
        world = PartialWorld(self._origin, self._find_checkpoint, self._whole())
        read: set[str] = set()
        for position in sorted(self._positions):
            (stored,) = self._reads.entries(position, position + 1)
            entry = entry_of(stored.position, stored.data, stored.recorded_ms)
            try:
                world.record(entry)
            except UnbrokenError:  # for the verifier to say; here only what is read counts
                world.owed.clear()
                world.apply(world.part_of(entry), CLEAN)
            read |= world.unknown | _keys_inside(entry)
        return read

    def _checkpoint(self, size: int) -> tuple[str, int] | None:
        found = self._reads.checkpoint(size)
        return (found.root.hex(), found.time_ms) if found else None


def _keys_inside(entry: Entry) -> set[str]:
    """The key of a statement that an attestation carries."""
    if not isinstance(entry.event, LateStatementAttested):
        return set()
    return {key_tag(statement.parse(unbase64url(entry.event.statement)).kid.hex())}
