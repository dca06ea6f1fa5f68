"""How a log asks a witness: from the size that it knows, and what it makes of each answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api import witnessing
from api.metrics import Metrics
from api.witness.register import Witness
from api.witnessing import Asking, Standing, Witnessing
from ledger.errors import Conflict
from ledger.proof.add_checkpoint import MAX_BODY, Submission, parse_submission
from ledger.proof.keyfile import new_second_key
from ledger.proof.note import parse_note
from ledger.proof.witnesses import Named
from ledger.store.cosignatures import CosignatureStore
from ledger.store.reading import StoredCheckpoint
from tests.e2e.api_stage import enrol
from tests.scenario import ORIGIN, Scenario, open_scenario
from tests.witness_stage import WITNESS, policy, vkey_of_number, witness

Answering = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    opened = open_scenario(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.ledger.close()


@pytest.fixture
def keeper(scenario: Scenario, tmp_path: Path) -> Iterator[Witness]:
    found = witness(tmp_path / "register.db", follows=scenario.ledger.vkey)
    yield found
    found.register.close()


def head(scenario: Scenario) -> StoredCheckpoint:
    found = scenario.ledger.store.latest_checkpoint()
    assert found
    return found


def truly(keeper: Witness, told: list[int] | None = None) -> Answering:
    """As the witness's own application answers; `told`: the old sizes that it was asked from."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/w/add-checkpoint")
        if told is not None:
            told.append(parse_submission(request.content).old_size)
        try:
            return httpx.Response(200, text=keeper.add(request.content))
        except Conflict as error:
            headers = {"content-type": "text/x.tlog.size"}
            return httpx.Response(409, content=f"{error.extra['size']}\n", headers=headers)

    return answer


def asking(scenario: Scenario, answer: Answering) -> Asking:
    store = scenario.ledger.store
    named = Named(WITNESS, "http://witness.invalid/w/")
    transport = httpx.MockTransport(answer)
    return Asking("W", named, store, CosignatureStore(store), threading.Event(), transport)


def attempt(one: Asking, scenario: Scenario) -> Standing:
    one.ask(head(scenario))
    one.once()
    return one.standing


def test_it_asks_from_what_the_witness_cosigned_last_also_after_a_restart(
    scenario: Scenario, keeper: Witness
) -> None:
    told: list[int] = []
    one, first = asking(scenario, truly(keeper, told)), head(scenario).size
    assert attempt(one, scenario) == Standing("W", first, "cosigns", 0)
    enrol(scenario, "more", "nurse", "ada", "st-mary-trust", "st-mary")
    attempt(asking(scenario, truly(keeper, told)), scenario)
    assert told == [0, first]


def test_a_witness_cosigns_a_head_that_a_second_key_signed_too(tmp_path: Path) -> None:
    """It passes over the line of a key that it does not know."""
    opened = open_scenario(f"sqlite:///{tmp_path}/second.db", second=new_second_key(ORIGIN))
    other = witness(tmp_path / "second-register.db", follows=opened.ledger.vkey)
    assert attempt(asking(opened, truly(other)), opened).state == "cosigns"
    (note,) = CosignatureStore(opened.ledger.store).complete([head(opened)])
    assert len(parse_note(note).signatures) == 4
    other.register.close()
    opened.ledger.close()


def test_it_goes_on_from_the_size_that_a_witness_names(scenario: Scenario, keeper: Witness) -> None:
    """The answer to an earlier one was lost: the witness knows more than we do."""
    attempt(asking(scenario, truly(keeper)), scenario)
    store, told = scenario.ledger.store, list[int]()
    forgetful = CosignatureStore(store)
    forgetful.newest_of = lambda witness: 0  # type: ignore[method-assign]
    named, transport = Named(WITNESS, "http://witness.invalid/w"), httpx.MockTransport(truly(keeper, told))
    one = Asking("W", named, store, forgetful, threading.Event(), transport)
    assert attempt(one, scenario).state == "cosigns"
    assert told == [0, head(scenario).size]


