"""Disk full, database gone, clock back, backup restored: a clear fault, no harm, and on again."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from ledger.errors import Fault
from tests.fault.node import Node, running
from tests.fault.stage import Stage, check_kept, set_up
from tests.fault.wire import Cut, Wire, wire


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Stage:
    return set_up(database_url, tmp_path)


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path) -> Stage:
    return set_up(sqlite_url, tmp_path)


@pytest.fixture
def on_postgres(fresh_postgres_url: str, tmp_path: Path) -> Stage:
    return set_up(fresh_postgres_url, tmp_path)


# --- disk full -------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB, where this user may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True)
    if made.returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> Path:
    """Ballast, to the last byte."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(512)):
            pass
    return ballast


def test_a_full_disk_is_said_and_the_ledger_goes_on_when_there_is_room(small_disk: Path) -> None:
    with running(set_up(f"sqlite:///{small_disk}/ledger.db", small_disk)) as node:
        node.scan()
        ballast = fill(small_disk)
        with pytest.raises(Fault, match="disk_full"):
            for _ in range(2_000):  # first the room that the write-ahead log already has is used up
                node.scan()
        check_kept(node.ledger, node.acknowledged)
        ballast.unlink()
        for _ in range(5):
            node.scan()
        node.must_be_whole()


def test_a_disk_that_fills_up_under_load_keeps_what_it_acknowledged(small_disk: Path) -> None:
    stage = set_up(f"sqlite:///{small_disk}/ledger.db", small_disk)
    (small_disk / "ballast").write_bytes(bytes(2_500_000))
    with running(stage) as node:
        with pytest.raises(Fault, match="disk_full"):
            while True:
                node.scan()
        assert len(node.acknowledged) > 3
        (small_disk / "ballast").unlink()
        node.scan()
        node.must_be_whole()
    with running(stage) as again:
        again.acknowledged = node.acknowledged
        again.must_be_whole()


