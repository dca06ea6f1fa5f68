"""A client that is killed between any two steps of its work, again and again.

`python -m tests.unit.clients_victim FOLDER` does the same work once for every step in it: a
child is killed (SIGKILL) at that step, a second child goes on and is killed at another one,
a third finishes. A step is every SQL statement and every request, before and after it.
Then what the device kept and what the log took are compared. Prints the number of kills.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx

from clients import disk
from clients.keys import Device
from clients.outbox import Held
from clients.sdk import Client, Pending
from ledger.errors import Malformed
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from tests.unit.fake_ledger import FakeLedger, problem

CHAIN = "chain/isbt128:CHA9999260000AB"
BAGS = [f"BAG-{number}" for number in range(5)]
OFFLINE = BAGS[:2]  # signed without a network, as at a dock
REFUSED = BAGS[3]  # its neighbours are accepted


class Steps:
    """Counts, and ends this process without a word at the step it was told."""

    count = 0
    fatal = -1

    @classmethod
    def step(cls) -> None:
        cls.count += 1
        if cls.count == cls.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched(sqlite3.Connection):
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        Steps.step()
        cursor = super().execute(sql, parameters)
        Steps.step()
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        Steps.step()
        cursor = super().executemany(sql, parameters)
        Steps.step()
        return cursor


def watched(path: Path, factory: type[sqlite3.Connection] = Watched) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=factory)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")  # a kill, unlike a power cut, loses no write that the kernel has
    return db


def client_of(home: Path, key: SigningKey, log_key: SigningKey) -> tuple[Client, FakeLedger]:
    ledger = FakeLedger(log_key, home / "log.cbor")
    ledger.refuse = lambda parsed: problem(400, "refused") if REFUSED.encode() in parsed.payload else None
    device = Device(home, b"unused")
    device._key = key  # opening the file would take longer than all the rest
    if not device.profile.origin:
        device.set_profile(agent="kit", log_key=str(ledger.vkey))

    def answer(request: httpx.Request) -> httpx.Response:
        Steps.step()
        response = ledger.handle(request)
        Steps.step()
        return response

    return Client(device, transport=httpx.MockTransport(answer)), ledger


def work(home: Path, key: SigningKey, log_key: SigningKey) -> None:
    """Scan every bag that is not in the outbox yet, then send all; write down what was promised."""
    client, _ = client_of(home, key, log_key)
    with client, (home / "promised").open("a") as promised:
        kept = {bag_of(held.raw) for held in client.outbox.held()}
        for bag in BAGS:
            if bag not in kept:
                print(told(client, bag), file=promised, flush=True)
        client.flush()


def told(client: Client, bag: str) -> str:
    """Record one bag; the id that the person was told is kept."""
    fields = {"type": "ThawStarted", "at": {"site": "s", "department": "d"}, "containers": [bag]}
    try:
        answer = client.record(fields, CHAIN, offline=bag in OFFLINE)
    except Malformed:
        return client.outbox.held("refused")[-1].id.hex()
    return answer.held.id.hex() if isinstance(answer, Pending) else answer.statement_id


Work = Callable[[Path, SigningKey, SigningKey], None]


def bag_of(raw: bytes) -> str:
    return str(canonical.decode(statement.parse(raw).payload)["containers"][0])


def in_child(
    home: Path, key: SigningKey, log_key: SigningKey, fatal: int, work: Work = work
) -> tuple[bool, int]:
    """Work in a process of its own; whether it was killed, and how many steps it took if not."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            Steps.count, Steps.fatal = 0, fatal
            work(home, key, log_key)
            os.write(writing, str(Steps.count).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        steps = int(pipe.read() or 0)
    status = os.waitpid(child, 0)[1]
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"the work failed at step {fatal}")
    return killed, steps


def examine(home: Path, key: SigningKey, log_key: SigningKey) -> None:
    """Nothing promised is lost, nothing doubled, nothing reordered, nothing left behind."""
    client, ledger = client_of(home, key, log_key)
    with client:
        held = client.outbox.held()
    ids = [each.id.hex() for each in held]
    assert [bag_of(each.raw) for each in held] == BAGS
    assert set((home / "promised").read_text().split()) <= set(ids)
    assert [bag_of(each.raw) for each in held if each.state == "refused"] == [REFUSED]
    assert all(each.receipt for each in held if each.state == "accepted")
    assert ledger.statements == [each.raw for each in held if each.state == "accepted"]
    for before, each in zip([None, *held], held, strict=False):
        assert follows(each, before) or (before and before.state == "refused" and follows(each, held[2]))


def follows(each: Held, before: Held | None) -> bool:
    """The statement names this one as the last of its key."""
    said = canonical.decode(statement.parse(each.raw).payload)
    place = (before.seq + 1, before.id.hex()) if before else (0, None)
    return (said["seq"], said["prev"]) == place


def main(folder: Path) -> None:
    disk.connect = watched
    key, log_key = new_key(), new_key()
    _, steps = in_child(folder / "unharmed", key, log_key, -1)
    examine(folder / "unharmed", key, log_key)
    kills = 0
    for fatal in range(1, steps + 1):
        home = folder / "victim"
        first, _ = in_child(home, key, log_key, fatal)
        second, _ = in_child(home, key, log_key, 1 + fatal * 7 % steps)
        in_child(home, key, log_key, -1)
        examine(home, key, log_key)
        kills += first + second
        shutil.rmtree(home)
    sys.stdout.write(json.dumps({"steps": steps, "kills": kills}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