SIZE = {"content-type": "text/x.tlog.size"}
ANSWERS: dict[str, tuple[httpx.Response | Exception, str]] = {
    "nobody there": (httpx.ConnectError("refused"), "witness_unreachable"),
    "too late": (httpx.ReadTimeout("late"), "witness_unreachable"),
    "a refusal": (httpx.Response(422, text="no"), "witness_refuses"),
    "a stranger": (httpx.Response(404), "witness_refuses"),
    "a redirection": (httpx.Response(308, headers={"location": "http://elsewhere"}), "witness_refuses"),
    "a conflict without a size": (httpx.Response(409, text="5\n"), "witness_refuses"),
    "a size that is none": (httpx.Response(409, content=b"05\n", headers=SIZE), "malformed_submission"),
    "another size each time": (httpx.Response(409, content=b"2\n", headers=SIZE), "witness_ahead"),
    "more than there is": (httpx.Response(409, content=b"1000\n", headers=SIZE), "witness_ahead"),
    "nothing": (httpx.Response(200), "malformed_note"),
    "no signature": (httpx.Response(200, text="thanks\n"), "malformed_note"),
    "another's signature": (httpx.Response(200, text="— x AAAAAAA=\n"), "no_signature"),
    "no UTF-8": (httpx.Response(200, content=b"\xff\n"), "malformed_note"),
    "without an end": (httpx.Response(200, content=b"x" * (MAX_BODY + 1)), "bad_answer"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_is_no_cosignature_is_named_and_not_kept(scenario: Scenario, case: str) -> None:
    answer, state = ANSWERS[case]

    def answering(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    one = asking(scenario, answering)
    assert (attempt(one, scenario).state, one.standing.failures) == (state, 1)
    assert CosignatureStore(scenario.ledger.store).witnesses_of(head(scenario).size) == set()


def test_a_cosignature_of_another_head_is_not_kept(scenario: Scenario, keeper: Witness) -> None:
    attempt(asking(scenario, truly(keeper)), scenario)
    line = keeper.register.note(scenario.ledger.origin).decode().splitlines(keepends=True)[-1]
    enrol(scenario, "more", "nurse", "ada", "st-mary-trust", "st-mary")
    one = asking(scenario, lambda request: httpx.Response(200, text=line))
    assert attempt(one, scenario).state == "bad_cosignature"


def test_only_the_witnesss_own_line_is_kept(scenario: Scenario, keeper: Witness) -> None:
    """Else a witness could put lines under the log's heads that are not its."""
    own = truly(keeper)
    both = asking(scenario, lambda request: httpx.Response(200, text=f"— x AAAAAAA=\n{own(request).text}"))
    attempt(both, scenario)
    (note,) = CosignatureStore(scenario.ledger.store).complete([head(scenario)])
    assert [one.name for one in parse_note(note).signatures] == [*[scenario.ledger.origin] * 2, WITNESS.name]


def test_a_head_that_failed_waits_and_the_pause_grows(scenario: Scenario, keeper: Witness) -> None:
    answers = iter([httpx.Response(500)] * 3)
    own = truly(keeper)
    one = asking(scenario, lambda request: next(answers, None) or own(request))
    one.ask(head(scenario))
    pauses = []
    for _ in range(4):
        one.once()
        pauses.append(one.pause_s())
    assert pauses == [1.0, 2.0, 4.0, 0.0]
    assert one.standing == Standing("W", head(scenario).size, "cosigns", 0)


def sized(size: int) -> httpx.Response:
    return httpx.Response(409, content=f"{size}\n", headers=SIZE)


def test_a_size_that_a_witness_once_named_wrongly_is_forgotten(scenario: Scenario, keeper: Witness) -> None:
    """Else one wrong answer silences it until the log is larger than what it said."""
    wrong, own = iter([sized(1_000_000)]), truly(keeper)
    one = asking(scenario, lambda request: next(wrong, None) or own(request))
    assert attempt(one, scenario) == Standing("W", 0, "witness_ahead", 1)
    assert attempt(one, scenario) == Standing("W", head(scenario).size, "cosigns", 0)


def test_a_witness_that_only_names_the_logs_own_size_does_not_cosign(scenario: Scenario) -> None:
    old = head(scenario)
    enrol(scenario, "more", "nurse", "ada", "st-mary-trust", "st-mary")
    one = asking(scenario, lambda request: sized(head(scenario).size))
    one.ask(old)
    one.once()
    assert one.standing == Standing("W", 0, "witness_ahead", 1)


def test_a_head_whose_cosignature_was_lost_on_the_way_to_another_node_is_cosigned_again(
    scenario: Scenario, keeper: Witness
) -> None:
    """The witness truly knows more than anybody kept: it is asked about the newest head instead."""
    old, one = head(scenario), asking(scenario, truly(keeper))
    enrol(scenario, "more", "nurse", "ada", "st-mary-trust", "st-mary")
    newest = head(scenario)
    keeper.add(Submission(0, (), newest.note).encode())
    one.ask(old)
    one.once()
    assert one.standing == Standing("W", newest.size, "cosigns", 0)
    assert CosignatureStore(scenario.ledger.store).witnesses_of(newest.size) == {str(WITNESS)}


def test_another_node_that_was_quicker_is_no_failure(scenario: Scenario, keeper: Witness) -> None:
    old, one = head(scenario), asking(scenario, truly(keeper))
    enrol(scenario, "more", "nurse", "ada", "st-mary-trust", "st-mary")
    attempt(asking(scenario, truly(keeper)), scenario)
    one.ask(old)
    one.once()
    assert (one.standing.state, one.standing.failures) == ("cosigns", 0)


def test_without_a_policy_nothing_runs_and_nothing_is_witnessed(scenario: Scenario) -> None:
    idle = Witnessing(scenario.ledger.store, CosignatureStore(scenario.ledger.store), None)
    idle.start()
    assert (idle.newest(), idle.standings()) == (None, [])
    idle.close()


def test_a_witness_without_a_url_is_not_asked(scenario: Scenario) -> None:
    store = scenario.ledger.store
    idle = Witnessing(store, CosignatureStore(store), policy(1, 11, 12, urls=["http://127.0.0.1:1"]))
    assert [one.name for one in idle.standings()] == ["W11"]


def test_the_newest_witnessed_head_is_the_newest_with_a_quorum(scenario: Scenario) -> None:
    store = scenario.ledger.store
    kept, watched = CosignatureStore(store), policy(2, 11, 12, 13)
    node = Witnessing(store, kept, watched)
    for size, numbers in ((3, (11, 12)), (5, (13,)), (7, (11, 13)), (9, (12,))):
        for number in numbers:
            kept.keep(size, str(vkey_of_number(number)), 1, "a line\n")
    found = node.newest()
    assert found
    assert found.size == 7
    kept.keep(9, str(vkey_of_number(14)), 1, "a stranger\n")
    assert node.newest() == found
    kept.keep(9, str(vkey_of_number(13)), 1, "a line\n")
    assert node.newest() == store.checkpoint(9)


def test_the_head_under_which_somebody_asked_for_evidence_is_handed_out(scenario: Scenario) -> None:
    """A busy log would else have a later one cosigned, and the bundle ends before it."""
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    store = scenario.ledger.store
    node = Witnessing(store, CosignatureStore(store), policy(1, 11))
    before = head(scenario).size
    assert node._pick(before - 1) == head(scenario)
    asked = scenario.say("audrey", f"log/{ORIGIN}", "ExportRequested", scope="log", reason="inspection")
    enrol(scenario, "more", "nurse", "ada", "st-mary-trust", "st-mary")
    assert node._pick(before) == store.checkpoint_covering(asked.position) != head(scenario)
    assert node._pick(asked.position + 1) == head(scenario)
    assert node._pick(0) == head(scenario)


def test_a_long_time_without_a_quorum_is_not_looked_through_each_time(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "LATE", 3)
    store = scenario.ledger.store
    kept = CosignatureStore(store)
    asked = Witnessing(store, kept, policy(2, 11, 12))
    for size in range(3, 12):
        kept.keep(size, str(vkey_of_number(11)), 1, "a line\n")
    assert asked.newest() is None
    looked: list[int] = []
    newest_with = kept.newest_with
    kept.newest_with = lambda enough, floor=0: looked.append(floor) or newest_with(enough, floor)  # type: ignore
    assert asked.newest() is None
    kept.keep(9, str(vkey_of_number(12)), 1, "late, but not too late\n")
    assert asked.newest() == store.checkpoint(9)
    assert looked == [9, 9]


def test_the_numbers_name_each_witness_as_the_policy_does() -> None:
    standings = [Standing('a "b"', 7, "cosigns", 0), Standing("c", 0, "witness_refuses", 4)]
    text = Metrics().text(9, 0, (), standings, 7)
    assert 'unbroken_witness_size{witness="a \\"b\\""} 7\n' in text
    assert 'unbroken_witness_failures{witness="c",state="witness_refuses"} 4\n' in text
    assert "unbroken_witnessed_size 7\n" in text
    assert "witness" not in Metrics().text(9, 0)
