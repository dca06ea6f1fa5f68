"""The outbox: what was signed outlives kills, other processes and the log's refusals."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.disk import Disk
from clients.outbox import Link, Outbox, Settled, Signed
from ledger.errors import Conflict, Fault, NotFound

ROOT = Path(__file__).parents[2]
KID = b"k" * 32
ANSWER = {"position": 0}


def signing(link: Link, name: str = "") -> Signed:
    """No signature, only the place in the sequence: the outbox does not look inside."""
    raw = f"{name}:{link.seq}:{(link.prev or b'').hex()}".encode()
    return Signed(hashlib.sha256(raw).digest(), KID, link.seq, "ThawStarted", "chain/x", raw, "now")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    disk = Disk(tmp_path / "outbox.db")
    yield Outbox(disk)
    disk.close()


def accepted(outbox: Outbox, statement_id: bytes, position: int) -> None:
    outbox.settle([Settled(statement_id, answer={"position": position}, receipt=b"receipt")])


def test_killed_at_any_step_nothing_is_lost_doubled_or_reordered(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.unit.clients_victim", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    counted = json.loads(done.stdout)
    assert counted["kills"] >= counted["steps"] > 200


def queue_many(path: Path, name: str, count: int) -> None:
    disk = Disk(path)
    for _ in range(count):
        Outbox(disk).sign(KID, lambda link: signing(link, name))
    disk.close()


def test_two_processes_of_one_home_never_take_the_same_place(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    path = tmp_path / "outbox.db"
    writers = [context.Process(target=queue_many, args=(path, name, 60)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    disk = Disk(path)
    held = Outbox(disk).held()
    disk.close()
    assert [each.seq for each in held] == list(range(180))
    assert [each.raw.rpartition(b":")[2].decode() for each in held] == ["", *[e.id.hex() for e in held[:-1]]]


def test_only_one_process_sends_and_the_lock_falls_with_it(tmp_path: Path) -> None:
    one, other = Disk(tmp_path / "outbox.db"), Disk(tmp_path / "outbox.db")
    with one.sending():
        with pytest.raises(Fault, match="already_sending"), other.sending(wait_s=0.01):
            pass
        Outbox(other).sign(KID, signing)
    with other.sending(wait_s=0.01):
        pass
    one.close()
    other.close()


def test_signing_that_fails_takes_no_place(outbox: Outbox) -> None:
    def fail(link: Link) -> Signed:
        raise ValueError(link.seq)

    outbox.sign(KID, signing)
    with pytest.raises(ValueError, match="1"):
        outbox.sign(KID, fail)
    assert outbox.sign(KID, signing).seq == 1


def test_a_decision_is_alone(outbox: Outbox) -> None:
    first = outbox.sign(KID, signing, alone=True)
    with pytest.raises(Conflict, match="outbox_not_empty"):
        outbox.sign(KID, signing, alone=True)
    accepted(outbox, first.id, 3)
    assert outbox.sign(KID, signing, alone=True).seq == 1


def test_states_only_move_forward(outbox: Outbox) -> None:
    held = outbox.sign(KID, signing)
    assert held.state == "queued"
    outbox.mark_sent([held.id])
    assert outbox.find(held.id).state == "sent"
    accepted(outbox, held.id, 3)
    outbox.settle([Settled(held.id, problem={"code": "late"})])
    outbox.mark_sent([held.id])
    kept = outbox.find(held.id)
    assert (kept.state, kept.problem, kept.receipt) == ("accepted", None, b"receipt")


def test_an_acceptance_after_a_refusal_stands(outbox: Outbox) -> None:
    held = outbox.sign(KID, signing)
    outbox.settle([Settled(held.id, problem={"code": "unknown_key"})])
    accepted(outbox, held.id, 3)
    assert outbox.find(held.id).state == "accepted"


def test_the_last_statement_is_the_one_at_the_highest_position(outbox: Outbox) -> None:
    made = [outbox.sign(KID, lambda link, n=name: signing(link, n)) for name in "abc"]
    accepted(outbox, made[2].id, 9)
    accepted(outbox, made[1].id, 7)
    outbox.settle([Settled(made[0].id, problem={"code": "no"})])
    assert outbox.last(KID) == (2, made[2].id)
    outbox.requeue(made[0].id)
    accepted(outbox, made[0].id, 12)
    assert outbox.last(KID) == (0, made[0].id)


def test_what_the_log_says_is_taken_over_unless_something_is_on_its_way(outbox: Outbox) -> None:
    outbox.align(KID, 41, b"x" * 32)
    held = outbox.sign(KID, signing)
    assert (held.seq, held.raw.endswith((b"x" * 32).hex().encode())) == (42, True)
    outbox.align(KID, 3, b"y" * 32)
    assert outbox.last(KID) == (41, b"x" * 32)


def test_keys_have_sequences_of_their_own(outbox: Outbox) -> None:
    outbox.sign(KID, signing)
    outbox.carry([Signed(b"i" * 32, b"other" * 6 + b"kk", 7, "Packed", "chain/y", b"raw", "now")])
    assert outbox.sign(KID, signing).seq == 1
    assert [held.seq for held in outbox.unsent()] == [0, 7, 1]
    assert [held.number for held in outbox.unsent(2)] == [1, 2]


def test_a_statement_that_is_not_here_is_not_found(outbox: Outbox) -> None:
    with pytest.raises(NotFound, match="not_in_outbox"):
        outbox.find(b"?" * 32)


def test_the_store_is_durable_by_its_settings(outbox: Outbox) -> None:
    with outbox.disk.reading() as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_a_broken_store_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"not a database, but long enough to look like a file" * 20)
    with pytest.raises(Fault, match="device_store_failed"):
        Disk(tmp_path / "outbox.db")


def test_a_transaction_that_fails_leaves_nothing(outbox: Outbox) -> None:
    with pytest.raises(Fault, match="device_store_failed"), outbox.disk.writing() as db:
        db.execute("INSERT INTO signer VALUES (?, 1, ?, 1)", (KID, b""))
        raise sqlite3.OperationalError("disk I/O error")
    assert outbox.last(KID) is None


def test_several_are_signed_together_or_not_at_all(outbox: Outbox) -> None:
    def fail(link: Link) -> Signed:
        raise ValueError(link.seq)

    with pytest.raises(ValueError, match="2"):
        outbox.sign_all(KID, [signing, signing, fail])
    assert outbox.held() == []
    held = outbox.sign_all(KID, [signing] * 3)
    assert [each.seq for each in held] == [0, 1, 2]
    assert held[2].raw.rpartition(b":")[2].decode() == held[1].id.hex()
