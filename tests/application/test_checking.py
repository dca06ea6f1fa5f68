"""Signatures checked in processes of their own: the same answers, whatever becomes of a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.application import Answer, Ledger
from ledger.application.intake import Coming
from ledger.checking import checkers as checkers_module
from ledger.checking import process as process_module
from ledger.checking.checkers import Checkers
from ledger.checking.child import verdict
from ledger.checking.process import TOLD, Process, Question
from ledger.checking.wire import NONCE, Signed, frame_of, question_in
from ledger.errors import UnbrokenError
from ledger.proof import statement
from ledger.proof.keyfile import new_key
from tests.scenario import APHERESIS, Scenario, open_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.proof.keys import SigningKey

COI = "isbt128:CHA999926000009"
KEY = new_key()


def made(payload: bytes, key: SigningKey = KEY) -> Signed:
    raw = statement.sign(key, iss="anna", sub="chain/x", aud="log", cti=bytes(16), payload=payload)
    return Signed(key.public.spki, raw)


def altered(one: Signed, back: int) -> Signed:
    raw = bytearray(one.raw)
    raw[-back] ^= 1
    return one._replace(raw=bytes(raw))


RIGHT = [made(b"one"), made(b"two"), made(b"three")]
WRONG = [
    altered(RIGHT[0], 1),  # the signature
    altered(RIGHT[0], 67),  # the payload
    RIGHT[0]._replace(raw=RIGHT[0].raw[:-64] + bytes(64)),
    RIGHT[0]._replace(raw=b""),
    RIGHT[0]._replace(spki=b"no key"),
    RIGHT[0]._replace(spki=new_key().public.spki),
]


@pytest.fixture(scope="module")
def one() -> Iterator[Checkers]:
    started = Checkers(1)
    until(lambda: any(confirmed(started, RIGHT)))
    yield started
    started.close()


def confirmed(checkers: Checkers, ones: Sequence[Signed]) -> bytes:
    """What a process says of each; 0 where none says anything."""
    question = checkers.ask(ones)
    if question is None:
        return bytes(len(ones))
    until_told(checkers, question)
    assert question.verdicts is not None
    return question.verdicts


def until_told(checkers: Checkers, question: Question) -> None:
    while question.verdicts is None:
        checkers.wait(0.05)


def until(done: Callable[[], object]) -> None:
    for _ in range(600):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def held(checkers: Checkers) -> Process:
    """The one process."""
    (process,) = checkers._processes
    return process


@given(st.lists(st.sampled_from(RIGHT + WRONG), min_size=2, max_size=20))
@settings(max_examples=30, deadline=None)
def test_a_process_confirms_what_verifies_here_and_nothing_else(one: Checkers, ones: list[Signed]) -> None:
    assert confirmed(one, ones) == bytes([each in RIGHT for each in ones])
    assert confirmed(one, ones) == bytes([verdict(*each) for each in ones])


@given(
    st.binary(min_size=NONCE, max_size=NONCE),
    st.lists(st.builds(Signed, st.binary(), st.binary())),
)
def test_statements_arrive_as_they_were_sent(nonce: bytes, ones: list[Signed]) -> None:
    frame = frame_of(nonce, ones)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert question_in(frame[4:]) == (nonce, ones)


def test_an_answer_to_another_question_confirms_nothing() -> None:
    checkers = Checkers(1)
    until(lambda: any(confirmed(checkers, RIGHT)))
    held(checkers)._peer.sendall(frame_of(bytes(NONCE), RIGHT))  # its verdicts wait to be read
    assert confirmed(checkers, WRONG[:3]) == bytes(3)
    until(lambda: confirmed(checkers, RIGHT) == bytes([1] * 3))
    checkers.close()


FORKED = """
import os, time
from tests.application.test_checking import RIGHT, Checkers, confirmed

checkers = Checkers(1)
while not any(confirmed(checkers, RIGHT)):
    time.sleep(0.05)
if not (pid := os.fork()):
    told = confirmed(checkers, RIGHT)
    checkers.close()
    os._exit(told.count(1))
