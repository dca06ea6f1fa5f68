"""Whatever is changed in a stored log, in any column of any table: found, and the row named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import Fault
from ledger.store.engines import open_engine
from ledger.store.fsck import fsck
from ledger.store.recorder import LedgerRecorder
from ledger.store.schema import metadata
from ledger.verify import Report
from tests.scenario import Scenario, open_scenario
from tests.sqlite_file import opened
from tests.unit.verify_book import tell_story

COLUMNS = [(table.name, column.name) for table in metadata.tables.values() for column in table.columns]
LOG = ["checkpoint", "entry", "head", "tag", "tile"]
KEYS = {
    "entry": "position",
    "checkpoint": "size",
    "head": "id",
    "tile": "level, idx",
    "tag": "hash, position",
}


def stored(scenario: Scenario, path: Path) -> Path:
    """A closed database with the story in it."""
    tell_story(scenario)
    scenario.ledger.close()
    with opened(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(the database, the log's verifier key)"""
    path = tmp_path_factory.mktemp("told") / "ledger.db"
    scenario = open_scenario(f"sqlite:///{path}")
    return stored(scenario, path), str(scenario.ledger.vkey)


@pytest.fixture
def copy(told: tuple[Path, str], tmp_path: Path) -> Path:
    return Path(shutil.copy(told[0], tmp_path / "copy.db"))


def check(path: Path, vkey: str) -> Report:
    engine = open_engine(f"sqlite:///{path}")
    try:
        return fsck(LedgerRecorder(engine), vkey)
    finally:
        engine.dispose()


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    """The keys of a table, in order."""
    with opened(path) as connection:
        keys = KEYS[table]
        return connection.execute(f"SELECT {keys} FROM {table} ORDER BY {keys}").fetchall()


def change(path: Path, table: str, column: str, key: tuple[Any, ...], value: Any) -> Any:
    """Set one column of one row to what `value` makes of it; returns the new value."""
    where = " AND ".join(f"{name}=?" for name in KEYS[table].split(", "))
    with opened(path) as connection:
        ((old,),) = connection.execute(f"SELECT {column} FROM {table} WHERE {where}", key).fetchall()
        new = value(old)
        connection.execute(f"UPDATE {table} SET {column}=? WHERE {where}", (new, *key))
    return new


def flip(old: Any, at: int, bit: int) -> Any:
    """The same value with one bit of one byte turned over."""
    if isinstance(old, int):
        return old ^ 1 << (at * 8 + bit) % 62
    data = bytearray(old.encode() if isinstance(old, str) else old)
    data[at % len(data)] ^= 1 << bit % (7 if isinstance(old, str) else 8)
    return data.decode() if isinstance(old, str) else bytes(data)


def named(report: Report, table: str, key: tuple[Any, ...]) -> bool:
    """True if a problem names the row: by its key, its position, or as the file that it makes."""
    texts = [str(problem) for step in report.steps for problem in step.problems]
    row = f"table {table}, row {'/'.join(map(str, key)) if table == 'tile' else ', '.join(map(str, key))}"
    other = {"entry": f"entry {key[0]}", "checkpoint": f"checkpoints/{key[0]}", "tile": f"tile/{key[0]}/"}
    return any(row in text or other.get(table, row) in text for text in texts)


def test_an_honest_database_passes_all_seven_steps(told: tuple[Path, str]) -> None:
    report = check(*told)
    assert report.ok, report.text()
    assert [step.number for step in report.steps] == [1, 2, 3, 4, 5, 6, 7]


def test_an_honest_postgresql_database_passes_too(fresh_postgres_url: str) -> None:
    scenario = open_scenario(fresh_postgres_url)
    tell_story(scenario)
    report = fsck(scenario.ledger.store, str(scenario.ledger.vkey))
    scenario.ledger.close()
    assert report.ok, report.text()


def test_every_table_of_the_log_is_known_here() -> None:
    assert sorted(metadata.tables) == LOG


