"""Before a release: which doses wait for Quality, and what the gates would say, to whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import CHAIN, COI, STREAM, Stage, catch_up, code, enrol, read, served
from tests.scenario import APHERESIS, CLEANROOM, hand_over

DOSE, SECOND = "BAG-D1", "BAG-D2"
SITE = "northcell-1"
QUESTION: dict[str, Any] = {"containers": [DOSE], "site": SITE, "countries": ["GB"]}


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Two doses, filled and not released; what is left of the starting material lies beside them."""
    with served(database_url, tmp_path) as opened:
        scenario = opened.scenario
        enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
        scenario.order(COI)
        fresh = {"container": "BAG-F1", "volume_ul": 200_000}
        scenario.say("anna", STREAM, "CollectionCompleted", at=APHERESIS, containers=[fresh],
                     ended_at=timestamp(scenario.clock()))  # fmt: skip
        hand_over(scenario, COI, "BAG-F1", ("anna", APHERESIS), ("mia", CLEANROOM))
        doses = [{"container": name, "volume_ul": 50_000} for name in (DOSE, SECOND)]
        scenario.say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill", children=doses,
                     parents=[{"container": "BAG-F1", "volume_ul": 100_000}])  # fmt: skip
        yield opened


def check(stage: Stage, agent: str = "quinn", **changed: Any) -> Any:
    return stage.ask("POST", f"{CHAIN}/release-check", json=QUESTION | changed, headers=stage.bearer(agent))


def waiting(stage: Stage, agent: str = "quinn", **asked: str) -> list[str]:
    catch_up(stage)
    found = read(stage, agent, "/v1/unreleased", **{"site": SITE} | asked)
    return [one["container"] for one in found["doses"]]


def release(stage: Stage, *containers: str) -> None:
    stage.scenario.say("quinn", STREAM, "Released", chain_version=stage.scenario.version(COI), site=SITE,
                       containers=list(containers), certificate="ab" * 32, countries=["GB"],
                       protocols=["UB-001"])  # fmt: skip


def test_the_check_says_what_the_release_would_and_records_nothing(stage: Stage) -> None:
    before = stage.scenario.ledger.store.head()
    open_ = check(stage).json()
    assert (open_["verdict"], open_["chain_version"]) == ("go", stage.scenario.version(COI))
    assert {gate["passed"] for gate in open_["gates"]} == {True}
    assert stage.scenario.ledger.store.head() == before
    raised = stage.scenario.say("mia", STREAM, "Quarantined", containers=[DOSE], reason="sterility_doubt")
    shut = check(stage).json()
    (failed,) = [gate for gate in shut["gates"] if not gate["passed"]]
    assert (shut["verdict"], failed["name"]) == ("stop", "not_quarantined")
    assert [proof["position"] for proof in failed["proof"]] == [raised.position]
    assert check(stage, containers=[SECOND]).json()["verdict"] == "go"


def test_the_check_answers_for_what_cannot_be_released(stage: Stage) -> None:
    wanted = {"BAG-F1": "finished_product", "NOBODYS-1": "container_of_chain"}
    for container, gate in wanted.items():
        found = check(stage, containers=[container]).json()
        assert gate in {one["name"] for one in found["gates"] if not one["passed"]}
    abroad = check(stage, countries=["JP"]).json()
    assert "product_in_force" in {one["name"] for one in abroad["gates"] if not one["passed"]}


def test_the_check_is_for_readers_of_the_therapy_and_refuses_what_is_no_question(stage: Stage) -> None:
    assert code(check(stage, "otto")) == "no_such_chain"
    for wrong in ({"containers": []}, {"site": "NORTH CELL"}, {"countries": ["gb"]}, {"more": 1}):
        assert code(check(stage, **wrong)) == "invalid_request"
    assert code(stage.ask("POST", f"{CHAIN}/release-check", json=QUESTION)) == "no_session"


def test_doses_wait_until_they_are_released_or_rejected(stage: Stage) -> None:
    assert waiting(stage) == [DOSE, SECOND]
    release(stage, DOSE)
    assert waiting(stage) == [SECOND]
    stage.scenario.say("quinn", STREAM, "Rejected", chain_version=stage.scenario.version(COI),
                       containers=[SECOND], reason="leaks")  # fmt: skip
    assert waiting(stage) == []


def test_a_waiting_dose_says_how_many_deviations_stop_it(stage: Stage) -> None:
    stage.scenario.say("mia", STREAM, "ContainerDamaged", at=CLEANROOM, containers=[DOSE], damage="leak")
    catch_up(stage)
    found = read(stage, "quinn", "/v1/unreleased", site=SITE)["doses"]
    assert {one["container"]: one["blocking"] for one in found} == {DOSE: 1, SECOND: 0}


def test_waiting_doses_come_in_pages_and_only_to_those_who_may_read_their_therapy(stage: Stage) -> None:
    catch_up(stage)
    first = read(stage, "quinn", "/v1/unreleased", site=SITE, limit="1")
    rest = read(stage, "quinn", "/v1/unreleased", site=SITE, limit="1", cursor=first["next_cursor"])
    assert [one["container"] for one in first["doses"] + rest["doses"]] == [DOSE, SECOND]
    assert waiting(stage, "otto") == []
    assert waiting(stage, site="st-mary") == []
