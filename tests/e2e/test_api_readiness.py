"""A patient made ready for a dose, over HTTP: the ordinary day, and two of the worst."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import CHAIN, COI, STREAM, Stage, code, enrol, read, served
from tests.scenario import APHERESIS, CLEANROOM, WARD, Scenario, patient, prepare

FRESH, DOSE = "BAG-F1", "BAG-D1"
HERE = {"site": "st-mary"}
BAG = HERE | {"container": DOSE}


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A dose, released, in the ward's freezer; the patient is at home."""
    with served(database_url, tmp_path) as opened:
        scenario = opened.scenario
        enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
        scenario.order(COI)
        made = [{"container": FRESH, "volume_ul": 200_000}]
        scenario.say("anna", STREAM, "CollectionCompleted", at=APHERESIS, containers=made,
                     ended_at=timestamp(scenario.clock()))  # fmt: skip
        _move(scenario, FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
        scenario.say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill",
                     parents=[{"container": FRESH, "volume_ul": 200_000}],
                     children=[{"container": DOSE, "volume_ul": 50_000}])  # fmt: skip
        _release(scenario)
        _move(scenario, DOSE, ("mia", CLEANROOM), ("nora", WARD))
        yield opened


def _release(scenario: Scenario) -> None:
    scope = {"countries": ["GB"], "protocols": ["UB-001"], "certificate": "ab" * 32}
    scenario.say("quinn", STREAM, "Released", chain_version=scenario.version(COI), site="northcell-1",
                 containers=[DOSE], **scope)  # fmt: skip


def _move(scenario: Scenario, bag: str, giver: tuple[str, Any], receiver: tuple[str, Any]) -> None:
    parties = {"containers": [bag], "giver": giver[1], "receiver": receiver[1], "condition": "intact"}
    released = scenario.say(giver[0], STREAM, "CustodyReleased", **parties)
    scenario.say(receiver[0], STREAM, "CustodyAccepted", release=released.statement_id.hex(), **parties)


def post(stage: Stage, agent: str, event: str, **fields: Any) -> Any:
    """What the server answers; the signer's numbering follows what it recorded."""
    response = stage.post(stage.scenario.sign(agent, STREAM, event, **fields))
    if response.status_code == 201:
        signer = stage.scenario.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return response


def decide(stage: Stage, agent: str, event: str, **fields: Any) -> Any:
    """By somebody who has just looked."""
    version = read(stage, agent, CHAIN)["version"]
    return post(stage, agent, event, **{"chain_version": version} | fields)


def recorded(response: Any) -> set[str]:
    """The codes that the ledger raised behind it."""
    assert response.status_code == 201, response.text
    return {one["code"] for one in response.json()["deviations"]}


def bedside(stage: Stage) -> None:
    """Thawed, and checked by two people, each alone."""
    post(stage, "nora", "ThawStarted", at=WARD, containers=[DOSE])
    for nurse in ("nora", "nils"):
        checked = decide(stage, nurse, "InfusionChecked", patient=patient("patient-1"), method="scan", **BAG)
        assert recorded(checked) == set()


def check_infusion(stage: Stage, agent: str = "phil") -> Any:
    response = stage.ask("POST", f"{CHAIN}/infusion-check", json=BAG, headers=stage.bearer(agent))
    return response.json()


def check_lymphodepletion(stage: Stage, agent: str = "phil") -> Any:
    return read(stage, agent, f"{CHAIN}/lymphodepletion-check", **HERE)


def stopping(check: Any) -> set[str]:
    return {gate["name"] for gate in check["gates"] if not (gate["passed"] or gate["overridden"])}


def fit(stage: Stage, days: int = 14) -> Any:
    until = timestamp(stage.scenario.clock() + days * 86_400_000)
    return decide(stage, "phil", "PatientFitnessConfirmed", outcome="fit", valid_until=until, **HERE)


# --- the ordinary day -------------------------------------------------------------------


