"""E-signatures over HTTP: what is refused, and how each is shown with what it signs (21 CFR 11.50)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.authenticator import UP, Authenticator
from tests.e2e.api_stage import Stage, served
from tests.esigning import (
    DEMANDING,
    DOSE,
    by_passphrase,
    esigned,
    made_under_demand,
    record,
    release_of_dose,
    signed,
)

STREAM, CHAIN = f"chain/{DEMANDING}", f"/v1/chains/{DEMANDING}"


@pytest.fixture
def passkey() -> Authenticator:
    return Authenticator()


@pytest.fixture
def stage(database_url: str, tmp_path: Path, passkey: Authenticator) -> Iterator[Stage]:
    """A dose that waits for a release which has to be e-signed; Quinn has a passkey."""
    with served(database_url, tmp_path) as opened:
        opened.scenario.say("ben", "agent/quinn", "PasskeyAdded", **passkey.enrolment)
        made_under_demand(opened.scenario)
        yield opened


def shown(stage: Stage, position: int, method: str, meaning: str = "approval") -> dict[str, Any]:
    when = timestamp(stage.scenario.clock())
    return {"position": position, "signer": "quinn", "meaning": meaning, "method": method, "signed_at": when}


def test_a_decision_without_the_e_signature_that_is_asked_for_is_refused(stage: Stage) -> None:
    answer = stage.post(stage.scenario.sign("quinn", STREAM, "Released", **release_of_dose(stage.scenario)))
    assert (answer.status_code, answer.json()["code"]) == (422, "esignature_required")


def test_an_assertion_that_proves_nothing_is_refused_as_a_bad_signature_is(
    stage: Stage, passkey: Authenticator
) -> None:
    payload = stage.scenario.payload("quinn", "Released", **release_of_dose(stage.scenario))
    answer = stage.post(signed(stage.scenario, "quinn", STREAM, passkey.esign(payload, flags=UP)))
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_assertion")
    assert "user verification" in answer.json()["detail"]


def test_who_when_meaning_and_method_stand_with_what_was_signed(stage: Stage, passkey: Authenticator) -> None:
    scenario = stage.scenario
    raw = esigned(scenario, passkey, "quinn", STREAM, "Released", **release_of_dose(scenario))
    at = record(scenario, "quinn", raw)
    (told,) = [
        one for one in stage.get(f"{CHAIN}/timeline", "nora").json()["entries"] if one["position"] == at
    ]
    assert told["esignature"] == shown(stage, at, "passkey")
    assert "assertion" not in told["event"]["esignature"]
    quality = stage.get(f"{CHAIN}/quality", "nora").json()
    (dose,) = [one for one in quality["containers"] if one["container"] == DOSE]
    assert dose["releases"][0]["esignature"] == shown(stage, at, "passkey")
    assert quality["esigned"] == [shown(stage, at, "passkey")]
    assert quality["required_checks"] == ["esignature"]


def test_a_rejection_by_passphrase_is_shown_as_the_devices_word(stage: Stage) -> None:
    scenario = stage.scenario
    fields = {"containers": [DOSE], "reason": "sterility", "chain_version": scenario.version(DEMANDING)}
    at = scenario.say("quinn", STREAM, "Rejected", **fields, **by_passphrase(scenario, "review")).position
    quality = stage.get(f"{CHAIN}/quality", "nora").json()
    (dose,) = [one for one in quality["containers"] if one["container"] == DOSE]
    assert dose["rejections"][0]["esignature"] == shown(stage, at, "passphrase", "review")


def test_what_nobody_signed_again_is_shown_without(stage: Stage) -> None:
    entries = stage.get(f"{CHAIN}/timeline", "nora").json()["entries"]
    assert {one["esignature"] for one in entries} == {None}
    assert stage.get(f"{CHAIN}/quality", "nora").json()["esigned"] == []


def test_whoever_may_see_a_person_sees_their_passkeys(stage: Stage, passkey: Authenticator) -> None:
    revoked = {"credential": passkey.credential, "reason": "lost"}
    (before,) = stage.get("/v1/agents/quinn", "mia").json()["passkeys"]
    assert (before["credential"], before["rp_id"]) == (passkey.credential, "ledger.example")
    assert (before["status"], len(before["kid"])) == ("active", 64)
    at = stage.scenario.say("ben", "agent/quinn", "PasskeyRevoked", **revoked).position
    (after,) = stage.get("/v1/agents/quinn", "mia").json()["passkeys"]
    assert (after["status"], after["position"]) == ("revoked", at)
    assert before["position"] == before["added_position"] == after["added_position"] < at
    assert stage.get("/v1/agents/quinn", "nora").status_code == 404
