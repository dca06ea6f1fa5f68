"""Signed packets in the buffer: which go out next, what the ledger has, when a refused one may go again.

Whatever the ledger will not take must not stand before what it will. So a packet that was refused waits
a minute, then twice as long each time, up to an hour, and goes behind those that never were.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from ledger.live.packet import MOST_READINGS

SCHEMA = """
CREATE TABLE IF NOT EXISTS packet (
  number INTEGER PRIMARY KEY AUTOINCREMENT, recording INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, raw BLOB NOT NULL, had INTEGER NOT NULL DEFAULT 0, refused TEXT,
  refusals INTEGER NOT NULL DEFAULT 0, next_try_ms INTEGER NOT NULL DEFAULT 0, UNIQUE (recording, first)
);
CREATE INDEX IF NOT EXISTS packet_lacking ON packet (recording, first) WHERE had = 0;
CREATE INDEX IF NOT EXISTS packet_had ON packet (number) WHERE had = 1;
CREATE INDEX IF NOT EXISTS packet_refused ON packet (recording) WHERE refused IS NOT NULL;
"""
_LATER = ("refusals", "next_try_ms")  # columns that a file of before does not have
_INDEXES = (  # a round asks for both each second, however many are refused
    "CREATE INDEX IF NOT EXISTS packet_new ON packet (number) WHERE had = 0 AND refusals = 0",
    "CREATE INDEX IF NOT EXISTS packet_due ON packet (number, next_try_ms) WHERE had = 0 AND refusals > 0",
)
AGAIN_MS = (60_000, 3_600_000)  # to the next try of a refused packet, doubled each time
_AT_ONCE = 64  # packets that are let go together
_FOR_EVER = 2**62
_ALL_TOLD = 1_000  # of more ranges than this the ledger tells some: what is not among them says nothing

Which = Literal["new", "due", "refused", "last had", "had"]
# A `next_try_ms` further away than any pause was written by a clock that went wrong.
_WHICH: dict[Which, str] = {
    "new": "had = 0 AND refusals = 0",
    "due": f"had = 0 AND refusals > 0 AND NOT next_try_ms - :now_ms BETWEEN 1 AND {AGAIN_MS[1]}",
    "refused": "had = 0 AND refusals > 0",
    "last had": "packet.number IN (SELECT max(number) FROM packet WHERE had = 1 GROUP BY recording)",
    "had": "had = 1",
}

Ranges = Sequence[tuple[int, int]]
"""First and last number of each stretch, both included, in order and apart from each other."""


class Held(NamedTuple):
    """A packet. `number` is its place in the order of sending, `recording` its 32 hex digits."""

    number: int
    recording: str
    first: int
    last: int
    raw: bytes


def complete(db: sqlite3.Connection) -> None:
    """Give a file of before its later columns, and each file the indexes over them."""
    known = {row[1] for row in db.execute("PRAGMA table_info(packet)")}
    for name in _LATER:
        if name not in known:
            db.execute(f"ALTER TABLE packet ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")
    for index in _INDEXES:
        db.execute(index)


def found(
    db: sqlite3.Connection, which: Which, after: int, most: int, most_bytes: int, now_ms: int
) -> list[Held]:
    """The oldest such packets behind number `after`, one at least if any."""
    rows = _query(db, which, after, "ASC", most, now_ms)
    return list(_within(rows, most_bytes))


def newest(db: sqlite3.Connection, after: int, most: int, most_bytes: int) -> list[Held]:
    """The newest packets that were never refused, in order."""
    rows = _query(db, "new", after, "DESC", most, 0)
    return list(_within(rows, most_bytes))[::-1]


def _query(
    db: sqlite3.Connection, which: Which, after: int, order: str, most: int, now_ms: int
) -> Iterable[Held]:
    query = (
        "SELECT packet.number, id, first, last, raw FROM packet"  # noqa: S608
        f" JOIN recording ON recording.number = packet.recording WHERE ({_WHICH[which]})"
        f" AND packet.number > :after ORDER BY packet.number {order} LIMIT :most"
    )
    said = {"after": after, "most": most, "now_ms": now_ms}
    return (Held(*row) for row in db.execute(query, said))


def _within(packets: Iterable[Held], most_bytes: int) -> Iterable[Held]:
    for index, one in enumerate(packets):
        most_bytes -= len(one.raw)
        if index and most_bytes < 0:
            return
        yield one


def put_off(db: sqlite3.Connection, problems: Iterable[tuple[int, str | None]], now_ms: int) -> None:
    """Note that packets were not taken, by number, and why if that was said. They stay."""
    shortest, longest = AGAIN_MS
    db.executemany(
        f"UPDATE packet SET refused = ?, refusals = refusals + 1,"  # noqa: S608
        f" next_try_ms = ? + min({shortest} << min(refusals, 16), {longest}) WHERE number = ? AND had = 0",
        [(code, now_ms, number) for number, code in problems],
    )


def mark(db: sqlite3.Connection, recording: int, ranges: Ranges) -> None:
    """Packets inside a range are had; those that reach into a gap between ranges are not."""
    db.executemany(
        "UPDATE packet SET had = 1, refused = NULL, refusals = 0, next_try_ms = 0"
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


def belongs_to_another(db: sqlite3.Connection, recording: int) -> bool:
    """True if the ledger said that another logger began this recording."""
    query = "SELECT 1 FROM packet WHERE recording = ? AND refused = 'recording_of_another' LIMIT 1"
    return db.execute(query, (recording,)).fetchone() is not None


def let_go(db: sqlite3.Connection) -> int:
    """Forget the oldest packets that the ledger has; how many."""
    rows = db.execute(
        "SELECT number, recording, last - first + 1 FROM packet WHERE had = 1 ORDER BY number LIMIT ?",
        (_AT_ONCE,),
    ).fetchall()
    counted = [(readings, recording) for _, recording, readings in rows]
    db.executemany("UPDATE recording SET let_go = let_go + ? WHERE number = ?", counted)
    db.executemany("DELETE FROM packet WHERE number = ?", [(number,) for number, _, _ in rows])
    return len(rows)
