"""Testing and Quality over HTTP: two of the worst days, a release out of specification, a pending one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import CHAIN, COI, SEQUENCE, STREAM, Stage, catch_up, code, enrol, read, served
from tests.scenario import APHERESIS, CLEANROOM, PRODUCT, VAN, WARD, confirm_fit, hand_over, infuse, patient

DOSE, SAMPLE = "BAG-D1", "BAG-S1"
LAB = {"site": "assay-lab", "department": "sterility"}
TESTS: list[dict[str, Any]] = [
    {"test": "sterility", "required": True, "may_be_pending": True},
    {"test": "viability", "unit": "percent", "min_milli": 70_000, "required": True, "may_be_pending": False},
]
RULES = {"specifications": [{"country": "GB", "tests": TESTS}]}
SCOPE: dict[str, Any] = {
    "site": "northcell-1",
    "containers": [DOSE],
    "certificate": "ab" * 32,
    "countries": ["GB"],
    "protocols": ["UB-001"],
}


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A dose, and a sample of it that a laboratory of its own holds."""
    with mock.patch.dict(PRODUCT, RULES), served(database_url, tmp_path) as opened:
        scenario = opened.scenario
        lab = {"organisation": "swift-cryo", "site_kind": "testing", "country": "GB"}
        scenario.say("cleo", "site/assay-lab", "SiteOnboarded", **lab)
        enrol(scenario, "tess", "cell_lab", "cleo", "swift-cryo", "assay-lab")
        make(opened)
        yield opened


def make(stage: Stage) -> None:
    scenario = stage.scenario
    scenario.order(COI)
    scenario.say("anna", STREAM, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
                 containers=[{"container": "BAG-F1", "volume_ul": 200_000}])  # fmt: skip
    hand_over(scenario, COI, "BAG-F1", ("anna", APHERESIS), ("mia", CLEANROOM))
    scenario.say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill",
                 parents=[{"container": "BAG-F1", "volume_ul": 200_000}],
                 children=[{"container": DOSE, "volume_ul": 50_000}])  # fmt: skip
    post(stage, "mia", "SampleTaken", at=CLEANROOM, of={"container": DOSE, "volume_ul": 1_000},
         sample={"container": SAMPLE, "volume_ul": 1_000}, purpose="release")  # fmt: skip
    hand_over(scenario, COI, SAMPLE, ("mia", CLEANROOM), ("tess", LAB))


def post(stage: Stage, agent: str, event: str, **fields: Any) -> Any:
    """What the server answers; the signer's numbering follows what it recorded."""
    response = stage.post(stage.scenario.sign(agent, STREAM, event, **fields))
    if response.status_code == 201:
        signer = stage.scenario.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return response


def decide(stage: Stage, agent: str, event: str, **fields: Any) -> Any:
    return post(stage, agent, event, chain_version=stage.scenario.version(COI), **fields)


def report(stage: Stage, test: str, outcome: str = "pass", **fields: Any) -> list[str]:
    """The codes of what the ledger finds wrong with a result."""
    stage.scenario.clock.forward(1)
    said = {"at": LAB, "sample": SAMPLE, "containers": [DOSE], "test": test, "outcome": outcome}
    response = post(stage, "tess", "ResultReported", **said | fields)
    assert response.status_code == 201, response.text
    return [one["code"] for one in response.json()["deviations"]]


def viability(stage: Stage, value: int, outcome: str = "pass") -> list[str]:
    return report(stage, "viability", outcome, value_milli=value, unit="percent")


def clear(stage: Stage) -> None:
    """Quality accepts whatever is open."""
    for one in read(stage, "quinn", f"{CHAIN}/deviations")["open"]:
        said = {"deviation": one["statement_id"], "disposition": "accepted", "reason": "assessed"}
        assert decide(stage, "quinn", "DeviationDispositioned", **said).status_code == 201


def quality(stage: Stage, agent: str = "quinn", **moment: Any) -> Any:
    return read(stage, agent, f"{CHAIN}/quality", **moment)


def assessed(stage: Stage) -> Any:
    (one,) = [each for each in quality(stage)["containers"] if each["container"] == DOSE]
    return one


