"""The recorder: the log on disk, for SQLite and PostgreSQL alike.

It implements the `eventsourcing` library's recorder for a dynamic consistency boundary
(`read`, `append`, `subscribe`, whose positions count from 1) and our own wider interface
(whose positions are leaf indexes, from 0).

Durability: when `writing()` ends without an error, all that was appended is on the disk.
Concurrency: every method may be called from any thread; writers wait for one another, in
this process by a lock, between processes by the database's.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import cbor2
from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBRecorder,
)
from eventsourcing.persistence import IntegrityError, ProgrammingError

from ledger.errors import Fault
from ledger.proof.tiles import EMPTY_EDGE, Edge, edge_root
from ledger.store.engines import WRITE
from ledger.store.faults import commit_faults, faults
from ledger.store.prepared import ALONE
from ledger.store.query import Response, first_match
from ledger.store.reading import Reads, StoredCheckpoint, StoredEntry
from ledger.store.statements import Statements
from ledger.store.subscription import Arrivals, Subscription
from ledger.store.writing import NewEntry, Seal, Sealed, Writing, edge_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from ledger.store.prepared import Prepared

__all__ = [
    "LedgerRecorder",
    "NewEntry",
    "Seal",
    "Sealed",
    "StoredCheckpoint",
    "StoredEntry",
    "Writing",
]


def identify(data: bytes) -> tuple[bytes, bytes]:
    """A statement's id (SHA-256) and its key id with cti, from its bytes (COSE_Sign1)."""
    headers = cbor2.loads(cbor2.loads(data).value[0])
    return hashlib.sha256(data).digest(), headers[4] + headers[15][7]


class LedgerRecorder(Reads, DCBRecorder):
    """The log of one database.

    `seal` signs the heads of what the library's own `append` stores; our callers hand theirs
    to `Writing.append`. `identify` says what makes an appended event unique.
    """

    def __init__(
        self,
        engine: Engine,
        seal: Seal | None = None,
        identify: Callable[[bytes], tuple[bytes, bytes]] = identify,
    ) -> None:
        self.engine = engine
        self._reading = engine.execution_options(**{ALONE: True})
        self._sql = Statements(engine)
        self._seal = seal
        self._identify = identify
        self._lock = threading.Lock()
        self._writer: Connection | None = None
        self._edge: tuple[Edge, bytes] = (EMPTY_EDGE, edge_root(EMPTY_EDGE))  # with its root
        self.arrivals = Arrivals(lambda: self.head()[0])

    # --- our own interface; the look-ups are in `Reads` --------------------------------

    def head(self) -> tuple[int, bytes]:
        """Size and root of the newest committed tree."""
        size, root, _ = self._rows(self._sql.head)[0]
        return size, root

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Lock the head and begin; commit at the end, or roll back if the block raises.

        Raises `Fault`. After `commit_unknown` the batch is either stored whole or not at all:
        ask `settled_position_of`. After any other fault nothing of it is stored.
        """
        with self._lock:
            connection, writing = self._begin()
            try:
                with faults():
                    yield writing
                with commit_faults():
                    connection.commit()
            except BaseException:
                self._abandon()
                raise
            self._edge = (writing.edge, writing.root)
        self.arrivals.tell(writing.size)

    def settled_position_of(self, statement_id: bytes) -> int | None:
        """As `position_of`, under the head's lock: whoever is committing has it until that is done, and a
        server goes on with a COMMIT whose connection died."""
        with self._lock:
            _, writing = self._begin()
            try:
                with faults():
                    return writing.position_of(statement_id)
            finally:
                self._abandon()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Take turns with this process's writers, where the database lets only one write at all.

        SQLite makes a second writer sleep and look again, which costs more than to wait here.
        """
        if self._sql.is_postgres:
            yield
        else:
            with self._lock:
                yield

    def close(self) -> None:
        """Give up the writer's connection and wake every subscription. The engine stays open."""
        self.arrivals.close()
        with self._lock:
            self._abandon()

    # --- the library's interface -------------------------------------------------------

    def read(
        self, query: DCBQuery | None = None, *, after: int | None = None, limit: int | None = None
    ) -> Response:
        """Events that match the query at library positions > `after`, the oldest first."""
        return Response(self.engine, query, after or 0, limit)

    def append(self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None) -> int:
        """Append unless the condition matches; return the last event's library position.

        Raises the library's `IntegrityError` where the condition matches.
        """
        if not events or self._seal is None:
            raise ProgrammingError("append needs an event, and a recorder that can seal")
        new = [NewEntry(one.type, *self._identify(one.data), one.data, tuple(one.tags)) for one in events]
        with self.writing() as writing:
            if condition is not None and first_match(writing.connection, condition) is not None:
                raise IntegrityError(condition)
            return writing.append_now(new, self._seal).size

    def subscribe(self, query: DCBQuery | None = None, *, after: int | None = None) -> Subscription:
        """Matching events as they come, those of other nodes too; `next` blocks until there is one."""
        return Subscription(self, query, after)

    # --- the transaction ---------------------------------------------------------------

    def _begin(self) -> tuple[Connection, Writing]:
        """Begin on the writer's own connection, whose cache stays warm.

        Nothing has been said yet, so a connection that was lost in the meantime is replaced.
        """
        try:
            return self._locked()
        except Fault:
            self._abandon()
        try:
            return self._locked()
        except BaseException:
            self._abandon()
            raise

    def _locked(self) -> tuple[Connection, Writing]:
        with faults():
            if self._writer is None:
                self._writer = self.engine.connect().execution_options(**WRITE)
            ((size, root, time_ms),) = self._sql.lock_head.rows(self._writer)
            edge, known = self._edge
            writing = Writing(self._writer, self._sql, edge, root, time_ms)
            if edge.size != size or known != root:
                writing.edge = self._reload(writing, size, root)
        return self._writer, writing

    def _reload(self, reads: Reads, size: int, root: bytes) -> Edge:
        """The edge that another node left. Raises `Fault` rather than sign over a damaged tile."""
        edge = edge_at(size, reads)
        if edge_root(edge) != root:
            raise Fault("store_failed", f"the stored tiles don't hash to the head of {size} entries")
        return edge

    def _abandon(self) -> None:
        """Close the writer's connection, which rolls back what it had begun."""
        connection, self._writer = self._writer, None
        if connection is not None:
            with faults():
                connection.invalidate()
                connection.close()

    def _rows(self, statement: Prepared, **values: Any) -> Sequence[Any]:
        with faults(), self._reading.connect() as connection:
            return statement.rows(connection, **values)
