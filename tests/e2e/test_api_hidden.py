"""What a reader may not see shows nowhere: not in cursors, counts, refusals, shipments, links or feeds."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.feed import event
from api.reading import reader_at
from tests.e2e.api_stage import CHAIN, COI, OTHER, Stage, catch_up, enrol, read, served, size, two_therapies
from tests.e2e.supply_stage import LOT, make_doses
from tests.scenario import APHERESIS, CLEANROOM, VAN, hand_over, ordered, patient

ENDED = "2026-09-21T12:00:00.000Z"
THIRD, NOBODY = "isbt128:CHA999926000003", "isbt128:CHA999926009999"
THERAPIES = [{"coi": COI, "containers": ["NEW-1"]}, {"coi": OTHER, "containers": ["OTHER-F1"]}]
BAGS = ["NEW-1", "OTHER-F1"]
FAR = {"site": "far-h", "department": "apheresis"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with two_therapies(tmp_path) as opened:
        yield opened


def post(stage: Stage, agent: str, stream: str, event_type: str, **fields: Any) -> Any:
    response = stage.post(stage.scenario.sign(agent, stream, event_type, **fields))
    if response.status_code == 201:
        signer = stage.scenario.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return response


def identify(stage: Stage, coi: str, name: str, by: str = "anna", site: str = "st-mary") -> None:
    read_as = {"site": site, "patient": patient(name), "method": "scan", "outcome": "match"}
    assert post(stage, by, f"chain/{coi}", "PatientIdentified", **read_as).status_code == 201


def collect(stage: Stage, coi: str, *bags: str, by: str = "anna", at: Any = APHERESIS) -> None:
    made = [{"container": bag, "volume_ul": 1000} for bag in bags]
    collected = post(stage, by, f"chain/{coi}", "CollectionCompleted", at=at, ended_at=ENDED, containers=made)
    assert collected.status_code == 201, collected.text


def strangers(stage: Stage) -> None:
    """People of a hospital with nothing to do with COI and OTHER."""
    stage.scenario.say("cleo", "site/far-h", "SiteOnboarded", organisation="swift-cryo", site_kind="care",
                       country="GB")  # fmt: skip
    for name, role in (("eve", "nurse"), ("eco", "coordinator"), ("xena", "apheresis")):
        enrol(stage.scenario, name, role, "cleo", "swift-cryo", "far-h")


def pack(stage: Stage) -> Any:
    """Two patients' bags in one shipment, taken over by the courier: the acceptance's answer."""
    collect(stage, COI, "NEW-1")
    both = {"containers": BAGS, "therapies": THERAPIES}
    post(stage, "anna", "shipment/ship-1", "Packed", at=APHERESIS, shipper="SHIPPER-1", seal="S-1", **both)
    moved = both | {"condition": "intact", "giver": APHERESIS, "receiver": VAN}
    released = post(stage, "anna", "shipment/ship-1", "CustodyReleased", **moved).json()["statement_id"]
    return post(stage, "kit", "shipment/ship-1", "CustodyAccepted", release=released, **moved).json()


def far_order(name: str) -> dict[str, Any]:
    order = ordered(name)
    return order | {"sites": order["sites"] | {"collection": "far-h", "treatment": "far-h"}}


def test_a_cursor_names_nothing_hidden(stage: Stage) -> None:
    collect(stage, OTHER, *(f"SECRET-{number:02}" for number in range(15)))
    catch_up(stage)
    page = read(stage, "otto", "/v1/custody", limit="1")
    assert (page["holdings"], OTHER.encode() in base64.urlsafe_b64decode(page["next_cursor"] + "==")) == (
        [],
        False,
    )


@pytest.mark.parametrize("question", ["chain", "container"])
def test_asking_for_what_one_may_not_read_is_as_asking_for_nothing(stage: Stage, question: str) -> None:
    collect(stage, OTHER, *(f"SECRET-{number:02}" for number in range(15)))
    catch_up(stage)
    hidden, nothing = (OTHER, NOBODY) if question == "chain" else ("SECRET-01", "SECRET-99")
    asked = [read(stage, "otto", "/v1/custody", limit="1", **{question: one}) for one in (hidden, nothing)]
    assert asked[0] == asked[1]


def test_a_made_up_cursor_counts_nothing(tmp_path: Path) -> None:
    with served(f"sqlite:///{tmp_path}/l.db", tmp_path) as stage:
        make_doses(stage.scenario)
        catch_up(stage)
        made_up = base64.urlsafe_b64encode(COI.encode()).rstrip(b"=").decode()
        asked = stage.get(f"/v1/lots/{LOT}/reach", "ben", params={"cursor": made_up})
        assert asked.status_code == 400


def test_a_part_in_one_therapy_moves_nothing_of_the_others_in_a_shipment(stage: Stage) -> None:
    strangers(stage)
    pack(stage)
    assert post(stage, "eco", f"chain/{THIRD}", "TherapyOrdered", **far_order("p3")).status_code == 201
    before = read(stage, "nora", "/v1/shipments/ship-1")
    all_of_it = {"containers": ["EVIL-1", *BAGS],
                 "therapies": [{"coi": THIRD, "containers": ["EVIL-1"]}, *THERAPIES]}  # fmt: skip
    post(stage, "eve", "shipment/ship-1", "CustodyAccepted", release=None, condition="intact",
         giver=APHERESIS, receiver=FAR, **all_of_it)  # fmt: skip
    post(stage, "eve", "shipment/ship-1", "Unpacked", at=FAR, shipper="SHIPPER-1", **all_of_it)
    after = read(stage, "nora", "/v1/shipments/ship-1")
    assert (after["holder"], after["inside"]) == (before["holder"], before["inside"])


def test_naming_ones_own_bag_opens_no_foreign_shipment(stage: Stage) -> None:
    pack(stage)
    stage.scenario.order(THIRD, "p3")
    collect(stage, THIRD, "T3-A")
    for coi, bag in ((OTHER, "OTHER-F1"), (COI, "NEW-1")):
        hand_over(stage.scenario, coi, bag, ("kit", VAN), ("mia", CLEANROOM))
    hand_over(stage.scenario, THIRD, "T3-A", ("anna", APHERESIS), ("kit", VAN))
    assert stage.get("/v1/shipments/ship-1", "kit").status_code == 404
    post(stage, "kit", "shipment/ship-1", "SealChecked", at=VAN, shipper="SHIPPER-1", outcome="intact",
         containers=["T3-A"], therapies=[{"coi": THIRD, "containers": ["T3-A"]}])  # fmt: skip
    found = read(stage, "kit", "/v1/shipments/ship-1")
    assert (found["holder"], found["others"]) == (None, 0)


def test_who_holds_the_bag_reads_on_after_a_late_order(stage: Stage) -> None:
    coi = "isbt128:CHA999926000778"
    identify(stage, coi, "p9")
    collect(stage, coi, "PY-AA")
    hand_over(stage.scenario, coi, "PY-AA", ("anna", APHERESIS), ("kit", VAN))
    stage.scenario.order(coi, "p9")
    assert stage.get(f"/v1/chains/{coi}", "kit").status_code == 200


def test_an_order_under_the_same_id_reads_no_other_hospitals_patient(stage: Stage) -> None:
    strangers(stage)
    coi = "isbt128:CHA999926000777"
    identify(stage, coi, "px", "xena", "far-h")
    collect(stage, coi, "PX-AA", by="xena", at=FAR)
    first = stage.scenario.ledger.store.by_tag(f"chain/{coi}")[0].position
    stage.scenario.order(coi, "other")
    assert [stage.get(f"/v1/entries/{first}", who).status_code for who in ("mia", "xena")] == [404, 200]
    told = read(stage, "mia", f"/v1/chains/{coi}/timeline")["entries"]
    assert "PatientIdentified" not in {entry["type"] for entry in told}


def test_refusals_tell_nobody_whether_a_therapy_exists(stage: Stage) -> None:
    strangers(stage)
    version = stage.scenario.version(COI)
    post(stage, "phil", f"chain/{COI}", "TherapyClosed", chain_version=version, reason="completed")

    def asked(coi: str) -> list[str]:
        closing = post(stage, "eve", f"chain/{coi}", "TherapyClosed", chain_version=1, reason="completed")
        ordering = post(stage, "eve", f"chain/{coi}", "TherapyOrdered", **ordered("z"))
        return [closing.json()["code"], ordering.json()["code"]]

    assert asked(COI) == asked(OTHER) == asked(NOBODY)


def test_the_past_of_a_shipment_has_no_later_corrections(stage: Stage) -> None:
    accepted, then = pack(stage), size(stage)
    wrong = {"reason": "typing_error", "member": "condition", "was": "intact", "right": "damaged"}
    post(stage, "kit", f"chain/{COI}", "Corrected", corrects=accepted["statement_id"], **wrong)
    told = read(stage, "audrey", "/v1/shipments/ship-1", before_position=then)["entries"]
    assert [at for one in told for at in one["corrected_by"] if at >= then] == []
    hand_over(stage.scenario, COI, "NEW-1", ("kit", VAN), ("mia", CLEANROOM))
    assert stage.get(CHAIN, "kit").status_code == 404
    told = read(stage, "kit", "/v1/shipments/ship-1")["entries"]
    assert [
        one["corrected_by"] for one in told if one["stream"] == f"chain/{COI}" and one["corrected_by"]
    ] == []


def test_a_link_names_no_therapy_to_readers_of_the_id_it_was_linked_from(stage: Stage) -> None:
    strangers(stage)
    old, new = "isbt128:CHA999926000777", "isbt128:CHA999926000888"
    identify(stage, old, "px", "xena", "far-h")
    collect(stage, old, "PX-AA", by="xena", at=FAR)
    stage.scenario.order(old, "other")
    post(stage, "eco", f"chain/{new}", "TherapyOrdered", **far_order("px"))
    bag = {"container": "PX-AA", "volume_ul": 1000, "at": FAR}
    linked = post(stage, "eco", f"chain/{new}", "ChainLinked", provisional=old, containers=[bag],
                  chain_version=stage.scenario.version(new))  # fmt: skip
    assert linked.status_code == 201, linked.text
    shown = stage.get(f"/v1/chains/{old}/timeline", "anna").text + stage.get(f"/v1/chains/{old}", "anna").text
    assert new not in shown


def test_timelines_hold_no_commitments(stage: Stage) -> None:
    hand_over(stage.scenario, OTHER, "OTHER-F1", ("anna", APHERESIS), ("kit", VAN))
    assert "commitment" not in stage.get(f"/v1/chains/{OTHER}/timeline", "kit").text


def test_what_changed_a_therapy_is_no_review_in_its_readers_feed(stage: Stage) -> None:
    collect(stage, COI, "NEW-1")
    therapies = [THERAPIES[0], {"coi": NOBODY, "containers": ["OTHER-F1"]}]
    packed = post(stage, "anna", "shipment/ship-1", "Packed", at=APHERESIS, containers=BAGS,
                  therapies=therapies, shipper="SHIPPER-1")  # fmt: skip
    node, position = stage.app.state.node, packed.json()["position"]
    token = stage.bearer("nora")["authorization"].removeprefix("Bearer ")
    reader = reader_at(node, token, node.ledger.world_at(size(stage)))
    (listed,) = node.feeds.page(position, position + 1)
    assert '"review":false' in event(listed, reader).decode()
