"""The registry, quarantines and search, each as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage, catch_up, code, enrol, read, served
from tests.e2e.supply_stage import DOSE, FRESH, LOT, NORTHCELL, SECOND, make_doses, receive
from tests.scenario import CLEANROOM

CHARGED = ("2026-02-27T06:00:00.000Z", "2026-03-01T06:00:00.000Z")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stocked registry, one therapy, a quarantine; audrey audits, otto is a courier with nothing."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    with served(f"sqlite:///{folder}/ledger.db", folder) as opened:
        scenario = opened.scenario
        make_doses(scenario)
        receive(scenario, "media-4", material="media")
        scenario.say("quinn", "lot/media-4", "LotRecalled", reason="endotoxin")
        made = {"equipment_kind": "platform", "model": "M 2", "serial": "SN-0042"}
        scenario.say("mia", "equipment/p-7", "EquipmentRegistered", **NORTHCELL, **made)
        until = {"until": timestamp(scenario.clock() + 86_400_000)}
        scenario.say("mia", "equipment/p-7", "EquipmentQualified", **until)
        box = {"equipment_kind": "shipper", "model": "Dry 10", "serial": "SN-1"}
        scenario.say("mia", "equipment/dry-1", "EquipmentRegistered", **NORTHCELL, **box)
        scenario.say("mia", "equipment/dry-1", "EquipmentQualified", **until, hold_time_s=3_600)
        scenario.say("mia", "equipment/dry-1", "ShipperCharged", charged_at=CHARGED[1])
        scenario.say("mia", "equipment/dry-1", "ShipperCharged", charged_at=CHARGED[0])
        scenario.say("mia", STREAM, "StepCompleted", at=CLEANROOM, batch="B-2026-1", step="fill",
                     containers=[DOSE])  # fmt: skip
        scenario.say("mia", STREAM, "MaterialConsumed", at=CLEANROOM, batch="B-2026-1", lots=[LOT],
                     containers=[DOSE], equipment=["p-7"])  # fmt: skip
        scenario.say("mia", STREAM, "Quarantined", containers=[SECOND], reason="seal_broken")
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
        catch_up(opened)
        yield opened


def names(document: Any, of: str, member: str) -> list[str]:
    return [one[member] for one in document[of]]


# --- the registry -------------------------------------------------------------------------


def test_lots_are_listed_and_filtered_for_their_organisation_and_auditors(stage: Stage) -> None:
    for agent in ("quinn", "ben", "audrey"):
        assert names(read(stage, agent, "/v1/lots"), "lots", "lot") == [LOT, "media-4"]
    assert read(stage, "nora", "/v1/lots")["lots"] == []
    recalled = read(stage, "quinn", "/v1/lots", status="recalled")["lots"]
    assert [(one["lot"], one["reason"]) for one in recalled] == [("media-4", "endotoxin")]
    assert names(read(stage, "quinn", "/v1/lots", material="vector"), "lots", "lot") == [LOT]


def test_one_of_each_is_found_by_its_own_people_and_auditors_only(stage: Stage) -> None:
    own = {"lots": LOT, "equipment": "p-7", "sites": "northcell-1", "agents": "mia"}
    for kind, name in own.items():
        assert read(stage, "quinn", f"/v1/{kind}/{name}") == read(stage, "audrey", f"/v1/{kind}/{name}")
        missing = stage.get(f"/v1/{kind}/nobodys", "nora")
        hidden = stage.get(f"/v1/{kind}/{name}", "nora")
        assert (hidden.status_code, hidden.content) == (404, missing.content)
        assert stage.get(f"/v1/{kind}/{name}/reach", "nora").status_code == 404


def test_equipment_says_until_when_it_may_be_relied_on_and_what_was_made_with_it(stage: Stage) -> None:
    (piece,) = read(stage, "mia", "/v1/equipment", kind="platform")["equipment"]
    assert (piece["equipment"], piece["retired_position"]) == ("p-7", None)
    assert piece == read(stage, "mia", "/v1/equipment/p-7")
    (therapy,) = read(stage, "quinn", "/v1/equipment/p-7/reach")["therapies"]
    assert names(therapy, "containers", "container") == [DOSE]


def test_a_shipper_says_how_long_its_newest_charge_lasts(stage: Stage) -> None:
    box = read(stage, "mia", "/v1/equipment/dry-1")
    assert (box["hold_time_s"], box["charged_at"]) == (3_600, CHARGED[1])
    other = read(stage, "mia", "/v1/equipment/p-7")
    assert (other["hold_time_s"], other["charged_at"]) == (None, None)


def test_sites_and_people_are_those_of_the_own_organisation(stage: Stage) -> None:
    assert names(read(stage, "nora", "/v1/sites"), "sites", "site") == ["st-mary"]
    assert names(read(stage, "audrey", "/v1/sites"), "sites", "site") == [
        "northcell-1", "st-mary", "swift-depot",
    ]  # fmt: skip
    assert names(read(stage, "quinn", "/v1/agents"), "agents", "agent") == ["ben", "mia", "quinn"]


def test_a_person_is_told_with_roles_qualifications_and_keys(stage: Stage) -> None:
    quinn = read(stage, "ben", "/v1/agents/quinn")
    assert (quinn["roles"], quinn["waiting_roles"]) == (["quality@northcell-1"], [])
    assert names(quinn, "qualifications", "qualification") == ["batch_release"]
    assert [(one["status"], one["agent"]) for one in quinn["keys"]] == [("active", "quinn")]


def test_qualifications_about_to_lapse_are_listed_with_the_first_in_front(stage: Stage) -> None:
    scenario = stage.scenario
    soon = timestamp(scenario.clock() + 86_400_000)
    granted = {"qualification": "courier_training", "expires_at": soon}
    scenario.say("cleo", "agent/otto", "QualificationGranted", **granted)
    catch_up(stage)
    later = timestamp(scenario.clock() + 2 * 86_400_000)
    lapsing = read(stage, "audrey", "/v1/qualifications", expiring_before=later)
    assert names(lapsing, "qualifications", "agent") == ["otto"]
    assert read(stage, "ada", "/v1/qualifications", expiring_before=later)["qualifications"] == []
    everything = read(stage, "audrey", "/v1/qualifications")["qualifications"]
    ends = [one["expires_at"] for one in everything]
    assert ends == sorted(ends)
    scenario.say("cleo", "agent/otto", "QualificationWithdrawn", qualification="courier_training",
                 reason="incident")  # fmt: skip
    (held,) = read(stage, "cleo", "/v1/agents/otto")["qualifications"]
    assert held["expires_at"] == timestamp(scenario.clock())


def test_products_are_listed_for_their_sponsor(stage: Stage) -> None:
    (product,) = read(stage, "quinn", "/v1/products")["products"]
    assert (product["product"], product["version"], product["sites"]) == ("decentra-car", 1, ["northcell-1"])
    assert read(stage, "nora", "/v1/products")["products"] == []


def test_keys_are_listed_by_status_for_their_organisation(stage: Stage) -> None:
    mine = read(stage, "nora", "/v1/keys", status="active")["keys"]
    assert "nora" in {one["agent"] for one in mine}
    assert {one["agent"] for one in mine}.isdisjoint({"mia", "kit", "ledger"})
    assert "ledger" in names(read(stage, "audrey", "/v1/keys"), "keys", "agent")
    assert read(stage, "audrey", "/v1/keys", status="retired")["keys"] == []


def test_a_list_comes_in_pages_and_unchanged_is_not_sent_again(stage: Stage) -> None:
    first = read(stage, "audrey", "/v1/sites", limit="2")
    rest = read(stage, "audrey", "/v1/sites", limit="2", cursor=first["next_cursor"])
    assert (len(first["sites"]), names(rest, "sites", "site")) == (2, ["swift-depot"])
    etag = stage.get("/v1/lots", "quinn").headers["etag"]
    assert stage.get("/v1/lots", "quinn", headers={"if-none-match": etag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/v1/lots?status=gone", "/v1/keys?status=lost", "/v1/lots?cursor=x", "/v1/lots/NO", "/v1/search?q=ab",
     "/v1/search?q=%00%00%00", "/v1/qualifications?expiring_before=soon", "/v1/agents?limit=0"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(stage: Stage, path: str) -> None:
    assert code(stage.get(path, "audrey")) == "invalid_request"


# --- quarantines --------------------------------------------------------------------------


def test_quarantines_that_hold_are_listed_across_therapies(stage: Stage) -> None:
    (held,) = read(stage, "quinn", "/v1/quarantines")["quarantines"]
    assert (held["chain"], held["containers"], held["lifted_position"]) == (COI, [SECOND], None)
    assert read(stage, "otto", "/v1/quarantines")["quarantines"] == []
    assert read(stage, "quinn", "/v1/quarantines", holding="false")["quarantines"] == []


# --- search -------------------------------------------------------------------------------


def found(stage: Stage, q: str, agent: str = "quinn") -> set[tuple[str, str, str]]:
    document = read(stage, agent, "/v1/search", q=q)
    return {(one["kind"], one["id"], one["link"]) for one in document["found"]}


THERAPY = f"/v1/chains/{COI}"


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        (COI[:20], {("chain", COI, THERAPY)}),
        ("BAG-D", {("container", DOSE, f"/v1/containers/{DOSE}"),
                   ("container", SECOND, f"/v1/containers/{SECOND}")}),
        ("A999926", {("din", "A999926000001", THERAPY)}),
        ("S123", {("product_code", "S1234", THERAPY)}),
        ("B-2026", {("batch", "B-2026-1", THERAPY)}),
        ("SHIPPER-1", {("shipper", "SHIPPER-1", THERAPY)}),
        ("SEAL-7", {("seal", "SEAL-77", THERAPY)}),
        ("LOG-1", {("logger", "LOG-1", THERAPY)}),
        ("P-1", {("platform", "P-1", THERAPY)}),
        (LOT, {("lot", LOT, f"/v1/lots/{LOT}"), ("lot", LOT, THERAPY)}),
        ("LV lv-2026", {("lot", LOT, f"/v1/lots/{LOT}")}),
        ("SN-0042", {("equipment", "p-7", "/v1/equipment/p-7")}),
        ("northcell-1", {("site", "northcell-1", "/v1/sites/northcell-1")}),
        ("quinn", {("agent", "quinn", "/v1/agents/quinn")}),
        ("decentra", {("product", "decentra-car", "/v1/products?product=decentra-car")}),
    ],
)  # fmt: skip
def test_anything_is_found_by_the_beginning_of_its_identifier(stage: Stage, q: str, expected: Any) -> None:
    assert found(stage, q) == expected


def test_a_statement_is_found_by_the_beginning_of_its_id(stage: Stage) -> None:
    (held,) = read(stage, "quinn", "/v1/quarantines")["quarantines"]
    link = f"/v1/entries/{held['position']}"
    for length in (8, 9, 64):
        assert found(stage, held["statement_id"][:length]) == {("statement", held["statement_id"], link)}
    assert found(stage, held["statement_id"][:12], "otto") == set()


@pytest.mark.parametrize("q", [COI, FRESH, LOT, "A999926", "quinn", "northcell-1", "decentra", "SHIPPER"])
def test_what_the_reader_may_not_see_is_not_found(stage: Stage, q: str) -> None:
    assert found(stage, q, "otto") == set()


def test_a_hospital_finds_its_own_therapy_by_somebody_elses_lot(stage: Stage) -> None:
    assert found(stage, LOT, "nora") == {("lot", LOT, THERAPY)}