def bring(stage: Stage) -> None:
    hand_over(stage.scenario, COI, DOSE, ("mia", CLEANROOM), ("kit", VAN))
    hand_over(stage.scenario, COI, DOSE, ("kit", VAN), ("nora", WARD))
    confirm_fit(stage.scenario, COI)


def failed(response: Any) -> set[str]:
    return {gate["name"] for gate in response.json()["gates"] if not gate["passed"]}


def release_pending(stage: Stage) -> Any:
    return decide(stage, "quinn", "ReleasedPendingResults", outstanding=["sterility"], **SCOPE)


def test_a_worst_day_sterility_fails_after_the_infusion_and_the_physician_is_told(stage: Stage) -> None:
    assert viability(stage, 91_500) == []
    assert release_pending(stage).status_code == 201
    bring(stage)
    infuse(stage.scenario, COI, DOSE, "patient-1")
    assert quality(stage, "phil")["alerts"] == []
    assert report(stage, "sterility", "fail") == ["result_out_of_specification", "failed_after_infusion"]
    (alert,) = quality(stage, "phil")["alerts"]
    assert (alert["code"], alert["severity"], alert["containers"]) == (
        "failed_after_infusion",
        "critical",
        [DOSE],
    )
    clear(stage)
    assert quality(stage, "phil")["alerts"] == []
    catch_up(stage)