def test_a_file_that_may_not_grow_is_a_fault_and_no_loss(on_sqlite: Stage, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with running(on_sqlite) as node:
        node.scan()
        node.scan()
        longest = (tmp_path / "ledger.db-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (longest, hard))
        try:
            code = node.fails()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert code == "store_unavailable"  # an I/O error in COMMIT: looked up by statement id, not there
        node.scan()
        node.must_be_whole()


# --- database gone ---------------------------------------------------------------------


def test_a_connection_that_the_server_ends_in_the_middle_of_a_batch(
    on_postgres: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(on_postgres) as node:
        node.scan()
        real = node.ledger.seal_at

        def end_it(time_ms: int) -> object:
            writer = node.ledger.store._writer
            assert writer is not None
            pid = writer.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            with psycopg.connect(on_postgres.database_url, autocommit=True) as another:
                another.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            return real(time_ms)

        monkeypatch.setattr(node.ledger, "seal_at", end_it)
        assert node.fails() == "store_unavailable"
        monkeypatch.undo()
        node.scan()
        node.must_be_whole()


@pytest.fixture
def wired(on_postgres: Stage) -> Iterator[tuple[Node, Wire]]:
    with wire(on_postgres.database_url) as made, running(replace(on_postgres, database_url=made.url)) as node:
        node.scan()
        yield node, made


def test_a_wire_cut_before_the_server_got_the_commit_stores_nothing(wired: tuple[Node, Wire]) -> None:
    node, made = wired
    size = node.ledger.store.head()[0]
    made.cut = "before commit"
    assert node.fails() == "store_unavailable"
    assert made.cuts == 1
    assert node.ledger.store.head()[0] == size
    assert node.scan().position == size
    node.must_be_whole()


def test_a_wire_cut_after_the_commit_is_resolved_by_looking(wired: tuple[Node, Wire]) -> None:
    """Committed, but nobody said so: the ledger asks by statement id."""
    node, made = wired
    size = node.ledger.store.head()[0]
    made.cut = "after commit"
    answer = node.scan()
    assert made.cuts == 1
    assert answer.position == size
    node.scan()
    node.must_be_whole()


def test_a_commit_that_takes_long_is_waited_for_before_anybody_says_what_became_of_it(
    wired: tuple[Node, Wire], on_postgres: Stage
) -> None:
    """The wire is cut, and the server goes on with what it was told last."""
    node, made = wired
    size = node.ledger.store.head()[0]
    with psycopg.connect(on_postgres.database_url, autocommit=True) as another:
        another.execute(
            "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$"
        )
        another.execute(
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION slowly()"
        )
    made.cut = "after commit"
    assert node.scan().position == size
    node.must_be_whole()


@pytest.mark.parametrize("cut", ["before commit", "after commit"])
def test_cuts_again_and_again_lose_and_double_nothing(wired: tuple[Node, Wire], cut: Cut) -> None:
    node, made = wired
    for _ in range(8):
        made.cut = cut
        with suppress(Fault):
            node.scan()
        node.scan()
    assert made.cuts == 8
    positions = [one.position for one in node.acknowledged]
    assert positions == sorted(set(positions))
    node.must_be_whole()


def test_a_server_out_of_reach_is_said_and_the_ledger_goes_on_when_it_is_back(
    wired: tuple[Node, Wire],
) -> None:
    node, made = wired
    made.down()
    assert [node.fails() for _ in range(3)] == ["store_unavailable"] * 3
    made.up()
    node.scan()
    node.must_be_whole()


def test_a_node_does_not_start_on_a_server_out_of_reach(wired: tuple[Node, Wire]) -> None:
    node, made = wired
    made.down()
    with pytest.raises(Fault, match="store_unavailable"):
        node.stage.open()
    made.up()
    node.stage.open().close()


# --- the clock -------------------------------------------------------------------------


def test_a_clock_set_back_an_hour_is_said_and_nothing_is_written_until_it_is_right(stage: Stage) -> None:
    with running(stage) as node:
        node.scan()
        size = node.ledger.store.head()
        node.shift_ms = -3_600_000
        assert [node.fails() for _ in range(3)] == ["clock_behind"] * 3
        assert node.ledger.store.head() == size
        node.shift_ms = 0
        node.scan()
        node.must_be_whole()


def test_a_clock_that_jumps_to_and_fro_a_little_leaves_times_that_never_decrease(stage: Stage) -> None:
    with running(stage) as node:
        times = []
        for shift_s in (0, 120, -60, 30, -120, 60, 0):
            node.shift_ms = shift_s * 1000
            times.append(node.scan().recorded_ms)
        assert times == sorted(times)
        node.must_be_whole()


# --- a backup restored -----------------------------------------------------------------


def test_a_restored_backup_that_lacks_acknowledged_entries_refuses_to_sign(
    on_sqlite: Stage, tmp_path: Path
) -> None:
    database, backup = tmp_path / "ledger.db", tmp_path / "backup"
    with running(on_sqlite) as node:
        node.scan()
    shutil.copy(database, backup)
    with running(on_sqlite) as node:
        node.scan()
    newest = tmp_path / "newest"
    shutil.copy(database, newest)
    shutil.copy(backup, database)
    with pytest.raises(Fault, match="lossy_restore"):
        on_sqlite.open()
    assert database.read_bytes() == backup.read_bytes(), "it refused before it wrote anything"
    shutil.copy(newest, database)
    with running(on_sqlite) as node:
        node.scan()
        node.must_be_whole()


def test_a_backup_that_went_on_by_itself_is_another_history(on_sqlite: Stage, tmp_path: Path) -> None:
    """The same length, or more, does not help: the entries are not those that were acknowledged."""
    database, backup, aside = tmp_path / "ledger.db", tmp_path / "backup", tmp_path / "aside"
    shutil.copy(database, backup)
    with running(on_sqlite) as node:
        node.scan()
    shutil.copy(backup, aside)
    elsewhere = replace(on_sqlite, database_url=f"sqlite:///{aside}", high_water=str(tmp_path / "other"))
    with running(elsewhere) as node:
        node.scan()
        node.scan()
    shutil.copy(aside, database)
    with pytest.raises(Fault, match="history_differs"):
        on_sqlite.open()


def test_a_backup_without_any_loss_goes_on(on_sqlite: Stage, tmp_path: Path) -> None:
    database, backup = tmp_path / "ledger.db", tmp_path / "backup"
    with running(on_sqlite) as node:
        node.scan()
    shutil.copy(database, backup)
    database.unlink()
    shutil.copy(backup, database)
    with running(on_sqlite) as node:
        node.scan()
        node.must_be_whole()
