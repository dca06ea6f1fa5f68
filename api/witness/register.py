"""What a witness remembers: of each log the head that it cosigned last. One SQLite file.

"checking the old size against the latest checkpoint and persisting the new checkpoint must be
performed atomically" (c2sp.org/tlog-witness): both, and the signature, happen inside one
transaction that locks the file, and the answer leaves after it is on the disk. A process that
is killed between the two has cosigned what nobody got; the log asks again and gets it again.

A register must never be put back from a backup: what was cosigned since would be forgotten.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from api.witness.judging import Known, Logs, Signed, is_fork, judge, open_signed
from ledger.errors import Fault, ProofInvalid, UnbrokenError
from ledger.proof.add_checkpoint import parse_submission
from ledger.proof.cosignature import cosign, cosigned_at
from ledger.proof.keys import SigningKey
from ledger.proof.note import VerifierKey, parse_note

MAX_REFUSED = 100  # of one log and kind: anybody can hand in a head with a wrong proof, nobody a fork
_SCHEMA = """
CREATE TABLE IF NOT EXISTS head (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, time_s INTEGER NOT NULL,
    note BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, seen_s INTEGER NOT NULL,
    fork INTEGER NOT NULL, note BLOB NOT NULL, known BLOB NOT NULL,
    PRIMARY KEY (origin, size, root)
);
"""
_BUSY_S = 30


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
        """Raises `Fault` (`store_failed`)."""
        with _faults():
            self._db = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)

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
        head = signed.checkpoint
        row = (
            head.origin,
            head.size,
            head.root,
            now_s,
            is_fork(known, head),
            signed.note(),
            self.note(head.origin),
        )
        self._db.execute(
            "INSERT OR IGNORE INTO refused SELECT ?, ?, ?, ?, ?, ?, ?"
            " WHERE (SELECT count(*) FROM refused WHERE origin = ? AND fork = ?) < ?",
            (*row, head.origin, is_fork(known, head), MAX_REFUSED),
        )

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
        """Raises `Fault` (`wrong_register`) where the register holds what this key did not cosign."""
        self.register = register
        self.vkey = vkey
        self.logs = logs
        self._key = key
        self._clock_s = clock_s
        self._origins = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in logs}
        must_be_own(register, vkey)

    def add(self, body: bytes) -> str:
        """The cosignature's line for a submitted head, which continues the one cosigned last.

        Raises as `parse_submission`, `open_signed` and `judge`, and `Fault` (`store_failed`).
        """
        submission = parse_submission(body)
        signed = open_signed(submission.note, self.logs)
        with self.register.writing():
            known = self.register.known(signed.checkpoint.origin)
            try:
                judge(known, submission, signed.checkpoint)
            except ProofInvalid as error:
                self.register.keep_refused(signed, known, self._clock_s())
                refusal: UnbrokenError = error
            else:
                return self._cosign(signed, known)
        raise refusal

    def _cosign(self, signed: Signed, known: Known) -> str:
        """A clock that was set back must not make a later statement look like the earlier one."""
        time_s = max(self._clock_s(), known.time_s)
        line = cosign(signed.text, self.vkey, self._key, time_s)
        self.register.keep(signed, time_s, signed.note(line))
        return line

    def latest(self, origin_hash: str) -> bytes:
        """The head cosigned last, by the SHA-256 of its origin in hex; empty where there is none."""
        origin = self._origins.get(origin_hash)
        return self.register.note(origin) if origin is not None else b""


def must_be_own(register: Register, vkey: VerifierKey) -> None:
    """Raises `Fault` (`wrong_register`)."""
    for head in register.heads():
        try:
            cosigned_at(parse_note(head.note), vkey)
        except UnbrokenError as error:
            detail = f"the register's head of {head.origin!r} was not cosigned by this key: {error.detail}"
            raise Fault("wrong_register", detail) from None


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Fault("store_failed", f"the witness's register failed: {error}") from error
