"""The packets of one transaction: which are new, and what they make of their recordings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select, tuple_

from ledger.errors import Conflict, Refused
from ledger.live.ranges import Range, touches, with_range
from ledger.store.live_rows import LiveRecording, Run, recording_of
from ledger.store.live_schema import packet, recording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ledger.live.packet import Packet

AT_ONCE = 200  # keys of one look: bounds the number of distinct statements
MOST_RANGES = 2_000  # of one recording: each packet is written with all of them, and told of them
Outcome = Literal["stored", "again", "replayed"]
Key = tuple[str, bytes, int, int]  # logger, recording, first, started_ms


class Taking:
    """The packets of one transaction: which are new, and what they make of their recordings."""

    def __init__(self, recordings: dict[Run, LiveRecording], now_ms: int) -> None:
        self.recordings = recordings
        self.known: dict[Key, tuple[bytes, bool]] = {}  # bytes, and whether they are sealed
        self.rows: list[tuple[Any, ...]] = []
        self._now_ms = now_ms

    def may_be_known(self, one: Packet) -> bool:
        return touches(self.recordings[run_of(one)].have, one.first, one.last)

    def take(self, one: Packet) -> Outcome | Refused:
        of = self.recordings[run_of(one)]
        key = key_of(one)
        known = self.known.get(key)
        if known is not None:
            return self._again(of, one, known)
        have = tuple(with_range(of.have, one.first, one.last))
        if len(have) > max(MOST_RANGES, len(of.have)):
            why = f"{MOST_RANGES} ranges of it are here: send what lies between them"
            return self._refused(of, Conflict("too_scattered", why))
        self.known[key] = one.raw, False
        self.rows.append((*key, one.last_ms, one.raw, self._now_ms))
        self.recordings[of.run] = self._with(of, one, have)
        return "stored"

    def _refused(self, of: LiveRecording, why: Conflict) -> Conflict:
        self.recordings[of.run] = replace(of, refused=of.refused + 1)
        return why

    def _again(self, of: LiveRecording, one: Packet, known: tuple[bytes, bool]) -> Outcome | Refused:
        raw, sealed = known
        if raw != one.raw:
            why = f"another packet that begins with {one.first} is here"
            return self._refused(of, Conflict("packet_contradicts", why))
        self.recordings[of.run] = replace(
            of,
            duplicates=of.duplicates + 1,
            replays=of.replays + sealed,
            last_received_ms=max(of.last_received_ms, self._now_ms),
        )
        return "replayed" if sealed else "again"

    def _with(self, of: LiveRecording, one: Packet, have: tuple[Range, ...]) -> LiveRecording:
        return replace(
            of,
            have=have,
            highest=max(of.highest, one.last),
            packets=of.packets + 1,
            readings=of.readings + one.last - one.first + 1,
            disorder=of.disorder + (one.first <= of.highest),
            first_ms=min(of.first_ms, one.started_ms),
            last_ms=max(of.last_ms, one.last_ms),
            interval_ms=one.interval_ms if one.last > of.highest else of.interval_ms,
            last_received_ms=max(of.last_received_ms, self._now_ms),
        )


def run_of(one: Packet) -> Run:
    return one.logger, one.recording


def key_of(one: Packet) -> Key:
    return one.logger, bytes.fromhex(one.recording), one.first, one.started_ms


def locked(connection: Connection, runs: Sequence[Run]) -> dict[Run, LiveRecording]:
    """Those that there are; no other node changes them until this transaction ends."""
    found = {}
    keys = sorted((bytes.fromhex(name), logger) for logger, name in runs)  # one order for all: no deadlock
    which = tuple_(recording.c.recording, recording.c.logger)
    for at in range(0, len(keys), AT_ONCE):
        query = select(recording).where(which.in_(keys[at : at + AT_ONCE]))
        ordered = query.order_by(recording.c.recording, recording.c.logger)
        for one in map(recording_of, connection.execute(ordered.with_for_update())):
            found[one.run] = one
    return found


def known(connection: Connection, packets: Sequence[Packet]) -> dict[Key, tuple[bytes, bool]]:
    """What is stored under the keys of these."""
    found = {}
    columns = (packet.c.logger, packet.c.recording, packet.c.first, packet.c.started_ms)
    for at in range(0, len(packets), AT_ONCE):
        keys = [key_of(one) for one in packets[at : at + AT_ONCE]]
        query = select(*columns, packet.c.raw, packet.c.segment).where(tuple_(*columns).in_(keys))
        for *key, raw, sealed in map(tuple, connection.execute(query)):
            found[key[0], key[1], key[2], key[3]] = raw, sealed is not None
    return found
