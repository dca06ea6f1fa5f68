"""Keeps the read models up to date: in batches, each entry exactly once.

A batch's rows and the position behind it are written in one transaction, which begins by
moving the position from the value that was read. Whoever finds it moved by another runner
has done nothing, forgets what it kept, and goes on from the new position.

Views can always be made again, so their transactions don't wait for the disk; the log's
next commit carries them along.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, bindparam, delete, select, true, update

from ledger.errors import Fault
from ledger.store.engines import WRITE
from ledger.store.faults import faults
from ledger.store.prepared import Compiler
from ledger.views import schema
from ledger.views.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.store.recorder import LedgerRecorder
    from ledger.views.folding import Changes

BATCH = 1_000  # entries
PAUSE_S = 0.05  # between two batches of a live log: what came meanwhile goes together
REST = 3  # times as long as it worked
RETRY_S = 1.0
VIEWS_LOCK = 0x7669657773  # any number that no other program locks

log = logging.getLogger("unbroken.views")


class Projector:
    """Any number may run on one database. Every method may be called from any thread."""

    def __init__(self, engine: Engine, recorder: LedgerRecorder, batch: int = BATCH) -> None:
        self._engine = engine
        self._recorder = recorder
        self._batch = batch
        self._folding = Folding(recorder)
        self._at = -1  # the position that what is kept belongs to
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._compile()

    def position(self) -> int:
        """Entries before it are in the views."""
        with faults(), self._engine.connect() as connection:
            return int(connection.execute(select(schema.position.c.position)).scalar_one())

    def lag(self) -> int:
        """Entries that the views don't show yet."""
        return max(0, self._recorder.head()[0] - self.position())

    def catch_up(self, stop: int | None = None) -> int:
        """Take in all entries that there are (before position `stop`); return the position reached.

        Raises `Fault`; then the views stand as they did after the last whole batch.
        """
        with self._turn:
            end = self._recorder.head()[0]
            end = end if stop is None else min(end, stop)
            while (position := self.position()) < end:
                self._take(position, min(position + self._batch, end))
            return position

    def rebuild(self) -> int:
        """Throw all rows away and make them again from the log; return the position reached."""
        with self._turn, self._transaction() as connection:
            for table in schema.ALL:
                connection.execute(delete(table))
            connection.execute(update(schema.position).values(position=0))
        return self.catch_up()

    def start(self) -> None:
        """Follow the log in a thread of its own until `close`."""
        self._thread = threading.Thread(target=self.run, name="ledger-views", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Follow the log until `close`; what fails is logged and tried again."""
        while not self._stop.is_set():
            try:
                with self._leading() as leads:
                    while leads and not self._stop.is_set():
                        self._follow()
            except Fault as fault:
                log.warning("the views stand still: %s", fault)
            except Exception:
                log.exception("the views stand still, in a way that nobody expected")
            self._stop.wait(RETRY_S)

    def _follow(self) -> None:
        """Take in what there is, rest, and wait for more. Writers come first: under load the
        views work a quarter of the time, and what came meanwhile goes together."""
        began = time.monotonic()
        position = self.catch_up()
        self._stop.wait(max(PAUSE_S, REST * (time.monotonic() - began)))
        self._recorder.arrivals.wait(position, self._stop.is_set)

    @contextmanager
    def _leading(self) -> Iterator[bool]:
        """Of several nodes on one database one does the work; the next takes over when it goes.

        Only to save work: that each entry is taken in once is for `_take` to see to.
        """
        if not self._compiler.is_postgres:
            yield True
            return
        with faults(), self._engine.connect() as connection:
            own = connection.execution_options(isolation_level="AUTOCOMMIT")
            lock = "pg_try_advisory_lock(hashtextextended(current_schema()::text, %s))"
            leads = bool(own.exec_driver_sql(f"SELECT {lock}", (VIEWS_LOCK,)).scalar())
            try:
                yield leads
            finally:
                connection.invalidate()  # ends the session, and with it the lock

    def close(self) -> None:
        self._stop.set()
        self._recorder.arrivals.wake()
        if self._thread is not None:
            self._thread.join()

    # --- one batch ---------------------------------------------------------------------

    def _take(self, start: int, end: int) -> None:
        if start != self._at:
            self._folding.forget()
        self._at = -1  # until it is written: what is kept runs ahead of the tables
        changes = self._folding.fold(start, self._recorder.entries_with_tags(start, end))
        with self._transaction() as connection:
            moved = self._move.run(connection, was=start, now=end)
            if moved:
                self._write(connection, changes)
        if moved:
            self._at = end

    def _write(self, connection: Connection, changes: Changes) -> None:
        for table, keys in changes.gone.items():
            self._delete[table].many(connection, keys)
        for table, rows in changes.rows.items():
            self._upsert[table].many(connection, rows)
        self._mark_late.many(connection, changes.late)
        self._mark_corrected.many(connection, changes.corrected)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A write that needn't be synced, taking turns with this process's own appends."""
        with faults(), self._recorder.turn(), self._engine.connect() as connection:
            if not self._compiler.is_postgres:
                connection.detach()  # its own for good: the pool's connections all sync
                connection.connection.cursor().execute("PRAGMA synchronous=NORMAL")
            with connection.execution_options(**WRITE).begin():
                if self._compiler.is_postgres:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection

    def _compile(self) -> None:
        compiler = self._compiler = Compiler(self._engine)
        self._upsert = {table.name: compiler.upsert_rows(table) for table in schema.ALL}
        self._delete = {table.name: compiler.delete_rows(table) for table in schema.ALL}
        place, line = schema.position, schema.timeline
        moving = update(place).where(place.c.position == bindparam("was")).values(position=bindparam("now"))
        self._move = compiler.prepare(moving)
        named = (line.c.chain == bindparam("coi"), line.c.statement_id == bindparam("statement"))
        self._mark_late = compiler.prepare(update(line).where(*named).values(late=true()))
        corrected = update(line).where(*named).values(corrected=bindparam("by"))
        self._mark_corrected = compiler.prepare(corrected)
