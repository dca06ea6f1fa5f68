"""Statements that arrive together go to the ledger together, and each gets its own answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import pytest

from api.answers import answer_json, answers_json
from api.intake import Intake, Result
from api.metrics import Metrics
from ledger.application import Answer, RaisedDeviation
from ledger.errors import Fault, Malformed, TooMany, UnbrokenError


def answered(position: int, raised: tuple[RaisedDeviation, ...] = ()) -> Answer:
    return Answer(
        position=position,
        statement_id=bytes([position]) * 32,
        size=position + 1,
        recorded_ms=1_790_000_000_000,
        deviations=raised,
        receipt=b"\xd2\xff\xfe",
    )


class FakeLedger:
    """Answers each batch with what `decide` says, from another thread's point of view: later."""

    def __init__(self, decide: Callable[[Sequence[bytes]], list[Result] | BaseException]) -> None:
        self.batches: list[list[bytes]] = []
        self._decide = decide

    def submit(self, raws: Sequence[bytes]) -> Future[list[Result]]:
        self.batches.append(list(raws))
        future: Future[list[Result]] = Future()
        result = self._decide(raws)
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
        return future


def by_first_byte(raws: Sequence[bytes]) -> list[Result]:
    return [answered(raw[0]) if raw[0] else Malformed("malformed_cbor", "zero") for raw in raws]


def together(ledger: FakeLedger, raws: Sequence[bytes]) -> list[Result]:
    async def all_of_them() -> list[Result]:
        intake = Intake(ledger, Metrics())
        return await asyncio.wait_for(asyncio.gather(*map(intake.one, raws)), 5)

    return asyncio.run(all_of_them())


def code(result: Result) -> str:
    assert isinstance(result, UnbrokenError)
    return result.code


def test_what_arrives_in_one_turn_of_the_loop_is_handed_over_at_once() -> None:
    ledger = FakeLedger(by_first_byte)
    together(ledger, [b"\x01", b"\x02", b"\x03"])
    assert ledger.batches == [[b"\x01", b"\x02", b"\x03"]]


def test_each_request_gets_the_answer_of_its_own_statement() -> None:
    results = together(FakeLedger(by_first_byte), [b"\x05", b"\x00", b"\x07"])
    assert [one.position for one in results if isinstance(one, Answer)] == [5, 7]
    assert code(results[1]) == "malformed_cbor"


def test_a_batch_that_fails_as_a_whole_answers_everybody_with_its_error() -> None:
    results = together(FakeLedger(lambda _: TooMany("busy", "later")), [b"\x01", b"\x02"])
    assert [code(one) for one in results] == ["busy", "busy"]


def test_a_failure_that_nobody_expected_becomes_a_fault_that_does_not_repeat_it() -> None:
    (result,) = together(FakeLedger(lambda _: KeyError("isbt128:CHA999926000001")), [b"\x01"])
    assert isinstance(result, Fault)
    assert "CHA" not in result.detail


def test_a_client_that_went_away_does_not_disturb_the_others() -> None:
    async def one_leaves() -> Result:
        intake = Intake(FakeLedger(by_first_byte), Metrics())
        leaving = asyncio.create_task(intake.one(b"\x01"))
        staying = asyncio.create_task(intake.one(b"\x02"))
        await asyncio.sleep(0)
        leaving.cancel()
        return await asyncio.wait_for(staying, 5)

    result = asyncio.run(one_leaves())
    assert isinstance(result, Answer)
    assert result.position == 2


def test_several_in_one_body_are_one_submission_in_order() -> None:
    ledger = FakeLedger(by_first_byte)
    results = asyncio.run(Intake(ledger, Metrics()).many([b"\x03", b"\x00"]))
    assert ledger.batches == [[b"\x03", b"\x00"]]
    assert [isinstance(one, Answer) for one in results] == [True, False]


def test_an_empty_body_does_not_trouble_the_ledger() -> None:
    ledger = FakeLedger(by_first_byte)
    assert asyncio.run(Intake(ledger, Metrics()).many([])) == []
    assert ledger.batches == []


def test_the_metrics_count_what_became_of_each() -> None:
    metrics = Metrics()
    asyncio.run(Intake(FakeLedger(by_first_byte), metrics).many([b"\x03", b"\x00", b"\x04"]))
    text = metrics.text(9, 2)
    assert 'unbroken_statements_total{code="recorded"} 2' in text
    assert 'unbroken_statements_total{code="malformed_cbor"} 1' in text
    assert 'unbroken_batch_size_bucket{le="2"} 0' in text
    assert 'unbroken_batch_size_bucket{le="5"} 1' in text
    assert "unbroken_log_size 9" in text
    assert "unbroken_projection_lag 2" in text


@pytest.mark.parametrize("blocking", [True, False])
def test_the_handmade_json_is_json_and_says_all_of_the_answer(blocking: bool) -> None:
    raised = RaisedDeviation(8, b"\xab" * 32, "claim_without_release", "minor", blocking)
    assert json.loads(answer_json(answered(7, (raised,)))) == {
        "position": 7,
        "statement_id": "07" * 32,
        "log_size": 8,
        "recorded_at": "2026-09-21T14:13:20.000Z",
        "deviations": [
            {
                "position": 8,
                "statement_id": "ab" * 32,
                "code": "claim_without_release",
                "severity": "minor",
                "blocking": blocking,
            }
        ],
        "receipt": "0v_-",
    }


def test_many_answers_carry_the_status_that_each_would_have_had_alone() -> None:
    found = json.loads(answers_json([answered(1), Malformed("unknown_event", "no such event")]))
    assert [one["status"] for one in found["answers"]] == [201, 400]
    assert found["answers"][1]["code"] == "unknown_event"
