"""A witness over HTTP: each status that c2sp.org/tlog-witness names, and for nothing else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sqlite3
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.witness import register, serving
from api.witness.register import MAX_REFUSED, Register, Witness
from api.witness.serving import Application
from ledger.errors import Conflict, Fault, Malformed, ProofInvalid
from ledger.proof.add_checkpoint import MAX_BODY, Submission, parse_conflict, parse_cosignatures
from ledger.proof.checkpoint import Checkpoint, sign_checkpoint
from ledger.proof.note import COSIGNATURE, parse_note, vkey_of
from tests.sqlite_file import opened
from tests.witness_stage import LOG, LOG_KEY, ORIGIN, TIME, WITNESS, Clock, History, key, witness

TRUE = History(b"true %d" % number for number in range(12))
FALSE = History(b"false %d" % number for number in range(12))
STRANGER = key(9)


class Wire:
    """The application, asked without a socket."""

    def __init__(self, keeper: Witness) -> None:
        self.keeper = keeper
        self._application = Application(keeper)

    def ask(self, method: str, path: str, content: bytes = b"") -> httpx.Response:
        return asyncio.run(self._ask(method, path, content))

    async def _ask(self, method: str, path: str, content: bytes) -> httpx.Response:
        transport = httpx.ASGITransport(self._application)
        async with httpx.AsyncClient(transport=transport, base_url="http://witness.invalid") as client:
            return await client.request(method, path, content=content)

    def add(self, submission: Submission | bytes) -> httpx.Response:
        body = submission if isinstance(submission, bytes) else submission.encode()
        return self.ask("POST", "/add-checkpoint", body)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    found = Wire(witness(tmp_path / "register.db"))
    yield found
    found.keeper.register.close()


def test_the_first_head_is_cosigned_without_a_proof_and_the_next_with_one(wire: Wire) -> None:
    for old, new in ((0, 5), (5, 9), (9, 9), (9, 12)):
        response = wire.add(TRUE.submission(old, new))
        assert response.status_code == 200, response.text
        line, time_s = parse_cosignatures(response.content, TRUE.signed(new), WITNESS)
        assert (line, time_s) == (response.text, TIME)


def test_the_answer_has_the_form_that_the_page_gives(wire: Wire) -> None:
    """An em dash, the name, and the key id, the time and the signature in base64; a newline."""
    text = wire.add(TRUE.submission(0, 5)).text
    dash, name, blob = text.removesuffix("\n").split(" ")
    data = base64.b64decode(blob)
    assert (dash, name, text[-1]) == ("—", WITNESS.name, "\n")
    assert (data[:4], int.from_bytes(data[4:12], "big"), len(data)) == (WITNESS.key_id, TIME, 4 + 8 + 64)


def plain(size: int) -> bytes:
    """With the log's plain line only."""
    return b"\n".join(TRUE.signed(size).split(b"\n")[:-2]) + b"\n"


def extended(size: int) -> bytes:
    head = Checkpoint(ORIGIN, size, TRUE.root(size), ("an extension",))
    return sign_checkpoint(head, LOG_KEY, TIME)


