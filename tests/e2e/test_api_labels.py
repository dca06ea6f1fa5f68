"""A label's way over HTTP: printed, applied, read at the bedside; voided, it stops everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage, code, read, served
from tests.scenario import APHERESIS, CLEANROOM, VAN, WARD, Scenario, confirm_fit, hand_over, patient

FRESH, DOSE = "BAG-F1", "BAG-D1"
LABEL = "L-0001"


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A dose in the cleanroom with its label on it, one more label printed ahead of need."""
    with served(database_url, tmp_path) as opened:
        make(opened.scenario)
        yield opened


def make(scenario: Scenario) -> None:
    say = scenario.say
    scenario.order(COI)
    say("anna", STREAM, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
        containers=[{"container": FRESH, "volume_ul": 200_000}])  # fmt: skip
    hand_over(scenario, COI, FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
    child = {"container": DOSE, "volume_ul": 50_000, "component": "cd8"}
    say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill", children=[child],
        parents=[{"container": FRESH, "volume_ul": 200_000}])  # fmt: skip
    say("mia", STREAM, "LabelIssued", at=CLEANROOM, serials=[LABEL], container=DOSE)
    say("mia", STREAM, "LabelApplied", at=CLEANROOM, serial=LABEL, container=DOSE)
    say("mia", STREAM, "LabelIssued", at=CLEANROOM, serials=["L-0002"])


def released(scenario: Scenario) -> bytes:
    return scenario.sign(
        "quinn", STREAM, "Released", chain_version=scenario.version(COI), site="northcell-1",
        containers=[DOSE], certificate="ab" * 32, countries=["GB"], protocols=["UB-001"],
    )  # fmt: skip


def to_bedside(scenario: Scenario) -> None:
    scenario.say("mia", STREAM, "LabelDestroyed", at=CLEANROOM, serials=["L-0002"], fate="returned_unused")
    scenario.ledger.record(released(scenario))
    hand_over(scenario, COI, DOSE, ("mia", CLEANROOM), ("kit", VAN))
    hand_over(scenario, COI, DOSE, ("kit", VAN), ("nora", WARD))
    confirm_fit(scenario, COI)
    scenario.say("nora", STREAM, "ThawStarted", at=WARD, containers=[DOSE], labels=[LABEL])


def checked(scenario: Scenario, nurse: str, **fields: Any) -> Any:
    return scenario.say(
        nurse, STREAM, "InfusionChecked", chain_version=scenario.version(COI), site="st-mary",
        container=DOSE, patient=patient("patient-1"), method="scan", **fields,
    )  # fmt: skip


def failed(problem: Any) -> set[str]:
    return {gate["name"] for gate in problem.json()["gates"] if not gate["passed"]}


def authorised(scenario: Scenario) -> bytes:
    return scenario.sign(
        "phil", STREAM, "InfusionAuthorised", chain_version=scenario.version(COI), site="st-mary",
        container=DOSE,
    )  # fmt: skip


def test_a_container_shows_its_label_in_force_and_its_component(stage: Stage) -> None:
    found = read(stage, "mia", f"/v1/containers/{DOSE}")
    assert (found["label"], found["component"]) == (LABEL, "cd8")
    stage.scenario.say("mia", STREAM, "LabelVoided", at=CLEANROOM, serial=LABEL, reason="smeared")
    assert read(stage, "mia", f"/v1/containers/{DOSE}")["label"] is None


def test_a_label_that_nobody_can_account_for_holds_the_release(stage: Stage) -> None:
    refused = stage.post(released(stage.scenario))
    assert (code(refused), failed(refused)) == ("gate_failed", {"labels_reconciled"})


def test_two_people_who_read_the_label_in_force_may_go_on(stage: Stage) -> None:
    to_bedside(stage.scenario)
    for nurse in ("nora", "nils"):
        assert checked(stage.scenario, nurse, label=LABEL, component="cd8").deviations == ()
    assert stage.post(authorised(stage.scenario)).status_code == 201


def test_a_voided_label_scanned_at_the_bedside_is_a_hard_stop(stage: Stage) -> None:
    scenario = stage.scenario
    to_bedside(scenario)
    scenario.say("nora", STREAM, "LabelVoided", at=WARD, serial=LABEL, reason="smeared")
    first = checked(scenario, "nora", label=LABEL)
    assert [(one.code, one.severity, one.blocking) for one in first.deviations] == [
        ("label_voided", "critical", True)
    ]
    checked(scenario, "nils", label=LABEL)
    stopped = stage.post(authorised(scenario))
    assert (code(stopped), failed(stopped)) == ("gate_failed", {"label_valid", "no_blocking_deviation"})


def test_a_reprint_that_a_second_person_applied_takes_the_old_labels_place(stage: Stage) -> None:
    scenario = stage.scenario
    to_bedside(scenario)
    replaces = {"serial": LABEL, "reason": "smeared"}
    scenario.say("nora", STREAM, "LabelIssued", at=WARD, serials=["W-1"], container=DOSE, replaces=replaces)
    alone = scenario.say("nora", STREAM, "LabelApplied", at=WARD, serial="W-1", container=DOSE)
    assert [one.code for one in alone.deviations] == ["same_signer"]
    assert read(stage, "nora", f"/v1/containers/{DOSE}")["label"] == LABEL
    scenario.say("nils", STREAM, "LabelApplied", at=WARD, serial="W-1", container=DOSE)
    assert read(stage, "nora", f"/v1/containers/{DOSE}")["label"] == "W-1"
