"""The writer's thread: what is answered, in which order, and what becomes of it when something fails."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ledger.application import Answer
from ledger.application import intake as intake_module
from ledger.application import writer as writer_module
from ledger.application.batch import Draft
from ledger.application.parts import Entered
from ledger.application.writer import CHUNK
from ledger.checking import process as process_module
from ledger.errors import UnbrokenError
from ledger.proof import statement
from ledger.proof.keyfile import new_key
from tests.application.test_checking import COI, checking, held, some, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.scenario import Scenario

MANY = 5 * CHUNK + 3


@pytest.fixture(params=[0, 1, 2], ids=["no process", "one process", "two processes"])
def scenario(sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scenario]:
    with checking(sqlite_url, tmp_path, request.param) as opened:
        yield opened


@pytest.fixture
def with_one(sqlite_url: str, tmp_path: Path) -> Iterator[Scenario]:
    with checking(sqlite_url, tmp_path, 1) as opened:
        yield opened


def positions(answers: Sequence[Answer | UnbrokenError]) -> list[int]:
    return [one.position for one in answers if isinstance(one, Answer)]


def test_many_statements_are_decided_in_the_order_given(scenario: Scenario) -> None:
    answers = scenario.ledger.submit(some(scenario, MANY)).result()
    recorded = positions(answers)
    assert len(recorded) == MANY
    assert recorded == sorted(recorded)
    raised = [one.code for answer in answers if isinstance(answer, Answer) for one in answer.deviations]
    assert "sequence_gap" not in raised


def test_what_several_callers_send_at_once_is_answered_to_each_in_its_own_order(scenario: Scenario) -> None:
    raws = some(scenario, 40)
    sizes = [1, 7, 20, 1, 1, 10]
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    lists = [raws[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    futures = [scenario.ledger.submit(each) for each in lists]
    found = [positions(future.result()) for future in futures]
    assert [len(each) for each in found] == sizes
    for mine, each in zip(lists, found, strict=True):
        stored = [scenario.ledger.store.entries(at, at + 1)[0].data for at in each]
        assert stored == mine


def counted(scenario: Scenario, name: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many the store is asked for at once, from now on."""
    asked: list[int] = []
    look_up = getattr(scenario.ledger.store, name)

    def counting(ones: Sequence[Any]) -> Any:
        asked.append(len(ones))
        return look_up(ones)

    monkeypatch.setattr(scenario.ledger.store, name, counting)
    return asked