GOOD = Submission(5, TRUE.proof(5, 9), TRUE.signed(9))
FORGED = TRUE.signed(9).replace(b"\n9\n", b"\n8\n")
EMPTY = sign_checkpoint(Checkpoint(ORIGIN, 0, TRUE.root(3)), LOG_KEY, TIME)
CASES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no old line": (b"\n" + TRUE.signed(9), 400),
    "another word than old": (GOOD.encode().replace(b"old 5", b"new 5"), 400),
    "a leading zero": (GOOD.encode().replace(b"old 5", b"old 05"), 400),
    "two spaces": (GOOD.encode().replace(b"old 5", b"old  5"), 400),
    "a sign": (GOOD.encode().replace(b"old 5", b"old +5"), 400),
    "a carriage return": (GOOD.encode().replace(b"old 5\n", b"old 5\r\n"), 400),
    "a size beyond 2^63": (GOOD.encode().replace(b"old 5", b"old %d" % 2**63), 400),
    "64 hashes": (Submission(5, (bytes(32),) * 64, TRUE.signed(9)).encode(), 400),
    "a hash of 31 bytes": (Submission(5, (bytes(31),), TRUE.signed(9)).encode(), 400),
    "no checkpoint": (b"old 5\n\n", 400),
    "a note that is no checkpoint": (b"old 5\n\na\nb\n\n\xe2\x80\x94 a AAAAAAA=\n", 400),
    "an old size beyond the head": (Submission(10, (), TRUE.signed(9)).encode(), 400),
    "another log": (Submission(5, (), TRUE.signed(9, origin="other.example")).encode(), 404),
    "no signature of the log": (Submission(5, GOOD.proof, TRUE.signed(9, signer=STRANGER)).encode(), 403),
    "a signature of the log that fails": (Submission(5, GOOD.proof, FORGED).encode(), 403),
    "the log's line twice": (Submission(5, GOOD.proof, plain(9) + plain(9).split(b"\n\n")[1]).encode(), 403),
    "old 0 where 5 is known": (Submission(0, (), TRUE.signed(9)).encode(), 409),
    "old 7 where 5 is known": (Submission(7, TRUE.proof(7, 9), TRUE.signed(9)).encode(), 409),
    "no proof": (Submission(5, (), TRUE.signed(9)).encode(), 422),
    "a proof too long": (Submission(5, (*GOOD.proof, bytes(32)), TRUE.signed(9)).encode(), 422),
    "a proof of another tree": (Submission(5, FALSE.proof(5, 9), TRUE.signed(9)).encode(), 422),
    "another history": (FALSE.submission(5, 9).encode(), 422),
    "another head of the same size": (FALSE.submission(5, 5).encode(), 422),
    "a proof where the size stays": (Submission(5, (bytes(32),), TRUE.signed(5)).encode(), 422),
    "the same head": (Submission(5, (), TRUE.signed(5)).encode(), 200),
    "an extension line": (Submission(5, GOOD.proof, extended(9)).encode(), 200),
    "the log's plain line alone": (Submission(5, GOOD.proof, plain(9)).encode(), 200),
    "63 unknown signatures": (GOOD.encode() + "— a.example AAAAAAA=\n".encode() * 63, 200),
}


@pytest.mark.parametrize("case", CASES)
def test_each_submission_gets_the_status_that_the_page_names(wire: Wire, case: str) -> None:
    assert wire.add(TRUE.submission(0, 5)).status_code == 200
    body, status = CASES[case]
    response = wire.add(body)
    assert (response.status_code, wire.keeper.register.known(ORIGIN).size) == (
        status,
        9 if status == 200 and b"\n9\n" in body else 5,
    ), response.text


def test_a_conflict_names_the_known_size_in_the_form_that_the_page_gives(wire: Wire) -> None:
    wire.add(TRUE.submission(0, 5))
    response = wire.add(TRUE.submission(0, 9))
    assert (response.status_code, response.content) == (409, b"5\n")
    assert response.headers["content-type"] == "text/x.tlog.size"
    assert parse_conflict(response.content) == 5


def test_at_first_any_old_size_but_0_conflicts_with_0(wire: Wire) -> None:
    response = wire.add(TRUE.submission(3, 9))
    assert (response.status_code, response.content) == (409, b"0\n")


@pytest.mark.parametrize("head", [TRUE.signed(0), EMPTY], ids=["the empty root", "another root"])
def test_an_empty_tree_has_the_root_of_the_empty_string(wire: Wire, head: bytes) -> None:
    status = wire.add(Submission(0, (), head)).status_code
    assert status == (200 if head == TRUE.signed(0) else 422)


def test_a_proof_from_nothing_is_refused_even_if_nothing_is_known(wire: Wire) -> None:
    assert wire.add(Submission(0, (bytes(32),), TRUE.signed(9))).status_code == 422


def test_a_body_without_an_end_is_cut_off(wire: Wire) -> None:
    assert wire.add(GOOD.encode() + b"x" * 10 * MAX_BODY).status_code == 400


