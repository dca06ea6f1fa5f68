"""Re-verify everything that a database stores.

Steps 1 to 6 are the audit of `ledger.verify`, over the stored log. Step 7 is what only a
database has: every column that repeats what a statement says (its id, type, time, tags),
the index of tags, the head, and rows that belong to nothing. All of it is read in one
transaction, so a log that grows meanwhile is checked as it was at the beginning.

Read models are not looked at: `unbroken-server rebuild` makes them anew.
"""

from __future__ import annotations

from contextlib import contextmanager
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, or_, outerjoin, select

from ledger.domain.rules import Verdict, tags_of
from ledger.proof.checkpoint import parse_checkpoint, with_lines
from ledger.proof.cosignature import cosigned_at
from ledger.proof.evidence_record import Chains, claimed, renewed
from ledger.proof.ml_dsa import SecondKey, signed_at
from ledger.proof.note import VerifierKey, parse_note
from ledger.proof.tiles import TILE_HEIGHT, TILE_WIDTH
from ledger.store.cosignatures import cosignature
from ledger.store.faults import faults
from ledger.store.reading import Reads, tags_of_line
from ledger.store.schema import checkpoint, entry, head, tag, tag_hash, tile
from ledger.store.source import RecorderSource
from ledger.store.statements import Statements
from ledger.store.time_stamps import time_stamp
from ledger.verify import Audit, Progress, Report
from ledger.verify.report import STEPS, Findings, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Select

    from ledger.domain.world import Entry
    from ledger.store.prepared import Prepared
    from ledger.store.recorder import LedgerRecorder
    from ledger.verify.signatures import Envelope
    from ledger.verify.steps import Judged

ROWS = 7
STEP = "Every row of the database says what the log says"
BLOCK = 2_000  # rows fetched at a time
MAX_TOLD = 20  # of a damaged file's complaints


def fsck(
    recorder: LedgerRecorder, log_vkey: str, *, workers: int = 1, progress: Progress | None = None
) -> Report:
    """Audit the stored log and every row around it; problems name the row.

    Raises `Malformed` (`malformed_vkey`), and `Fault` where the database cannot be opened at
    all. Whatever is wrong with what it holds is a finding.
    """
    vkey = VerifierKey.parse(log_vkey)
    with snapshot(recorder.engine) as reads:
        return _Fsck(reads, vkey).run(workers, progress)


