"""Durable ingest: the application beside its floor and beside the stock `eventsourcing` one.

Floor: the same signature checks by the same number of threads (as many as the application
has processes that check, one if it has none), feeding one raw batched insert of the same
bytes into SQLite (WAL, FULL). Peer: the library's own Application on its SQLite recorder, 64
threads, the same checks before each save, each writer on an aggregate of its own. Our 64 writers are
served as the HTTP server serves them; further rows show them as 64 threads that block, beside
a floor that checks on every core, and what the way to the log costs alone: strict
parsing, signature checks and the raw insert.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from api.serving import CHECKERS
from ledger.application import Answer, Ledger
from ledger.application.writer import Writer
from ledger.proof import statement
from tests.bench.load import WRITERS, chains, record_from_loop, record_from_threads, statements
from tests.bench.table import RUNS, Row, at_least, beside, seconds
from tests.scenario import open_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.application.parts import Part
    from ledger.proof.keys import PublicKey
    from ledger.proof.statement import Statement

CORES = os.cpu_count() or 1
VERIFIERS = max(1, CHECKERS)
_NOTHING = Answer(0, b"", 0, 0, (), b"")
EACH = 40  # statements a writer
ROUNDS = 2 * RUNS + 1  # short ones: what disturbs one disturbs its neighbours
Work = list[list["tuple[Statement, bytes, PublicKey]"]]  # with the bytes that were signed


class Stream(Aggregate):
    """The stock aggregate: it carries the statement and nothing else (as hex: its JSON takes no bytes)."""

    @event("Recorded")
    def record(self, raw: str) -> None:
        self.last = raw


def run() -> list[Row]:
    ours, threads, floors, widest, stocks, idle = [], [], [], [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as directory:
            scenario = open_scenario(f"sqlite:///{directory}/ledger.db", Path(directory))
            scenario.ledger.close()
            scenario.ledger = Ledger(replace(scenario.ledger.config, checkers=CHECKERS))
            raws = [statements(scenario, chain, 2 * EACH) for chain in chains(scenario)]
            first, second = [one[:EACH] for one in raws], [one[EACH:] for one in raws]
            work = [
                [(s, s.tbs, scenario.ledger.keys.get(s.kid)) for s in map(statement.parse, one)]
                for one in first
            ]
            ours.append(_rate(partial(record_from_loop, scenario.ledger, first)))
            threads.append(_rate(partial(record_from_threads, scenario.ledger, second)))
            floors.append(_rate(partial(_floor, work, f"{directory}/floor.db", VERIFIERS)))
            widest.append(_rate(partial(_floor, work, f"{directory}/widest.db", CORES)))
            stocks.append(_stock(work, f"{directory}/stock.db"))
            idle.append(_undecided(scenario.ledger, first, f"{directory}/undecided.db"))
            scenario.ledger.close()
    mine, floor, stock = map(statistics.median, (ours, floors, stocks))
    bare = statistics.median(idle)
    return [
        at_least(f"SQLite FULL, {WRITERS} writers, beside the floor", mine, floor, 0.5),
        at_least(f"SQLite FULL, {WRITERS} writers, beside stock eventsourcing", mine, stock, 2.5),
        at_least(f"{WRITERS} threads that block, beside stock", statistics.median(threads), stock, 1.0),
        at_least("the way to the log alone: nothing decided, indexed or proved", bare, floor, 0.5),
        beside("beside a floor that checks on every core", mine, statistics.median(widest)),
    ]


def _rate(action: partial[None]) -> float:
    return WRITERS * EACH / seconds(action)


class _RawCommit:
    """Stands in for the ledger's own: one raw batched insert, and an empty answer."""

    def __init__(self, path: str) -> None:
        self.database = _raw_table(path)

    def serve(self, batch: list[Part], top_up: Callable[[list[Part]], None]) -> None:
        top_up(batch)
        rows = [(one.statement.raw,) for part in batch for one in part.admitted]  # type: ignore[union-attr]
        self.database.executemany("INSERT INTO entry (data) VALUES (?)", rows)
        self.database.commit()
        for part in batch:
            part.results = [_NOTHING] * len(part.admitted)
            part.tell()


def _undecided(ledger: Ledger, work: list[list[bytes]], path: str) -> float:
    commit = _RawCommit(path)
    writer = Writer(ledger, commit)  # type: ignore[arg-type]
    rate = _rate(partial(record_from_loop, _Entrance(writer), work))  # type: ignore[arg-type]
    writer.close()
    commit.database.close()
    return rate


class _Entrance:
    """The part of a ledger that the load generator knows."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def submit(self, raws: Sequence[bytes]) -> Future[list[Any]]:
        future: Future[list[Any]] = Future()
        self._writer.enter(raws, future.set_result)
        return future


def _raw_table(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE entry (position INTEGER PRIMARY KEY, data BLOB)")
    return database


def _floor(work: Work, path: str, threads: int) -> None:
    database = _raw_table(path)
    checked: SimpleQueue[bytes] = SimpleQueue()
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(_check, one, checked) for one in work]
        left = sum(map(len, work))
        while left:
            batch = _drain(checked)
            database.executemany("INSERT INTO entry (data) VALUES (?)", batch)
            database.commit()
            left -= len(batch)
        for job in jobs:
            job.result()
    database.close()


def _check(work: list[tuple[Statement, bytes, PublicKey]], checked: SimpleQueue[bytes]) -> None:
    for signed, tbs, key in work:
        key.verify(signed.alg, signed.signature, tbs)
        checked.put(signed.raw)


def _drain(checked: SimpleQueue[bytes]) -> list[tuple[bytes]]:
    batch = [(checked.get(),)]
    while len(batch) < 100:
        try:
            batch.append((checked.get_nowait(),))
        except Empty:
            break
    return batch


def _stock(work: Work, path: str) -> float:
    os.environ.pop("PERSISTENCE_MODULE", None)
    app: Application[UUID] = Application(
        env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}
    )
    streams = [Stream() for _ in work]
    app.save(*streams)
    with ThreadPoolExecutor(WRITERS) as pool:
        rate = _rate(partial(_stock_all, app, pool, streams, work))
    app.close()
    return rate


def _stock_all(app: Application[UUID], pool: ThreadPoolExecutor, streams: list[Stream], work: Work) -> None:
    def write(stream: Stream, one: list[tuple[Statement, bytes, PublicKey]]) -> None:
        for signed, tbs, key in one:
            key.verify(signed.alg, signed.signature, tbs)
            stream.record(signed.raw.hex())
            app.save(stream)

    list(pool.map(write, streams, work))
