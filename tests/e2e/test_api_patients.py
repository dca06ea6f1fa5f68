"""From a wristband to the therapy: who is told what, and how often one may try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from api.tries import PERIOD_MS
from tests.e2e.api_stage import CHAIN, COI, OTHER, Stage, catch_up, code, enrol, read, served, two_therapies
from tests.scenario import commitment, patient, therapy

SITE = "st-mary"
TRIES = 3


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with two_therapies(tmp_path) as stage:
        yield stage


def match(stage: Stage, agent: str, identifiers: list[dict[str, str]], site: str = SITE) -> Any:
    body = {"site": site, "patient": identifiers}
    response = stage.ask("POST", "/v1/patients/match", json=body, headers=stage.bearer(agent))
    assert response.status_code == 200, response.text
    return response.json()


def therapies(stage: Stage, agent: str, identifiers: list[dict[str, str]], site: str = SITE) -> list[str]:
    return [one["coi"] for one in match(stage, agent, identifiers, site)["therapies"]]


def test_a_wristband_leads_to_its_one_therapy_with_the_version_that_a_decision_names(stage: Stage) -> None:
    found = match(stage, "nora", patient("patient-1"))
    (one,) = found["therapies"]
    assert (one["coi"], one["open"], one["closed_position"]) == (COI, True, None)
    assert one["version"] == read(stage, "nora", CHAIN)["version"]
    assert (found["lag"], found["as_of_position"]) == (0, stage.scenario.ledger.store.head()[0])


def test_a_second_therapy_of_the_patient_is_told_too_and_a_closed_one_as_closed(stage: Stage) -> None:
    again = "isbt128:CHA999926000009"
    stage.scenario.order(again, "patient-1")
    closed = stage.scenario.say("carl", f"chain/{OTHER}", "TherapyClosed", reason="cancelled",
                                chain_version=stage.scenario.version(OTHER))  # fmt: skip
    catch_up(stage)
    assert sorted(therapies(stage, "nora", patient("patient-1"))) == [COI, again]
    (one,) = match(stage, "nora", patient("patient-2"))["therapies"]
    assert (one["open"], one["closed_position"]) == (False, closed.position)


def test_one_identifier_of_another_patient_and_there_is_no_therapy(stage: Stage) -> None:
    mixed = [commitment("record_number", "patient-1"), commitment("birth_date", "patient-2")]
    assert therapies(stage, "nora", mixed) == []
    assert therapies(stage, "nora", [*patient("patient-1"), commitment("family_name", "unasked")]) == [COI]


def test_one_identifier_alone_says_nothing(stage: Stage) -> None:
    lone = [commitment("record_number", "patient-1"), commitment("family_name", "unasked")]
    assert therapies(stage, "nora", lone) == []
    body = {"site": SITE, "patient": lone[:1]}
    response = stage.ask("POST", "/v1/patients/match", json=body, headers=stage.bearer("nora"))
    assert code(response) == "invalid_request"


def test_a_commitment_under_another_field_is_not_the_same_identifier(stage: Stage) -> None:
    one, other = patient("patient-1")
    crossed = [one | {"commitment": other["commitment"]}, other | {"commitment": one["commitment"]}]
    assert therapies(stage, "nora", crossed) == []


def test_a_therapy_planned_elsewhere_is_not_told_here(stage: Stage) -> None:
    assert therapies(stage, "nora", patient("patient-1"), "northcell-1") == []


def test_whoever_may_not_read_the_therapy_gets_the_answer_of_one_that_is_not_there(stage: Stage) -> None:
    nobody = match(stage, "otto", patient("nobody"))
    assert match(stage, "otto", patient("patient-1")) == nobody
    assert nobody["therapies"] == []


def test_without_a_session_nothing_is_matched(stage: Stage) -> None:
    body = {"site": SITE, "patient": patient("patient-1")}
    assert code(stage.ask("POST", "/v1/patients/match", json=body)) == "no_session"


def test_misses_are_counted_by_key_and_hits_never(tmp_path: Path) -> None:
    settings = Settings(max_patient_tries=TRIES)
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path, settings) as stage:
        therapy(stage.scenario, COI)
        catch_up(stage)
        for _ in range(TRIES * 2):
            assert therapies(stage, "nora", patient("patient-1")) == [COI]
        for number in range(TRIES):
            assert therapies(stage, "nora", patient(f"guess-{number}")) == []
        body = {"site": SITE, "patient": patient("guess-9")}
        response = stage.ask("POST", "/v1/patients/match", json=body, headers=stage.bearer("nora"))
        assert (code(response), response.status_code) == ("too_many_patient_tries", 429)
        assert therapies(stage, "nils", patient("patient-1")) == [COI]
        stage.scenario.clock.forward(PERIOD_MS // 1000)
        assert therapies(stage, "nora", patient("patient-1")) == [COI]


def test_a_stranger_with_a_role_elsewhere_learns_of_no_patient(stage: Stage) -> None:
    enrol(stage.scenario, "vera", "nurse", "ben", "northcell", "northcell-1")
    assert therapies(stage, "vera", patient("patient-1")) == []  # though she reads this therapy
    assert therapies(stage, "audrey", patient("patient-1")) == []