class Snapshot(Reads):
    """The look-ups of a recorder, all as of one moment."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._sql = Statements(connection.engine)

    def _rows(self, statement: Prepared, **values: Any) -> Sequence[Any]:
        with faults():
            return statement.rows(self.connection, **values)

    def stream(self, query: Select[Any]) -> Iterator[Any]:
        """Rows of any query, some at a time."""
        with faults():
            yield from self.connection.execution_options(yield_per=BLOCK).execute(query)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Snapshot]:
    """A read transaction that sees one state to its end."""
    with faults(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield Snapshot(connection)


class _Fsck(Audit):
    """The audit, with a look at every row as it passes by, and at the tables behind it."""

    def __init__(self, reads: Snapshot, vkey: VerifierKey) -> None:
        super().__init__(RecorderSource(reads), vkey, Findings(STEPS | {ROWS: STEP}))
        self._reads = reads
        self._rows = 0

    def look(self, positions: Sequence[int], judged: Sequence[Judged]) -> None:
        """The rows of these entries."""
        with self.findings.timed(ROWS):
            self._guarded("entry", lambda: self._check_entries(positions[0], judged))

    def finish(self) -> None:
        """What is left: the other tables, and rows that belong to nothing."""
        with self.findings.timed(ROWS):
            self._guarded("head", self._check_head)
            self._guarded("checkpoint", self._check_checkpoints)
            self._guarded("cosignature", self._check_cosignatures)
            self._guarded("time_stamp", self._check_time_stamps)
            self._guarded("tile", self._check_tiles)
            self._guarded("entry", self._check_strays)
            self._guarded("tag", self._check_tags)
            self._guarded("sqlite_master", self._check_file)
            self.findings.done(ROWS, f"{self._rows} rows were looked at")

    def _check_entries(self, first: int, judged: Sequence[Judged]) -> None:
        span = (entry.c.position >= first, entry.c.position < first + len(judged))
        for row in self._reads.stream(select(entry).where(*span)):
            self._rows += 1
            one = judged[row.position - first]
            if one.envelope is not None and one.entry is not None:
                self._check_entry(row, one.envelope, one.entry, one.verdict or Verdict())

    def _check_entry(self, row: Any, envelope: Envelope, read: Entry, verdict: Verdict) -> None:
        expected = {
            "type": read.event.type,
            "statement_id": envelope.id,
            "kid_cti": envelope.kid + envelope.cti,
            "recorded_ms": read.recorded_ms,
            "tags": "\n".join(tags_of(read, verdict)),
        }
        self._compare("entry", row.position, row, expected, row.position)

    def _check_head(self) -> None:
        rows = list(self._reads.stream(select(head)))
        last = self.heads.last
        expected = {"id": 1} | (
            {"size": last.size, "root": last.root, "time_ms": last.time_s * 1000} if last else {}
        )
        if len(rows) != 1:
            self._odd("head", "", f"it has {len(rows)} rows, where one is due")
        for row in rows:
            self._compare("head", row.id, row, expected)

    def _check_checkpoints(self) -> None:
        """The columns beside the notes, and the second key's line where the log names such a key; the
        first key's lines are steps 1 and 2."""
        heads = {one.size: one for one in self.heads.heads}
        position, vkey = self._second.named or (self._size, "")
        key = SecondKey.parse(vkey) if vkey else None
        for row in self._reads.stream(select(checkpoint)):
            self._rows += 1
            one = heads.get(row.size)
            if one is not None:
                self._compare("checkpoint", row.size, row, {"root": one.root, "time_ms": one.time_s * 1000})
                if key and row.size > position:
                    self._check_line(row, one.time_s, key)

    def _check_line(self, row: Any, time_s: int, key: SecondKey) -> None:
        try:
            note = parse_note(row.note)
            said_s = signed_at(note, parse_checkpoint(note.text), key)
        except Exception as error:
            self._odd(
                "checkpoint", row.size, f"the second key that the log names did not sign it: {told(error)}"
            )
        else:
            if said_s != time_s:
                self._odd("checkpoint", row.size, "the second key's line says another time than the first's")

    def _check_cosignatures(self) -> None:
        """Each is by the witness that its row names, of a head that the log signed, at that time."""
        both = outerjoin(cosignature, checkpoint, cosignature.c.size == checkpoint.c.size)
        for row in self._reads.stream(select(cosignature, checkpoint.c.note).select_from(both)):
            self._rows += 1
            if row.note is None:
                key = f"{row.size}, {row.witness}"
                self._odd("cosignature", key, "the log signed no head of this size")
            else:
                self._check_cosignature(row, row.note)

    def _check_cosignature(self, row: Any, note: bytes) -> None:
        key = f"{row.size}, {row.witness}"
        try:
            found = parse_note(with_lines(note, [row.line]))
            time_s = cosigned_at(found, VerifierKey.parse(row.witness))
        except Exception as error:
            self._odd("cosignature", key, told(error))
        else:
            self._compare("cosignature", key, row, {"time_s": time_s})

    def _check_time_stamps(self) -> None:
        """Each token is about what it should be about, and says the time of its row. Whose word it is only
        roots from outside tell: `unbroken verify` asks for them."""
        both = outerjoin(time_stamp, checkpoint, time_stamp.c.size == checkpoint.c.size)
        tokens = select(time_stamp, checkpoint.c.note).select_from(both)
        ordered = tokens.order_by(time_stamp.c.size, time_stamp.c.record, time_stamp.c.number)
        for (size, record), rows in groupby(self._reads.stream(ordered), lambda row: (row.size, row.record)):
            some, key = list(rows), f"{size}, {record}"
            self._rows += len(some)
            if some[0].note is None:
                self._odd("time_stamp", key, "the log signed no head of this size")
            else:
                self._check_record(key, some, some[0].note)

    def _check_record(self, key: str, rows: list[Any], note: bytes) -> None:
        chains: Chains = ()
        try:
            for row in rows:
                chains = renewed(chains, row.token)
            said = claimed(chains, note)
        except Exception as error:
            self._odd("time_stamp", key, told(error))
            return
        for number, (row, claim) in enumerate(zip(rows, said, strict=True)):
            self._compare("time_stamp", f"{key}, {number}", row, {"number": number, "at_ms": claim.at_ms})
            if row.until_ms > claim.until_ms:
                self._odd("time_stamp", f"{key}, {number}", "its until_ms is behind its certificate's end")

    def _check_tiles(self) -> None:
        """Each tile is one that the tree has, and as long as it should be."""
        size = self._size
        for row in self._reads.stream(select(tile)):
            self._rows += 1
            nodes = size >> TILE_HEIGHT * row.level if 0 <= row.level < 64 else 0
            width = min(TILE_WIDTH, nodes - row.idx * TILE_WIDTH) if row.idx >= 0 else 0
            key = f"{row.level}/{row.idx}"
            if width <= 0:
                self._odd("tile", key, "the tree has no such tile")
            elif len(row.hashes) != 32 * width:
                self._odd("tile", key, f"it holds {len(row.hashes)} bytes, not {width} hashes of 32")

    def _check_strays(self) -> None:
        size = self._size
        beyond = or_(entry.c.position < 0, entry.c.position >= size)
        for row in self._reads.stream(select(entry.c.position).where(beyond)):
            self._odd("entry", row.position, f"it lies outside the log of {size} entries", row.position)

    def _check_tags(self) -> None:
        """The index holds each tag of each entry's line, and nothing else."""
        lines = self._reads.stream(select(entry.c.position, entry.c.tags).order_by(entry.c.position))
        due = ((row.position, tag_hash(name), name) for row in lines for name in tags_of_line(row.tags))
        rows = self._reads.stream(select(tag).order_by(tag.c.position))
        stored = ((row.position, row.hash, None) for row in rows)
        for position, both in groupby(merge(due, stored, key=_position), key=_position):
            self._compare_tags(position, list(both))

    def _compare_tags(self, position: int, both: list[tuple[int, int, str | None]]) -> None:
        due = {key: name for _, key, name in both if name is not None}
        stored = {key for _, key, name in both if name is None}
        self._rows += len(stored)
        for key in due.keys() - stored:
            self._odd("tag", f"{key}, {position}", f"it is missing: the tag {due[key]!r}", position)
        for key in stored - due.keys():
            self._odd("tag", f"{key}, {position}", "the entry has no such tag", position)

    def _check_file(self) -> None:
        """SQLite looks at its own pages and indexes; a row can be right while its index is not."""
        if self._reads.connection.dialect.name == "sqlite":
            told = (
                self._reads.connection.exec_driver_sql(f"PRAGMA integrity_check({MAX_TOLD})").scalars().all()
            )
            for complaint in () if told == ["ok"] else told:
                self.findings.wrong(ROWS, None, complaint, where="the database's file")

    @property
    def _size(self) -> int:
        return self.heads.last.size if self.heads.last else 0

    # --- telling -----------------------------------------------------------------------

    def _guarded(self, table: str, check: Callable[[], None]) -> None:
        """A table that cannot be read does not keep the others from being checked."""
        try:
            check()
        except Exception as error:  # SQLite's columns hold whatever was put there
            self._odd(table, "", f"it cannot be read on: {told(error)}")

    def _compare(
        self, table: str, key: object, row: Any, expected: dict[str, Any], position: int | None = None
    ) -> None:
        for column, value in expected.items():
            if row._mapping[column] != value:
                self._odd(table, key, f"column {column} is not what the log says", position)

    def _odd(self, table: str, key: object, what: str, position: int | None = None) -> None:
        self.findings.wrong(
            ROWS, position, what, where=f"table {table}, row {key}" if key != "" else f"table {table}"
        )


def _position(row: tuple[int, int, str | None]) -> int:
    return row[0]