copy = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(copy, confirmed(checkers, RIGHT).count(1))
checkers.close()
"""


def test_a_copy_of_the_server_is_told_nothing_and_ends_nothing() -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKED]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.split() == ["0", "3"]


def test_the_largest_statements_pass_through(one: Checkers) -> None:
    large = [made(os.urandom(statement.MAX_STATEMENT - 400)) for _ in range(40)]
    assert confirmed(one, large) == bytes([1] * 40)


def test_more_is_asked_than_fits_on_the_way_and_each_question_gets_its_own_answer(one: Checkers) -> None:
    large = [made(os.urandom(statement.MAX_STATEMENT - 400)) for _ in range(16)]
    asked = [one.ask(large), one.ask(WRONG), one.ask([*large, *WRONG]), one.ask(RIGHT)]
    assert held(one).has_unsent
    questions = [each for each in asked if each is not None]
    until_told(one, questions[-1])
    right, wrong = bytes([1] * 16), bytes(len(WRONG))
    assert [each.verdicts for each in questions] == [right, wrong, right + wrong, bytes([1] * 3)]
    assert not one.is_asked()


def test_a_lone_signature_goes_along_with_what_is_being_checked(one: Checkers) -> None:
    first, lone = one.ask(RIGHT), one.ask(WRONG[:1])
    assert first is not None
    assert lone is not None
    until_told(one, lone)
    assert (first.verdicts, lone.verdicts) == (bytes([1] * 3), b"\0")


def test_questions_are_spread_over_the_processes() -> None:
    checkers = Checkers(2)
    until(lambda: all(process.is_ready() for process in checkers._processes))
    questions = [checkers.ask(RIGHT) for _ in range(6)]
    assert [len(process.asked) for process in checkers._processes] == [3, 3]
    until(lambda: all(each and each.verdicts for each in questions if checkers.wait(0.05) or True))
    checkers.close()


def test_nobody_waits_for_what_nobody_was_asked(one: Checkers) -> None:
    assert not one.wait(0)


def test_a_lone_signature_is_left_to_the_asker(one: Checkers) -> None:
    assert confirmed(one, RIGHT[:1]) == b"\0"
    assert confirmed(one, []) == b""


def test_without_processes_nothing_is_confirmed() -> None:
    assert confirmed(Checkers(0), RIGHT) == bytes(3)


def test_a_killed_process_confirms_nothing_and_another_takes_its_place() -> None:
    checkers = Checkers(1)
    until(lambda: any(confirmed(checkers, RIGHT)))
    killed = held(checkers)
    os.kill(killed._popen.pid, signal.SIGKILL)
    killed._popen.wait()
    assert confirmed(checkers, RIGHT) == bytes(3)
    until(lambda: confirmed(checkers, RIGHT) == bytes([1] * 3))
    assert held(checkers)._popen.pid != killed._popen.pid
    checkers.close()


def test_a_process_that_hangs_is_not_waited_for_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "PATIENCE_S", 0.2)
    checkers = Checkers(1)
    until(lambda: any(confirmed(checkers, RIGHT)))
    hanging = held(checkers)._popen
    os.kill(hanging.pid, signal.SIGSTOP)
    before = checkers.ask(RIGHT)
    assert confirmed(checkers, RIGHT) == bytes(3)
    assert before is not None
    assert before.verdicts == bytes(3)
    assert hanging.poll() == -signal.SIGKILL
    checkers.close()


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_processes_that_cannot_start_are_done_without(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(sys, "executable", program)
    checkers = Checkers(2)
    time.sleep(0.1)
    assert confirmed(checkers, RIGHT) == bytes(3)
    checkers.close()


def ended_before_it_was_ready(checkers: Checkers) -> Process:
    process = held(checkers)
    process._popen.kill()
    os.waitid(os.P_PID, process._popen.pid, os.WEXITED | os.WNOWAIT)
    return process


def test_one_that_ends_before_it_is_ready_is_reaped_and_another_takes_its_place() -> None:
    checkers = Checkers(1)
    ended = ended_before_it_was_ready(checkers)
    assert confirmed(checkers, RIGHT) == bytes(3)
    assert ended._popen.returncode == -signal.SIGKILL
    until(lambda: confirmed(checkers, RIGHT) == bytes([1] * 3))
    checkers.close()


def test_one_that_could_not_be_started_is_started_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkers_module, "SHORTEST_PAUSE_S", 0.05)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/no/such/program")
        checkers = Checkers(1)
    until(lambda: confirmed(checkers, RIGHT) == bytes([1] * 3))
    checkers.close()


def test_one_that_fails_again_and_again_is_started_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    started: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def no_process() -> Process:
        started.append(clock[0])
        raise OSError("no more processes")

    monkeypatch.setattr(checkers_module, "Process", no_process)
    checkers = Checkers(1)
    for second in range(200):
        clock[0] = float(second)
        confirmed(checkers, RIGHT)
    assert started == [0, 0, 1, 3, 7, 15, 31, 63, 123, 183]


def test_whatever_goes_wrong_with_a_question_the_asker_is_told_to_check() -> None:
    checkers = Checkers(1)
    until(lambda: any(confirmed(checkers, RIGHT)))
    unsayable = RIGHT[0]._replace(raw=object())  # type: ignore[arg-type]
    assert confirmed(checkers, [unsayable] * 2) == bytes(2)
    until(lambda: confirmed(checkers, RIGHT) == bytes([1] * 3))
    checkers.close()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_service_ends_no_process_that_is_still_asked(
    one: Checkers, sent: signal.Signals
) -> None:
    until(lambda: any(confirmed(one, RIGHT)))
    process = held(one)
    os.kill(process._popen.pid, sent)
    assert confirmed(one, RIGHT) == bytes([1] * 3)
    assert held(one) is process


@pytest.mark.parametrize("name", ["UNBROKEN_PASSPHRASE", "PGPASSWORD", "OUR_WEBHOOKS_SECRET"])
def test_a_process_is_told_no_setting_or_secret_of_the_servers(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    checkers = Checkers(1)
    until(lambda: any(confirmed(checkers, RIGHT)))
    told = Path(f"/proc/{held(checkers)._popen.pid}/environ").read_bytes()
    checkers.close()
    names = {one.split(b"=")[0].decode() for one in told.split(b"\0") if one}
    assert {"LC_ALL", "PYTHONPATH"} <= names
    assert {one for one in names if not one.startswith("LC_")} <= TOLD | {"PYTHONPATH"}
    assert b"hush" not in told


@pytest.mark.parametrize("relative", ["", "."])
def test_what_lies_in_the_working_directory_passes_for_no_module(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, relative: str
) -> None:
    (tmp_path / "cbor2.py").write_text("raise SystemExit('of the working directory')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(relative)
    checkers = Checkers(1)
    first = held(checkers)
    until(lambda: confirmed(checkers, RIGHT) == bytes([1] * 3))
    assert held(checkers) is first
    checkers.close()


def test_closing_ends_every_process() -> None:
    checkers = Checkers(2)
    processes = list(checkers._processes)
    checkers.close()
    assert all(process._popen.poll() is not None for process in processes)
    assert confirmed(checkers, RIGHT) == bytes(3)


# --- the ledger ----------------------------------------------------------------------------


@contextmanager
def checking(url: str, path: Path, count: int) -> Iterator[Scenario]:
    """A therapy that was ordered, in a ledger with so many processes, of which one is ready at least."""
    opened = open_scenario(url, path)
    opened.order(COI)
    opened.ledger.close()
    opened.ledger = Ledger(replace(opened.ledger.config, checkers=count))
    if count:
        until(lambda: any(confirmed(opened.ledger.checkers, RIGHT)))
    yield opened
    opened.ledger.close()


@pytest.fixture
def scenario(sqlite_url: str, tmp_path: Path) -> Iterator[Scenario]:
    with checking(sqlite_url, tmp_path, 1) as opened:
        yield opened


def some(scenario: Scenario, count: int = 6) -> list[bytes]:
    stream, signer, made = f"chain/{COI}", scenario.signer("anna"), []
    for number in range(count):
        fields = {"at": APHERESIS, "containers": ["BAG-1"], "shipper": f"S-{number}"}
        made.append(scenario.sign("anna", stream, "Packed", **fields))
        signer.seq, signer.prev = signer.seq + 1, statement.parse(made[-1]).id.hex()
    return made


def told(answers: Sequence[Answer | UnbrokenError]) -> list[str]:
    return [one.code if isinstance(one, UnbrokenError) else "recorded" for one in answers]


def mixed(scenario: Scenario) -> list[bytes]:
    """Right ones, and one for each way in which a signature or its key can be wrong."""
    good = some(scenario)
    signed, stranger = statement.parse(good[0]), new_key()
    as_anna = {"iss": "anna", "sub": signed.sub, "cti": bytes(16), "payload": signed.payload}
    return [
        *good[:3],
        good[0][:-1] + bytes([good[0][-1] ^ 1]),  # S
        good[0][:-64] + bytes(64),  # R of low order
        statement.sign(stranger, aud=signed.aud, **as_anna),  # type: ignore[arg-type]
        statement.sign(scenario.signer("anna").key, aud="another.example", **as_anna),  # type: ignore[arg-type]
        b"no statement",
        *good[3:],
    ]


WANTED = [
    *["recorded"] * 3,
    *["bad_signature", "low_order_point", "unknown_key", "wrong_log", "malformed_cose"],
    *["recorded"] * 3,
]


def test_a_ledger_answers_the_same_with_processes_without_and_with_dead_ones(scenario: Scenario) -> None:
    ledger = scenario.ledger
    assert told(ledger.submit(mixed(scenario)).result()) == WANTED
    os.kill(held(ledger.checkers)._popen.pid, signal.SIGKILL)
    assert told(ledger.submit(mixed(scenario)).result()) == WANTED
    ledger.checkers.close()
    assert told(ledger.submit(mixed(scenario)).result()) == WANTED


def test_a_confirmed_statement_that_is_sent_again_gets_the_first_answer(scenario: Scenario) -> None:
    raws = some(scenario)
    first = scenario.ledger.submit(raws).result()
    assert scenario.ledger.submit(raws).result() == first


@pytest.mark.parametrize("byte", [0, 2, 0xFF])
def test_a_verdict_that_is_not_1_confirms_nothing(scenario: Scenario, byte: int) -> None:
    forged = some(scenario)[0]
    forged = forged[:-1] + bytes([forged[-1] ^ 1])
    ledger = scenario.ledger
    coming = Coming([forged], ledger.origin, ledger.keys)
    (answer,) = coming.admitted(bytes([byte]), ledger.store.positions_of_cti, ledger.recorded)
    assert isinstance(answer, UnbrokenError)
    assert answer.code == "bad_signature"
