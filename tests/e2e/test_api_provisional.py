"""A collection that came before its order, over HTTP: read, handed over, linked, read on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage, catch_up, code, read, served, size
from tests.label_stage import issue, wanted
from tests.scenario import APHERESIS, VAN, Scenario, hand_over, patient

PROV = "acme:PROV-0001"
ON_PROV = f"chain/{PROV}"
FRESH = "BAG-F1"


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(database_url, tmp_path, Settings(label_host="ledger.invalid")) as opened:
        yield opened


def collect(scenario: Scenario, stream: str = ON_PROV) -> list[Any]:
    identified = scenario.say("anna", stream, "PatientIdentified", site="st-mary", method="scan",
                              patient=patient("patient-1"), outcome="match")  # fmt: skip
    bags = [{"container": FRESH, "volume_ul": 200_000}]
    ended = timestamp(scenario.clock())
    collected = scenario.say("anna", stream, "CollectionCompleted", at=APHERESIS, containers=bags,
                             ended_at=ended)  # fmt: skip
    return [one.code for answer in (identified, collected) for one in answer.deviations]


def linking(scenario: Scenario, at: Any, provisional: str = PROV, **more: Any) -> bytes:
    linked = {"container": FRESH, "volume_ul": 200_000, "at": at}
    return scenario.sign("carl", STREAM, "ChainLinked", chain_version=scenario.version(COI),
                         provisional=provisional, containers=[linked | more])  # fmt: skip


def test_a_collection_before_its_order_is_carried_on_and_linked(stage: Stage) -> None:
    scenario = stage.scenario
    assert collect(scenario) == ["provisional_chain"]
    hand_over(scenario, PROV, FRESH, ("anna", APHERESIS), ("kit", VAN))
    found = read(stage, "kit", f"/v1/chains/{PROV}")
    assert (found["order"], found["provisional"]["site"]) == (None, "st-mary")
    assert found["containers"][0]["holder"] == VAN
    scenario.order(COI)
    assert code(stage.post(linking(scenario, APHERESIS))) == "link_differs"
    linked = stage.post(linking(scenario, VAN))
    assert (linked.status_code, linked.json()["deviations"]) == (201, [])
    bag = read(stage, "kit", f"/v1/containers/{FRESH}")
    assert (bag["chain"], bag["holder"], bag["position"]) == (COI, VAN, linked.json()["position"])
    assert read(stage, "anna", f"/v1/chains/{PROV}")["provisional"]["linked_to"] == COI
    catch_up(stage)
    assert [one["chain"] for one in read(stage, "anna", "/v1/custody")["holdings"]] == [COI]


def test_a_provisional_chain_is_nobody_elses_to_read(stage: Stage) -> None:
    collect(stage.scenario)
    for stranger in ("kit", "mia"):
        assert code(stage.get(f"/v1/chains/{PROV}", stranger)) == "no_such_chain"
    position = size(stage) - 1
    assert code(stage.get(f"/v1/entries/{position}", "kit")) == "no_such_entry"
    assert read(stage, "anna", f"/v1/chains/{PROV}/timeline")["entries"]


def test_a_label_that_was_voided_in_the_therapy_is_not_drawn_by_the_provisional_id_either(
    stage: Stage,
) -> None:
    scenario = stage.scenario
    collect(scenario)
    issue(scenario, PROV, "L0001", container=FRESH, by="anna", at=APHERESIS)
    scenario.say("anna", ON_PROV, "LabelApplied", at=APHERESIS, serial="L0001", container=FRESH)
    scenario.order(COI)
    assert stage.post(linking(scenario, APHERESIS, label="L0001")).status_code == 201

    def drawn() -> set[Any]:
        asked = [wanted(coi, "L0001", FRESH) for coi in (PROV, COI)]
        told = [stage.ask("POST", "/v1/labels", json=one, headers=stage.bearer("anna")) for one in asked]
        return {code(one) if one.status_code != 200 else 200 for one in told}

    assert drawn() == {200}
    scenario.say("anna", STREAM, "LabelVoided", at=APHERESIS, serial="L0001", reason="smeared")
    assert drawn() == {"label_void"}


def test_what_stood_under_the_orders_id_is_shown_until_it_is_linked(stage: Stage) -> None:
    scenario = stage.scenario
    collect(scenario, STREAM)
    ordered = scenario.order(COI)
    assert [one.code for one in ordered.deviations] == ["provisional_set_aside"]
    before = read(stage, "carl", f"/v1/chains/{COI}")
    assert (before["containers"], [one["container"] for one in before["provisional"]["containers"]]) == (
        [],
        [FRESH],
    )
    assert stage.post(linking(scenario, APHERESIS, COI)).status_code == 201
    after = read(stage, "carl", f"/v1/chains/{COI}")
    assert [one["container"] for one in after["containers"]] == [FRESH]
    assert after["provisional"]["linked_to"] == COI