def test_a_patient_is_prepared_only_for_a_dose_that_is_at_hand(stage: Stage) -> None:
    assert stopping(check_lymphodepletion(stage)) == {"fitness_confirmed", "product_available"}
    assert recorded(fit(stage)) == set()
    early = decide(stage, "phil", "LymphodepletionAuthorised", **HERE)
    assert (code(early), stopping(early.json())) == ("gate_failed", {"product_available"})
    decide(stage, "carl", "AvailabilityConfirmed", containers=[DOSE], **HERE)
    check = check_lymphodepletion(stage)
    assert (check["verdict"], stopping(check)) == ("go", set())
    assert recorded(decide(stage, "phil", "LymphodepletionAuthorised", **HERE)) == set()
    assert recorded(post(stage, "nora", "LymphodepletionStarted", regimen="flu_cy", **HERE)) == set()


def test_the_therapy_tells_how_ready_the_patient_is(stage: Stage) -> None:
    empty = read(stage, "nora", CHAIN)["readiness"]
    assert empty["consent"]["stands"]
    assert (empty["consent"]["form"], empty["fitness"], empty["availability"]) == ("CONSENT v3", None, None)
    prepare(stage.scenario, COI, DOSE)
    told = read(stage, "nora", CHAIN)["readiness"]
    assert (told["fitness"]["fit"], told["fitness"]["signer"]) == (True, "phil")
    assert told["availability"]["containers"] == [DOSE]
    lymphodepletion = told["lymphodepletion"]
    assert lymphodepletion["regimen"] == "flu_cy"
    assert lymphodepletion["authorised_position"] < lymphodepletion["started_position"]


def test_the_check_is_for_readers_of_the_therapy_and_needs_a_place(stage: Stage) -> None:
    path = f"{CHAIN}/lymphodepletion-check"
    assert code(stage.get(path, "otto", params=HERE)) == "no_such_chain"
    assert code(stage.get(path, "phil")) == "invalid_request"
    assert code(stage.get(path, "phil", params={"site": "ST MARY"})) == "invalid_request"
    assert code(stage.get(path, params=HERE)) == "no_session"


# --- the patient withdraws ----------------------------------------------------------------


def test_the_patient_withdraws_after_the_infusion_was_authorised(stage: Stage) -> None:
    """Nothing is given any more; what is given all the same is seen; a new yes begins anew."""
    prepare(stage.scenario, COI, DOSE)
    bedside(stage)
    assert recorded(decide(stage, "phil", "InfusionAuthorised", **BAG)) == set()
    stage.scenario.clock.forward(60)
    gone = post(stage, "nora", "ConsentWithdrawn", reason="changed_their_mind", **HERE)
    assert recorded(gone) == set()
    for check in (check_infusion(stage), check_lymphodepletion(stage)):
        assert check["verdict"] == "stop"
        (gate,) = [one for one in check["gates"] if one["name"] == "consent"]
        assert gone.json()["position"] in [proof["position"] for proof in gate["proof"]]
    override = {"gates": ["consent"], "reason": "no_other_way"}
    assert code(decide(stage, "phil", "EmergencyOverride", **BAG | override)) == "not_overridable"
    assert not read(stage, "nora", CHAIN)["readiness"]["consent"]["stands"]
    stage.scenario.clock.forward(60)
    assert recorded(post(stage, "carl", "ConsentRecorded", form="CONSENT v3", **HERE)) == set()
    assert check_infusion(stage)["verdict"] == "go"
    found = recorded(post(stage, "nora", "InfusionStarted", **BAG))
    assert found == {"infusion_without_authorisation"}  # the old permission did not come back


def test_a_collection_after_a_withdrawal_stops_the_therapy(stage: Stage) -> None:
    stage.scenario.clock.forward(60)
    post(stage, "nora", "ConsentWithdrawn", reason="changed_their_mind", **HERE)
    late = post(
        stage, "anna", "CollectionCompleted", at=APHERESIS, ended_at=timestamp(stage.scenario.clock()),
        containers=[{"container": "BAG-F2", "volume_ul": 200_000}],
    )  # fmt: skip
    assert recorded(late) == {"consent_withdrawn"}
    (told,) = read(stage, "quinn", f"{CHAIN}/deviations")["open"]
    assert (told["code"], told["severity"], told["containers"]) == (
        "consent_withdrawn", "critical", ["BAG-F2"],
    )  # fmt: skip


