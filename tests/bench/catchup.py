"""Catching up: our runner of projections beside the stock one, with the same projection.

Peer: the library's `ProjectionRunner` over its `Application` and its `PostgresTrackingRecorder`
(its SQLite recorders cannot be subscribed to), as its documentation has it: each event's rows
and its tracking record in one transaction, statements prepared.

The same for both: the server and the database; the statements, byte for byte, with their tags
and times; the folding of our read models (`ledger.views.folding`), which keeps the therapies in
memory, and one look-up where a therapy begins; the columns and indexes of the tables. At the
end both sets of tables hold the same rows, which is checked.

What differs is what is measured: an event a transaction and a row a statement, or a thousand
events and an array a column. The peer reads its own table, pages of 500 that a thread of its
own fetches ahead, and its mapper makes the event straight from our bytes, quicker than its own
JSON would. Of the ways tried to write its rows (arrays, a pipeline) this one took the least
processor time. Our runner doesn't sync its commits; the stock one does, so a second row shows
it on a database that doesn't sync either.

On SQLite there is no peer: the row beside ours is our own runner, one event a transaction.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import delete, select, text, update

from ledger.store.engines import migrate, open_engine
from ledger.store.reading import StoredEntry
from ledger.store.recorder import LedgerRecorder, NewEntry, identify
from ledger.views import schema
from ledger.views.runner import BATCH, Projector
from tests.bench import stock
from tests.bench.table import Row, at_least, seconds
from tests.conftest import throw_away_database
from tests.scenario import open_scenario, therapy

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

THERAPIES = 230  # of 22 statements

Tagged = list[tuple[StoredEntry, list[str]]]


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory, contextmanager(throw_away_database)() as url:
        tagged = _story(f"sqlite:///{directory}/story.db")
        return [*_postgres(url, tagged), *_sqlite(f"sqlite:///{directory}/ledger.db", tagged)]


def _story(url: str) -> Tagged:
    """Whole therapies, one after another, as the ledger recorded them."""
    scenario = open_scenario(url)
    for number in range(THERAPIES):
        therapy(scenario, f"bench:REAL-{number:03}", f"patient-{number}", f"BAG-{number}")
    tagged = scenario.ledger.store.entries_with_tags(0, scenario.ledger.store.head()[0])
    scenario.ledger.close()
    return tagged


def _postgres(url: str, tagged: Tagged) -> list[Row]:
    engine, recorder = _stored(url, tagged)
    env = _environment(url)
    stock.prepare(engine, env, tagged)
    name = f"PostgreSQL, {len(tagged):,} statements, beside the stock runner"
    ours = partial(_catch_up, engine, recorder)
    theirs = partial(stock.catch_up, engine, env, len(tagged))
    rows = [_row(name, len(tagged), ours, theirs)]
    _must_agree(engine)
    _relax(engine)
    rows.append(_row("the same, where neither syncs its commits", len(tagged), ours, theirs))
    engine.dispose()
    return rows


def _sqlite(url: str, tagged: Tagged) -> list[Row]:
    engine, recorder = _stored(url, tagged)
    ours = partial(_catch_up, engine, recorder)
    single = partial(_catch_up, engine, recorder, 1)
    row = _row("SQLite, beside the same with one event a transaction", len(tagged), ours, single)
    engine.dispose()
    return [row]


def _row(name: str, count: int, ours: Callable[[], float], theirs: Callable[[], float]) -> Row:
    """The other takes long enough to be measured once; ours is the median of three around it."""
    before, other, *after = ours(), theirs(), ours(), ours()
    return at_least(name, count / statistics.median([before, *after]), count / other, 8.0)


def _stored(url: str, tagged: Tagged) -> tuple[Engine, LedgerRecorder]:
    """The same statements at the same positions and times in another database."""
    engine = open_engine(url)
    migrate(engine)
    recorder = LedgerRecorder(engine)
    for time_ms, group in groupby(tagged, key=lambda one: one[0].recorded_ms):
        entries = [NewEntry(one.type, *identify(one.data), one.data, tuple(tags)) for one, tags in group]
        with recorder.writing() as writing:
            writing.append(entries, time_ms, partial(_note, time_ms))
    return engine, recorder


def _note(time_ms: int, size: int, _: bytes) -> tuple[bytes, int]:
    """Stands in for a signed checkpoint: no view reads one."""
    return b"%d" % size, time_ms


def _catch_up(engine: Engine, recorder: LedgerRecorder, batch: int = BATCH) -> float:
    """Seconds of a new runner, from empty tables."""
    with engine.begin() as connection:
        for table in schema.ALL:
            connection.execute(delete(table))
        connection.execute(update(schema.position).values(position=0))
    return seconds(Projector(engine, recorder, batch).catch_up)


def _environment(url: str) -> dict[str, str]:
    """Where the peer finds the same database."""
    with psycopg.connect(url) as connection:
        info = connection.info
        return {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": info.dbname,
            "POSTGRES_HOST": info.host,
            "POSTGRES_PORT": str(info.port),
            "POSTGRES_USER": info.user,
            "POSTGRES_PASSWORD": info.password,
            "POSTGRES_SCHEMA": stock.SCHEMA,
        }


def _must_agree(engine: Engine) -> None:
    """Both runners made the same rows."""
    with engine.connect() as connection:
        for ours, theirs in zip(schema.ALL, stock.TABLES, strict=True):
            rows = [set(connection.execute(select(table)).tuples()) for table in (ours, theirs)]
            assert rows[0] == rows[1], ours.name


def _relax(engine: Engine) -> None:
    """New connections to this database don't wait for the disk when they commit."""
    with engine.begin() as connection:
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" SET synchronous_commit = off'))
