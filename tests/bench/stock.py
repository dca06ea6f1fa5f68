"""The stock projection runner with our projection: what `catchup` measures ours beside.

The library's `Application` and `PostgresTrackingRecorder` with the tables that they make, in a
schema of their own; the rows of our read models in tables of the same columns and indexes.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import cbor2
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from sqlalchemy import MetaData, text

from ledger.domain.parts import MAX_INT
from ledger.store.reading import StoredEntry
from ledger.views import schema
from ledger.views.folding import Changes, Folding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine, Table

SCHEMA = "stock"
PAGE = 500  # events stored at a time, before the clock starts
TABLES = [table.to_metadata(MetaData(), schema=SCHEMA) for table in schema.ALL]


class Told(NamedTuple):
    """The peer's event: a statement with what our log knows of it."""

    type: str
    data: bytes
    recorded_ms: int
    tags: list[str]


class OurBytes(Mapper[uuid.UUID]):
    """The stored state is our bytes, with time and tags beside them."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return Told(stored_event.topic, *cbor2.loads(stored_event.state))


class Statements(Application[uuid.UUID]):
    def construct_mapper(self) -> Mapper[uuid.UUID]:
        return self.factory.mapper(mapper_class=OurBytes)


class Tables(PostgresTrackingRecorder):
    """The rows and the tracking record, written together; and the look-up that a fold needs."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self._upsert = {table.name: _upsert(table) for table in TABLES}
        self._delete = {table.name: _delete(table) for table in TABLES}

    def write(self, changes: Changes, tracking: Tracking) -> None:
        assert not changes.late  # nobody's key ends in this story
        with self.datastore.transaction(commit=True) as cursor:
            for name, keys in changes.gone.items():
                for key in keys:
                    cursor.execute(self._delete[name], key, prepare=True)
            for name, rows in changes.rows.items():
                for row in rows:
                    cursor.execute(self._upsert[name], row, prepare=True)
            self._insert_tracking(cursor, tracking)

    def by_tag(self, tag: str, *, before: int = MAX_INT) -> list[StoredEntry]:
        query = (
            f"SELECT notification_id, topic, state FROM {SCHEMA}.statements_events"
            " WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version"
        )
        with self.datastore.cursor() as cursor:
            found = cursor.execute(query, (_stream_id(tag), before), prepare=True).fetchall()
        return [_entry(row["notification_id"], row["topic"], *cbor2.loads(row["state"])[:2]) for row in found]


class ReadModels(Projection[Tables]):
    """Our folding, an event at a time. `done` when the event `last` is committed."""

    last = 0
    done = Event()

    def __init__(self, view: Tables) -> None:
        super().__init__(view)
        self._folding = Folding(view)  # type: ignore[arg-type]  # it looks up by tag

    def process_event(self, told: Told, tracking: Tracking) -> None:
        entry = _entry(tracking.notification_id, told.type, told.data, told.recorded_ms)
        changes = self._folding.fold(entry.position, [(entry, told.tags)])
        self.view.write(changes, tracking)
        if tracking.notification_id == self.last:
            self.done.set()


def _entry(notification_id: int, kind: str, data: bytes, recorded_ms: int) -> StoredEntry:
    return StoredEntry(notification_id - 1, kind, data, recorded_ms)


def _upsert(table: Table) -> str:
    """Driver SQL: one row, by position."""
    key = [column.name for column in table.primary_key]
    changed = [f"{name} = excluded.{name}" for name in table.c.keys() if name not in key]  # noqa: SIM118
    otherwise = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    places = ", ".join(["%s"] * len(table.c))
    return f"INSERT INTO {table.fullname} VALUES ({places}) ON CONFLICT ({', '.join(key)}) DO {otherwise}"


def _delete(table: Table) -> str:
    where = " AND ".join(f"{column.name} = %s" for column in table.primary_key)
    return f"DELETE FROM {table.fullname} WHERE {where}"


def _stream_id(tag: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, tag)


def prepare(engine: Engine, env: dict[str, str], tagged: Sequence[tuple[StoredEntry, list[str]]]) -> None:
    """The peer's tables, and the log in the one of its events: each stream is an aggregate."""
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        for table in TABLES:
            table.create(connection)
    app, versions, events = Statements(env), Counter[str](), []
    for stored, tags in tagged:
        versions[tags[0]] += 1
        state = cbor2.dumps([stored.data, stored.recorded_ms, tags])
        events.append(StoredEvent(_stream_id(tags[0]), versions[tags[0]], stored.type, state))
    for start in range(0, len(events), PAGE):
        app.recorder.insert_events(events[start : start + PAGE])
    assert app.recorder.max_notification_id() == len(events)
    app.close()


def catch_up(engine: Engine, env: dict[str, str], count: int) -> float:
    """Seconds from the runner's construction to its last commit, from empty tables."""
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(table.delete())
        connection.execute(text(f"DROP TABLE IF EXISTS {SCHEMA}.readmodels_tracking"))
    ReadModels.done.clear()
    ReadModels.last = count
    start = time.perf_counter()
    with ProjectionRunner(
        application_class=Statements, projection_class=ReadModels, view_class=Tables, env=env
    ) as runner:
        while not ReadModels.done.wait(1):
            assert not runner.is_interrupted.is_set()
        return time.perf_counter() - start
