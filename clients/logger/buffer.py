"""What a logger measured, on its own disk, until the ledger has it and the room is needed.

    reading ──▶ packet ──▶ had ──▶ let go, the oldest first, where `most_bytes` are used
    (kept)     (signed)   (the ledger says that it has it)

Each arrow is one transaction, or the first two share one, so a logger that is killed between any two of
them has the reading in exactly one place. A packet is signed once; what is sent again is the same bytes.

**The grid.** A recording begins with a reading and goes on in steps of its interval. A reading takes the
nearest place, so what is said of its moment is at most half an interval off; places that were passed
over say that nothing was measured. A new recording begins where a clock went back or two readings want
one place, where more places were passed over than a packet holds, where interval, range, logger or log
have changed, and where the ledger says that the recording is another logger's. So every number of a
recording is said once, and a number that is missing was lost.

**Whose word.** The ledger's `have` is not signed. A false one that claims too little costs a repetition.
One that claims too much is believed until the next true one, which puts it right for all that are still
here. The sender asks for that at each start and once a day, also for recordings that have ended
(`uplink.py`). What was let go for room in between is lost.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from clients.disk import Disk
from clients.logger import packets
from clients.logger.packets import Held, Ranges, Which
from clients.logger.state import state_of
from ledger.errors import Fault
from ledger.live.packet import MOST_READINGS

FOLDER, FILE = "readings", "buffer.db"
MOST_BYTES = 64 << 20  # some 120,000 packets of one reading: eighty days of minutes

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
"""
_OF_RECORDING = (
    "number, id, logger, origin, interval_s, range_low, range_high, started_ms, measured, packed, let_go"
)


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


Sign = Callable[[Recording, list[Unpacked]], bytes]
Due = Callable[[list[Unpacked]], bool]


class Buffer:
    """Safe to use from several threads and processes. Every method raises `Fault` where the disk fails."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self.disk = Disk(path, SCHEMA + packets.SCHEMA)
        with self.disk.writing() as db:
            packets.complete(db)
        self._most_bytes = most_bytes

    def close(self) -> None:
        self.disk.close()

    def keep(
        self, measuring: Measuring, measured: Measured, sign: Sign | None = None, due: Due | None = None
    ) -> tuple[str, int]:
        """Keep a reading, and `pack` where `sign` and `due` are given: its recording and number.

        Durable when this returns. Where it raises, as `Fault` `logger_buffer_full`, this reading is not
        kept, and nothing else was lost.
        """
        with self.disk.writing() as db:
            self._make_room(db)
            recording = _going_on(db, measuring)
            number = recording.place(measured.at_ms) if recording else None
            if recording is None or number is None:
                recording, number = _begin(db, measuring, measured.at_ms), 0
            row = (recording.number, number, measured.centi_c, measured.battery, measured.tilt)
            db.execute("INSERT INTO reading VALUES (?, ?, ?, ?, ?)", row)
            db.execute("UPDATE recording SET measured = ? WHERE number = ?", (number + 1, recording.number))
            if sign and due:
                _pack_due(db, sign, due)
            return recording.id, number

    def pack(self, sign: Sign, due: Due) -> int:
        """Make a packet of the readings that wait, where that is due; of an ended recording it is."""
        with self.disk.writing() as db:
            return _pack_due(db, sign, due)

    def waiting(
        self, after: int = 0, which: Which = "new", most: int = 256, most_bytes: int = 1 << 20
    ) -> list[Held]:
        """The next packets behind number `after`, one at least if any. Which the ledger does not have:

        `new` were never refused, `due` were and may be tried again, `refused` were, due or not. Which it
        has: `last had`, the last one of each recording; `had`, all.
        """
        with self.disk.reading() as db:
            return packets.found(db, which, after, most, most_bytes, _now_ms())

    def newest(self, after: int, most: int = 256, most_bytes: int = 1 << 20) -> list[Held]:
        """The newest behind number `after` that the ledger does not have and never refused, in order."""
        with self.disk.reading() as db:
            return packets.newest(db, after, most, most_bytes)

    def had(self, have: Iterable[tuple[str, Ranges]]) -> None:
        """Take the ledger's word for which readings of these recordings it has."""
        with self.disk.writing() as db:
            for recording, ranges in have:
                row = db.execute("SELECT number FROM recording WHERE id = ?", (recording,)).fetchone()
                if row is not None:
                    packets.mark(db, row[0], ranges)

    def refused(self, problems: Iterable[tuple[int, str | None]]) -> None:
        """Note which packets the ledger did not take, and why if it said so. They stay, for another try."""
        with self.disk.writing() as db:
            packets.put_off(db, problems, _now_ms())

    def state(self) -> list[dict[str, Any]]:
        """Each recording in numbers of readings, the oldest first."""
        with self.disk.reading() as db:
            return [state_of(db, recording) for recording in _recordings(db, "1")]

    def _make_room(self, db: sqlite3.Connection) -> None:
        while _used(db) > self._most_bytes:
            if not packets.let_go(db):
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


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _recordings(db: sqlite3.Connection, where: str) -> list[Recording]:
    query = f"SELECT {_OF_RECORDING} FROM recording WHERE {where} ORDER BY number"  # noqa: S608
    return [Recording(*row) for row in db.execute(query)]


def _newest(db: sqlite3.Connection) -> Recording | None:
    found = _recordings(db, "number = (SELECT max(number) FROM recording)")
    return found[0] if found else None


def _going_on(db: sqlite3.Connection, measuring: Measuring) -> Recording | None:
    """The newest recording, if it is of the same measuring, and no other logger's."""
    newest = _newest(db)
    if newest is None or newest.measuring != measuring or packets.belongs_to_another(db, newest.number):
        return None
    return newest


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


def _pack_due(db: sqlite3.Connection, sign: Sign, due: Due) -> int:
    made, newest = 0, _newest(db)
    for recording in _recordings(db, "number IN (SELECT recording FROM reading)"):
        waiting = _unpacked(db, recording)
        if recording != newest or due(waiting):
            _pack(db, recording, waiting[-1].number, sign(recording, waiting))
            made += 1
    return made


def _pack(db: sqlite3.Connection, recording: Recording, last: int, raw: bytes) -> None:
    said = (recording.number, recording.packed, last, raw)
    db.execute("INSERT INTO packet (recording, first, last, raw) VALUES (?, ?, ?, ?)", said)
    db.execute("UPDATE recording SET packed = ? WHERE number = ?", (last + 1, recording.number))
    db.execute("DELETE FROM reading WHERE recording = ?", (recording.number,))
