"""Power loss at any instant: what was acknowledged was synced, and is there.

A process writes to a SQLite log while `powerloss.c` notes each write and each sync in order.
Then the disk is built as of many instants, without what was not synced or with any part of
it, and the log opened from there by its normal start.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ledger.errors import Fault
from ledger.store.fsck import fsck
from tests.fault.disk import Disk, Keeps, Record, read_journal, ways
from tests.fault.stage import Acknowledged, Scanner, Stage, check_kept, set_up

CUTS = int(os.environ.get("UNBROKEN_KILLS", "10"))  # instants, each in five ways
HERE = Path(__file__).resolve().parent
WAL = "ledger.db-wal"


@dataclass(frozen=True)
class Lived:
    """A finished life: where it began, what it left, and all that it did to the disk."""

    stage: Stage
    base: Path
    records: Sequence[Record]

    def at(self, cut: int, syncs: bool = True) -> tuple[Disk, list[Acknowledged]]:
        """The disk before record `cut`, and what had been acknowledged by then."""
        disk, told = Disk(self.base), b""
        for record in self.records[:cut]:
            if record.name == "acks":
                told += record.data
            elif syncs or record.kind not in "sd":
                disk.do(record)
        return disk, [Acknowledged.parse(line) for line in told.splitlines()]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: power loss is not tested")
    library = tmp_path_factory.mktemp("shim") / "powerloss.so"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", library, HERE / "powerloss.c", "-ldl", "-pthread"], check=True)
    return library


@pytest.fixture(scope="module")
def lived(shim: Path, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("lived")
    live = folder / "live"
    live.mkdir()
    stage = set_up(f"sqlite:///{live}/ledger.db", live)
    shutil.copytree(live, folder / "base")
    stage_file, journal = stage.save(folder / "stage.json"), folder / "journal"
    env = os.environ | {
        "LD_PRELOAD": str(shim),
        "UNBROKEN_WATCH": str(live),
        "UNBROKEN_JOURNAL": str(journal),
    }
    command = [sys.executable, "-m", "tests.fault.powered", str(stage_file), str(live / "acks")]
    subprocess.run(command, cwd=HERE.parents[1], env=env, check=True)
    records = read_journal(journal, live)
    if not any(record.kind == "s" and record.name == WAL for record in records):
        pytest.skip("this Python's SQLite does not go through the C library: power loss is not tested")
    return Lived(stage, folder / "base", records)


def survives(lived: Lived, disk: Disk, keeps: Keeps, told: list[Acknowledged], target: Path) -> None:
    """Restart from the disk as it is: all is there, all verifies, and the log goes on."""
    disk.cut(target, keeps)
    here = replace(
        lived.stage, database_url=f"sqlite:///{target}/ledger.db", high_water=f"{target}/high-water"
    )
    ledger = here.open()
    try:
        check_kept(ledger, told)
        report = fsck(ledger.store, here.vkey)
        assert report.ok, report.text()
        assert ledger.record(next(Scanner(here.phones[0], ledger).scans())).position == report.size
    finally:
        ledger.close()
        shutil.rmtree(target)


def test_the_journal_saw_a_life_with_all_that_matters(lived: Lived) -> None:
    kinds = {(record.kind, record.name) for record in lived.records}
    for seen in (
        ("w", WAL),
        ("s", WAL),
        ("c", WAL),
        ("u", WAL),
        ("d", "."),
        ("w", "ledger.db"),
        ("s", "ledger.db"),
    ):
        assert seen in kinds, seen
    assert ("w", "high-water") in kinds
    _, told = lived.at(len(lived.records))
    assert len(told) > 100


def test_the_journal_replayed_whole_gives_the_files_that_are_there(lived: Lived, tmp_path: Path) -> None:
    disk, _ = lived.at(len(lived.records))
    disk.cut(tmp_path / "whole", lambda _: True)
    live = lived.base.parent / "live"
    for path in live.iterdir():
        if path.name != "acks":
            assert (tmp_path / "whole" / path.name).read_bytes() == path.read_bytes(), path.name


def test_no_power_cut_loses_what_was_acknowledged(lived: Lived, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for number in range(CUTS):
        cut = chance.randrange(len(lived.records) + 1)
        for name, keeps in ways(chance, cut).items():
            print(f"seed {seed}, cut {number} before record {cut}, kept: {name}")  # noqa: T201
            disk, told = lived.at(cut)
            survives(lived, disk, keeps, told, tmp_path / "cut")


def test_a_cut_right_behind_each_acknowledgement_keeps_it(lived: Lived, tmp_path: Path) -> None:
    """The tightest instants: nothing that came after the commit's own sync is left."""
    cuts = [record.number + 1 for record in lived.records if record.name == "acks"]
    for cut in random.Random(1).sample(cuts, min(CUTS, len(cuts))):
        disk, told = lived.at(cut)
        survives(lived, disk, lambda _: False, told, tmp_path / "cut")


def test_a_disk_that_forgets_what_it_synced_is_noticed(lived: Lived, tmp_path: Path) -> None:
    """The test can fail: without the syncs, acknowledged statements are gone."""
    disk, told = lived.at(len(lived.records), syncs=False)
    with pytest.raises((KeyError, Fault)):
        survives(lived, disk, lambda _: False, told, tmp_path / "cut")
