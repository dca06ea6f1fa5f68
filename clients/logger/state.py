"""What became of a recording's readings: measured, at the ledger, missing there."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from ledger.domain.times import timestamp

if TYPE_CHECKING:
    from clients.logger.buffer import Recording


def state_of(db: sqlite3.Connection, recording: Recording) -> dict[str, Any]:
    """One recording in numbers of readings; `packets` and `refused` count packets that are still here."""
    packets, had, refused = db.execute(
        "SELECT count(*), coalesce(sum(CASE had WHEN 1 THEN last - first + 1 END), 0), count(refused)"
        " FROM packet WHERE recording = ?",
        (recording.number,),
    ).fetchone()
    codes = "SELECT DISTINCT refused FROM packet WHERE recording = ? AND refused IS NOT NULL ORDER BY 1"
    missing = _missing(db, recording)
    return {
        "recording": recording.id,
        "logger": recording.logger,
        "started_at": timestamp(recording.started_ms),
        "interval_s": recording.interval_s,
        "readings": recording.measured,
        "acknowledged": had + recording.let_go,
        "let_go": recording.let_go,
        "missing": missing,
        "packets": packets,
        "refused": refused,
        "refused_codes": [code for (code,) in db.execute(codes, (recording.number,))],
    }


def _missing(db: sqlite3.Connection, recording: Recording) -> list[list[int]]:
    """Ranges of numbers that the ledger did not yet say it has."""
    query = "SELECT first, last FROM packet WHERE recording = ? AND had = 0 ORDER BY first"
    spans = [list(row) for row in db.execute(query, (recording.number,))]
    if recording.packed < recording.measured:
        spans.append([recording.packed, recording.measured - 1])
    joined: list[list[int]] = []
    for first, last in spans:
        if joined and joined[-1][1] + 1 == first:
            joined[-1][1] = last
        else:
            joined.append([first, last])
    return joined
