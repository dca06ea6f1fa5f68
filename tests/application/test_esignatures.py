"""Passkeys and e-signatures at the door of a real ledger, and in the check of what it stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.errors import Malformed, Unauthentic, UnbrokenError
from ledger.store.fsck import fsck
from ledger.verify.esignatures import challenge_of
from tests.authenticator import UP, Authenticator
from tests.esigning import (
    DEMANDING,
    by_passphrase,
    esigned,
    made_under_demand,
    record,
    release_of_dose,
    signed,
)
from tests.scenario import WARD, Scenario, b64, open_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COI = "isbt128:CHA999926000001"
CHAIN = f"chain/{COI}"
REVOCATION = {"reason": "lost"}


@pytest.fixture
def scenario(database_url: str, tmp_path: Path) -> Iterator[Scenario]:
    opened = open_scenario(database_url, tmp_path)
    opened.order(COI)
    yield opened
    opened.ledger.close()


@pytest.fixture
def passkey(scenario: Scenario) -> Authenticator:
    """Phil's, added by his administrator."""
    made = Authenticator()
    scenario.say("ada", "agent/phil", "PasskeyAdded", **made.enrolment)
    return made


def fit(scenario: Scenario, **fields: Any) -> dict[str, Any]:
    """A physician's decision that needs no bag."""
    said = {"site": "st-mary", "outcome": "fit", "valid_until": "2030-01-01T00:00:00.000Z"}
    return said | {"chain_version": scenario.version(COI)} | fields


def refusal(scenario: Scenario, raw: bytes) -> UnbrokenError:
    """Why it was refused; asserts that nothing was recorded."""
    before = scenario.ledger.store.head()
    with pytest.raises(UnbrokenError) as refused:
        scenario.ledger.record(raw)
    assert scenario.ledger.store.head() == before
    return refused.value


def is_whole(scenario: Scenario) -> bool:
    return fsck(scenario.ledger.store, str(scenario.ledger.vkey)).ok


def test_an_e_signed_decision_is_recorded_and_audited(scenario: Scenario, passkey: Authenticator) -> None:
    raw = esigned(scenario, passkey, "phil", CHAIN, "PatientFitnessConfirmed", **fit(scenario))
    answer = scenario.ledger.record(raw)
    (found,) = scenario.ledger.world_at().chain(COI).esignatures.values()
    assert (found.position, found.signer, found.method) == (answer.position, "phil", "passkey")
    assert is_whole(scenario)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"flags": UP}, "user verification"),
        ({"rp_id": "evil.test"}, "another domain"),
        ({"origin": "https://evil.test"}, "not within"),
        ({"type": "webauthn.create"}, "webauthn.get"),
        ({"crossOrigin": True}, "cross-origin"),
    ],
)
def test_a_wrong_assertion_is_refused_on_decisions_and_facts(
    scenario: Scenario, passkey: Authenticator, wrong: dict[str, Any], why: str
) -> None:
    decision = passkey.esign(scenario.payload("phil", "PatientFitnessConfirmed", **fit(scenario)), **wrong)
    thaw = scenario.payload("phil", "ThawStarted", at=WARD, containers=["BAG-1"])
    for payload in (decision, passkey.esign(thaw, **wrong)):
        error = refusal(scenario, signed(scenario, "phil", CHAIN, payload))
        assert (type(error), error.code) == (Unauthentic, "bad_assertion")
        assert why in error.detail


def test_an_assertion_under_another_payload_is_refused(scenario: Scenario, passkey: Authenticator) -> None:
    """A replay: the same passkey's true answer, moved to a statement that it was not asked for."""
    payload = passkey.esign(scenario.payload("phil", "PatientFitnessConfirmed", **fit(scenario)))
    moved = payload | {"outcome": "unfit"}
    assert refusal(scenario, signed(scenario, "phil", CHAIN, moved)).code == "bad_assertion"
    record(scenario, "phil", signed(scenario, "phil", CHAIN, payload))
    again = scenario.payload("phil", "PatientFitnessConfirmed", **fit(scenario))
    again |= {"esignature": payload["esignature"]}
    assert refusal(scenario, signed(scenario, "phil", CHAIN, again)).code == "bad_assertion"


def test_an_unknown_passkey_is_refused_before_anything_is_judged(scenario: Scenario) -> None:
    raw = esigned(scenario, Authenticator(), "phil", CHAIN, "PatientFitnessConfirmed", **fit(scenario))
    assert refusal(scenario, raw).code == "unknown_passkey"


