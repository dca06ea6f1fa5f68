"""Live readings: the packets of loggers, kept as they were signed, each once.

They are no part of the log until they are sealed (`live_seals.py`): then a segment of them is a file
like any other logger's. Losing these tables loses what was not sealed yet, and what a logger still
holds comes again. What arrives in any order, and however often, leaves the same packets.
"""

from __future__ import annotations

import json
from array import array
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import and_, delete, exists, func, select, tuple_

from ledger.domain.readings import NO_READING
from ledger.errors import Conflict, Refused, Unauthentic
from ledger.live.packet import parse_packet
from ledger.live.ranges import Range, count, touches, with_range
from ledger.store.engines import WRITE
from ledger.store.faults import commit_faults, faults
from ledger.store.live_months import Months
from ledger.store.live_schema import packet, recording, segment
from ledger.store.prepared import Compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, Engine, Row, Select

    from ledger.live.packet import Packet

AT_ONCE = 200  # keys of one look: bounds the number of distinct statements
Outcome = Literal["stored", "again", "replayed"]
Key = tuple[bytes, int, int]  # recording, first, started_ms


class LivePacket(NamedTuple):
    """A stored packet. `packed`: its readings as in `Series`; range in centi-degrees; moments in ms."""

    recording: str
    logger: str
    first: int
    started_ms: int
    interval_ms: int
    packed: bytes
    range_low: int
    range_high: int
    battery: int | None
    tilt: int | None
    received_ms: int
    raw: bytes
    segment: str | None  # in which it is sealed

    @property
    def length(self) -> int:
        """Readings, those that measured nothing included."""
        return len(self.packed) // 2

    @property
    def last(self) -> int:
        """Number of its last reading."""
        return self.first + self.length - 1

    @property
    def last_ms(self) -> int:
        return self.started_ms + (self.length - 1) * self.interval_ms


@dataclass(frozen=True, slots=True)
class LiveRecording:
    """One run of a logger, and how it came over: see `live_schema.py`."""

    recording: str
    logger: str
    have: tuple[Range, ...]
    highest: int
    packets: int
    readings: int
    duplicates: int
    disorder: int
    replays: int
    refused: int
    first_ms: int
    last_ms: int
    interval_ms: int
    first_received_ms: int
    last_received_ms: int

    @property
    def missing(self) -> int:
        """Numbers below the highest that did not come, or not yet."""
        return self.highest + 1 - count(self.have)


class Stored(NamedTuple):
    """What became of packets, in their order, and of the recordings that they belong to."""

    outcomes: list[Outcome | Refused | Unauthentic]
    recordings: dict[str, LiveRecording]


class LiveStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails.

    `turn`: this process's writers take turns where the database lets only one write.
    """

    def __init__(self, engine: Engine, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self.engine = engine
        self.turn = turn
        compiler = Compiler(engine)
        self._months = Months() if compiler.is_postgres else None
        columns = [name for name in packet.c.keys() if name != "segment"]  # noqa: SIM118
        self._insert = compiler.insert_rows(packet, columns)
        self._upsert = compiler.upsert_rows(recording)
        self._begin = compiler.insert_new_rows(recording)

    def put(self, packets: Sequence[Packet], now_ms: int) -> Stored:
        """Keep packets whose signatures were checked; durable when this returns.

        Each is answered on its own. Refused: `packet_contradicts` (another packet of that number and
        moment is here), `recording_of_another` (the recording began with another logger's packet).
        """
        with self.writing() as connection:
            taking = _Taking(self._lock(connection, packets, now_ms), now_ms)
            taking.known = _known(connection, [one for one in packets if taking.may_be_known(one)])
            outcomes = [taking.take(one) for one in packets]
            if self._months:
                self._months.make(connection, {one.started_ms for one in packets}, now_ms)
            self._insert.many(connection, taking.rows)
            self._upsert.many(connection, [_row(one) for one in taking.recordings.values()])
        return Stored(outcomes, taking.recordings)

    def recordings(
        self, loggers: Collection[str] | None = None, after: str | None = None, limit: int = 100
    ) -> list[LiveRecording]:
        """By recording; those of some loggers, or all."""
        query = select(recording).order_by(recording.c.recording).limit(limit)
        if loggers is not None:
            query = query.where(recording.c.logger.in_(loggers))
        if after is not None:
            query = query.where(recording.c.recording > bytes.fromhex(after))
        return [_recording(row) for row in self.rows(query)]

    def recording(self, name: str) -> LiveRecording | None:
        rows = self.rows(select(recording).where(recording.c.recording == bytes.fromhex(name)))
        return _recording(rows[0]) if rows else None

    def packets(self, name: str, after: int = -1, limit: int = 1_000) -> list[LivePacket]:
        """Those with a reading behind the number `after`, by their first number."""
        query = select(packet.c.raw, packet.c.received_ms, packet.c.segment)
        own = packet.c.recording == bytes.fromhex(name)
        before = select(func.max(packet.c.first)).where(own, packet.c.first <= after).scalar_subquery()
        query = query.where(own, packet.c.first >= func.coalesce(before, after))
        rows = self.rows(query.order_by(packet.c.first, packet.c.started_ms).limit(limit + 1))
        found = [_packet(row.raw, row.received_ms, row.segment) for row in rows]
        return [one for one in found if one.last > after][:limit]

    def lately(self, since_ms: int, limit: int = 1_000) -> list[LiveRecording]:
        """Those of which something came since, the newest first."""
        query = select(recording).where(recording.c.last_received_ms >= since_ms)
        rows = self.rows(query.order_by(recording.c.last_received_ms.desc()).limit(limit))
        return [_recording(row) for row in rows]

    def silent(self, before_ms: int, limit: int = 1_000) -> list[LiveRecording]:
        """Those of which nothing came since, and of which nothing was ever sealed; the oldest first."""
        query = select(recording).where(recording.c.last_received_ms < before_ms, ~_sealed())
        rows = self.rows(query.order_by(recording.c.last_received_ms).limit(limit))
        return [_recording(row) for row in rows]

    def drop(self, before_ms: int, of: Collection[str]) -> int:
        """Forget recordings among these of which nothing came since, and nothing was ever sealed."""
        dropped = 0
        names = [bytes.fromhex(one) for one in of]
        old = and_(recording.c.last_received_ms < before_ms, recording.c.recording.in_(names))
        forget = delete(recording).where(old, ~_sealed()).returning(recording.c.recording)
        with self.writing() as connection:
            for (name,) in connection.execute(forget).all():
                dropped += connection.execute(delete(packet).where(packet.c.recording == name)).rowcount
        return dropped

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, durable when this ends without an error."""
        connecting = self.engine.connect().execution_options(**WRITE)
        with faults(), self.turn(), connecting as connection:
            transaction = connection.begin()
            yield connection
            with commit_faults():
                transaction.commit()

    def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """All that a query finds, in a transaction of its own."""
        with faults(), self.engine.connect() as connection:
            return connection.execute(query).all()

    def _lock(
        self, connection: Connection, packets: Sequence[Packet], now_ms: int
    ) -> dict[str, LiveRecording]:
        """The recordings, which no other node changes until this transaction ends."""
        firsts = {one.recording: one for one in reversed(packets)}
        names = sorted(bytes.fromhex(one) for one in firsts)  # one order for all: no deadlock
        found = _locked(connection, names)
        new = [_begun(one, now_ms) for name, one in sorted(firsts.items()) if name not in found]
        if new:
            self._begin.many(connection, [_row(one) for one in new])
            found |= _locked(connection, [bytes.fromhex(one.recording) for one in new])
        return found


class _Taking:
    """The packets of one transaction: which are new, and what they make of their recordings."""

    def __init__(self, recordings: dict[str, LiveRecording], now_ms: int) -> None:
        self.recordings = recordings
        self.known: dict[Key, tuple[bytes, bool]] = {}  # bytes, and whether they are sealed
        self.rows: list[tuple[Any, ...]] = []
        self._now_ms = now_ms

    def may_be_known(self, one: Packet) -> bool:
        return touches(self.recordings[one.recording].have, one.first, one.last)

    def take(self, one: Packet) -> Outcome | Refused | Unauthentic:
        of = self.recordings[one.recording]
        if of.logger != one.logger:
            self.recordings[one.recording] = replace(of, refused=of.refused + 1)
            return Unauthentic("recording_of_another", f"the recording began with packets of {of.logger!r}")
        key = _key(one)
        known = self.known.get(key)
        if known is None:
            self.known[key] = one.raw, False
            self._add(of, one, key)
            return "stored"
        return self._again(of, one, known)

    def _again(
        self, of: LiveRecording, one: Packet, known: tuple[bytes, bool]
    ) -> Outcome | Refused | Unauthentic:
        raw, sealed = known
        if raw != one.raw:
            self.recordings[one.recording] = replace(of, refused=of.refused + 1)
            return Conflict("packet_contradicts", f"another packet that begins with {one.first} is here")
        self.recordings[one.recording] = replace(
            of,
            duplicates=of.duplicates + 1,
            replays=of.replays + sealed,
            last_received_ms=max(of.last_received_ms, self._now_ms),
        )
        return "replayed" if sealed else "again"

    def _add(self, of: LiveRecording, one: Packet, key: Key) -> None:
        self.rows.append((*key, one.last_ms, one.raw, self._now_ms))
        self.recordings[one.recording] = replace(
            of,
            have=tuple(with_range(of.have, one.first, one.last)),
            highest=max(of.highest, one.last),
            packets=of.packets + 1,
            readings=of.readings + one.last - one.first + 1,
            disorder=of.disorder + (one.first <= of.highest),
            first_ms=min(of.first_ms, one.started_ms),
            last_ms=max(of.last_ms, one.last_ms),
            interval_ms=one.interval_ms if one.last > of.highest else of.interval_ms,
            last_received_ms=max(of.last_received_ms, self._now_ms),
        )


def _sealed() -> ColumnElement[bool]:
    return exists().where(segment.c.recording == recording.c.recording)


def _key(one: Packet) -> Key:
    return bytes.fromhex(one.recording), one.first, one.started_ms


def _begun(first: Packet, now_ms: int) -> LiveRecording:
    """Before its first packet."""
    moments = (first.started_ms, first.last_ms, first.interval_ms, now_ms, now_ms)
    return LiveRecording(first.recording, first.logger, (), -1, 0, 0, 0, 0, 0, 0, *moments)


def _locked(connection: Connection, names: Sequence[bytes]) -> dict[str, LiveRecording]:
    found = {}
    for at in range(0, len(names), AT_ONCE):
        query = select(recording).where(recording.c.recording.in_(names[at : at + AT_ONCE]))
        for row in connection.execute(query.order_by(recording.c.recording).with_for_update()):
            found[row.recording.hex()] = _recording(row)
    return found


def _known(connection: Connection, packets: Sequence[Packet]) -> dict[Key, tuple[bytes, bool]]:
    """What is stored under the keys of these."""
    found = {}
    columns = (packet.c.recording, packet.c.first, packet.c.started_ms)
    for at in range(0, len(packets), AT_ONCE):
        keys = [_key(one) for one in packets[at : at + AT_ONCE]]
        query = select(*columns, packet.c.raw, packet.c.segment).where(tuple_(*columns).in_(keys))
        for name, first, started_ms, raw, sealed in connection.execute(query):
            found[name, first, started_ms] = raw, sealed is not None
    return found


def _row(one: LiveRecording) -> tuple[Any, ...]:
    have = json.dumps(one.have, separators=(",", ":"))
    counted = (one.highest, one.packets, one.readings, one.duplicates, one.disorder, one.replays, one.refused)
    moments = (one.first_ms, one.last_ms, one.interval_ms, one.first_received_ms, one.last_received_ms)
    return bytes.fromhex(one.recording), one.logger, have, *counted, *moments


def _recording(row: Row[Any]) -> LiveRecording:
    ranges = tuple((first, last) for first, last in json.loads(row.have))
    counted: tuple[Any, ...] = tuple(row)[3:]
    return LiveRecording(row.recording.hex(), row.logger, ranges, *counted)


def _packet(raw: bytes, received_ms: int, sealed: bytes | None) -> LivePacket:
    return live_packet(parse_packet(raw), received_ms, sealed.hex() if sealed else None)


def live_packet(one: Packet, received_ms: int, sealed: str | None = None) -> LivePacket:
    """A packet as it is stored."""
    said = one.readings
    values = (NO_READING if value is None else value for value in said.readings_centi_c)
    return LivePacket(
        one.recording,
        one.logger,
        one.first,
        one.started_ms,
        one.interval_ms,
        array("h", values).tobytes(),
        said.range_low_centi_c,
        said.range_high_centi_c,
        said.battery_pct,
        said.tilt_deg,
        received_ms,
        one.raw,
        sealed,
    )
