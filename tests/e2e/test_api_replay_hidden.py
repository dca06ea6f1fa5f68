"""What a question about the past never shows: what the asker may not read now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.settings import Settings
from ledger.domain.world import timestamp
from tests.e2e.api_stage import CHAIN, COI, OTHER, STREAM, Stage, enrol, read, served, size, two_therapies
from tests.e2e.test_api_carriers import BAGS, PACKED, THERAPIES, hand_over, post
from tests.e2e.test_api_provisional import PROV, collect, linking
from tests.scenario import APHERESIS, CLEANROOM, VAN, patient
from tests.scenario import hand_over as hand_bag_over

SHIPMENT = "/v1/shipments/ship-1"


class Before(NamedTuple):
    """Another site collected under the therapy's id before the order: before that, and after."""

    stage: Stage
    start: int
    end: int


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Before]:
    folder = tmp_path_factory.mktemp("ledger")
    with served(f"sqlite:///{folder}/l.db", folder, Settings(label_host="ledger.invalid")) as stage:
        scenario = stage.scenario
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        scenario.say("cleo", "site/other-hosp", "SiteOnboarded", organisation="swift-cryo", site_kind="care",
                     country="GB")  # fmt: skip
        enrol(scenario, "olga", "apheresis", "cleo", "swift-cryo", "other-hosp")
        scenario.say("olga", STREAM, "PatientIdentified", site="other-hosp", method="scan", outcome="match",
                     patient=patient("patient-9"))  # fmt: skip
        start = size(stage)
        scenario.say("olga", STREAM, "CollectionCompleted", at={"site": "other-hosp", "department": "aph"},
                     ended_at=timestamp(scenario.clock()),
                     containers=[{"container": "SECRET-1", "volume_ul": 1000}])  # fmt: skip
        end = size(stage)
        scenario.order(COI)
        yield Before(stage, start, end)


def test_nothing_of_another_sites_collection_under_the_id_is_told(before: Before) -> None:
    stage, start, end = before
    then = {"before_position": end}
    reads = [
        (CHAIN + path, asked) for path in ("", "/lineage", "/account", "/deviations") for asked in ({}, then)
    ]
    reads += [(f"{CHAIN}/changes", asked) for asked in ({}, {"to_position": end}, {"from_position": start})]
    for path, asked in reads:
        told = stage.get(path, "anna", params=asked)
        assert told.status_code == 200
        for secret in ("olga", "SECRET-1", "other-hosp"):
            assert secret not in told.text, (path, asked)
    assert "olga" in stage.get(f"{CHAIN}/account", "audrey").text
    assert "SECRET-1" in stage.get(CHAIN, "audrey", params=then).text


def test_an_auditor_who_asks_for_somebody_sees_what_that_one_was_shown(before: Before) -> None:
    stage, _, end = before
    for asked in ({"for": "anna"}, {"for": "anna", "before_position": end}):
        assert "SECRET-1" not in stage.get(CHAIN, "audrey", params=asked).text


def test_a_link_into_a_therapy_that_one_may_not_read_is_not_among_the_entries(tmp_path: Path) -> None:
    with served(f"sqlite:///{tmp_path}/l.db", tmp_path, Settings(label_host="ledger.invalid")) as stage:
        collect(stage.scenario)
        hand_bag_over(stage.scenario, PROV, "BAG-F1", ("anna", APHERESIS), ("kit", VAN))
        enrol(stage.scenario, "olaf", "apheresis", "ada", "st-mary-trust", "st-mary")
        stage.scenario.order(COI)
        assert stage.post(linking(stage.scenario, VAN)).status_code == 201
        for agent in ("anna", "kit", "olaf"):
            told = stage.get(f"/v1/chains/{PROV}/changes", agent)
            reads_it = stage.get(CHAIN, agent).status_code == 200
            assert told.status_code != 200 or reads_it or COI not in told.text


def test_quality_sees_of_a_shipment_for_another_only_its_own_therapies(tmp_path: Path) -> None:
    with two_therapies(tmp_path) as stage:
        scenario = stage.scenario
        new = [{"container": "NEW-1", "volume_ul": 1000}]
        scenario.say("anna", STREAM, "CollectionCompleted", at=APHERESIS, containers=new,
                     ended_at="2026-09-21T12:00:00.000Z")  # fmt: skip
        enrol(scenario, "cora", "quality", "cleo", "swift-cryo", "swift-depot")
        scenario.say("ada", "agent/cora", "EnrolmentApproved", enrolment=scenario.signer("cleo").prev)
        post(stage, "anna", "Packed", **PACKED)
        hand_over(stage, ("anna", APHERESIS), ("kit", VAN))
        post(stage, "kit", "SealChecked", containers=BAGS, therapies=THERAPIES, at=VAN, shipper="SHIPPER-1",
             outcome="intact")  # fmt: skip
        moved: dict[str, Any] = {
            "containers": ["OTHER-F1"],
            "condition": "intact",
            "giver": VAN,
            "receiver": CLEANROOM,
        }
        released = post(stage, "kit", "CustodyReleased", f"chain/{OTHER}", **moved)
        post(stage, "mia", "CustodyAccepted", f"chain/{OTHER}", release=released.json()["statement_id"],
             **moved)  # fmt: skip
        assert stage.get(f"/v1/chains/{OTHER}", "cora").status_code == 404
        assert COI in stage.get(SHIPMENT, "cora", params={"for": "kit"}).text
        for asked in ({}, {"for": "kit"}):
            told = stage.get(SHIPMENT, "cora", params=asked).text
            assert OTHER not in told
            assert "OTHER-F1" not in told
        entries = read(stage, "cora", SHIPMENT, **{"for": "kit"})["entries"]
        assert [one["event"]["type"] for one in entries].count("SealChecked") == 1
