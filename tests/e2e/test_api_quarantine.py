"""A bag that must not be used: quarantine, damage, loss, and who may say that it is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage, code, read, served
from tests.scenario import CLEANROOM, Scenario

DOSE, SECOND = "BAG-D1", "BAG-D2"


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Two doses, made and not released yet."""
    with served(database_url, tmp_path) as opened:
        scenario = opened.scenario
        scenario.order(COI)
        collection = [{"container": "BAG-F1", "volume_ul": 200_000}]
        scenario.say("anna", STREAM, "CollectionCompleted", at={"site": "st-mary", "department": "apheresis"},
                     containers=collection, ended_at=timestamp(scenario.clock()))  # fmt: skip
        _made(scenario)
        yield opened


def _made(scenario: Scenario) -> None:
    parties = {"giver": {"site": "st-mary", "department": "apheresis"}, "receiver": CLEANROOM}
    moved = {"containers": ["BAG-F1"], "condition": "intact"} | parties
    released = scenario.say("anna", STREAM, "CustodyReleased", **moved)
    scenario.say("mia", STREAM, "CustodyAccepted", release=released.statement_id.hex(), **moved)
    scenario.say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill",
                 parents=[{"container": "BAG-F1", "volume_ul": 200_000}],
                 children=[{"container": name, "volume_ul": 50_000} for name in (DOSE, SECOND)])  # fmt: skip


def post(stage: Stage, agent: str, event: str, **fields: Any) -> Any:
    """What the server answers; the signer's numbering follows what it recorded."""
    response = stage.post(stage.scenario.sign(agent, STREAM, event, **fields))
    if response.status_code == 201:
        signer = stage.scenario.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return response


def release(stage: Stage, *containers: str) -> Any:
    return post(
        stage, "quinn", "Released", chain_version=stage.scenario.version(COI), site="northcell-1",
        containers=list(containers), certificate="ab" * 32, countries=["GB"], protocols=["UB-001"],
    )  # fmt: skip


def failed(response: Any) -> set[str]:
    return {gate["name"] for gate in response.json()["gates"] if not gate["passed"]}


def lift(stage: Stage, agent: str, quarantine: str, **fields: Any) -> Any:
    seen = {"chain_version": stage.scenario.version(COI), "reason": "inspected"}
    return post(stage, agent, "QuarantineLifted", quarantine=quarantine, **seen | fields)


def test_a_quarantined_dose_is_not_released_until_quality_lifts_it(stage: Stage) -> None:
    put = post(stage, "mia", "Quarantined", containers=[DOSE], reason="seal_broken").json()
    assert put["deviations"] == []
    refused = release(stage, DOSE, SECOND)
    assert (code(refused), failed(refused)) == ("gate_failed", {"not_quarantined"})
    assert release(stage, SECOND).status_code == 201
    assert lift(stage, "quinn", put["statement_id"]).status_code == 201
    assert release(stage, DOSE).status_code == 201


def test_the_therapy_and_the_container_say_what_holds_them(stage: Stage) -> None:
    put = post(stage, "mia", "Quarantined", containers=["BAG-F1"], reason="seal_broken").json()
    assert read(stage, "nora", f"/v1/containers/{DOSE}")["quarantined"]
    (told,) = read(stage, "nora", f"/v1/chains/{COI}")["quarantines"]
    assert (told["statement_id"], told["reason"], told["put_by"]) == (
        put["statement_id"], "seal_broken", "mia",
    )  # fmt: skip
    assert told["lifted_position"] is None
    lifted = lift(stage, "quinn", put["statement_id"]).json()
    (told,) = read(stage, "nora", f"/v1/chains/{COI}")["quarantines"]
    assert told["lifted_position"] == lifted["position"]
    assert not read(stage, "nora", f"/v1/containers/{DOSE}")["quarantined"]
    before = {"before_position": str(lifted["position"])}
    assert read(stage, "nora", f"/v1/containers/{DOSE}", **before)["quarantined"]


def test_only_quality_lifts_a_quarantine_and_only_one_that_it_has_seen(stage: Stage) -> None:
    before = stage.scenario.version(COI)
    put = post(stage, "mia", "Quarantined", containers=[DOSE], reason="seal_broken").json()["statement_id"]
    assert code(lift(stage, "mia", put)) == "not_permitted"
    assert code(lift(stage, "quinn", put, chain_version=before)) == "stale_view"
    assert code(lift(stage, "quinn", "00" * 32)) == "unknown_quarantine"
    assert lift(stage, "quinn", put).status_code == 201
    assert code(lift(stage, "quinn", put)) == "already_lifted"


def test_a_lost_dose_is_found_and_waits_for_quality(stage: Stage) -> None:
    lost = post(stage, "mia", "ContainerLost", at=CLEANROOM, containers=[DOSE]).json()
    (deviation,) = lost["deviations"]
    assert (deviation["code"], deviation["blocking"]) == ("container_lost", True)
    assert read(stage, "nora", f"/v1/containers/{DOSE}")["lost"]
    assert failed(release(stage, DOSE)) == {"no_blocking_deviation", "not_lost"}
    stage.scenario.clock.forward(60)
    post(stage, "mia", "ContainerFound", at=CLEANROOM, containers=[DOSE], condition="intact")
    assert failed(release(stage, DOSE)) == {"no_blocking_deviation"}
    cleared = post(
        stage, "quinn", "DeviationDispositioned", chain_version=stage.scenario.version(COI),
        deviation=deviation["statement_id"], disposition="accepted", reason="inspected",
    )  # fmt: skip
    assert cleared.status_code == 201
    assert release(stage, DOSE).status_code == 201


def test_a_damaged_bag_stops_its_release(stage: Stage) -> None:
    damaged = post(stage, "mia", "ContainerDamaged", at=CLEANROOM, containers=[DOSE], damage="leak").json()
    assert [one["code"] for one in damaged["deviations"]] == ["container_damaged"]
    assert failed(release(stage, DOSE)) == {"no_blocking_deviation"}
