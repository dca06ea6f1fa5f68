"""Which packets are sealed, in which segment: each once for each packing, on however many nodes.

A segment is *claimed* in one transaction, with the very words that the ledger is to sign about it.
From then on it waits until all of them are in the log: whoever finds it waiting says the same again,
and what was said is said once (`Ledger.attest`). So it may be cut off anywhere.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, exists, func, insert, or_, select, true, tuple_, update

from ledger.errors import Fault
from ledger.live.packet import parse_packet
from ledger.proof.sequence import split
from ledger.store.live_schema import packet, recording, seal, segment
from ledger.store.live_taking import AT_ONCE, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ledger.live.packet import Packet
    from ledger.store.live import LiveStore
    from ledger.store.live_rows import Run

MOST_AN_HOUR = 30  # segments of one logger for one packing: four, and a begun excursion now and then
HOUR_MS = 3_600_000
Said = list[dict[str, Any]]
Span = tuple[int, int | None]  # since, until before; ms


class Claimed(NamedTuple):
    """A segment that waits: the packing (position) that it is sealed for, and what is to be said."""

    sha256: bytes
    recording: str
    packing: int
    said: Said

    def about(self, number: int) -> str:
        """What a statement is about, so that it is made once."""
        return f"seal {self.sha256.hex()} {self.packing} {number}"


class Unsealed(NamedTuple):
    """A recording with packets that no segment holds; the oldest came at `since_ms`."""

    recording: str
    logger: str
    since_ms: int

    @property
    def run(self) -> Run:
        return self.logger, self.recording


class SealStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, store: LiveStore) -> None:
        self._store = store

    def unsealed(self) -> list[Unsealed]:
        """All recordings with packets that no segment holds."""
        oldest = func.min(packet.c.received_ms).label("since_ms")
        query = (
            select(packet.c.recording, packet.c.logger, oldest)
            .where(packet.c.segment.is_(None))
            .group_by(packet.c.logger, packet.c.recording)
        )
        rows = self._store.rows(query)
        return [Unsealed(row.recording.hex(), row.logger, row.since_ms) for row in rows]

    def sealed_of(self, loggers: Collection[str]) -> list[Unsealed]:
        """Recordings of these loggers of which something is sealed."""
        same = and_(segment.c.logger == recording.c.logger, segment.c.recording == recording.c.recording)
        sealed = select(segment.c.recording).where(same)
        query = select(recording.c.recording, recording.c.logger, recording.c.first_received_ms)
        query = query.where(recording.c.logger.in_(loggers), sealed.exists())
        return [Unsealed(name.hex(), *rest) for name, *rest in map(tuple, self._store.rows(query))]

    def has_missed(self, run: Run, packing: int, spans: Sequence[Span]) -> bool:
        """True if packets of these times are sealed, but not for this packing."""
        query = select(packet.c.first).where(_is_due(run, packing, spans))
        return bool(self._store.rows(query.where(packet.c.segment.is_not(None)).limit(1)))

    def claim(
        self,
        run: Run,
        packing: int,
        spans: Sequence[Span],
        write: Callable[[Iterable[Packet]], list[bytes]],
        say: Callable[[bytes], Said],
        now_ms: int,
    ) -> int:
        """Claim what came in these times and is not yet sealed for the packing; how many segments.

        `write` makes segments of packets, `say` says what the ledger will sign of one. Durable when
        this returns. What would be more than a logger's share of the hour stays as it is, for later: a
        stolen key must not fill the log.
        """
        with self._store.writing() as connection:
            own = and_(recording.c.logger == run[0], recording.c.recording == bytes.fromhex(run[1]))
            connection.execute(select(recording.c.recording).where(own).with_for_update())
            left = _left(connection, run[0], packing, now_ms)
            if left <= 0:
                return 0
            query = select(packet.c.raw).where(_is_due(run, packing, spans))
            segments = write([parse_packet(row.raw) for row in connection.execute(query)])[:left]
            for raw in segments:
                _claim(connection, raw, packing, say(raw), now_ms)
        return len(segments)

    def waiting(self) -> list[Claimed]:
        """What was claimed, and is not all in the log, the oldest first."""
        query = select(segment).where(segment.c.sealed_ms.is_(None)).order_by(segment.c.claimed_ms)
        rows = self._store.rows(query)
        return [Claimed(one.sha256, one.recording.hex(), one.packing, json.loads(one.said)) for one in rows]

    def sealed(self, one: Claimed, now_ms: int) -> None:
        """All of it is in the log."""
        this = and_(segment.c.sha256 == one.sha256, segment.c.packing == one.packing)
        with self._store.writing() as connection:
            connection.execute(update(segment).where(this).values(sealed_ms=now_ms))

    def raw(self, one: Claimed) -> bytes:
        """The segment, from its packets. Raises `Fault` (`damaged_evidence`) where they are not what was
        claimed."""
        query = (
            select(packet.c.raw)
            .join(seal, _same())
            .where(seal.c.segment == one.sha256, seal.c.packing == one.packing)
            .order_by(packet.c.first, packet.c.started_ms)
        )
        raw = b"".join(row.raw for row in self._store.rows(query))
        if hashlib.sha256(raw).digest() != one.sha256:
            what = f"the packets of segment {one.sha256.hex()} were altered, or are gone"
            raise Fault("damaged_evidence", what)
        return raw


def _same() -> ColumnElement[bool]:
    return and_(
        seal.c.logger == packet.c.logger,
        seal.c.recording == packet.c.recording,
        seal.c.first == packet.c.first,
        seal.c.started_ms == packet.c.started_ms,
    )


def _left(connection: Connection, logger: str, packing: int, now_ms: int) -> int:
    """How many segments the logger may still have for the packing in this hour."""
    query = select(func.count()).select_from(segment)
    lately = and_(segment.c.packing == packing, segment.c.claimed_ms > now_ms - HOUR_MS)
    return MOST_AN_HOUR - connection.execute(query.where(segment.c.logger == logger, lately)).scalar_one()


def _is_due(run: Run, packing: int, spans: Sequence[Span]) -> ColumnElement[bool]:
    sealed = exists().where(_same(), seal.c.packing == packing)
    inside = [
        and_(packet.c.last_ms >= since_ms, true() if until_ms is None else packet.c.started_ms < until_ms)
        for since_ms, until_ms in spans
    ]
    own = and_(packet.c.logger == run[0], packet.c.recording == bytes.fromhex(run[1]))
    return and_(own, or_(*inside), ~sealed)


def _claim(connection: Connection, raw: bytes, packing: int, said: Said, now_ms: int) -> None:
    """Where nothing is to be said (no reading falls into the time), the packets are done all the same."""
    sha256 = hashlib.sha256(raw).digest()
    packets = [parse_packet(one) for one in split(raw)]
    keys = [key_of(one) for one in packets]
    rows = [dict(zip(_KEY, key, strict=True)) | {"packing": packing, "segment": sha256} for key in keys]
    connection.execute(insert(seal), rows)
    if not said:
        return
    told = {"said": json.dumps(said, separators=(",", ":")), "claimed_ms": now_ms, "sealed_ms": None}
    named = {"sha256": sha256, "logger": keys[0][0], "recording": keys[0][1], "packing": packing}
    connection.execute(insert(segment), named | told)
    for at in range(0, len(keys), AT_ONCE):
        which = tuple_(*(packet.c[one] for one in _KEY)).in_(keys[at : at + AT_ONCE])
        connection.execute(update(packet).where(which).values(segment=sha256))


_KEY = ("logger", "recording", "first", "started_ms")
