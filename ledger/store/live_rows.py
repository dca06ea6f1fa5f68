"""What is kept of live packets and recordings, to and from their rows (`live_schema.py`)."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.readings import NO_READING
from ledger.live.packet import parse_packet
from ledger.live.ranges import Range, count

if TYPE_CHECKING:
    from sqlalchemy import Row

    from ledger.live.packet import Packet

Run = tuple[str, str]
"""Which recording: its logger, and the 32 hex digits that the logger drew. Another logger may draw, or
copy, the same ones: that is another recording."""


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
    def run(self) -> Run:
        return self.logger, self.recording

    @property
    def missing(self) -> int:
        """Numbers below the highest that did not come, or not yet."""
        return self.highest + 1 - count(self.have)


def begun(first: Packet, now_ms: int) -> LiveRecording:
    """Before its first packet."""
    moments = (first.started_ms, first.last_ms, first.interval_ms, now_ms, now_ms)
    return LiveRecording(first.recording, first.logger, (), -1, 0, 0, 0, 0, 0, 0, *moments)


def row_of(one: LiveRecording) -> tuple[Any, ...]:
    have = json.dumps(one.have, separators=(",", ":"))
    counted = (one.highest, one.packets, one.readings, one.duplicates, one.disorder, one.replays, one.refused)
    moments = (one.first_ms, one.last_ms, one.interval_ms, one.first_received_ms, one.last_received_ms)
    return one.logger, bytes.fromhex(one.recording), have, *counted, *moments


def recording_of(row: Row[Any]) -> LiveRecording:
    ranges = tuple((first, last) for first, last in json.loads(row.have))
    counted: tuple[Any, ...] = tuple(row)[3:]
    return LiveRecording(row.recording.hex(), row.logger, ranges, *counted)


def packet_of(raw: bytes, received_ms: int, sealed: bytes | None) -> LivePacket:
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
