"""What this device signed, kept until the log has it, and for ever after.

A statement takes its number in its key's sequence, is signed and is stored in ONE
transaction, before a byte of it is sent. From then on only its state moves:

    queued ──▶ sent ──▶ accepted   the log has it; the receipt, verified, lies beside it
                  └───▶ refused    the log said no; the problem lies beside it

Nothing is ever deleted and no statement is signed twice, so a crash between any two steps
leaves either no statement, or one that will be sent again as the same bytes; the log answers
those with the first receipt. Statements are sent in the order in which they were signed.

**The sequence.** Each payload says `seq` and `prev`: the number and id of this key's last
statement. A new one follows the last that is still on its way, or, when none is, the last
that the log accepted. Facts made offline therefore chain onto each other. When the log
refuses one of them, those already chained behind it arrive with a gap in their sequence and
are recorded with a minor finding (`sequence_gap`); the next one after that continues from
the last accepted one. A decision is signed only while nothing is on its way (`alone`), so
a refused decision leaves no gap.

**Two processes** of one home are safe: SQLite's lock orders their signing, and
`Disk.sending` lets only one of them send at a time, so that the order survives.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clients.disk import Disk
from clients.heads import Head, newest_head
from ledger.errors import Conflict, NotFound

State = Literal["queued", "sent", "accepted", "refused"]

_ON_ITS_WAY = "state IN ('queued', 'sent')"
_COLUMNS = "id, kid, seq, type, stream, raw, made_at, number, state, answer, receipt, problem"


@dataclass(frozen=True, slots=True)
class Link:
    """What the next statement of a key must say about what came before it."""

    seq: int
    prev: bytes | None
    seen: Head | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement ready to be kept. `id` is the SHA-256 of `raw`."""

    id: bytes
    kid: bytes
    seq: int
    type: str
    stream: str
    raw: bytes
    made_at: str


@dataclass(frozen=True, slots=True)
class Held(Signed):
    """A statement in the outbox; `number` is its place in the order of sending."""

    number: int
    state: State
    answer: dict[str, Any] | None
    receipt: bytes | None
    problem: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What the log said about one statement: an answer with its receipt, or a problem."""

    id: bytes
    answer: dict[str, Any] | None = None
    receipt: bytes | None = None
    problem: dict[str, Any] | None = None


class Outbox:
    """The outbox of one home. Every method is one transaction of its `Disk`."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    def sign(self, kid: bytes, make: Callable[[Link], Signed], *, alone: bool = False) -> Held:
        """Give `make` its place in the key's sequence, and keep what it signs.

        `alone` (decisions) raises `Conflict` `outbox_not_empty` while anything of this key
        is on its way. What `make` raises is raised on, and nothing was kept.
        """
        with self.disk.writing() as db:
            if alone and _last_on_its_way(db, kid):
                raise Conflict("outbox_not_empty", "earlier statements are not recorded yet: send them first")
            return _sign(db, kid, make)

    def sign_all(self, kid: bytes, makes: Iterable[Callable[[Link], Signed]]) -> list[Held]:
        """Sign several, each after the one before: all of them are kept, or none."""
        with self.disk.writing() as db:
            return [_sign(db, kid, make) for make in makes]

    def carry(self, statements: Iterable[Signed]) -> int:
        """Keep statements that another device signed, to send them for it; count the new ones."""
        with self.disk.writing() as db:
            before = db.total_changes
            for signed in statements:
                _insert(db, signed)
            return db.total_changes - before

    def unsent(self, limit: int = -1) -> list[Held]:
        """What is on its way, in the order of sending."""
        return self._select(f"{_ON_ITS_WAY} ORDER BY number LIMIT ?", limit)

    def held(self, state: State | None = None) -> list[Held]:
        """Everything, or all in one state, in the order of signing."""
        return self._select("?1 IS NULL OR state = ?1 ORDER BY number", state)

    def find(self, statement_id: bytes) -> Held:
        """Raises `NotFound` `not_in_outbox`."""
        with self.disk.reading() as db:
            return _find(db, statement_id)

    def mark_sent(self, ids: Sequence[bytes]) -> None:
        """Say, before they are, that these are being sent: what they meet is not known yet."""
        query = "UPDATE statement SET state = 'sent' WHERE id = ? AND state = 'queued'"
        with self.disk.writing() as db:
            db.executemany(query, [(statement_id,) for statement_id in ids])

    def settle(self, outcomes: Iterable[Settled]) -> None:
        """Keep what the log said. The caller has verified every receipt.

        A late problem never overrides an acceptance, which has a proof.
        """
        with self.disk.writing() as db:
            for outcome in outcomes:
                _accept(db, outcome) if outcome.receipt else _refuse(db, outcome)

    def requeue(self, statement_id: bytes) -> None:
        """Send a refused statement again as it is, because what refused it has been put right.

        Raises `Conflict` `not_refused`.
        """
        with self.disk.writing() as db:
            found = _find(db, statement_id)
            if found.state != "refused":
                raise Conflict("not_refused", f"statement {found.number} is {found.state}, not refused")
            db.execute("UPDATE statement SET state = 'queued' WHERE id = ?", (statement_id,))

    def last(self, kid: bytes) -> tuple[int, bytes] | None:
        """The last statement of the key that the log is known to have accepted."""
        with self.disk.reading() as db:
            return _accepted(db, kid)

    def align(self, kid: bytes, seq: int, last: bytes) -> None:
        """Take over what the log says was this key's last accepted statement.

        Call it while `Disk.sending`, so that no answer arrives meanwhile; without effect
        while anything of the key is on its way, which will be answered with a place of its own.
        """
        with self.disk.writing() as db:
            if not _last_on_its_way(db, kid):
                db.execute(
                    "REPLACE INTO signer (kid, seq, last, position) VALUES (?, ?, ?, -1)", (kid, seq, last)
                )

    def _select(self, where: str, *values: object) -> list[Held]:
        with self.disk.reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM statement WHERE {where}", values)  # noqa: S608
            return [_held(row) for row in rows]


