"""Keys that are out, unknown or for another log."""

from __future__ import annotations

import os

import pytest

from ledger.errors import (
    NotPermitted,
    Unauthentic,
)
from ledger.proof import canonical, statement
from tests.application.record_stage import CHAIN, COI, collected, packed
from tests.scenario import (
    APHERESIS,
    VAN,
    Scenario,
    b64,
    ordered,
)


def test_a_retired_key_records_facts_but_decides_nothing(scenario: Scenario) -> None:
    collected(scenario)
    kid = scenario.signer("anna").key.public.kid.hex()
    scenario.say("ada", "agent/anna", "KeyRetired", kid=kid, reason="rotated")
    answer = scenario.say("anna", CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1")
    assert [raised.code for raised in answer.deviations] == ["late_by_retired_key"]
    carls = scenario.signer("carl").key.public.kid.hex()
    scenario.say("ada", "agent/carl", "KeyRetired", kid=carls, reason="rotated")
    with pytest.raises(NotPermitted, match="retired_key"):
        scenario.ledger.record(
            scenario.sign("carl", "chain/isbt128:CHA999926000002", "TherapyOrdered", **ordered("patient-1"))
        )


def test_a_retry_after_revocation_still_gets_its_first_answer(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario)
    first = scenario.ledger.record(raw)
    kid = scenario.signer("anna").key.public.kid.hex()
    scenario.say("ada", "agent/anna", "KeyRevoked", kid=kid, reason="phone_lost")
    assert scenario.ledger.record(raw) == first
    with pytest.raises(Unauthentic, match="revoked_key"):
        scenario.ledger.record(packed(scenario, shipper="S-2"))


def test_what_a_revoked_key_could_not_send_enters_by_attestation_and_moves_nothing(
    scenario: Scenario,
) -> None:
    collected(scenario)
    late = scenario.sign(
        "anna",
        CHAIN,
        "CustodyReleased",
        containers=["BAG-1"],
        giver=APHERESIS,
        receiver=VAN,
        condition="intact",
    )
    attest = {"chain_version": scenario.version(COI), "statement": b64(late), "reason": "phone_lost"}
    with pytest.raises(NotPermitted, match="not_revoked"):
        scenario.ledger.record(scenario.sign("quinn", CHAIN, "LateStatementAttested", **attest))
    kid = scenario.signer("anna").key.public.kid.hex()
    scenario.say("ada", "agent/anna", "KeyRevoked", kid=kid, reason="phone_lost")
    with pytest.raises(Unauthentic, match="revoked_key"):
        scenario.ledger.record(late)
    scenario.say("quinn", CHAIN, "LateStatementAttested", **attest | {"chain_version": scenario.version(COI)})
    assert scenario.ledger.world_at().chain(COI).containers["BAG-1"].holder is not None


def test_a_statement_for_another_log_is_refused(scenario: Scenario) -> None:
    payload = canonical.encode(scenario.payload("carl", "TherapyOrdered", **ordered("patient-1")))
    raw = statement.sign(
        scenario.signer("carl").key,
        iss="carl",
        sub=CHAIN,
        aud="other.example/log",
        cti=os.urandom(16),
        payload=payload,
    )
    with pytest.raises(Unauthentic, match="wrong_log"):
        scenario.ledger.record(raw)


def test_a_key_that_was_never_enrolled_is_refused(scenario: Scenario) -> None:
    with pytest.raises(Unauthentic, match="unknown_key"):
        scenario.ledger.record(scenario.sign("stranger", CHAIN, "TherapyOrdered", **ordered("patient-1")))
