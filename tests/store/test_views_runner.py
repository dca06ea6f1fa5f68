"""Keeping the views: exactly once, whoever runs and whatever breaks; and from nothing again."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from ledger.errors import Fault
from ledger.store.recorder import LedgerRecorder
from ledger.views import folding, schema
from ledger.views.runner import Projector
from tests.store.log import must_be_whole, new, store
from tests.store.test_atomic import Breaker, broken, listening
from tests.store.told import LAB, VAN, WARD, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

CHAINS = [f"demo:CHAIN-{letter}" for letter in "ABCDE"]


def tables(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in schema.metadata.tables.items()
        }


def long_story(rounds: int = 3) -> Told:
    """Every kind of row comes, changes, and where it can, goes again."""
    told = Told()
    told.furnish()
    for coi in CHAINS:
        told.order(coi)
    for number in range(rounds):
        for coi in CHAINS:
            bag, dose = f"{coi[-1]}BAG-{number}", f"{coi[-1]}DOSE-{number}"
            told.collect(coi, bag)
            release = told.release(coi, bag, WARD, VAN)
            told.accept(coi, bag, VAN, LAB, None)
            told.accept(coi, bag, WARD, VAN, release)
            told.release(coi, bag, VAN, LAB)
            back = told.release(coi, bag, LAB, VAN)
            told.attach(coi, bag, 500, 2_500, 500)
            told.manufacture(coi, bag, f"B-{number}", "lv-1", "media-2")
            told.derive(coi, bag, dose)
            told.say(coi, "Quarantined", containers=[dose], reason="seal_broken")
            raised = told.deviate(coi, cause=release, containers=[bag])
            if number % 2:
                told.dispose(coi, raised)
                told.accept(coi, bag, LAB, VAN, back)
            told.infuse(coi, dose)
            told.void(coi, f"{coi[-1]}LABEL-{number}")
    return told


@pytest.fixture
def told(recorder: LedgerRecorder) -> Told:
    told = long_story()
    told.store(recorder)
    return told


@pytest.fixture
def expected(recorder: LedgerRecorder, told: Told) -> dict[str, list[tuple[Any, ...]]]:
    """The tables as one runner makes them in one go; then everything is taken away again."""
    projector = Projector(recorder.engine, recorder)
    projector.catch_up()
    found = tables(recorder.engine)
    _empty(recorder.engine)
    assert all(found.values()), "every table has rows, so that the comparison means something"
    return found


def _empty(engine: Engine) -> None:
    with engine.execution_options(unbroken_write=True).begin() as connection:
        for table in schema.ALL:
            connection.execute(table.delete())
        connection.execute(schema.position.update().values(position=0))


@pytest.mark.parametrize("batch", [1, 7, 1_000])
def test_the_size_of_batches_makes_no_difference(
    recorder: LedgerRecorder, expected: dict[str, Any], batch: int
) -> None:
    Projector(recorder.engine, recorder, batch).catch_up()
    assert tables(recorder.engine) == expected


def test_what_is_kept_in_memory_makes_no_difference(
    recorder: LedgerRecorder, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "MAX_KEPT", 1)
    Projector(recorder.engine, recorder, 3).catch_up()
    assert tables(recorder.engine) == expected


def test_a_runner_that_starts_in_the_middle_goes_on(
    recorder: LedgerRecorder, expected: dict[str, Any]
) -> None:
    assert Projector(recorder.engine, recorder, 5).catch_up(stop=33) == 33
    Projector(recorder.engine, recorder, 5).catch_up()
    assert tables(recorder.engine) == expected


def test_two_runners_at_once_take_each_entry_once(
    recorder: LedgerRecorder, other_node: LedgerRecorder, expected: dict[str, Any]
) -> None:
    """Two transactions that both track one position would apply its entries twice."""
    runners = [Projector(node.engine, node, 2) for node in (recorder, other_node)]
    ready = threading.Barrier(2)

    def run(projector: Projector) -> None:
        ready.wait()
        projector.catch_up()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, runners))
    assert tables(recorder.engine) == expected


def test_a_runner_that_was_overtaken_forgets_what_it_kept(
    recorder: LedgerRecorder, other_node: LedgerRecorder, expected: dict[str, Any]
) -> None:
    mine, others = Projector(recorder.engine, recorder, 4), Projector(other_node.engine, other_node, 4)
    for stop in range(3, 500, 3):
        (mine if stop % 2 else others).catch_up(stop)
    mine.catch_up()
    assert tables(recorder.engine) == expected


def test_a_runner_overtaken_in_its_own_batch_writes_nothing(
    recorder: LedgerRecorder, other_node: LedgerRecorder, expected: dict[str, Any], monkeypatch: Any
) -> None:
    mine, others = Projector(recorder.engine, recorder, 10), Projector(other_node.engine, other_node, 7)
    read = recorder.entries_with_tags

    def overtaken(start: int, stop: int) -> Any:
        monkeypatch.undo()
        others.catch_up(stop=14)
        return read(start, stop)

    monkeypatch.setattr(recorder, "entries_with_tags", overtaken)
    mine.catch_up()
    assert tables(recorder.engine) == expected


def test_a_batch_that_fails_anywhere_leaves_the_views_as_they_were(
    recorder: LedgerRecorder, engine: Engine, expected: dict[str, Any]
) -> None:
    projector = Projector(engine, recorder, 30)
    projector.catch_up(stop=30)
    before = tables(engine)
    for at in _statements_of_a_batch(recorder, projector):
        with (
            listening(engine, "before_cursor_execute", Breaker(engine, {at})),
            pytest.raises(Fault, match="store_failed"),
        ):
            projector.catch_up(stop=60)
        assert tables(engine) == before
    projector.catch_up()
    assert tables(engine) == expected


def _statements_of_a_batch(recorder: LedgerRecorder, projector: Projector) -> range:
    """How many statements a batch takes, found by one that fails at its end."""

    def fail(_connection: Connection) -> None:
        raise OperationalError("COMMIT", None, broken(recorder.engine))

    with (
        listening(recorder.engine, "before_cursor_execute", Breaker(recorder.engine)) as counter,
        listening(recorder.engine, "commit", fail),
        pytest.raises(Fault),
    ):
        projector.catch_up(stop=60)
    assert len(counter.seen) >= 10, "three reads, the position, and six tables"
    return range(len(counter.seen))


def test_rebuild_makes_the_same_from_nothing_and_mends_what_was_wrong(
    recorder: LedgerRecorder, engine: Engine, expected: dict[str, Any]
) -> None:
    projector = Projector(engine, recorder, 50)
    projector.catch_up()
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.execute(schema.container.update().values(site="nowhere"))
        connection.execute(schema.timeline.delete())
        connection.execute(schema.lineage.insert().values(chain="demo:FALSE", child="BAG-X", parent="BAG-Y"))
    assert tables(engine) != expected
    assert projector.rebuild() == recorder.head()[0]
    assert tables(engine) == expected


def test_lag_counts_what_the_views_do_not_show_yet(recorder: LedgerRecorder, engine: Engine) -> None:
    projector = Projector(engine, recorder)
    store(recorder, *[new("log/ledger.example") for _ in range(5)])
    assert projector.lag() == 5
    assert projector.catch_up(stop=3) == 3
    assert projector.lag() == 2
    projector.catch_up()
    assert projector.lag() == 0


def test_entries_that_no_view_shows_are_passed_over(recorder: LedgerRecorder, engine: Engine) -> None:
    store(recorder, new("log/ledger.example"), new("signer/k"))
    assert Projector(engine, recorder).catch_up() == 2
    assert {name for name, rows in tables(engine).items() if rows} == {"view_position"}


def test_a_damaged_entry_stops_the_views_before_it_and_is_named(
    recorder: LedgerRecorder, engine: Engine
) -> None:
    told = long_story(1)
    told.store(recorder)
    damage = text("UPDATE entry SET data = :data WHERE position = 20")
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.execute(damage, {"data": b"\x00"})
    projector = Projector(engine, recorder, 10)
    with pytest.raises(Fault, match="entry 20 is damaged") as caught:
        projector.catch_up()
    assert caught.value.extra == {"position": 20}
    assert projector.position() == 20


def test_the_thread_follows_the_log_and_ends_when_told(recorder: LedgerRecorder, engine: Engine) -> None:
    projector = Projector(engine, recorder)
    told = long_story(1)
    projector.start()
    try:
        for stop in (8, 20):
            told.store(recorder, stop)
            _wait_until(lambda: projector.lag() == 0)
    finally:
        projector.close()
    told.store(recorder)
    assert projector.position() == 20, "closed: nobody follows any more"


def _wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_the_thread_goes_on_after_a_fault(
    recorder: LedgerRecorder, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.views.runner.RETRY_S", 0.01)
    projector = Projector(engine, recorder)
    failed, done = threading.Event(), threading.Event()
    catch_up = projector.catch_up

    def fail_once() -> int:
        if not failed.is_set():
            failed.set()
            raise Fault("store_unavailable", "the database is having its lunch")
        done.set()
        return catch_up()

    monkeypatch.setattr(projector, "catch_up", fail_once)
    projector.start()
    assert done.wait(timeout=30)
    projector.close()


def test_views_never_cost_a_writer_its_durability(sqlite_url: str, recorder: LedgerRecorder) -> None:
    """Their transactions don't sync; the connections that do must never be mixed up with them."""
    engine = recorder.engine
    long_story(1).store(recorder)
    Projector(engine, recorder, 5).catch_up()
    connections = [engine.connect() for _ in range(10)]
    setting = "PRAGMA synchronous" if engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    kept = {connection.exec_driver_sql(setting).scalar_one() for connection in connections}
    for connection in connections:
        connection.close()
    assert kept <= {2, "on"}


def test_writing_and_projecting_at_once_is_whole(recorder: LedgerRecorder, engine: Engine) -> None:
    told = long_story(2)
    projector = Projector(engine, recorder, 3)
    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(
            lambda: [told.store(recorder, stop) for stop in range(5, len(told.entries) + 5, 5)]
        )
        while not writer.done():
            projector.catch_up()
        writer.result()
    projector.catch_up()
    must_be_whole(engine)
    grown = tables(engine)
    projector.rebuild()
    assert tables(engine) == grown