def test_a_worst_day_two_bags_change_their_labels_and_the_identity_test_finds_it(stage: Stage) -> None:
    """Every label on the bag is this patient's, so every scan agrees; only the cells are another's."""
    report(stage, "sterility")
    viability(stage, 91_500)
    assert decide(stage, "quinn", "Released", **SCOPE).status_code == 201
    bring(stage)
    say = stage.scenario.say
    say("nora", STREAM, "ThawStarted", at=WARD, containers=[DOSE])
    for nurse in ("nora", "nils"):
        checked = {"site": "st-mary", "container": DOSE, "patient": patient("patient-1"), "method": "scan"}
        say(nurse, STREAM, "InfusionChecked", chain_version=stage.scenario.version(COI), **checked)
    compared = {"at": LAB, "containers": [DOSE], "method": "str", "reference": "cd" * 32}
    found = post(stage, "tess", "IdentityTested", outcome="mismatch", **compared)
    assert [one["code"] for one in found.json()["deviations"]] == ["identity_test_mismatch"]
    refused = decide(stage, "phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    assert failed(refused) == {"identity_tested", "no_blocking_deviation"}
    rejected = decide(stage, "quinn", "Rejected", containers=[DOSE], reason="mix_up")
    assert rejected.status_code == 201
    assert read(stage, "nora", f"/v1/containers/{DOSE}")["rejected"]
    (test,) = assessed(stage)["identity_tests"]
    assert (test["outcome"], assessed(stage)["rejections"][0]["reason"]) == ("mismatch", "mix_up")


def test_a_dose_out_of_specification_is_released_because_the_physician_asked(stage: Stage) -> None:
    report(stage, "sterility")
    assert viability(stage, 62_000) == ["result_out_of_specification", "result_contradicts_value"]
    clear(stage)
    assert failed(decide(stage, "quinn", "Released", **SCOPE)) == {"results_in_specification"}
    early = {"request": "00" * 32, "tests": ["viability"]}
    refused = decide(stage, "quinn", "ReleasedOutOfSpecification", **early | SCOPE)
    assert (refused.status_code, code(refused)) == (422, "unknown_request")
    asked = decide(stage, "phil", "OutOfSpecificationRequested", site="st-mary", containers=[DOSE],
                   tests=["viability"], reason="no_alternative").json()  # fmt: skip
    said = {"request": asked["statement_id"], "tests": ["viability"]}
    assert decide(stage, "quinn", "ReleasedOutOfSpecification", **said | SCOPE).status_code == 201
    (shown,) = assessed(stage)["releases"]
    assert (shown["kind"], shown["tests"], shown["request"]) == (
        "out_of_specification",
        ["viability"],
        asked["statement_id"],
    )
    assert quality(stage)["requests"][0]["signer"] == "phil"
    bring(stage)
    infuse(stage.scenario, COI, DOSE, "patient-1")
    assert read(stage, "phil", f"/v1/containers/{DOSE}")["status"] == "infused"


def test_a_release_pending_results_names_what_is_outstanding_and_nothing_else(stage: Stage) -> None:
    assert failed(release_pending(stage)) == {"results_in_specification"}
    viability(stage, 91_500)
    one = assessed(stage)
    assert (one["outstanding"], one["out_of_specification"]) == (["sterility"], [])
    assert release_pending(stage).status_code == 201
    report(stage, "sterility")
    assert code(release_pending(stage)) == "not_pending"
    assert (assessed(stage)["outstanding"], assessed(stage)["releases"][0]["kind"]) == ([], "pending_results")


def test_results_are_shown_against_the_specification_now_and_as_of_any_moment(stage: Stage) -> None:
    viability(stage, 62_000, "invalid")
    before = quality(stage)["as_of_position"]
    viability(stage, 91_500)
    void, counting = assessed(stage)["results"]
    assert (void["counts"], void["verdict"]) == (False, "outstanding")
    assert (counting["counts"], counting["verdict"], counting["sample"]) == (True, "passed", SAMPLE)
    document = quality(stage)
    assert (document["country"], document["required_checks"]) == ("GB", [])
    assert [one["test"] for one in document["specification"]] == ["sterility", "viability"]
    assert document["samples"][0]["of"] == DOSE
    (dose,) = [one for one in quality(stage, before_position=before)["containers"] if one["results"]]
    assert len(dose["results"]) == 1


def test_a_laboratory_reads_the_therapy_while_it_has_the_sample_and_nobody_else_learns_of_it(
    stage: Stage,
) -> None:
    assert quality(stage, "tess")["coi"] == COI
    hand_over(stage.scenario, COI, SAMPLE, ("tess", LAB), ("mia", CLEANROOM))
    assert read(stage, "mia", f"/v1/containers/{SAMPLE}")["made_by"] == "sample"
    assert code(stage.get(f"{CHAIN}/quality", "tess")) == "no_such_chain"
    assert code(stage.get(f"{CHAIN}/quality", "kit")) == "no_such_chain"
    assert code(stage.get("/v1/chains/isbt128:CHA999926000009/quality", "quinn")) == "no_such_chain"


def test_a_correction_stands_beside_what_it_corrects(stage: Stage) -> None:
    packed = post(stage, "mia", "Packed", at=CLEANROOM, containers=[DOSE], shipper="SHIPPER-1").json()
    said = {"corrects": packed["statement_id"], "member": "shipper", "was": "SHIPPER-1", "right": "SHIPPER-7",
            "reason": "typing_error"}  # fmt: skip
    corrected = post(stage, "mia", "Corrected", **said).json()
    assert corrected["deviations"] == []
    entries = {one["position"]: one for one in read(stage, "mia", f"{CHAIN}/timeline")["entries"]}
    original = entries[packed["position"]]
    assert (original["corrected_by"], original["event"]["shipper"]) == (
        [corrected["position"]],
        "SHIPPER-1",
    )
    then = read(stage, "mia", f"{CHAIN}/timeline", before_position=corrected["position"])["entries"]
    assert [one["corrected_by"] for one in then if one["position"] == packed["position"]] == [[]]
    expiry = post(stage, "nora", "Corrected", **said | {"member": "containers.0.expires_at"}).json()
    assert {one["code"] for one in expiry["deviations"]} == {"correction_matters", "correction_by_other"}
    unknown = post(stage, "mia", "Corrected", **said | {"corrects": "00" * 32}).json()
    assert [one["code"] for one in unknown["deviations"]] == ["correction_of_unknown"]


def test_a_correction_in_the_same_batch_finds_what_it_corrects(stage: Stage) -> None:
    scenario, signer = stage.scenario, stage.scenario.signer("mia")
    packed = scenario.sign("mia", STREAM, "Packed", at=CLEANROOM, containers=[DOSE], shipper="SHIPPER-1")
    signer.seq, signer.prev = signer.seq + 1, hashlib.sha256(packed).hexdigest()
    said = {"corrects": signer.prev, "member": "shipper", "was": "SHIPPER-1", "right": "SHIPPER-7",
            "reason": "typing_error"}  # fmt: skip
    correction = scenario.sign("mia", STREAM, "Corrected", **said)
    answers = stage.post(packed + correction, SEQUENCE).json()["answers"]
    assert [(one["status"], one["deviations"]) for one in answers] == [(201, []), (201, [])]
