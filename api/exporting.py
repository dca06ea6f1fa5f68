"""What a bundle is made of, for whoever asked for it: their scope, and what they may read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from api.reaching import touched_by
from api.reading import Reader
from api.settings import VERSION
from clients.words import sentence
from ledger.domain.export_events import ExportRequested, TherapyExportRequested
from ledger.domain.label_events import LabelPrinted
from ledger.domain.naming import sites_of
from ledger.domain.registry import Agent
from ledger.domain.temperature_events import TemperatureEvidenceAttached
from ledger.domain.times import milliseconds
from ledger.errors import NotFound, Unauthorised
from ledger.export.bundle import Request, bundle
from ledger.export.choosing import Choice, choose
from ledger.export.cosigned import Cosignatures
from ledger.store.decode import LazyEntry, entry_of
from ledger.verify.logger_files import files_of
from ledger.verify.manifest import Therapies

if TYPE_CHECKING:
    from ledger.domain.world import Entry
    from ledger.proof.keys import SigningKey
    from ledger.store.reading import Reads

NAMING = ("TemperatureEvidenceAttached", "LabelPrinted")  # what names files
MADE_BY = f"unbroken {VERSION}"  # written into each bundle: another program may make other bytes


@dataclass(frozen=True)
class Source:
    """`ledger.export.bundle.BundleSource` over a node: for the one who asked, and whoever reads it now."""

    asker: Reader
    reader: Reader
    recorded_ms: int
    reads: Reads
    origin: str
    log_vkey: str
    key: SigningKey
    verifier: bytes | None
    cosignatures: Cosignatures
    made_by: str = MADE_BY

    def evidence(self, sha256: str) -> bytes | None:
        """Files that were there before the request's second: the same whenever it is made."""
        chains = self._chains(sha256)
        return self.reader.node.evidence.find(sha256) if any(map(self.reader.may_read, chains)) else None

    def withholds(self, sha256: str) -> bool:
        """True for a file that belongs to the bundle and that this reader may not have any more."""
        chains = self._chains(sha256)
        return bool(chains) and not any(map(self.reader.may_read, chains))

    def _chains(self, sha256: str) -> list[str]:
        """For which the file was there, of those that the asker might read."""
        kept = self.reader.node.evidence.chains(sha256, self.recorded_ms)
        return list(filter(self.asker.may_read, kept))


@dataclass(frozen=True)
class Export:
    """A bundle that can be made as often as it is wanted, always the same. `tag` names its bytes."""

    source: Source
    request: Request
    choice: Choice
    tag: str

    def pieces(self) -> Iterator[bytes]:
        return bundle(self.source, self.request, self.choice, sentence)


def export_of(reader: Reader, position: int) -> Export:
    """The bundle that the entry asks for, as its signer could read when it was recorded.

    Raises `NotFound` (`no_such_export`), also for the request of somebody else, except that auditors
    read all; `Unauthorised` (`not_yours`): who asked may no longer read all that is in it.
    """
    entry = _request(reader, position)
    ledger = reader.node.ledger
    head = ledger.store.checkpoint_covering(position)
    asker = _as_of(reader, entry, head.size)
    settings = reader.node.settings
    page = _verifier(settings.verifier)
    cosigned = Cosignatures(reader.node.cosignatures, settings.witnesses, head.size, entry.recorded_ms)
    source = Source(asker, reader, entry.recorded_ms, ledger.store, ledger.origin, str(ledger.vkey),
                    ledger.config.log_key, page, cosigned)  # fmt: skip
    choice = _choice(asker, entry, head.size)
    _must_still_read(source, choice)
    request = Request(position, entry.statement_id, head.size, head.root)
    made_from = VERSION.encode() + (page or b"") + cosigned.state.encode()
    program = hashlib.sha256(made_from).hexdigest()[:16]
    kept = reader.node.evidence.count(entry.recorded_ms)  # another, if one that was under way came late
    return Export(source, request, choice, f'"{entry.statement_id}-{program}-{kept}"')