def test_a_crowd_of_strangers_costs_a_look_up_for_each_part_and_not_for_each_key(
    with_one: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = statement.parse(some(with_one, 1)[0]).payload
    log = with_one.ledger.origin
    raws = [
        statement.sign(new_key(), iss="anna", sub=f"chain/{COI}", aud=log, cti=bytes(16), payload=payload)
        for _ in range(3 * CHUNK)
    ]
    asked = counted(with_one, "used_tags", monkeypatch)
    monkeypatch.setattr(with_one.ledger.store, "by_tag", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(with_one.ledger.store, "positions_of_cti", lambda *_: 1 / 0)
    assert told(with_one.ledger.submit(raws).result()) == ["unknown_key"] * len(raws)
    assert asked == [CHUNK] * 3


def test_what_fails_is_looked_for_together_and_what_was_recorded_before_gets_its_first_answer(
    with_one: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same to-be-signed bytes under a wrong signature: here each third."""
    ledger, raws = with_one.ledger, some(with_one, 3 * CHUNK)
    first = ledger.submit(raws[::3]).result()
    asked = counted(with_one, "positions_of_cti", monkeypatch)
    found = ledger.submit([raw[:-1] + bytes([raw[-1] ^ 1]) for raw in raws]).result()
    assert found[::3] == first
    assert told(found[1::3] + found[2::3]) == ["bad_signature"] * 2 * CHUNK
    assert asked == [CHUNK] * 3


def test_the_known_among_strangers_are_found(scenario: Scenario) -> None:
    mine = some(scenario, 3)
    payload = statement.parse(mine[0]).payload
    log = scenario.ledger.origin
    other = statement.sign(new_key(), iss="anna", sub=f"chain/{COI}", aud=log, cti=bytes(16), payload=payload)
    found = told(scenario.ledger.submit([other, mine[0], other[:-1] + b"x", mine[1], mine[2]]).result())
    assert found == ["unknown_key", "recorded", "unknown_key", "recorded", "recorded"]


def test_what_the_caller_does_with_the_list_changes_nothing(scenario: Scenario) -> None:
    raws = some(scenario, 20)
    future = scenario.ledger.submit(raws)
    raws.clear()
    assert told(future.result(timeout=20)) == ["recorded"] * 20
    with pytest.raises(TypeError):
        scenario.ledger.submit(5)  # type: ignore[arg-type]
    assert scenario.ledger.submit([]).result(timeout=20) == []


def test_what_the_ledger_says_itself_keeps_its_place_among_what_others_say(with_one: Scenario) -> None:
    writer, (first, last) = with_one.ledger._writer, some(with_one, 2)
    writer.close()
    draft = Draft("log/x", {}, bytes(48))
    entered = [Entered(coming, lambda _: None) for coming in ((first,), (draft,), (last,))]
    writer._take_in(entered)
    assert [part.whose for part in writer._parts] == [[one] for one in entered]


def test_nothing_handed_over_is_nothing_answered(scenario: Scenario) -> None:
    assert scenario.ledger.submit([]).result() == []


def test_wrong_ones_among_many_are_told_apart(scenario: Scenario) -> None:
    *raws, other = some(scenario, 33)
    forged = other[:-1] + bytes([other[-1] ^ 1])
    mixed = [*raws[:20], forged, b"no statement", *raws[20:]]
    wanted = ["recorded"] * 20 + ["bad_signature", "malformed_cose"] + ["recorded"] * 12
    assert told(scenario.ledger.submit(mixed).result()) == wanted


def test_closing_finishes_what_came_before_and_tells_what_comes_later(scenario: Scenario) -> None:
    raws = some(scenario, MANY + 2)
    before = scenario.ledger.submit(raws[:MANY])
    scenario.ledger.close()
    assert told(before.result()) == ["recorded"] * MANY
    assert told(scenario.ledger.submit(raws[MANY:]).result()) == ["closing"] * 2
    assert told(scenario.ledger.attest([("log/x", {}, "x")])) == ["closing"]


def test_whoever_comes_while_it_closes_is_answered(scenario: Scenario) -> None:
    raws = some(scenario, 200)
    found: list[str] = []

    def send() -> None:
        for raw in raws:
            found.extend(told(scenario.ledger.submit([raw]).result(timeout=20)))

    sender = threading.Thread(target=send)
    sender.start()
    scenario.ledger.close()
    sender.join()
    assert len(found) == 200
    assert found == sorted(found, reverse=True)  # recorded, then closing
    assert set(found) <= {"recorded", "closing"}


def test_whoever_does_not_wait_for_the_answer_disturbs_nobody(scenario: Scenario) -> None:
    first, second = some(scenario, 2)
    left = scenario.ledger.submit([first])
    assert not left.cancel()
    assert told(scenario.ledger.submit([second]).result()) == ["recorded"]
    assert told(left.result()) == ["recorded"]


def test_a_defect_of_the_writer_itself_is_an_answer_and_it_lives_on(
    with_one: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = some(with_one, 3)
    with monkeypatch.context() as patched:
        patched.setattr(with_one.ledger._writer, "_ready", lambda: 1 / 0)
        assert told(with_one.ledger.submit(raws).result(timeout=20)) == ["internal"] * 3
    assert told(with_one.ledger.submit(raws).result(timeout=20)) == ["recorded"] * 3


def test_a_process_killed_amid_many_statements_changes_no_answer(with_one: Scenario) -> None:
    raws = some(with_one, 400)
    future = with_one.ledger.submit(raws)
    os.kill(held(with_one.ledger.checkers)._popen.pid, signal.SIGKILL)
    assert told(future.result()) == ["recorded"] * 400


def test_a_process_that_hangs_amid_many_statements_changes_no_answer(
    with_one: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "PATIENCE_S", 0.3)
    os.kill(held(with_one.ledger.checkers)._popen.pid, signal.SIGSTOP)
    assert told(with_one.ledger.submit(some(with_one, MANY)).result()) == ["recorded"] * MANY


@pytest.mark.parametrize("broken", ["_keyed", "_read"])
def test_a_defect_while_statements_are_admitted_answers_their_callers_and_the_writer_lives_on(
    with_one: Scenario, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    raws, before = some(with_one, 5), with_one.ledger.store.head()
    with monkeypatch.context() as patched:
        patched.setattr(intake_module, broken, lambda *_: 1 / 0)
        assert told(with_one.ledger.submit(raws).result()) == ["internal"] * 5
    assert with_one.ledger.store.head() == before
    assert told(with_one.ledger.submit(raws).result()) == ["recorded"] * 5


def test_more_than_may_be_on_its_way_waits_its_turn(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_PARTS", 1)
    futures = [scenario.ledger.submit([raw]) for raw in some(scenario, 30)]
    found = [position for future in futures for position in positions(future.result())]
    assert len(found) == 30
    assert found == sorted(found)