# --- an override at night -------------------------------------------------------------------


def test_a_physician_overrides_a_quarantine_at_night(stage: Stage) -> None:
    """The only dose is thawed, its quarantine is a formality, and Quality sleeps."""
    prepare(stage.scenario, COI, DOSE)
    bedside(stage)
    put = post(stage, "mia", "Quarantined", containers=[FRESH], reason="paper_missing").json()
    assert stopping(check_infusion(stage)) == {"not_quarantined"}
    named = BAG | {"gates": ["not_quarantined"], "reason": "no_other_dose"}
    made = decide(stage, "phil", "EmergencyOverride", **named)
    assert recorded(made) == set()
    assert stopping(check_infusion(stage)) == {"not_quarantined"}  # one person alone changes nothing
    override = made.json()["statement_id"]
    assert code(decide(stage, "phil", "OverrideConfirmed", override=override)) == "same_signer"
    done = decide(stage, "nora", "OverrideConfirmed", override=override)
    assert recorded(done) == {"emergency_override"}
    check = check_infusion(stage)
    (gate,) = [one for one in check["gates"] if one["name"] == "not_quarantined"]
    assert (check["verdict"], gate["passed"], gate["overridden"]) == ("go", False, True)
    assert [proof["statement_id"] for proof in gate["proof"]] == [
        put["statement_id"], override, done.json()["statement_id"],
    ]  # fmt: skip
    assert recorded(decide(stage, "phil", "InfusionAuthorised", **BAG)) == set()
    assert recorded(post(stage, "nora", "InfusionStarted", **BAG)) == set()


def test_quality_sees_the_override_in_the_morning(stage: Stage) -> None:
    prepare(stage.scenario, COI, DOSE)
    post(stage, "mia", "Quarantined", containers=[DOSE], reason="paper_missing")
    named = BAG | {"gates": ["not_quarantined"], "reason": "no_other_dose"}
    made = decide(stage, "phil", "EmergencyOverride", **named).json()
    decide(stage, "nils", "OverrideConfirmed", override=made["statement_id"])
    (deviation,) = read(stage, "quinn", f"{CHAIN}/deviations")["open"]
    assert (deviation["code"], deviation["severity"], deviation["blocks"]) == (
        "emergency_override", "major", False,
    )  # fmt: skip
    (told,) = read(stage, "quinn", CHAIN)["overrides"]
    assert (told["statement_id"], told["signer"], told["confirmed_by"]) == (
        made["statement_id"], "phil", "nils",
    )  # fmt: skip
    assert (told["container"], told["gates"], told["reason"]) == (DOSE, ["not_quarantined"], "no_other_dose")


def test_what_happens_after_the_override_stops_the_bag_again(stage: Stage) -> None:
    prepare(stage.scenario, COI, DOSE)
    bedside(stage)
    post(stage, "mia", "Quarantined", containers=[FRESH], reason="paper_missing")
    named = BAG | {"gates": ["not_quarantined"], "reason": "no_other_dose"}
    made = decide(stage, "phil", "EmergencyOverride", **named).json()
    decide(stage, "nora", "OverrideConfirmed", override=made["statement_id"])
    assert recorded(decide(stage, "phil", "InfusionAuthorised", **BAG)) == set()
    post(stage, "quinn", "Quarantined", containers=[DOSE], reason="sterility_in_doubt")
    assert stopping(check_infusion(stage)) == {"not_quarantined"}
    assert recorded(post(stage, "nora", "InfusionStarted", **BAG)) >= {"infusion_without_authorisation"}


def test_nobody_overrides_the_wrong_patient(stage: Stage) -> None:
    prepare(stage.scenario, COI, DOSE)
    bedside(stage)
    wrong = decide(stage, "nils", "InfusionChecked", patient=patient("patient-2"), method="scan", **BAG)
    assert recorded(wrong) == {"identity_mismatch"}
    for gates in (["patient_matched"], ["checks_agree"], ["no_blocking_deviation"]):
        named = BAG | {"gates": gates, "reason": "no_other_dose"}
        assert code(decide(stage, "phil", "EmergencyOverride", **named)) == "not_overridable"
