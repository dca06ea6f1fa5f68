"""Kill -9 at any instant, under load: nothing acknowledged is lost, nothing half-written stays.

`UNBROKEN_KILLS` says how often on each database; the process is started again each time by
nothing but its normal start. The instant is drawn anew each time, from a seed that is
printed when a check fails.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect

from ledger.errors import ProofInvalid
from ledger.store.engines import open_engine
from ledger.store.fsck import fsck
from tests.fault.stage import Acknowledged, Scanner, Stage, check_kept, set_up

KILLS = int(os.environ.get("UNBROKEN_KILLS", "10"))
ROOT = Path(__file__).resolve().parents[2]
EARLY = 0.2  # of the kills come at any moment from the start on, the rest under load
START_S = 1.5
LOAD_S = 0.25
PATIENCE_S = 60
ROUND = 20  # kills of one log


class Served:
    """One life of the serving process."""

    def __init__(self, stage_file: Path) -> None:
        command = [sys.executable, "-m", "tests.fault.serving", str(stage_file)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe)
        self.under_load = threading.Event()
        self._lines: list[bytes] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)
            self.under_load.set()
        self.under_load.set()  # it ended: nobody need wait

    def kill(self) -> list[Acknowledged]:
        """SIGKILL; what it had acknowledged by then. A last line that was cut off was not."""
        self.process.kill()
        self._listener.join()
        told = self.process.communicate()[1].decode()
        assert self.process.returncode == -signal.SIGKILL, f"it ended by itself: {told}"
        return [Acknowledged.parse(line) for line in self._lines if line.endswith(b"\n")]


def live_and_die(stage_file: Path, chance: random.Random) -> list[Acknowledged]:
    """Start a node by its normal start, kill it at an instant that nobody chose."""
    served = Served(stage_file)
    if chance.random() < EARLY:
        time.sleep(chance.uniform(0, START_S))
    else:
        assert served.under_load.wait(PATIENCE_S), "it never acknowledged anything"
        time.sleep(chance.uniform(0, LOAD_S))
    return served.kill()


def check_whole(stage: Stage, acknowledged: list[Acknowledged]) -> int:
    """Nothing acknowledged is gone, nothing half is there; returns the log's size."""
    ledger = stage.open()
    try:
        check_kept(ledger, acknowledged)
        report = fsck(ledger.store, stage.vkey)
        assert report.ok, report.text()
        return report.size
    finally:
        ledger.close()


def rounds(kills: int) -> list[int]:
    """The kills in parts, each for a log of its own: so that checking stays quick."""
    return [min(ROUND, kills - at) for at in range(0, kills, ROUND)]


def test_no_kill_loses_what_was_acknowledged(database_url: str, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}, {KILLS} kills")  # noqa: T201  shown when a check fails
    chance = random.Random(seed)
    for number, kills in enumerate(rounds(KILLS)):
        with fresh_log(database_url, tmp_path / str(number)) as stage_file:
            die_often(stage_file, kills, chance)


def die_often(stage_file: Path, kills: int, chance: random.Random) -> None:
    stage, acknowledged, size = Stage.load(stage_file), list[Acknowledged](), 0
    for _ in range(kills):
        acknowledged += live_and_die(stage_file, chance)
        grown = check_whole(stage, acknowledged)
        assert grown >= size
        size = grown
    assert acknowledged or kills < 3  # else the test showed nothing


def test_a_lost_acknowledgement_would_be_noticed(tmp_path: Path) -> None:
    """The check can fail: an entry that was acknowledged and is not there, or is another one."""
    stage = set_up(f"sqlite:///{tmp_path}/ledger.db", tmp_path)
    ledger = stage.open()
    answer = Acknowledged.of(ledger.record(next(Scanner(stage.phones[0], ledger).scans())))
    ledger.close()
    assert check_whole(stage, [answer]) == answer.position + 1
    for lost in (replace(answer, position=answer.position + 5), replace(answer, position=0)):
        with pytest.raises((KeyError, ProofInvalid)):
            check_whole(stage, [lost])


@contextmanager
def fresh_log(database_url: str, folder: Path) -> Iterator[Path]:
    """A log of its own: another file, or the same schema emptied."""
    folder.mkdir()
    if database_url.startswith("sqlite"):
        yield set_up(f"sqlite:///{folder}/ledger.db", folder).save(folder / "stage.json")
        return
    yield set_up(database_url, folder).save(folder / "stage.json")
    engine = open_engine(database_url)
    with engine.begin() as connection:
        for name in inspect(connection).get_table_names():
            connection.exec_driver_sql(
                f'DROP TABLE IF EXISTS "{name}" CASCADE'
            )  # a partition goes with its table
    engine.dispose()
