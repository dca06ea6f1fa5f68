"""The tables: from nothing, again, and by several nodes at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text

from api import session_store
from ledger.errors import Fault
from ledger.store import (
    alarm_schema,
    captures,
    cosignatures,
    evidence,
    live_schema,
    schema,
    time_stamps,
    vault_schema,
)
from ledger.store.engines import migrate, open_engine
from ledger.store.recorder import LedgerRecorder
from ledger.views import schema as views
from tests.store.log import contents, grow_to, must_be_whole

if TYPE_CHECKING:
    from sqlalchemy import Engine


def test_migrations_make_exactly_the_tables_that_the_code_names(engine: Engine) -> None:
    parts = [
        schema,
        views,
        session_store,
        evidence,
        live_schema,
        alarm_schema,
        cosignatures,
        captures,
        vault_schema,
        time_stamps,
    ]
    everything = [each.metadata for each in parts]
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_name": _is_whole}
        context = MigrationContext.configure(connection, opts=opts)
        differences = compare_metadata(context, _merged(everything))
    assert differences == []


def _is_whole(name: str | None, kind: str, _: Any) -> bool:
    """Partitions are a table's own affair."""
    return not (kind == "table" and name is not None and name.startswith("live_packet_"))


def _merged(parts: list[MetaData]) -> MetaData:
    whole = MetaData()
    for part in parts:
        for table in part.tables.values():
            table.to_metadata(whole)
    return whole


def test_migrating_again_changes_nothing(engine: Engine, recorder: LedgerRecorder) -> None:
    grow_to(recorder, 5)
    before = contents(engine)
    migrate(engine)
    assert contents(engine) == before


def test_nodes_that_start_at_once_all_find_the_tables(database_url: str) -> None:
    """Two that both look, find nothing and create would fail on each other's tables."""
    nodes = [open_engine(database_url) for _ in range(4)]
    ready = threading.Barrier(len(nodes))

    def start(engine: Engine) -> int:
        ready.wait()
        migrate(engine)
        return LedgerRecorder(engine).head()[0]

    with ThreadPoolExecutor(len(nodes)) as pool:
        assert list(pool.map(start, nodes)) == [0] * len(nodes)
    must_be_whole(nodes[0])
    for engine in nodes:
        engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(database_url)
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.execute(text("CREATE TABLE checkpoint (in_the_way INTEGER)"))
    with pytest.raises(Fault, match="store_failed"):
        migrate(engine)
    assert set(inspect(engine).get_table_names()) == {"checkpoint"}
    engine.dispose()


def test_of_files_that_were_there_before_only_the_first_time_is_known(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, upgrade = open_engine(database_url), command.upgrade
    with monkeypatch.context() as older:
        older.setattr(command, "upgrade", lambda config, _: upgrade(config, "0012"))
        migrate(engine)
    row = {"sha256": bytes(32), "data": b"file", "kept_ms": 7, "chain": "demo:A", "agent": "mia", "size": 4}
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.execute(text("INSERT INTO evidence VALUES (:sha256, :data, :kept_ms)"), row)
        connection.execute(text("INSERT INTO evidence_chain VALUES (:sha256, :chain, :agent, :size)"), row)
    migrate(engine)
    kept = evidence.EvidenceStore(engine)
    assert [kept.chains("00" * 32, moment) for moment in (7, 8)] == [[], ["demo:A"]]
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/ledger"])
def test_a_database_that_cannot_hold_a_ledger_is_refused(url: str) -> None:
    with pytest.raises(Fault, match="store_unavailable"):
        open_engine(url)