def test_a_body_that_does_not_come_is_not_waited_for(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BODY_S", 0.01)
    sent: list[dict[str, Any]] = []
    parts = iter([{"type": "http.request", "body": b"old", "more_body": True}])

    async def receive() -> dict[str, Any]:
        return next(parts, None) or await asyncio.Event().wait() or {}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": "POST", "path": "/add-checkpoint"}
    asyncio.run(asyncio.wait_for(Application(wire.keeper)(scope, receive, send), 20))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_the_head_cosigned_last_is_served_by_the_hash_of_its_origin(wire: Wire) -> None:
    path = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert wire.ask("GET", path).status_code == 404
    line = wire.add(TRUE.submission(0, 5)).text
    served = wire.ask("GET", path)
    assert served.status_code == 200
    names = [(one.name, one.key_id) for one in parse_note(served.content).signatures]
    assert names == [(LOG.name, LOG.key_id), (WITNESS.name, WITNESS.key_id)]
    assert served.text.endswith(line)
    assert wire.ask("GET", f"/{'ab' * 32}/checkpoint").status_code == 404


def test_what_is_not_there_is_not_found_and_what_is_only_read_is_not_written(wire: Wire) -> None:
    assert wire.ask("GET", "/").text.split("\n")[0] == f"witness {WITNESS}"
    assert wire.ask("GET", "/metrics").status_code == 404
    assert (wire.ask("GET", "/add-checkpoint").status_code, wire.ask("DELETE", "/").status_code) == (405, 405)
    assert wire.ask("GET", "/add-checkpoint").headers["allow"] == "POST"


def test_a_fork_is_kept_with_both_heads_and_told_from_a_bad_proof(wire: Wire) -> None:
    wire.add(TRUE.submission(0, 5))
    wire.add(Submission(5, (), TRUE.signed(9)))
    wire.add(FALSE.submission(5, 5))
    kept = wire.keeper.register.refused()
    assert [(one.size, one.fork) for one in kept] == [(5, True), (9, False)]
    fork = kept[0]
    assert (parse_note(fork.note).text, parse_note(fork.known).text) == (
        parse_note(FALSE.signed(5)).text,
        parse_note(TRUE.signed(5)).text,
    )


@pytest.mark.parametrize("old", [0, 5, 9, 10], ids=["none", "smaller", "the known one", "too large"])
def test_a_fork_of_the_known_size_is_kept_from_whatever_size_it_is_asked(wire: Wire, old: int) -> None:
    """Whoever hands it in picks the old size, and must not pick whether the proof is lost."""
    wire.add(TRUE.submission(0, 9))
    fork = Submission(old, (), FALSE.signed(9))
    assert wire.add(fork).status_code == (400 if old > 9 else 422 if old == 9 else 409)
    assert [(one.size, one.fork) for one in wire.keeper.register.refused()] == [(9, True)]


def test_an_honest_head_from_another_size_is_no_refusal_to_keep(wire: Wire) -> None:
    wire.add(TRUE.submission(0, 9))
    for old, new in ((0, 9), (0, 12), (10, 9), (3, 7)):
        assert wire.add(TRUE.submission(old, new)).status_code in (400, 409)
    assert (wire.keeper.register.refused(), wire.keeper.register.refusals()) == ([], {})


def test_a_head_refused_for_want_of_a_proof_is_a_fork_once_its_size_is_known(wire: Wire) -> None:
    wire.add(TRUE.submission(0, 5))
    wire.add(FALSE.submission(5, 9))
    wire.add(TRUE.submission(5, 9))
    wire.add(FALSE.submission(9, 9))
    (fork,) = wire.keeper.register.refused()
    assert (fork.size, fork.fork, parse_note(fork.known).text) == (9, True, parse_note(TRUE.signed(9)).text)


def test_strangers_cannot_fill_the_place_of_what_is_still_to_come(wire: Wire) -> None:
    """The newest refusals are kept, all are counted, and no number of them displaces a fork."""
    many = History(b"many %d" % number for number in range(MAX_REFUSED + 50))
    wire.add(TRUE.submission(0, 5))
    assert wire.add(FALSE.submission(5, 5)).status_code == 422
    for size in range(6, MAX_REFUSED + 50):
        with pytest.raises(ProofInvalid):
            wire.keeper.add(Submission(5, (), many.signed(size)).encode())
    kept = [one.size for one in wire.keeper.register.refused()]
    assert kept == [5, *range(50, MAX_REFUSED + 50)]
    assert wire.keeper.register.refusals() == {ORIGIN: MAX_REFUSED + 45}


def test_the_memory_of_forks_has_an_end_too(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "MAX_REFUSED", 2)
    wire.add(TRUE.submission(0, 5))
    forks = [History(b"%d %d" % (which, n) for n in range(5)) for which in range(4)]
    for one in forks:
        wire.add(one.submission(5, 5))
    kept = [parse_note(one.note).text for one in wire.keeper.register.refused()]
    assert sorted(kept) == sorted(parse_note(one.signed(5)).text for one in forks[:2])
    assert wire.keeper.register.refusals() == {ORIGIN: 4}


def test_a_clock_that_was_set_back_makes_no_earlier_statement(tmp_path: Path) -> None:
    clock = Clock()
    keeper = witness(tmp_path / "register.db", clock)
    keeper.add(TRUE.submission(0, 5).encode())
    clock.now_s -= 3600
    line = keeper.add(TRUE.submission(5, 9).encode())
    assert parse_cosignatures(line.encode(), TRUE.signed(9), WITNESS)[1] == TIME


def test_a_clock_that_was_far_ahead_gives_no_false_time_for_ever(tmp_path: Path) -> None:
    clock = Clock(TIME + register.MAX_AHEAD_S + 1)
    wire = Wire(witness(tmp_path / "register.db", clock))
    assert wire.add(TRUE.submission(0, 5)).status_code == 200
    clock.now_s = TIME
    late = wire.add(TRUE.submission(5, 9))
    assert (late.status_code, late.text.partition(":")[0]) == (500, "clock_behind")
    assert wire.keeper.register.known(ORIGIN).size == 5
    clock.now_s += 1
    assert wire.add(TRUE.submission(5, 9)).status_code == 200


def test_a_register_that_is_gone_is_not_begun_again(tmp_path: Path) -> None:
    """Else it would cosign a second history, and nobody would know."""
    path = tmp_path / "register.db"
    keeper = witness(path)
    keeper.add(TRUE.submission(0, 9).encode())
    keeper.register.close()
    path.unlink()
    with pytest.raises(Fault, match="no_register"):
        Register(path)
    assert not path.exists()


@pytest.mark.parametrize("change", ["DROP TABLE witness", "DELETE FROM witness"])
def test_a_register_that_names_no_witness_is_none(tmp_path: Path, change: str) -> None:
    path = tmp_path / "register.db"
    Register.create(path, WITNESS)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(change)
    with pytest.raises(Fault, match="no_register"):
        Register(path)


def test_an_empty_file_is_no_register(tmp_path: Path) -> None:
    (tmp_path / "register.db").touch()
    with pytest.raises(Fault, match="no_register"):
        Register(tmp_path / "register.db")


def test_an_empty_register_of_another_witness_is_refused(tmp_path: Path) -> None:
    Register.create(tmp_path / "register.db", LOG)
    with pytest.raises(Fault, match="wrong_register"):
        witness(tmp_path / "register.db")


def test_a_register_of_another_key_is_refused(tmp_path: Path) -> None:
    keeper = witness(tmp_path / "register.db")
    keeper.add(TRUE.submission(0, 5).encode())
    other = vkey_of(WITNESS.name, STRANGER.public, COSIGNATURE)
    with pytest.raises(Fault, match="wrong_register"):
        Witness(Register(tmp_path / "register.db"), other, STRANGER, {ORIGIN: [LOG]}, Clock())


def test_a_head_that_was_changed_in_the_register_is_refused_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    witness(path).add(TRUE.submission(0, 5).encode())
    with opened(path) as db:
        db.execute("UPDATE head SET note = replace(CAST(note AS TEXT), char(10) || '5' || char(10),"
                   " char(10) || '4' || char(10))")  # fmt: skip
        db.execute("UPDATE head SET note = CAST(note AS BLOB)")
    with pytest.raises(Fault, match="wrong_register"):
        witness(path)


def test_a_register_that_cannot_be_written_cosigns_nothing(tmp_path: Path) -> None:
    """Somebody else holds the lock: the answer is a fault, and the head is not the known one later."""
    path = tmp_path / "register.db"
    Register.create(path, WITNESS)
    keeper = Witness(Register(path, timeout_s=0.05), WITNESS, key(2), {ORIGIN: [LOG]}, Clock())
    wire = Wire(keeper)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert wire.add(TRUE.submission(0, 5)).status_code == 500
    holder.execute("ROLLBACK")
    assert keeper.register.known(ORIGIN).size == 0
    assert wire.add(TRUE.submission(0, 5)).status_code == 200


def test_two_processes_on_one_register_still_cosign_one_history(tmp_path: Path) -> None:
    one, two = witness(tmp_path / "register.db"), witness(tmp_path / "register.db")
    one.add(TRUE.submission(0, 5).encode())
    assert Wire(two).add(FALSE.submission(0, 5)).status_code == 409
    assert Wire(two).add(FALSE.submission(5, 9)).status_code == 422
    assert Wire(two).add(TRUE.submission(5, 9)).status_code == 200
    assert one.register.known(ORIGIN).size == 9


def test_four_that_race_on_one_register_cosign_one_history(tmp_path: Path) -> None:
    """Each with its own connection, as four processes: the check and the record are one transaction."""
    path, cosigned = tmp_path / "register.db", list[tuple[int, bytes]]()
    Register.create(path, WITNESS)

    def race(number: int) -> None:
        history, keeper = (TRUE, FALSE)[number % 2], witness(path)
        for new in sorted(range(1, 13), key=lambda size: (size * 7 + number) % 5 + size):
            old = keeper.register.known(ORIGIN).size
            with suppress(Conflict, Malformed, ProofInvalid):
                keeper.add(history.submission(old, new).encode())
                cosigned.append((new, history.root(new)))
        keeper.register.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(race, range(4)))
    assert len(cosigned) > 3
    assert any(all(history.root(size) == root for size, root in cosigned) for history in (TRUE, FALSE))
