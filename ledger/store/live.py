"""Live readings: the packets of loggers, kept as they were signed, each once.

They are no part of the log until they are sealed (`live_seals.py`): then a segment of them is a file
like any other logger's. Losing these tables loses what was not sealed yet, and what a logger still
holds comes again. What arrives in any order, and however often, leaves the same packets.
"""

from __future__ import annotations

from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, exists, func, select, tuple_

from ledger.store.engines import WRITE
from ledger.store.faults import commit_faults, faults
from ledger.store.live_months import Months
from ledger.store.live_rows import LiveRecording, begun, packet_of, recording_of, row_of
from ledger.store.live_schema import packet, recording, segment
from ledger.store.live_taking import Taking, known, locked, run_of
from ledger.store.prepared import Compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, Engine, Row, Select

    from ledger.errors import Refused
    from ledger.live.packet import Packet
    from ledger.store.live_rows import LivePacket, Run
    from ledger.store.live_taking import Outcome


class Stored(NamedTuple):
    """What became of packets, in their order, and of the recordings that they belong to."""

    outcomes: list[Outcome | Refused]
    recordings: dict[Run, LiveRecording]


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
        moment is here), `too_scattered` (it would leave too many separate ranges of its recording).
        """
        with self.writing() as connection:
            taking = Taking(self._lock(connection, packets, now_ms), now_ms)
            taking.known = known(connection, [one for one in packets if taking.may_be_known(one)])
            outcomes = [taking.take(one) for one in packets]
            moments = {one.started_ms for one in packets}
            made = self._months.make(connection, moments, now_ms) if self._months else set()
            self._insert.many(connection, taking.rows)
            self._upsert.many(connection, [row_of(one) for one in taking.recordings.values()])
        if self._months:
            self._months.made(made)
        return Stored(outcomes, taking.recordings)

    def recordings(
        self, loggers: Collection[str] | None = None, after: Run | None = None, limit: int = 100
    ) -> list[LiveRecording]:
        """By recording and logger; those of some loggers, or all."""
        key = tuple_(recording.c.recording, recording.c.logger)
        query = select(recording).order_by(recording.c.recording, recording.c.logger).limit(limit)
        if loggers is not None:
            query = query.where(recording.c.logger.in_(loggers))
        if after is not None:
            query = query.where(key > (bytes.fromhex(after[1]), after[0]))
        return [recording_of(row) for row in self.rows(query)]

    def recording(self, run: Run) -> LiveRecording | None:
        return next((one for one in self.named(run[1]) if one.logger == run[0]), None)

    def named(self, name: str) -> list[LiveRecording]:
        """Those that bear this name, whose loggers are different ones; the one that began first at first."""
        query = select(recording).where(recording.c.recording == bytes.fromhex(name))
        rows = self.rows(query.order_by(recording.c.first_received_ms, recording.c.logger))
        return [recording_of(row) for row in rows]

    def packets(self, run: Run, after: int = -1, limit: int = 1_000) -> list[LivePacket]:
        """Those with a reading behind the number `after`, by their first number."""
        query = select(packet.c.raw, packet.c.received_ms, packet.c.segment)
        own = and_(packet.c.logger == run[0], packet.c.recording == bytes.fromhex(run[1]))
        before = select(func.max(packet.c.first)).where(own, packet.c.first <= after).scalar_subquery()
        query = query.where(own, packet.c.first >= func.coalesce(before, after))
        rows = self.rows(query.order_by(packet.c.first, packet.c.started_ms).limit(limit + 1))
        found = [packet_of(row.raw, row.received_ms, row.segment) for row in rows]
        return [one for one in found if one.last > after][:limit]

    def lately(self, since_ms: int, limit: int = 1_000) -> list[LiveRecording]:
        """Those of which something came since, the newest first."""
        query = select(recording).where(recording.c.last_received_ms >= since_ms)
        rows = self.rows(query.order_by(recording.c.last_received_ms.desc()).limit(limit))
        return [recording_of(row) for row in rows]

    def silent(self, before_ms: int, limit: int = 1_000) -> list[LiveRecording]:
        """Those of which nothing came since, and of which nothing was ever sealed; the oldest first."""
        query = select(recording).where(recording.c.last_received_ms < before_ms, ~_sealed())
        rows = self.rows(query.order_by(recording.c.last_received_ms).limit(limit))
        return [recording_of(row) for row in rows]

    def drop(self, before_ms: int, of: Collection[Run]) -> int:
        """Forget recordings among these of which nothing came since, and nothing was ever sealed."""
        dropped = 0
        keys = [(logger, bytes.fromhex(name)) for logger, name in of]
        which = tuple_(recording.c.logger, recording.c.recording).in_(keys)
        old = and_(recording.c.last_received_ms < before_ms, which)
        forget = delete(recording).where(old, ~_sealed()).returning(recording.c.logger, recording.c.recording)
        with self.writing() as connection:
            for logger, name in connection.execute(forget).all():
                own = and_(packet.c.logger == logger, packet.c.recording == name)
                dropped += connection.execute(delete(packet).where(own)).rowcount
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
    ) -> dict[Run, LiveRecording]:
        """The recordings, which no other node changes until this transaction ends."""
        firsts = {run_of(one): one for one in reversed(packets)}
        found = locked(connection, list(firsts))
        new = [begun(one, now_ms) for run, one in firsts.items() if run not in found]
        if new:
            new.sort(key=attrgetter("recording", "logger"))  # as they are locked
            self._begin.many(connection, [row_of(one) for one in new])
            found |= locked(connection, [one.run for one in new])
        return found


def _sealed() -> ColumnElement[bool]:
    same = and_(segment.c.logger == recording.c.logger, segment.c.recording == recording.c.recording)
    return exists().where(same)
