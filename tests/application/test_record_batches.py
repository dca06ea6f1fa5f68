"""Statements that come together: each is answered on its own, and no place is left out."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.application import Answer
from ledger.errors import (
    Fault,
    UnbrokenError,
)
from ledger.proof import statement
from tests.application.record_stage import CHAIN, collected, packed, receipt_holds
from tests.scenario import (
    ORIGIN,
    Scenario,
    b64,
    ordered,
)


def test_a_refused_statement_does_not_spoil_its_batch(scenario: Scenario) -> None:
    collected(scenario)
    good, bad = packed(scenario), b"\x00nonsense"
    first, second, third = scenario.ledger.submit([bad, good, packed(scenario, "kit")]).result()
    assert isinstance(first, UnbrokenError)
    assert isinstance(second, Answer)
    assert isinstance(third, Answer)


def test_each_of_one_submission_fails_or_passes_at_its_own_step(scenario: Scenario) -> None:
    collected(scenario)
    good = packed(scenario)
    flipped = bytes([good[-1] ^ 1])
    anna = {"iss": "anna", "sub": CHAIN, "aud": ORIGIN}
    mute = statement.sign(scenario.signer("anna").key, **anna, cti=os.urandom(16), payload=b"{}")
    raws = [good[:-1] + flipped, mute, good, b"\x00nonsense", packed(scenario, "stranger"), good]
    found = scenario.ledger.submit(raws).result()
    codes = [one.code if isinstance(one, UnbrokenError) else one.position for one in found]
    entry = scenario.ledger.store.head()[0] - 1
    assert codes == ["bad_signature", "unknown_event", entry, "malformed_cose", "unknown_key", entry]


def test_a_store_that_fails_while_it_is_asked_for_a_repeat_is_an_answer(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that checks lives on."""
    collected(scenario)
    good = packed(scenario)

    def down(_: object) -> None:
        raise Fault("store_unavailable", "the database went away")

    monkeypatch.setattr(scenario.ledger.store, "positions_of_cti", down)
    for _ in range(2 * (os.cpu_count() or 1)):
        with pytest.raises(Fault, match="store_unavailable"):
            scenario.ledger.record(good[:-1] + bytes([good[-1] ^ 1]))
    assert scenario.ledger.record(good).position


def test_statements_of_one_submission_build_on_each_other(scenario: Scenario) -> None:
    """Enrolled and used within one batch: the second reads what the first just said."""
    raw = scenario.sign(
        "ada",
        "agent/newt",
        "AgentEnrolled",
        organisation="st-mary-trust",
        roles=[{"role": "coordinator", "site": "st-mary"}],
        key=b64(scenario.signer("newt").key.public.spki),
    )
    scenario.ledger.record(raw)
    first = scenario.sign("newt", CHAIN, "TherapyOrdered", **ordered("patient-1"))
    (answer,) = scenario.ledger.submit([first]).result()
    assert isinstance(answer, Answer)


def test_many_writers_leave_no_gap_and_every_receipt_verifies(scenario: Scenario) -> None:
    from tests.bench.load import chains, statements

    work = [statements(scenario, chain, 6) for chain in chains(scenario, 12)]

    def write(raws: list[bytes]) -> list[tuple[Answer, bytes]]:
        return [(scenario.ledger.record(raw), raw) for raw in raws]

    start = scenario.ledger.store.head()[0]
    with ThreadPoolExecutor(12) as pool:
        answers = [pair for pairs in pool.map(write, work) for pair in pairs]
    assert sorted(answer.position for answer, _ in answers) == list(range(start, start + 72))
    assert all(receipt_holds(scenario, answer, raw) for answer, raw in answers)
    assert not any(answer.deviations for answer, _ in answers)
