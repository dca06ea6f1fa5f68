"""The traps of the stock recorders, one test each: ours must have none of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent
from eventsourcing.persistence import IntegrityError
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from ledger.errors import Fault
from ledger.store.recorder import LedgerRecorder
from ledger.store.schema import entry
from tests.store.log import TIME_MS, grow_to, must_be_whole, new, seal, store
from tests.store.test_atomic import listening, lost

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

NOTED = [DCBEvent("Noted", b"data", ["chain/a"])]


def test_positions_have_no_gap_after_conflicts_and_rollbacks(
    recorder: LedgerRecorder, engine: Engine
) -> None:
    """A database's sequence hands out numbers that a failed write never gives back."""
    taken = []
    for _ in range(4):
        taken.append(recorder.append(NOTED))
        with pytest.raises(IntegrityError):
            recorder.append(NOTED, DCBAppendCondition())
        with pytest.raises(ZeroDivisionError), recorder.writing() as writing:
            writing.append([new()], TIME_MS, seal)
            _ = 1 // 0
    assert taken == [1, 2, 3, 4]
    must_be_whole(engine)


def test_a_position_is_never_used_again(recorder: LedgerRecorder, engine: Engine) -> None:
    """A plain row id is the largest plus one: whoever deletes the last row frees its number."""
    grow_to(recorder, 3)
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.execute(delete(entry).where(entry.c.position == 2))
    assert store(recorder, new()).first == 3


def test_every_engine_has_subscriptions(recorder: LedgerRecorder) -> None:
    recorder.append(NOTED)
    with recorder.subscribe() as subscription:
        assert next(subscription).position == 1


def test_an_entry_between_the_first_look_and_the_wait_is_delivered(
    recorder: LedgerRecorder, other_node: LedgerRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With LISTEN after the first pull, this entry would lie there until the next append."""
    wait = recorder.arrivals.wait

    def late(*args: Any) -> bool:
        monkeypatch.undo()
        other_node.append(NOTED)
        return wait(*args)

    monkeypatch.setattr(recorder.arrivals, "wait", late)
    with ThreadPoolExecutor(1) as pool, recorder.subscribe() as subscription:
        assert pool.submit(next, subscription).result(timeout=30).position == 1


def test_a_write_whose_connection_died_in_commit_is_unknown_and_can_be_resolved(
    recorder: LedgerRecorder, engine: Engine
) -> None:
    """A retry by itself would report a conflict for a write that happened."""
    grow_to(recorder, 1)

    def commit_and_die(connection: Connection) -> None:
        dbapi = connection.connection.dbapi_connection
        assert dbapi is not None
        dbapi.commit()
        raise OperationalError("COMMIT", None, lost(engine))

    one = new()
    with listening(engine, "commit", commit_and_die), pytest.raises(Fault) as caught:
        store(recorder, one)
    assert caught.value.code == "commit_unknown"
    assert recorder.position_of(one.statement_id) == 1
    assert store(recorder, new()).first == 2
    must_be_whole(engine)


def test_a_tailing_reader_misses_nothing_of_two_nodes(
    recorder: LedgerRecorder, other_node: LedgerRecorder
) -> None:
    """Where positions are taken before the lock, a later one can become visible first."""

    def write(node: LedgerRecorder) -> None:
        for _ in range(60):
            node.append(NOTED)

    with ThreadPoolExecutor(3) as pool, recorder.subscribe() as subscription:
        tail = pool.submit(lambda: [next(subscription).position for _ in range(120)])
        for node in (recorder, other_node):
            pool.submit(write, node)
        assert tail.result(timeout=120) == list(range(1, 121))


def test_a_lost_writer_connection_is_replaced_before_anything_is_said(
    recorder: LedgerRecorder, engine: Engine
) -> None:
    grow_to(recorder, 1)
    writer = recorder._writer
    assert writer is not None
    assert writer.connection.dbapi_connection is not None
    writer.connection.dbapi_connection.close()
    assert store(recorder, new()).first == 1
    must_be_whole(engine)


def test_writers_of_one_process_wait_for_one_another(recorder: LedgerRecorder, engine: Engine) -> None:
    ready = threading.Barrier(8)

    def write(_: int) -> list[int]:
        ready.wait()
        return [store(recorder, new()).first for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        firsts = sorted(first for taken in pool.map(write, range(8)) for first in taken)
    assert firsts == list(range(80))
    must_be_whole(engine)


def test_rows_go_to_postgresql_in_one_array_a_column(recorder: LedgerRecorder, engine: Engine) -> None:
    """A statement for each row, or a composite value, costs more than storing it."""
    seen: list[bool] = []

    def note(_c: Any, _cursor: Any, statement: str, _values: Any, _context: Any, many: bool) -> None:
        if "INSERT INTO entry" in statement:
            seen.append("unnest" in statement and not many)

    with listening(engine, "before_cursor_execute", note):
        store(recorder, *[new() for _ in range(50)])
    assert seen == [engine.dialect.name == "postgresql"]
