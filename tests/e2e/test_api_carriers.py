"""One shipper with two patients' bags: one statement, and each therapy sees its own share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api_stage import COI, OTHER, Stage, catch_up, code, read, two_therapies
from tests.scenario import APHERESIS, CLEANROOM, VAN

SHIPMENT = "shipment/ship-1"
BAGS = ["NEW-1", "OTHER-F1"]
THERAPIES = [{"coi": COI, "containers": ["NEW-1"]}, {"coi": OTHER, "containers": ["OTHER-F1"]}]
PACKED = {"at": APHERESIS, "containers": BAGS, "therapies": THERAPIES, "shipper": "SHIPPER-1", "seal": "S-1"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with two_therapies(tmp_path) as opened:
        new = [{"container": "NEW-1", "volume_ul": 1000}]
        opened.scenario.say("anna", f"chain/{COI}", "CollectionCompleted", at=APHERESIS,
                            ended_at="2026-09-21T12:00:00.000Z", containers=new)  # fmt: skip
        yield opened


def post(stage: Stage, agent: str, event: str, stream: str = SHIPMENT, **fields: Any) -> Any:
    response = stage.post(stage.scenario.sign(agent, stream, event, **fields))
    if response.status_code == 201:
        signer = stage.scenario.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return response


def hand_over(stage: Stage, giver: tuple[str, Any], receiver: tuple[str, Any]) -> None:
    fields = {"containers": BAGS, "therapies": THERAPIES, "condition": "intact"}
    parties = {"giver": giver[1], "receiver": receiver[1]}
    released = post(stage, giver[0], "CustodyReleased", **fields, **parties)
    assert released.status_code == 201, released.text
    accepted = post(
        stage, receiver[0], "CustodyAccepted", release=released.json()["statement_id"], **fields, **parties
    )
    assert accepted.status_code == 201, accepted.text


def test_one_statement_moves_both_patients_bags_and_each_chain_shows_its_own(stage: Stage) -> None:
    before = stage.scenario.ledger.store.head()[0]
    assert post(stage, "anna", "Packed", **PACKED).json()["deviations"] == []
    hand_over(stage, ("anna", APHERESIS), ("kit", VAN))
    assert stage.scenario.ledger.store.head()[0] == before + 3  # no link entries
    for coi, bag in ((COI, "NEW-1"), (OTHER, "OTHER-F1")):
        container = read(stage, "audrey", f"/v1/containers/{bag}")
        assert (container["holder"], container["packing"]["seal"]) == (VAN, "S-1")
        last = read(stage, "audrey", f"/v1/chains/{coi}/timeline")["entries"][-1]
        assert (last["event"]["containers"], last["event"]["therapies"]) == ([bag], None)


def test_a_shipment_shows_what_it_holds_and_hides_what_is_not_the_readers(stage: Stage) -> None:
    post(stage, "anna", "Packed", **PACKED)
    hand_over(stage, ("anna", APHERESIS), ("kit", VAN))
    whole = read(stage, "audrey", f"/v1/shipments/{SHIPMENT[9:]}")
    assert [one["container"] for one in whole["inside"]] == BAGS
    assert (whole["holder"], whole["others"], len(whole["entries"])) == (VAN, 0, 6)
    seal = {"at": VAN, "shipper": "SHIPPER-1", "outcome": "intact"}
    post(stage, "kit", "SealChecked", containers=BAGS[:1], therapies=THERAPIES[:1], **seal)
    assert len(read(stage, "audrey", f"/v1/shipments/{SHIPMENT[9:]}")["entries"]) == 7
    unpacked = {"at": VAN, "shipper": "SHIPPER-1", "containers": BAGS[:1], "therapies": THERAPIES[:1]}
    post(stage, "kit", "Unpacked", **unpacked)
    now = read(stage, "audrey", f"/v1/shipments/{SHIPMENT[9:]}")
    assert [one["container"] for one in now["inside"]] == BAGS[1:]
    assert code(stage.get("/v1/tanks/ship-1", "audrey")) == "no_such_carrier"


def test_of_other_therapies_a_reader_learns_how_many_bags_there_are_and_no_more(stage: Stage) -> None:
    post(stage, "anna", "Packed", **PACKED)
    assert code(stage.get("/v1/shipments/ship-1", "otto")) == "no_such_carrier"
    fields = {"containers": ["NEW-1"], "condition": "intact", "giver": APHERESIS, "receiver": VAN}
    post(stage, "anna", "CustodyReleased", f"chain/{COI}", **fields)
    found = read(stage, "otto", "/v1/shipments/ship-1")
    assert ([one["container"] for one in found["inside"]], found["others"]) == (["NEW-1"], 1)
    assert [entry["event"]["containers"] for entry in found["entries"]] == [["NEW-1"]]
    assert OTHER not in str(found)


def test_a_shipment_is_found_by_the_beginning_of_its_name(stage: Stage) -> None:
    post(stage, "anna", "Packed", **PACKED)
    catch_up(stage)
    found = read(stage, "audrey", "/v1/search", q="ship-")["found"]
    links = {(one["kind"], one["chain"], one["link"]) for one in found}
    assert links == {("shipment", coi, "/v1/shipments/ship-1") for coi in (COI, OTHER)}


def test_bytes_that_name_two_patients_go_only_to_who_may_read_both(stage: Stage) -> None:
    position = post(stage, "anna", "Packed", **PACKED).json()["position"]
    assert stage.get(f"/v1/entries/{position}", "audrey").status_code == 200
    assert stage.get(f"/v1/entries/{position}", "anna").status_code == 200  # she signed it
    assert code(stage.get(f"/v1/entries/{position}", "otto")) == "no_such_entry"


def test_whoever_has_no_part_in_one_of_the_therapies_is_set_apart_there_only(stage: Stage) -> None:
    stranger = "isbt128:CHA999926009999"
    therapies = [THERAPIES[0], {"coi": stranger, "containers": ["OTHER-F1"]}]
    answer = post(stage, "anna", "Packed", **PACKED | {"therapies": therapies}).json()
    assert [(one["code"], one["blocking"]) for one in answer["deviations"]] == [("chain_not_opened", False)]
    assert read(stage, "audrey", "/v1/containers/NEW-1")["packing"]["shipper"] == "SHIPPER-1"
    assert read(stage, "audrey", "/v1/containers/OTHER-F1")["packing"] is None


@pytest.mark.parametrize(
    ("stream", "fields"),
    [
        (SHIPMENT, {"therapies": None}),
        (f"chain/{COI}", {}),
        ("site/st-mary", {}),
        ("shipment/Not A Name", {}),
    ],
)
def test_a_statement_about_several_therapies_stands_on_a_carriers_stream(
    stage: Stage, stream: str, fields: dict[str, Any]
) -> None:
    assert code(post(stage, "anna", "Packed", stream, **PACKED | fields)) == "wrong_stream"


@pytest.mark.parametrize(
    "therapies",
    [
        [],
        THERAPIES[:1],
        [THERAPIES[0], THERAPIES[0]],
        [THERAPIES[0], {"coi": OTHER, "containers": ["OTHER-F1", "OTHER-F1"]}],
    ],
)
def test_therapies_name_each_container_once(stage: Stage, therapies: list[Any]) -> None:
    assert code(post(stage, "anna", "Packed", **PACKED | {"therapies": therapies})) == "invalid_event"


def test_an_acceptance_that_comes_before_its_release_moves_both_bags_when_it_arrives(stage: Stage) -> None:
    fields = {"containers": BAGS, "therapies": THERAPIES, "condition": "intact"}
    parties = {"giver": APHERESIS, "receiver": CLEANROOM}
    post(stage, "mia", "CustodyAccepted", release=None, **fields, **parties)
    assert read(stage, "audrey", "/v1/containers/NEW-1")["holder"] == APHERESIS
    post(stage, "anna", "CustodyReleased", **fields, **parties)
    for bag in BAGS:
        assert read(stage, "audrey", f"/v1/containers/{bag}")["holder"] == CLEANROOM
