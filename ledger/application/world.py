"""The world that a decision reads, folded from the store and kept while it stays true.

Every aggregate is the fold of the entries with its tag. The writer keeps those that it
used; under the lock, whatever another node has touched since is forgotten and folded
anew, so that a decision always reads the newest state of every stream. When a batch rolls
back, all that it touched is forgotten too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ledger.domain.equipment import Equipment
from ledger.domain.lots import Lot
from ledger.domain.naming import MAKERS, containers_of, created_by
from ledger.domain.passkeys import Passkey
from ledger.domain.registry import Agent, Key, LogState, Product, Site
from ledger.domain.shares import share_of
from ledger.domain.world import (
    Entry,
    Recorded,
    Sequence,
    agent_tag,
    chain_tag,
    container_tag,
    equipment_tag,
    key_tag,
    log_tag,
    lot_tag,
    new_aggregate,
    passkey_tag,
    product_tag,
    signer_tag,
    site_tag,
)
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.domain.carrier import Carrier
    from ledger.domain.chain import Chain
    from ledger.store.reading import Row
    from ledger.store.recorder import StoredCheckpoint, StoredEntry

MAX_KEPT = 20_000  # aggregates; a chain of a whole therapy takes some 20 kB


class Reader(Protocol):
    """What the world needs of a store: a recorder, or a write in progress."""

    def by_tag(
        self, tag: str, *, after: int = -1, before: int | None = None, limit: int | None = None
    ) -> list[StoredEntry]: ...
    def rows_by_tag(
        self, tag: str, after: int = -1, before: int | None = None, limit: int | None = None
    ) -> Iterable[Row]: ...
    def last_by_tag(self, tag: str, before: int | None = None) -> StoredEntry | None: ...
    def position_of(self, statement_id: bytes) -> int | None: ...
    def entries_with_tags(self, start: int, stop: int) -> list[tuple[StoredEntry, list[str]]]: ...
    def checkpoint(self, size: int) -> StoredCheckpoint | None: ...


class StoredWorld:
    """`ledger.domain.world.World` over a store, up to but without the position `before`."""

    def __init__(self, origin: str, reader: Reader, before: int | None = None) -> None:
        self.origin = origin
        self.reader = reader
        self.before = before
        self._kept: dict[str, Any] = {}
        self._pending: list[tuple[Entry, tuple[str, ...]]] = []

    def log(self) -> LogState:
        found: LogState = self._load(log_tag(self.origin))
        return found

    def chain(self, coi: str) -> Chain:
        found: Chain = self._load(chain_tag(coi))
        return found

    def site(self, site: str) -> Site | None:
        found: Site | None = self._known(site_tag(site))
        return found

    def agent(self, agent: str) -> Agent | None:
        found: Agent | None = self._known(agent_tag(agent))
        return found

    def product(self, product: str) -> Product | None:
        found: Product | None = self._known(product_tag(product))
        return found

    def carrier(self, stream: str) -> Carrier | None:
        found: Carrier | None = self._known(stream)
        return found

    def key(self, kid: str) -> Key | None:
        found: Key | None = self._known(key_tag(kid))
        return found

    def passkey(self, credential: str) -> Passkey | None:
        found: Passkey | None = self._known(passkey_tag(credential))
        return found

    def lot(self, lot: str) -> Lot | None:
        found: Lot | None = self._known(lot_tag(lot))
        return found

    def equipment(self, equipment: str) -> Equipment | None:
        found: Equipment | None = self._known(equipment_tag(equipment))
        return found

    def signer(self, kid: str) -> Sequence:
        """The number and id of the key's last recorded statement."""
        found: Sequence = self._keep(signer_tag(kid), self._last_signed)
        return found

    def chain_of_container(self, container: str) -> str | None:
        """The chain in which the container first came to be."""
        found: str | None = self._keep(container_tag(container), self._first_chain)
        return found

    def statement(self, coi: str, statement_id: str) -> Recorded | None:
        """Who said it, about which containers, if it is an entry of this therapy."""
        tag = chain_tag(coi)
        for pending, tags in self._pending:
            if pending.statement_id == statement_id and tag in tags:
                return _recorded(share_of(pending, coi), tag)
        position = self.reader.position_of(bytes.fromhex(statement_id))
        if position is None or (self.before is not None and position >= self.before):
            return None
        ((stored, stored_tags),) = self.reader.entries_with_tags(position, position + 1)
        return _recorded(share_of(LazyEntry(stored), coi), tag) if tag in stored_tags else None

    def checkpoint(self, size: int) -> tuple[str, int] | None:
        """Root (hex) and time (ms) of the checkpoint of that size, if the log ever had it."""
        tag = f"checkpoint/{size}"
        found: tuple[str, int] | None = self._keep(tag, self._checkpoint)
        if found is None:  # not yet: the log may come to have it
            del self._kept[tag]
        return found

    def apply(self, entry: Entry, tags: tuple[str, ...]) -> None:
        """Let an entry that was accepted, but isn't stored yet, change what is kept."""
        self._pending.append((entry, tags))
        for tag in tags:
            if tag.startswith("signer/"):
                self._kept[tag] = Sequence(entry.event.seq, entry.statement_id)
            elif tag.startswith("container/"):
                if self._kept.get(tag) is None:
                    self._kept.pop(tag, None)
            elif (kept := self._kept.get(tag)) is not None:
                kept.apply(entry)

    def settle(self) -> None:
        """What was pending is stored now. Keeps memory flat: the older half goes, and is folded
        anew when it is asked for again."""
        self._pending.clear()
        if len(self._kept) > MAX_KEPT:
            self.forget(list(self._kept)[: MAX_KEPT // 2])

    def roll_back(self) -> None:
        """What was pending will never be stored: forget all that it touched."""
        for _, tags in self._pending:
            self.forget(tags)
        self._pending.clear()

    def forget(self, tags: Iterable[str]) -> None:
        """Drop what is kept of these tags; the next look folds it anew."""
        for tag in tags:
            self._kept.pop(tag, None)

    def _known(self, tag: str) -> Any:
        aggregate = self._kept.get(tag) or self._load(tag)
        return aggregate if aggregate.version else None

    def _load(self, tag: str) -> Any:
        return self._kept.get(tag) or self._keep(tag, self._fold)

    def _keep(self, tag: str, make: Callable[[str], Any]) -> Any:
        try:
            return self._kept[tag]
        except KeyError:
            made = self._kept[tag] = make(tag)
            return made

    def _entries(self, tag: str) -> Iterator[Entry]:
        yield from map(LazyEntry, self.reader.rows_by_tag(tag, before=self.before))
        yield from (entry for entry, tags in self._pending if tag in tags)

    def _fold(self, tag: str) -> Any:
        aggregate = new_aggregate(tag)
        for stored in self.reader.rows_by_tag(tag, before=self.before):
            aggregate.apply(LazyEntry(stored))
        for entry, tags in self._pending:
            if tag in tags:
                aggregate.apply(entry)
        return aggregate

    def _last_signed(self, tag: str) -> Sequence:
        stored = self.reader.last_by_tag(tag, self.before)
        if stored is None:
            return Sequence(None, None)
        entry = LazyEntry(stored)
        return Sequence(entry.event.seq, entry.statement_id)

    def _first_chain(self, tag: str) -> str | None:
        container = tag.removeprefix("container/")
        for entry in self._entries(tag):
            if entry.type in MAKERS and container in created_by(entry.event):
                return entry.stream.removeprefix("chain/")
        return None

    def _checkpoint(self, tag: str) -> tuple[str, int] | None:
        found = self.reader.checkpoint(int(tag.removeprefix("checkpoint/")))
        return (found.root.hex(), found.time_ms) if found else None


def _recorded(entry: Entry, tag: str) -> Recorded | None:
    if entry.stream != tag:
        return None
    return Recorded(entry.stream, entry.signer, containers_of(entry.event))