def test_a_passkey_of_somebody_else_is_refused(scenario: Scenario, passkey: Authenticator) -> None:
    thaw = {"at": WARD, "containers": ["BAG-1"]}
    assert refusal(scenario, esigned(scenario, passkey, "nora", CHAIN, "ThawStarted", **thaw)).code == (
        "wrong_passkey"
    )


def test_a_revoked_passkey_signs_no_decision_and_a_fact_is_told(
    scenario: Scenario, passkey: Authenticator
) -> None:
    before = esigned(scenario, passkey, "phil", CHAIN, "PatientFitnessConfirmed", **fit(scenario))
    record(scenario, "phil", before)
    revoked = {"credential": passkey.credential} | REVOCATION
    scenario.say("ada", "agent/phil", "PasskeyRevoked", **revoked)
    again = esigned(scenario, passkey, "phil", CHAIN, "PatientFitnessConfirmed", **fit(scenario))
    assert refusal(scenario, again).code == "revoked_passkey"
    fact = esigned(scenario, passkey, "phil", CHAIN, "ConsentRecorded", site="st-mary", form="v4")
    raised = scenario.ledger.record(fact).deviations
    assert "revoked_passkey" in {one.code for one in raised}
    assert is_whole(scenario)  # what was signed before it stands


def test_the_first_answer_is_given_again_after_the_passkey_was_revoked(
    scenario: Scenario, passkey: Authenticator
) -> None:
    raw = esigned(scenario, passkey, "phil", CHAIN, "PatientFitnessConfirmed", **fit(scenario))
    first = scenario.ledger.record(raw)
    revoked = {"credential": passkey.credential} | REVOCATION
    scenario.say("ada", "agent/phil", "PasskeyRevoked", **revoked)
    assert scenario.ledger.record(raw) == first


def test_a_passkey_that_nobody_can_verify_with_is_not_enrolled(scenario: Scenario) -> None:
    fields = Authenticator().enrolment | {"key": b64(b"no key at all")}
    error = refusal(scenario, scenario.sign("ada", "agent/phil", "PasskeyAdded", **fields))
    assert (type(error), error.code) == (Malformed, "unsupported_key")


def test_a_wrong_assertion_inside_a_late_statement_is_refused(
    scenario: Scenario, passkey: Authenticator
) -> None:
    """What a revoked key signed and could not send is whole by itself, its e-signature included."""
    pack = {"at": WARD, "containers": ["BAG-1"]}
    payload = scenario.payload("phil", "ThawStarted", **pack)
    right, wrong = (signed(scenario, "phil", CHAIN, passkey.esign(payload, flags=f)) for f in (5, UP))
    kid = scenario.signer("phil").key.public.kid.hex()
    scenario.say("ada", "agent/phil", "KeyRevoked", kid=kid, reason="phone_lost")
    fields = {"chain_version": scenario.version(COI), "reason": "phone_lost"}
    raw = scenario.sign("quinn", CHAIN, "LateStatementAttested", statement=b64(wrong), **fields)
    assert refusal(scenario, raw).code == "bad_assertion"
    scenario.say("quinn", CHAIN, "LateStatementAttested", statement=b64(right), **fields)
    assert is_whole(scenario)


def test_the_challenge_leaves_out_the_assertion_and_nothing_else() -> None:
    asked = {"meaning": "approval", "method": "passkey", "signed_at": "2026-03-01T09:30:00.000Z"}
    payload = {"type": "X", "seq": 7, "esignature": asked}
    answered = payload | {"esignature": asked | {"assertion": {"credential": "AAAA"}}}
    assert challenge_of(answered) == challenge_of(payload)
    for other in ({"seq": 8}, {"esignature": asked | {"meaning": "review"}}):
        assert challenge_of(payload | other) != challenge_of(payload)


@pytest.mark.parametrize("method", ["passphrase", "passkey"])
def test_a_demanding_product_takes_no_release_without(scenario: Scenario, method: str) -> None:
    passkey, chain = Authenticator(), f"chain/{DEMANDING}"
    scenario.say("ben", "agent/quinn", "PasskeyAdded", **passkey.enrolment)
    made_under_demand(scenario)
    fields = release_of_dose(scenario)
    assert refusal(scenario, scenario.sign("quinn", chain, "Released", **fields)).code == (
        "esignature_required"
    )
    if method == "passkey":
        record(scenario, "quinn", esigned(scenario, passkey, "quinn", chain, "Released", **fields))
    else:
        scenario.say("quinn", chain, "Released", **fields | by_passphrase(scenario))
    (found,) = scenario.ledger.world_at().chain(DEMANDING).esignatures.values()
    assert (found.signer, found.method) == ("quinn", method)
    assert is_whole(scenario)