@lru_cache(maxsize=4)
def _verifier(path: Path) -> bytes | None:
    """Read once: it is the same for all bundles that this server makes."""
    return path.read_bytes() if path.is_file() else None


def _request(reader: Reader, position: int) -> Entry:
    for stored in reader.node.ledger.store.entries(position, position + 1):
        entry = entry_of(stored.position, stored.data, stored.recorded_ms)
        asks = isinstance(entry.event, TherapyExportRequested | ExportRequested)
        if asks and (reader.reads_all or entry.signer == reader.agent.id):
            return entry
    raise NotFound("no_such_export", f"entry {position} asks for no evidence that you may have")


def _as_of(reader: Reader, entry: Entry, size: int) -> Reader:
    """Who asked, in the world that their request met."""
    world = reader.node.ledger.world_at(size)
    agent = world.agent(entry.signer) or Agent(entry.signer)
    return Reader(reader.node, reader.session, size, world, agent)


def _choice(asker: Reader, entry: Entry, size: int) -> Choice:
    event = entry.event
    if isinstance(event, ExportRequested) and event.scope == "log":
        return Choice(range(size), None)
    tags, therapies = {entry.stream}, None
    if isinstance(event, ExportRequested):
        therapies = _therapies(asker, event)
        tags = {f"{event.scope}/{event.which}", *(f"chain/{coi}" for coi in therapies.given)}
    ledger = asker.node.ledger
    chosen = choose(ledger.store, ledger.origin, tags, size, asker.may_read_all_of)
    return chosen._replace(therapies=therapies)


def _therapies(asker: Reader, event: ExportRequested) -> Therapies:
    """Those that a lot reached, or of which something at a site was recorded in a period."""
    touched = touched_by(asker, event.scope, str(event.which))
    meant = [coi for coi in touched if event.scope == "lot" or _was_there(asker, f"chain/{coi}", event)]
    given = sorted(coi for coi in meant if asker.reads_all or asker.may_read(coi))
    return Therapies(given=given, unreadable=len(meant) - len(given))


def _was_there(asker: Reader, tag: str, event: ExportRequested) -> bool:
    since, until = milliseconds(str(event.since)), milliseconds(str(event.until))
    for stored in asker.node.ledger.store.by_tag(tag, before=asker.size):
        if since <= stored.recorded_ms < until:
            said = LazyEntry(stored).event
            if event.which in sites_of(said) or event.which == getattr(said, "site", None):
                return True
    return False


def _must_still_read(source: Source, choice: Choice) -> None:
    """By what holds now: rights that ended have ended, also for a bundle that was asked for before."""
    if source.reader.reads_all:
        return
    if choice.whole is None or not all(_still_reads(source, position) for position in choice.positions):
        raise Unauthorised("not_yours", "this bundle holds what you may no longer read")


def _still_reads(source: Source, position: int) -> bool:
    """The entry, and the files that it names."""
    (stored,) = source.reads.entries(position, position + 1)
    entry = LazyEntry(stored)
    if stored.type in NAMING and any(map(source.withholds, _named_by(entry))):
        return False
    return source.reader.may_read_all_of(entry)


def _named_by(entry: LazyEntry) -> tuple[str, ...]:
    """Loggers' files, or a label's picture, by SHA-256."""
    event = entry.event
    if isinstance(event, TemperatureEvidenceAttached):
        return files_of(event)
    return (event.digest,) if isinstance(event, LabelPrinted) else ()


def length_of(export: Export) -> int:
    """Its bytes, counted by making it once and keeping nothing."""
    return sum(map(len, export.pieces()))


def rest_of(pieces: Iterator[bytes], start: int) -> Iterator[bytes]:
    """What comes from byte `start` on."""
    for piece in pieces:
        if start < len(piece):
            yield piece[start:]
        start = max(0, start - len(piece))
