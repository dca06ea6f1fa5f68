"""A logger that is killed between any two steps of its work, again and again.

`python -m tests.unit.logger_victim FOLDER` measures, signs and sends the same readings once for every
step in it: a child is killed (SIGKILL) at that step, a second goes on and is killed at another one, a
third finishes. A step is every SQL statement that changes something and every request, before and after
it. Then what was promised and what arrived are compared. Prints the number of kills.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from clients import disk
from clients.logger.buffer import Buffer, Measured, Measuring
from clients.logger.http import HttpLink
from clients.logger.recorder import Recorder
from clients.logger.uplink import Uplink
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from tests.fake_intake import FakeIntake
from tests.live_packets import LOGGER, ORIGIN
from tests.unit.clients_victim import Steps, Watched, in_child, watched

MEASURING = Measuring(LOGGER, ORIGIN, 60, -20_000, 8_000)
START_MS = 1_790_000_000_000
READINGS = 4
SMALL = 60_000  # bytes: what the ledger has is let go on the way


class Writing(Watched):
    """No step at a question: to be killed before or after it is the same."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql.startswith(("SELECT", "PRAGMA")):
            return sqlite3.Connection.execute(self, sql, parameters)
        return super().execute(sql, parameters)


def work(home: Path, key: SigningKey, _: SigningKey) -> None:
    """Measure what was not promised yet, two to a packet, sending after each pair."""
    home.mkdir(parents=True, exist_ok=True)
    intake = FakeIntake(key.public, home / "came")

    def answer(request: httpx.Request) -> httpx.Response:
        Steps.step()
        response = intake.handle(request)
        Steps.step()
        return response

    buffer = Buffer(home / "buffer.db", SMALL)
    recorder = Recorder(buffer, key, MEASURING, per_packet=2, packet_s=600)
    uplink = Uplink(buffer, HttpLink("http://ledger.invalid", httpx.MockTransport(answer)))
    with (home / "promised").open("a") as promised:
        for number in range(len(promised_in(home)), READINGS):
            place = recorder.take(Measured(START_MS + number * 60_000, number))
            print(json.dumps([number, *place]), file=promised, flush=True)
            if number % 2:
                uplink.send()
        recorder.flush()
        uplink.send()


def promised_in(home: Path) -> list[tuple[int, str, int]]:
    return [tuple(json.loads(line)) for line in (home / "promised").read_text().splitlines()]


def examine(home: Path, key: SigningKey) -> None:
    """Every reading that was promised has arrived, with its value, once; nothing is left behind."""
    came = FakeIntake(key.public, home / "came").readings  # fails where a number was said in two ways
    for value, recording, number in promised_in(home):
        assert came[recording][number][1] == value, (value, recording, number)
    for readings in came.values():
        assert sorted(readings) == list(range(len(readings)))
    buffer = Buffer(home / "buffer.db")
    assert buffer.waiting() == []
    assert all(one["missing"] == [] for one in buffer.state())
    buffer.close()


def main(folder: Path) -> None:
    disk.connect = partial(watched, factory=Writing)
    key = new_key()
    _, steps = in_child(folder / "unharmed", key, key, -1, work)
    examine(folder / "unharmed", key)
    kills = 0
    for fatal in range(1, steps + 1):
        home = folder / "victim"
        first, _ = in_child(home, key, key, fatal, work)
        second, _ = in_child(home, key, key, 1 + fatal * 7 % steps, work)
        in_child(home, key, key, -1, work)
        examine(home, key)
        kills += first + second
        shutil.rmtree(home)
    sys.stdout.write(json.dumps({"steps": steps, "kills": kills}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