def _held(row: Sequence[Any]) -> Held:
    *known, answer, receipt, problem = row
    told = [json.loads(text) if text else None for text in (answer, problem)]
    members: tuple[Any, ...] = (*known, told[0], receipt, told[1])
    return Held(*members)


def _find(db: sqlite3.Connection, statement_id: bytes) -> Held:
    row = db.execute(f"SELECT {_COLUMNS} FROM statement WHERE id = ?", (statement_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFound("not_in_outbox", f"this device keeps no statement {statement_id.hex()}")
    return _held(row)


def _sign(db: sqlite3.Connection, kid: bytes, make: Callable[[Link], Signed]) -> Held:
    signed = make(Link(*_last(db, kid), newest_head(db)))
    _insert(db, signed)
    return _find(db, signed.id)


def _insert(db: sqlite3.Connection, signed: Signed) -> None:
    db.execute(
        "INSERT OR IGNORE INTO statement (id, kid, seq, type, stream, raw, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (signed.id, signed.kid, signed.seq, signed.type, signed.stream, signed.raw, signed.made_at),
    )


def _last_on_its_way(db: sqlite3.Connection, kid: bytes) -> tuple[int, bytes] | None:
    query = f"SELECT seq, id FROM statement WHERE {_ON_ITS_WAY} AND kid = ? ORDER BY number DESC LIMIT 1"  # noqa: S608
    row: tuple[int, bytes] | None = db.execute(query, (kid,)).fetchone()
    return row


def _accepted(db: sqlite3.Connection, kid: bytes) -> tuple[int, bytes] | None:
    row: tuple[int, bytes] | None = db.execute(
        "SELECT seq, last FROM signer WHERE kid = ?", (kid,)
    ).fetchone()
    return row


def _last(db: sqlite3.Connection, kid: bytes) -> tuple[int, bytes | None]:
    last = _last_on_its_way(db, kid) or _accepted(db, kid)
    return (last[0] + 1, last[1]) if last else (0, None)


def _accept(db: sqlite3.Connection, outcome: Settled) -> None:
    """The key's last statement is the one at the highest position, as the log counts it."""
    answer = outcome.answer or {}
    db.execute(
        "UPDATE statement SET state = 'accepted', answer = ?, receipt = ?"
        " WHERE id = ? AND state <> 'accepted'",
        (json.dumps(answer), outcome.receipt, outcome.id),
    )
    db.execute(
        "INSERT INTO signer (kid, seq, last, position) SELECT kid, seq, id, ? FROM statement WHERE id = ?"
        " ON CONFLICT (kid) DO UPDATE SET seq = excluded.seq, last = excluded.last,"
        " position = excluded.position WHERE signer.position < excluded.position",
        (answer["position"], outcome.id),
    )


def _refuse(db: sqlite3.Connection, outcome: Settled) -> None:
    db.execute(
        f"UPDATE statement SET state = 'refused', problem = ? WHERE id = ? AND {_ON_ITS_WAY}",  # noqa: S608
        (json.dumps(outcome.problem), outcome.id),
    )
