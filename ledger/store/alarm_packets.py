"""The packets that alarms look at: what is not sealed yet, and the newest in any case.

Where none of these measured anything, also the last that did, if it is not too far back.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, or_, select

from ledger.live.alarms import Heard
from ledger.live.packet import parse_packet
from ledger.store.faults import faults
from ledger.store.live_rows import live_packet
from ledger.store.live_schema import packet, recording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

NEWEST = 100  # readings: what was sealed a moment ago may not have reached the therapy yet
FAR = 1_000  # packets: behind so many without a reading the one before them is no more looked for
_parsed = lru_cache(maxsize=8_192)(parse_packet)  # looked at again with every packet that follows


class Recent(NamedTuple):
    """Of one logger. `recordings`: 32 hex digits each, the newest last; `first_ms`: its earliest reading
    of these recordings; `packets`: in the order of recordings and numbers."""

    recordings: tuple[str, ...]
    first_ms: int
    packets: list[Heard]

    @property
    def recording(self) -> str:
        """The newest."""
        return self.recordings[-1]


def recent(engine: Engine, logger: str, since_ms: int) -> Recent | None:
    """Of recordings of which something came since; None: of none."""
    of = (recording.c.logger == logger, recording.c.last_received_ms >= since_ms)
    columns = (recording.c.first_received_ms, packet.c.recording, packet.c.first, packet.c.started_ms)
    query = select(*columns, packet.c.raw, packet.c.received_ms, recording.c.first_ms)
    same = and_(packet.c.logger == recording.c.logger, packet.c.recording == recording.c.recording)
    query = query.join_from(recording, packet, same).where(*of)
    newest = or_(packet.c.first > recording.c.highest - NEWEST, packet.c.last_ms == recording.c.last_ms)
    with faults(), engine.connect() as connection:
        rows = set(connection.execute(query.where(packet.c.segment.is_(None))).all())
        rows.update(connection.execute(query.where(newest)).all())
    if not rows:
        return None
    ordered = sorted(rows, key=tuple)
    packets = [_heard(row.raw, row.received_ms) for row in ordered]
    if not any(one.has_reading for one in packets):
        packets = [*_last_that_measured(engine, packets[-1].recording, packets), *packets]
    names = dict.fromkeys(row.recording.hex() for row in ordered)
    return Recent(tuple(names), min(row.first_ms for row in rows), packets)


def _last_that_measured(engine: Engine, name: bytes, looked_at: Sequence[Heard]) -> list[Heard]:
    """Before those that were looked at; at most one."""
    first = min(one.first for one in looked_at if one.recording == name)
    query = select(packet.c.raw, packet.c.received_ms)
    query = query.where(packet.c.recording == name, packet.c.first < first)
    with faults(), engine.connect() as connection:
        rows = connection.execute(query.order_by(packet.c.first.desc()).limit(FAR)).all()
    older = (_heard(row.raw, row.received_ms) for row in rows)
    found = next((one for one in older if one.has_reading), None)
    return [found] if found else []


def loggers_since(engine: Engine, since_ms: int) -> dict[str, int]:
    """Loggers of which something came since, and when the last did."""
    query = select(recording.c.logger, recording.c.last_received_ms)
    query = query.where(recording.c.last_received_ms >= since_ms).order_by(recording.c.last_received_ms)
    with faults(), engine.connect() as connection:
        return {row.logger: row.last_received_ms for row in connection.execute(query)}


def _heard(raw: bytes, received_ms: int) -> Heard:
    one = live_packet(_parsed(raw), received_ms)
    range_ = (one.range_low, one.range_high)
    moments = (one.first, one.started_ms, one.interval_ms, one.packed)
    return Heard(*moments, range_, one.battery, one.tilt, received_ms, bytes.fromhex(one.recording))
