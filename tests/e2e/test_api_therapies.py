"""What a therapy says of itself, now and as of any moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import CHAIN, COI, Stage, code, read, two_therapies
from tests.scenario import patient


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def test_a_therapy_says_its_version_order_containers_and_deviations(stage: Stage) -> None:
    found = read(stage, "nora", CHAIN)
    assert found["version"] == stage.scenario.version(COI)
    assert found["order"]["treatment_site"] == "st-mary"
    assert {one["container"]: one["status"] for one in found["containers"]} == {
        "BAG-F1": "consumed",
        "BAG-D1": "infused",
    }
    assert found["deviations"] == []


def test_no_answer_about_a_therapy_has_the_patients_commitments(stage: Stage) -> None:
    for path in (CHAIN, f"{CHAIN}/lineage", f"{CHAIN}/deviations", "/v1/containers/BAG-D1", "/v1/custody"):
        text = stage.get(path, "nora").text
        assert all(one["commitment"] not in text for one in patient("patient-1"))


def test_the_timeline_tells_every_entry_in_order(stage: Stage) -> None:
    found = read(stage, "nora", f"{CHAIN}/timeline")
    assert [one["type"] for one in found["entries"]][:3] == [
        "TherapyOrdered",
        "ConsentRecorded",
        "PatientIdentified",
    ]
    positions = [one["position"] for one in found["entries"]]
    assert positions == sorted(positions)
    assert len(positions) == stage.scenario.version(COI)
    assert found["next_cursor"] is None


def test_pages_of_the_timeline_join_to_the_whole(stage: Stage) -> None:
    whole = read(stage, "nora", f"{CHAIN}/timeline")["entries"]
    pages, cursor = [], None
    while True:
        page = read(stage, "nora", f"{CHAIN}/timeline", limit=4, **({"cursor": cursor} if cursor else {}))
        assert len(page["entries"]) <= 4
        pages += page["entries"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole


def test_lineage_goes_up_and_down(stage: Stage) -> None:
    nodes = {one["container"]: one for one in read(stage, "nora", f"{CHAIN}/lineage")["containers"]}
    assert (nodes["BAG-D1"]["parents"], nodes["BAG-F1"]["children"]) == (["BAG-F1"], ["BAG-D1"])
    dose = read(stage, "nora", "/v1/containers/BAG-D1/lineage")
    assert [one["container"] for one in dose["parents"]] == ["BAG-F1"]
    assert [one["container"] for one in dose["ancestors"]] == ["BAG-F1"]
    assert dose["children"] == dose["descendants"] == []
    assert dose["parents"][0]["position"] == nodes["BAG-F1"]["position"]


def test_a_container_says_who_holds_it_and_which_entry_proves_it(stage: Stage) -> None:
    found = read(stage, "nora", "/v1/containers/BAG-D1")
    assert found["holder"] == {"site": "st-mary", "department": "ward-5"}
    entry = read(stage, "nora", f"/v1/entries/{found['held_since']}")
    assert (entry["event"]["type"], entry["event"]["containers"]) == ("CustodyAccepted", ["BAG-D1"])


def test_every_position_in_the_past_gives_the_state_of_its_prefix(stage: Stage) -> None:
    timeline = read(stage, "nora", f"{CHAIN}/timeline")["entries"]
    for version, entry in enumerate(timeline):
        found = read(stage, "nora", CHAIN, before_position=entry["position"])
        assert (found["version"], found["as_of_position"]) == (version, entry["position"])


def test_a_moment_gives_the_state_that_was_recorded_by_then(stage: Stage) -> None:
    timeline = read(stage, "nora", f"{CHAIN}/timeline")["entries"]
    handover = next(one for one in timeline if one["type"] == "CustodyAccepted")
    then = read(stage, "nora", "/v1/containers/BAG-F1", at=handover["recorded_at"])
    assert then["holder"] == {"site": "swift-depot", "department": "van-2"}
    before = timestamp(stage.scenario.ledger.store.checkpoint_covering(handover["position"]).time_ms - 1)
    earlier = read(stage, "nora", "/v1/containers/BAG-F1", at=before)
    assert earlier["holder"] == {"site": "st-mary", "department": "apheresis"}


def test_before_the_log_began_there_was_nothing(stage: Stage) -> None:
    assert read(stage, "nora", CHAIN, at="2000-01-01T00:00:00.000Z")["version"] == 0
    assert (
        code(stage.get("/v1/containers/BAG-F1", "nora", params={"before_position": 0})) == "no_such_container"
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"before_position": 10**9}, "not_recorded_yet"),
        ({"before_position": -1}, "invalid_request"),
        ({"before_position": "x"}, "invalid_request"),
        ({"at": "yesterday"}, "invalid_request"),
        ({"at": "2026-02-30T00:00:00.000Z"}, "invalid_request"),
        ({"at": "2026-01-01T00:00:00.000Z", "before_position": 1}, "invalid_request"),
    ],
)
def test_a_moment_that_is_none_is_refused(stage: Stage, params: dict[str, Any], expected: str) -> None:
    assert code(stage.get(CHAIN, "nora", params=params)) == expected
