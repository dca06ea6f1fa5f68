"""What a witness remembers: of each log the head that it cosigned last. One SQLite file.

"checking the old size against the latest checkpoint and persisting the new checkpoint must be
performed atomically" (c2sp.org/tlog-witness): both, and the signature, happen inside one
transaction that locks the file, and the answer leaves after it is on the disk. A process that
is killed between the two has cosigned what nobody got; the log asks again and gets it again.

A register must never be put back from a backup: what was cosigned since would be forgotten. For
the same reason nothing but `init` makes one: a witness whose register is gone does not begin again.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from api.witness.judging import Known, Logs, Signed, is_fork, judge, open_signed
from ledger.errors import Conflict, Fault, Malformed, ProofInvalid, UnbrokenError
from ledger.proof.add_checkpoint import parse_submission
from ledger.proof.cosignature import cosign, cosigned_at
from ledger.proof.keys import SigningKey
from ledger.proof.note import VerifierKey, parse_note

MAX_REFUSED = 100  # of one log: the newest with a wrong proof, which anybody can hand in; the first forks
MAX_AHEAD_S = 3600  # of the time cosigned last before this clock: beyond, one of the two was badly wrong
_SCHEMA = """
CREATE TABLE IF NOT EXISTS witness (vkey TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS head (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, time_s INTEGER NOT NULL,
    note BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, seen_s INTEGER NOT NULL,
    fork INTEGER NOT NULL, note BLOB NOT NULL, known BLOB NOT NULL,
    PRIMARY KEY (origin, size, root)
);
CREATE TABLE IF NOT EXISTS refusals (origin TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""
_REFUSE = """
INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin, size, root) DO UPDATE
SET fork = 1, seen_s = excluded.seen_s, note = excluded.note, known = excluded.known
WHERE excluded.fork > fork
"""
_FORGET = """
DELETE FROM refused WHERE origin = ?1 AND NOT fork AND rowid NOT IN (
    SELECT rowid FROM refused WHERE origin = ?1 AND NOT fork ORDER BY rowid DESC LIMIT ?2)
"""
_BUSY_S = 30

log = logging.getLogger("unbroken.witness")


class Head(NamedTuple):
    """`note` carries the log's line and this witness's own."""

    origin: str
    size: int
    time_s: int
    note: bytes


class Refused(NamedTuple):
    """A head that the log signed and that was not shown to continue what was cosigned. `fork`: it
    has the size of the cosigned one and another root, which with `known` proves two histories."""

    origin: str
    size: int
    seen_s: int
    fork: bool
    note: bytes
    known: bytes


class Register:
    """One thread at a time. Several processes on one file are safe, and pointless."""

    def __init__(self, path: Path, timeout_s: float = _BUSY_S) -> None:
        """One that `create` made. Raises `Fault`: `no_register` where there is none, `store_failed`."""
        if not path.exists():
            raise Fault("no_register", f"{path} is gone, and with it what this witness cosigned")
        with _faults():
            self._db = _connect(path, "rw", timeout_s)
            self._db.execute("PRAGMA synchronous=FULL")
            self.vkey = self._whose()
        if not self.vkey:
            self._db.close()
            raise Fault("no_register", f"{path} is empty, and what this witness cosigned is forgotten")

    @staticmethod
    def create(path: Path, vkey: VerifierKey) -> None:
        """Make the register of a new witness, durably. Raises `Fault` (`store_failed`)."""
        with _faults(), closing(_connect(path, "rwc", _BUSY_S)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)
            db.execute("DELETE FROM witness")
            db.execute("INSERT INTO witness (vkey) VALUES (?)", (str(vkey),))

    def _whose(self) -> str:
        """The witness's verifier key; empty where nothing says that this is a register."""
        named = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'witness'"
        if not self._db.execute(named).fetchone()[0]:
            return ""
        row = self._db.execute("SELECT vkey FROM witness").fetchone()
        return str(row[0]) if row else ""

    def close(self) -> None:
        self._db.close()

    def heads(self) -> list[Head]:
        with _faults():
            return [
                Head(*row)
                for row in self._db.execute("SELECT origin, size, time_s, note FROM head ORDER BY origin")
            ]

    def refused(self) -> list[Refused]:
        query = "SELECT origin, size, seen_s, fork, note, known FROM refused ORDER BY origin, seen_s, size"
        with _faults():
            return [Refused._make(row)._replace(fork=bool(row[3])) for row in self._db.execute(query)]

    def refusals(self) -> dict[str, int]:
        """How often a head of each log was refused, also where it is not kept."""
        with _faults():
            return dict(self._db.execute("SELECT origin, count FROM refusals ORDER BY origin"))

    def known(self, origin: str) -> Known:
        with _faults():
            row = self._db.execute(
                "SELECT size, root, time_s FROM head WHERE origin = ?", (origin,)
            ).fetchone()
        return Known(*row) if row else Known()

    def note(self, origin: str) -> bytes:
        """The head cosigned last; empty where none was."""
        with _faults():
            row = self._db.execute("SELECT note FROM head WHERE origin = ?", (origin,)).fetchone()
        return bytes(row[0]) if row else b""

    def keep(self, signed: Signed, time_s: int, note: bytes) -> None:
        head = signed.checkpoint
        row = (head.origin, head.size, head.root, time_s, note)
        self._db.execute("REPLACE INTO head (origin, size, root, time_s, note) VALUES (?, ?, ?, ?, ?)", row)

    def keep_refused(self, signed: Signed, known: Known, now_s: int) -> None:
        """A fork is kept for good, also if its head was refused before for want of a proof; of the
        others the newest are kept, so that nobody can fill the place of what is still to come."""
        head, fork = signed.checkpoint, is_fork(known, signed.checkpoint)
        self._db.execute(
            "INSERT INTO refusals VALUES (?, 1) ON CONFLICT (origin) DO UPDATE SET count = count + 1",
            (head.origin,),
        )
        if fork and self._forks(head.origin) >= MAX_REFUSED:
            return
        seen = (head.origin, head.size, head.root, now_s, fork, signed.note(), self.note(head.origin))
        self._db.execute(_REFUSE, seen)
        self._db.execute(_FORGET, (head.origin, MAX_REFUSED))

    def _forks(self, origin: str) -> int:
        query = "SELECT count(*) FROM refused WHERE origin = ? AND fork"
        return int(self._db.execute(query, (origin,)).fetchone()[0])

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Lock, and keep all of it durably or none. Raises `Fault` (`store_failed`)."""
        with _faults():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


class Witness:
    """Cosigns heads of the logs that it follows. `clock_s`: seconds since the epoch."""

    def __init__(
        self, register: Register, vkey: VerifierKey, key: SigningKey, logs: Logs, clock_s: Callable[[], int]
    ) -> None:
        """Raises `Fault` (`wrong_register`) where the register is another's."""
        self.register = register
        self.vkey = vkey
        self.logs = logs
        self._key = key
        self._clock_s = clock_s
        self._origins = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in logs}
        must_be_own(register, vkey)

    def add(self, body: bytes) -> str:
        """The cosignature's line for a submitted head, which continues the one cosigned last.

        Raises as `parse_submission`, `open_signed` and `judge`, and `Fault` (`store_failed`,
        `clock_behind`). Another head of the known size is kept from whatever size it was asked.
        """
        submission = parse_submission(body)
        signed = open_signed(submission.note, self.logs)
        with self.register.writing():
            known = self.register.known(signed.checkpoint.origin)
            try:
                judge(known, submission, signed.checkpoint)
            except (ProofInvalid, Conflict, Malformed) as error:
                self._remember(signed, known, error)
                refusal: UnbrokenError = error
            else:
                return self._cosign(signed, known)
        raise refusal

    def _remember(self, signed: Signed, known: Known, error: UnbrokenError) -> None:
        fork = is_fork(known, signed.checkpoint)
        if fork or isinstance(error, ProofInvalid):
            self.register.keep_refused(signed, known, self._clock_s())
        if fork:
            head = signed.checkpoint
            log.error("%r has shown another history of %d entries: see status", head.origin, head.size)

    def _cosign(self, signed: Signed, known: Known) -> str:
        """A clock that was set back must not make a later statement look like the earlier one; nor
        may a clock that once was far ahead make every later one look as if it came then."""
        now_s = self._clock_s()
        if known.time_s > now_s + MAX_AHEAD_S:
            detail = f"the head cosigned last says {known.time_s} s, and this clock says {now_s} s"
            raise Fault("clock_behind", detail)
        time_s = max(now_s, known.time_s)
        line = cosign(signed.text, self.vkey, self._key, time_s)
        self.register.keep(signed, time_s, signed.note(line))
        return line

    def latest(self, origin_hash: str) -> bytes:
        """The head cosigned last, by the SHA-256 of its origin in hex; empty where there is none."""
        origin = self._origins.get(origin_hash)
        return self.register.note(origin) if origin is not None else b""


def must_be_own(register: Register, vkey: VerifierKey) -> None:
    """Raises `Fault` (`wrong_register`)."""
    if register.vkey != str(vkey):
        raise Fault("wrong_register", f"the register is of the witness {register.vkey!r}")
    for head in register.heads():
        try:
            cosigned_at(parse_note(head.note), vkey)
        except UnbrokenError as error:
            detail = f"the register's head of {head.origin!r} was not cosigned by this key: {error.detail}"
            raise Fault("wrong_register", detail) from None


def _connect(path: Path, mode: str, timeout_s: float) -> sqlite3.Connection:
    """`mode`: `rw` makes no file, `rwc` does."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, timeout=timeout_s, isolation_level=None, check_same_thread=False, uri=True)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Fault("store_failed", f"the witness's register failed: {error}") from error