@pytest.mark.parametrize(("table", "column"), COLUMNS)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_altered_bit_of_any_column_is_found_and_the_row_named(
    told: tuple[Path, str], tmp_path: Path, table: str, column: str, data: st.DataObject
) -> None:
    path = Path(shutil.copy(told[0], tmp_path / "copy.db"))
    key = data.draw(st.sampled_from(rows(path, table)), "row")
    at, bit = data.draw(st.integers(0, 2000), "byte"), data.draw(st.integers(0, 7), "bit")
    try:
        new = change(path, table, column, key, lambda old: flip(old, at, bit))
    except sqlite3.IntegrityError:
        return  # the database itself refuses a second row of that key
    names = KEYS[table].split(", ")
    moved = tuple(new if name == column else part for name, part in zip(names, key, strict=True))
    report = check(path, told[1])
    assert not report.ok
    assert named(report, table, key) or named(report, table, moved), report.text()


ROW_IDS = [("entry", "position"), ("checkpoint", "size"), ("head", "id")]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
@pytest.mark.parametrize("value", [b"\xff", "words", -1])
def test_a_value_of_any_type_is_found(
    told: tuple[Path, str], copy: Path, table: str, column: str, value: object
) -> None:
    key = rows(copy, table)[-1]
    if (table, column) in ROW_IDS and value != -1:
        with pytest.raises(sqlite3.IntegrityError, match="datatype mismatch"):
            change(copy, table, column, key, lambda _: value)
        return
    change(copy, table, column, key, lambda _: value)
    assert not check(copy, told[1]).ok


@pytest.mark.parametrize("table", LOG)
def test_a_deleted_row_is_found(told: tuple[Path, str], tmp_path: Path, table: str) -> None:
    keys = rows(told[0], table)
    for key in (keys[0], keys[len(keys) // 2], keys[-1]):
        path = Path(shutil.copy(told[0], tmp_path / "copy.db"))
        where = " AND ".join(f"{name}=?" for name in KEYS[table].split(", "))
        with opened(path) as connection:
            connection.execute(f"DELETE FROM {table} WHERE {where}", key)
        assert not check(path, told[1]).ok


STRAYS: dict[str, tuple[Any, ...]] = {
    "entry": (99, "Packed", b"id", b"kid", 0, "", b"data"),
    "tag": (7, 3),
    "tile": (0, 1, bytes(32)),
    "checkpoint": (99, bytes(32), 0, b"note"),
    "head": (2, 36, bytes(32), 0),
}


@pytest.mark.parametrize("table", LOG)
def test_a_row_too_many_is_found_and_named(told: tuple[Path, str], copy: Path, table: str) -> None:
    values = STRAYS[table]
    with opened(copy) as connection:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
    report = check(copy, told[1])
    assert not report.ok
    first = {"tag": "row 7, 3", "tile": "row 0/1", "checkpoint": "checkpoint", "head": "table head"}
    assert first.get(table, "row 99") in report.text()


def test_two_entries_that_changed_places_are_both_named(told: tuple[Path, str], copy: Path) -> None:
    with opened(copy) as connection:
        for old, new in ((20, -1), (23, 20), (-1, 23)):
            connection.execute("UPDATE entry SET position=? WHERE position=?", (new, old))
    positions = {problem.position for problem in check(copy, told[1]).steps[2].problems}
    assert positions == {20, 23}


def test_a_byte_of_the_file_itself_that_spoils_an_index_is_found(told: tuple[Path, str], copy: Path) -> None:
    with opened(copy) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name='entry_statement_id'"
        ((page,),) = connection.execute(query).fetchall()
        ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    whole = bytearray(copy.read_bytes())
    whole[page * size - 20] ^= 1
    copy.write_bytes(whole)
    report = check(copy, told[1])
    assert not report.ok
    assert "the database's file" in report.text()


def test_a_file_that_is_no_database_is_a_fault(told: tuple[Path, str], copy: Path) -> None:
    copy.write_bytes(b"SQLite format 3\x00" + bytes(8000))
    with pytest.raises(Fault, match="not a database"):
        check(copy, told[1])


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Scenario]:
    scenario = open_scenario(f"sqlite:///{tmp_path}/growing.db")
    yield scenario
    scenario.ledger.close()


def test_a_log_that_grows_meanwhile_is_checked_as_it_was(growing: Scenario) -> None:
    def write(done: int, total: int) -> None:
        growing.order("isbt128:CHA999926000009")

    report = fsck(growing.ledger.store, str(growing.ledger.vkey), progress=write)
    assert report.ok, report.text()
    assert growing.ledger.store.head()[0] == report.size + 2  # an order and a consent
