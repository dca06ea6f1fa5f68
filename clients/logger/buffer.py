"""What a logger measured, on its own disk, until the ledger has it and the room is needed.

    reading ──▶ packet ──▶ had ──▶ let go, the oldest first, where `most_bytes` are used
    (kept)     (signed)   (the ledger says that it has it)

Each arrow is one transaction, so a logger that is killed between any two of them has the reading
in exactly one place. A packet is signed once; what is sent again is the same bytes.

**The grid.** A recording begins with a reading and goes on in steps of its interval. A reading takes the
nearest place, so what is said of its moment is at most half an interval off; places that were passed
over say that nothing was measured. A new recording begins where a clock went back or two readings want
one place, where more places were passed over than a packet holds, and where interval, range, logger or
log have changed. So every number of a recording is said once, and a number that is missing was lost.

**Whose word.** The ledger's `have` is not signed. A false one that claims too little costs a repetition.
One that claims too much lets packets be let go early, and only where the room is needed; the next true
one puts it right for all that are still here.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from clients.disk import Disk
from clients.logger.state import state_of
from ledger.errors import Fault
from ledger.live.packet import MOST_READINGS

FOLDER, FILE = "readings", "buffer.db"
MOST_BYTES = 64 << 20  # some 120,000 packets of one reading: eighty days of minutes
_AT_ONCE = 64  # packets that are let go together
_FOR_EVER = 2**62
_ALL_TOLD = 1_000  # of more ranges than this the ledger tells some: what is not among them says nothing

SCHEMA = """
CREATE TABLE IF NOT EXISTS recording (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, logger TEXT NOT NULL,
  origin TEXT NOT NULL, interval_s INTEGER NOT NULL, range_low INTEGER NOT NULL,
  range_high INTEGER NOT NULL, started_ms INTEGER NOT NULL, measured INTEGER NOT NULL DEFAULT 0,
  packed INTEGER NOT NULL DEFAULT 0, let_go INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS reading (
  recording INTEGER NOT NULL, number INTEGER NOT NULL, centi_c INTEGER, battery INTEGER, tilt INTEGER,
  PRIMARY KEY (recording, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS packet (
  number INTEGER PRIMARY KEY AUTOINCREMENT, recording INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, raw BLOB NOT NULL, had INTEGER NOT NULL DEFAULT 0, refused TEXT,
  UNIQUE (recording, first)
);
CREATE INDEX IF NOT EXISTS packet_waiting ON packet (number) WHERE had = 0;
CREATE INDEX IF NOT EXISTS packet_lacking ON packet (recording, first) WHERE had = 0;
CREATE INDEX IF NOT EXISTS packet_had ON packet (number) WHERE had = 1;
"""
_OF_RECORDING = (
    "number, id, logger, origin, interval_s, range_low, range_high, started_ms, measured, packed, let_go"
)

Ranges = Sequence[tuple[int, int]]
"""First and last number of each stretch, both included, in order and apart from each other."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """What stays the same through a recording. `range_…`: what the logger can measure, centi-degC."""

    logger: str
    origin: str
    interval_s: int
    range_low: int
    range_high: int


class Measured(NamedTuple):
    """One reading. `centi_c` None: nothing was measured at that moment."""

    at_ms: int
    centi_c: int | None
    battery: int | None = None
    tilt: int | None = None


class Recording(NamedTuple):
    """`measured`: the number of the next reading; `packed`: of the next one to be signed;
    `let_go`: how many readings are not here any more, because the ledger has them."""

    number: int
    id: str
    logger: str
    origin: str
    interval_s: int
    range_low: int
    range_high: int
    started_ms: int
    measured: int
    packed: int
    let_go: int

    @property
    def measuring(self) -> Measuring:
        return Measuring(self.logger, self.origin, self.interval_s, self.range_low, self.range_high)

    def moment(self, number: int) -> int:
        return self.started_ms + number * self.interval_s * 1000

    def place(self, at_ms: int) -> int | None:
        """The number of a reading at this moment; None: it does not go on this recording's grid."""
        interval_ms = self.interval_s * 1000
        number = (at_ms - self.started_ms + interval_ms // 2) // interval_ms
        return number if self.measured <= number < self.packed + MOST_READINGS else None


class Unpacked(NamedTuple):
    """A reading that no packet holds yet."""

    number: int
    centi_c: int | None
    battery: int | None
    tilt: int | None


class Held(NamedTuple):
    """A packet. `number` is its place in the order of sending, `recording` its 32 hex digits."""

    number: int
    recording: str
    first: int
    last: int
    raw: bytes


Sign = Callable[[Recording, list[Unpacked]], bytes]
Due = Callable[[list[Unpacked]], bool]


class Buffer:
    """Safe to use from several threads and processes. Every method raises `Fault` where the disk fails."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self.disk = Disk(path, SCHEMA)
        self._most_bytes = most_bytes

    def close(self) -> None:
        self.disk.close()

    def keep(self, measuring: Measuring, measured: Measured) -> tuple[str, int]:
        """Keep a reading, durably when this returns: its recording and number.

        Raises `Fault` `logger_buffer_full`: then the reading is not kept, and nothing else was lost.
        """
        with self.disk.writing() as db:
            self._make_room(db)
            recording = _newest(db)
            goes_on = recording is not None and recording.measuring == measuring
            number = recording.place(measured.at_ms) if recording and goes_on else None
            if recording is None or number is None:
                recording, number = _begin(db, measuring, measured.at_ms), 0
            row = (recording.number, number, measured.centi_c, measured.battery, measured.tilt)
            db.execute("INSERT INTO reading VALUES (?, ?, ?, ?, ?)", row)
            db.execute("UPDATE recording SET measured = ? WHERE number = ?", (number + 1, recording.number))
            return recording.id, number

    def pack(self, sign: Sign, due: Due) -> int:
        """Make a packet of the readings that wait, where that is due; of an ended recording it is."""
        made = 0
        with self.disk.writing() as db:
            newest = _newest(db)
            for recording in _recordings(db, "number IN (SELECT recording FROM reading)"):
                waiting = _unpacked(db, recording)
                if recording != newest or due(waiting):
                    _pack(db, recording, waiting[-1].number, sign(recording, waiting))
                    made += 1
        return made

    def waiting(self, after: int = 0, most: int = 256, most_bytes: int = 1 << 20) -> list[Held]:
        """The next packets behind number `after` that the ledger does not have, one at least if any."""
        query = (
            "SELECT packet.number, id, first, last, raw FROM packet"
            " JOIN recording ON recording.number = packet.recording"
            " WHERE had = 0 AND packet.number > ? ORDER BY packet.number LIMIT ?"
        )
        found: list[Held] = []
        with self.disk.reading() as db:
            for row in db.execute(query, (after, most)):
                held = Held(*row)
                most_bytes -= len(held.raw)
                if found and most_bytes < 0:
                    break
                found.append(held)
        return found

    def had(self, have: Iterable[tuple[str, Ranges]]) -> None:
        """Take the ledger's word for which readings of these recordings it has."""
        with self.disk.writing() as db:
            for recording, ranges in have:
                row = db.execute("SELECT number FROM recording WHERE id = ?", (recording,)).fetchone()
                if row is not None:
                    _mark(db, row[0], ranges)

    def refused(self, problems: Iterable[tuple[int, str]]) -> None:
        """Note why the ledger refused packets, by their number. They stay, and are sent again."""
        with self.disk.writing() as db:
            rows = [(code, number) for number, code in problems]
            db.executemany("UPDATE packet SET refused = ? WHERE number = ? AND had = 0", rows)

    def state(self) -> list[dict[str, Any]]:
        """Each recording in numbers of readings, the oldest first."""
        with self.disk.reading() as db:
            return [state_of(db, recording) for recording in _recordings(db, "1")]

    def _make_room(self, db: sqlite3.Connection) -> None:
        while _used(db) > self._most_bytes:
            if not _let_go(db):
                raise Fault(
                    "logger_buffer_full",
                    f"{self._most_bytes >> 20} MB are full of readings that the ledger does not have; none"
                    " of them is given up: reach the ledger, or allow more",
                )


def _used(db: sqlite3.Connection) -> int:
    size, pages, free = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return size * (pages - free)


def _let_go(db: sqlite3.Connection) -> int:
    """Forget the oldest packets that the ledger has; how many."""
    rows = db.execute(
        "SELECT number, recording, last - first + 1 FROM packet WHERE had = 1 ORDER BY number LIMIT ?",
        (_AT_ONCE,),
    ).fetchall()
    counted = [(readings, recording) for _, recording, readings in rows]
    db.executemany("UPDATE recording SET let_go = let_go + ? WHERE number = ?", counted)
    db.executemany("DELETE FROM packet WHERE number = ?", [(number,) for number, _, _ in rows])
    return len(rows)


def _recordings(db: sqlite3.Connection, where: str) -> list[Recording]:
    query = f"SELECT {_OF_RECORDING} FROM recording WHERE {where} ORDER BY number"  # noqa: S608
    return [Recording(*row) for row in db.execute(query)]


def _newest(db: sqlite3.Connection) -> Recording | None:
    found = _recordings(db, "number = (SELECT max(number) FROM recording)")
    return found[0] if found else None


def _begin(db: sqlite3.Connection, measuring: Measuring, started_ms: int) -> Recording:
    said = (measuring.logger, measuring.origin, measuring.interval_s, measuring.range_low,
            measuring.range_high, started_ms)  # fmt: skip
    db.execute(
        "INSERT INTO recording (id, logger, origin, interval_s, range_low, range_high, started_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (secrets.token_hex(16), *said),
    )
    begun = _newest(db)
    assert begun is not None
    return begun


def _unpacked(db: sqlite3.Connection, recording: Recording) -> list[Unpacked]:
    query = "SELECT number, centi_c, battery, tilt FROM reading WHERE recording = ? ORDER BY number"
    return [Unpacked(*row) for row in db.execute(query, (recording.number,))]


def _pack(db: sqlite3.Connection, recording: Recording, last: int, raw: bytes) -> None:
    said = (recording.number, recording.packed, last, raw)
    db.execute("INSERT INTO packet (recording, first, last, raw) VALUES (?, ?, ?, ?)", said)
    db.execute("UPDATE recording SET packed = ? WHERE number = ?", (last + 1, recording.number))
    db.execute("DELETE FROM reading WHERE recording = ?", (recording.number,))


def _mark(db: sqlite3.Connection, recording: int, ranges: Ranges) -> None:
    """Packets inside a range are had; those that reach into a gap between ranges are not."""
    db.executemany(
        "UPDATE packet SET had = 1, refused = NULL"
        " WHERE recording = ? AND had = 0 AND first >= ? AND first <= ? AND last <= ?",
        [(recording, first, last, last) for first, last in ranges],
    )
    if len(ranges) >= _ALL_TOLD:
        return
    edges = [(-1, -1), *ranges, (_FOR_EVER, _FOR_EVER)]
    gaps = [(before + 1, after - 1) for (_, before), (after, _) in pairwise(edges)]
    db.executemany(
        "UPDATE packet SET had = 0 WHERE recording = ? AND had = 1 AND first BETWEEN ? AND ? AND last >= ?",
        [(recording, first - MOST_READINGS, last, first) for first, last in gaps if first <= last],
    )
