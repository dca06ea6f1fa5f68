"""Who holds what, now and then, and which hand-overs wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api_stage import CHAIN, COI, OTHER, Stage, catch_up, code, read, served, size, two_therapies
from tests.scenario import APHERESIS, VAN, hand_over


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def test_custody_lists_what_a_department_holds(stage: Stage) -> None:
    catch_up(stage)
    found = read(stage, "nora", "/v1/custody", site="st-mary", department="apheresis")
    assert [one["container"] for one in found["holdings"]] == ["OTHER-F1"]
    assert found["as_of_position"] + found["lag"] == size(stage)
    assert read(stage, "nora", "/v1/custody", site="northcell-1")["holdings"] == []


def test_custody_of_a_used_container_is_told_when_asked(stage: Stage) -> None:
    catch_up(stage)
    assert "BAG-D1" not in {one["container"] for one in read(stage, "nora", "/v1/custody")["holdings"]}
    (one,) = read(stage, "nora", "/v1/custody", container="BAG-D1")["holdings"]
    assert (one["used_up"], one["status"]) == (True, "infused")


def test_custody_leaves_out_what_a_reader_may_not_know(stage: Stage) -> None:
    catch_up(stage)
    assert read(stage, "otto", "/v1/custody", used_up=True)["holdings"] == []
    everything = read(stage, "audrey", "/v1/custody", used_up=True)["holdings"]
    assert {one["container"] for one in everything} == {"BAG-F1", "BAG-D1", "OTHER-F1"}


def test_pages_of_custody_join_to_the_whole(stage: Stage) -> None:
    catch_up(stage)
    whole = read(stage, "audrey", "/v1/custody", used_up=True)["holdings"]
    pages, cursor = [], None
    for _ in range(len(whole) + 1):
        params: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = read(stage, "audrey", "/v1/custody", used_up=True, limit=1, **params)
        pages += page["holdings"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole


def test_custody_of_the_past_is_what_each_hand_over_made_it(stage: Stage) -> None:
    """Replayed entry by entry: a department holds a bag exactly between two hand-overs."""
    timeline = read(stage, "audrey", f"{CHAIN}/timeline")["entries"]
    holders = []
    for entry in timeline:
        found = read(stage, "audrey", "/v1/custody", container="BAG-F1", before_position=entry["position"])
        assert (found["as_of_position"], found["lag"]) == (entry["position"], 0)
        holders += [one["holder"]["department"] for one in found["holdings"]]
    assert list(dict.fromkeys(holders)) == ["apheresis", "van-2", "cleanroom"]


def test_custody_of_the_past_lists_all_that_a_site_held(stage: Stage) -> None:
    made = read(stage, "audrey", f"{CHAIN}/lineage")["containers"][1]["position"]
    then = read(stage, "audrey", "/v1/custody", site="northcell-1", before_position=made + 1)
    assert [one["container"] for one in then["holdings"]] == ["BAG-D1"]
    assert read(stage, "otto", "/v1/custody", site="northcell-1", before_position=made + 1)["holdings"] == []
    now = read(stage, "audrey", "/v1/custody", used_up=True, at="2099-01-01T00:00:00.000Z", limit=1)
    rest = read(stage, "audrey", "/v1/custody", used_up=True, at="2099-01-01T00:00:00.000Z",
                cursor=now["next_cursor"])  # fmt: skip
    assert [one["chain"] for one in now["holdings"] + rest["holdings"]] == [COI, COI, OTHER]


def test_a_read_model_that_lags_says_so(sqlite_url: str, tmp_path: Path) -> None:
    with served(sqlite_url, tmp_path) as stage:
        projector = stage.app.state.node.projector
        projector.close()
        position = projector.catch_up()
        stage.scenario.order(COI)
        found = read(stage, "nora", "/v1/custody")
        assert (found["as_of_position"], found["lag"]) == (position, 2)  # an order and a consent
        assert stage.get("/v1/health").json()["projection_lag"] == 2


@pytest.mark.parametrize("cursor", ["!!", "NDcxMQ==", "eA"])
def test_a_cursor_of_nobodys_is_refused(stage: Stage, cursor: str) -> None:
    assert code(stage.get("/v1/custody", "audrey", params={"cursor": cursor})) == "invalid_request"


def test_a_handover_that_waits_is_listed_until_it_is_answered(stage: Stage) -> None:
    parties = {"containers": ["OTHER-F1"], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    released = stage.scenario.say("anna", f"chain/{OTHER}", "CustodyReleased", **parties)
    catch_up(stage)
    (one,) = read(stage, "kit", "/v1/handovers", site="swift-depot")["handovers"]
    assert (one["kind"], one["statement_id"]) == ("release", released.statement_id.hex())
    (held,) = read(stage, "kit", "/v1/custody", offered_to="swift-depot")["holdings"]
    assert held["offered_to"] == VAN
    assert (
        read(stage, "otto", "/v1/handovers")["handovers"] == read(stage, "kit", "/v1/handovers")["handovers"]
    )
    named = released.statement_id.hex()
    stage.scenario.say("kit", f"chain/{OTHER}", "CustodyAccepted", release=named, **parties)
    catch_up(stage)
    assert read(stage, "kit", "/v1/handovers")["handovers"] == []
    hand_over(stage.scenario, OTHER, "OTHER-F1", ("kit", VAN), ("anna", APHERESIS))


def test_a_long_list_that_one_may_not_read_comes_in_short_pages_with_a_way_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up(stage)
    monkeypatch.setattr("api.listing.LOOKS", 1)
    monkeypatch.setattr("api.listing.STRIDE", 1)
    monkeypatch.setattr("api.history.LOOKS", 1)
    now = read(stage, "otto", "/v1/custody", used_up=True, limit=1)
    assert now["holdings"] == []
    assert now["next_cursor"]
    then = read(stage, "otto", "/v1/custody", used_up=True, before_position=size(stage))
    assert then["holdings"] == []
    assert then["next_cursor"]


def test_a_deviation_is_listed_for_quality_until_it_is_dispositioned(
    stage: Stage,
) -> None:
    chain = f"chain/{OTHER}"
    fields = {"severity": "major", "blocking": True, "containers": ["OTHER-F1"], "cause": None}
    raised = stage.scenario.say("anna", chain, "DeviationRaised", code="bag_leaks", **fields)
    named = raised.statement_id.hex()
    catch_up(stage)
    listed = read(stage, "quinn", "/v1/deviations", severity="major", blocking=True)["deviations"]
    assert [one["code"] for one in listed if one["statement_id"] == named] == ["bag_leaks"]
    stage.scenario.say(
        "quinn", chain, "DeviationDispositioned", chain_version=stage.scenario.version(OTHER),
        deviation=named, disposition="accepted", reason="inspected",
    )  # fmt: skip
    catch_up(stage)
    assert named not in [one["statement_id"] for one in read(stage, "quinn", "/v1/deviations")["deviations"]]
