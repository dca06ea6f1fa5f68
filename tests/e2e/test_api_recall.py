"""Something goes wrong far away: a recalled lot, a suspended site, a lost phone. What does it touch?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from ledger.export.fhir_reading import read_bundle
from ledger.export.names import Names
from ledger.proof.keyfile import new_key
from tests.e2e.api_stage import COI, OTHER, STREAM, Stage, catch_up, code, enrol, read, served
from tests.e2e.supply_stage import (
    DOSE,
    FRESH,
    LOT,
    SECOND,
    decide,
    failed,
    make_doses,
    post,
    receive,
    release,
)
from tests.scenario import APHERESIS, CLEANROOM, ORIGIN, VAN, WARD, Signer, b64, hand_over, patient


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Two doses of one therapy, made with one lot."""
    with served(database_url, tmp_path) as opened:
        make_doses(opened.scenario)
        yield opened


def recall(stage: Stage) -> Any:
    response = post(stage, "quinn", f"lot/{LOT}", "LotRecalled", reason="contamination")
    assert response.status_code == 201, response.text
    catch_up(stage)
    return response.json()


def reach(stage: Stage, agent: str, path: str, **params: str) -> Any:
    return read(stage, agent, f"/v1/{path}/reach", **params)


def held(found: Any) -> dict[str, Any]:
    """Each container that was reached, and the site that holds it."""
    return {
        one["container"]: (one["holder"] or {}).get("site")
        for therapy in found["therapies"]
        for one in therapy["containers"]
    }


def on_the_road(stage: Stage) -> None:
    assert release(stage, DOSE, SECOND).status_code == 201
    hand_over(stage.scenario, COI, DOSE, ("mia", CLEANROOM), ("kit", VAN))


def at_the_bedside(stage: Stage) -> None:
    """On the ward, thawed, checked by two people."""
    say = stage.scenario.say
    hand_over(stage.scenario, COI, DOSE, ("kit", VAN), ("nora", WARD))
    say("phil", STREAM, "PatientFitnessConfirmed", chain_version=stage.scenario.version(COI), outcome="fit",
        site="st-mary", valid_until=timestamp(stage.scenario.clock() + 86_400_000))  # fmt: skip
    say("nora", STREAM, "ThawStarted", at=WARD, containers=[DOSE])
    for nurse in ("nora", "nils"):
        say(nurse, STREAM, "InfusionChecked", chain_version=stage.scenario.version(COI), site="st-mary",
            container=DOSE, patient=patient("patient-1"), method="scan")  # fmt: skip


# --- a lot is recalled --------------------------------------------------------------------


def test_a_lot_recalled_while_a_bag_is_on_the_road_names_the_bag_and_who_holds_it(stage: Stage) -> None:
    on_the_road(stage)
    recall(stage)
    found = reach(stage, "quinn", f"lots/{LOT}")
    assert (found["status"], found["lag"], found["hidden"]) == ("recalled", 0, 0)
    assert held(found) == {FRESH: "northcell-1", DOSE: "swift-depot", SECOND: "northcell-1"}
    (therapy,) = found["therapies"]
    used_up = {one["container"] for one in therapy["containers"] if one["used_up"]}
    assert (therapy["chain"], used_up) == (COI, {FRESH})


def test_a_recalled_lot_stops_the_release_and_the_infusion(stage: Stage) -> None:
    on_the_road(stage)
    recalled = recall(stage)
    refused = release(stage, SECOND)
    assert (code(refused), failed(refused)) == ("gate_failed", {"lots_in_force"})
    at_the_bedside(stage)
    refused = decide(stage, "phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    assert (code(refused), failed(refused)) == ("gate_failed", {"lots_in_force"})
    (gate,) = [gate for gate in refused.json()["gates"] if gate["name"] == "lots_in_force"]
    assert recalled["position"] in gate["proof"]


def test_a_recall_stops_at_once_however_far_the_views_are_behind(stage: Stage) -> None:
    on_the_road(stage)
    at_the_bedside(stage)
    asked = {"chain_version": stage.scenario.version(COI), "site": "st-mary", "container": DOSE}
    stage.app.state.node.projector.close()
    catch_up(stage)
    response = post(stage, "quinn", f"lot/{LOT}", "LotRecalled", reason="contamination")
    assert response.status_code == 201
    refused = post(stage, "phil", STREAM, "InfusionAuthorised", **asked)
    assert (code(refused), failed(refused)) == ("gate_failed", {"lots_in_force"})
    assert reach(stage, "quinn", f"lots/{LOT}")["lag"] == 1


def test_an_infusion_that_was_authorised_before_the_recall_is_without_authorisation(stage: Stage) -> None:
    on_the_road(stage)
    at_the_bedside(stage)
    assert decide(stage, "phil", "InfusionAuthorised", site="st-mary", container=DOSE).status_code == 201
    recall(stage)
    started = post(stage, "nora", STREAM, "InfusionStarted", site="st-mary", container=DOSE).json()
    assert [one["code"] for one in started["deviations"]] == ["infusion_without_authorisation"]


def test_therapies_that_the_reader_may_not_see_are_counted_and_not_named(stage: Stage) -> None:
    enrol(stage.scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    scenario = stage.scenario
    scenario.order(OTHER, "patient-2")
    bags = [{"container": "OTHER-F1", "volume_ul": 1000}]
    scenario.say("anna", f"chain/{OTHER}", "CollectionCompleted", at=APHERESIS, containers=bags,
                 ended_at="2026-09-21T12:00:00.000Z")  # fmt: skip
    scenario.say("mia", f"chain/{OTHER}", "MaterialConsumed", at=CLEANROOM, batch="B-2",
                 containers=["OTHER-F1"], lots=[LOT])  # fmt: skip
    recall(stage)
    everything = reach(stage, "audrey", f"lots/{LOT}")
    assert [one["chain"] for one in everything["therapies"]] == [COI, OTHER]
    administrators = reach(stage, "ben", f"lots/{LOT}")
    assert (administrators["therapies"], administrators["hidden"]) == ([], 2)
    assert code(stage.get(f"/v1/lots/{LOT}/reach", "kit")) == "no_such_lot"


def test_a_recall_list_comes_in_pages(stage: Stage) -> None:
    stage.scenario.order(OTHER, "patient-2")
    stage.scenario.say("mia", f"chain/{OTHER}", "MaterialConsumed", at=CLEANROOM, batch="B-2",
                       containers=["OTHER-F1"], lots=[LOT])  # fmt: skip
    recall(stage)
    first = reach(stage, "quinn", f"lots/{LOT}", limit="1")
    rest = reach(stage, "quinn", f"lots/{LOT}", limit="1", cursor=first["next_cursor"])
    assert [one["chain"] for page in (first, rest) for one in page["therapies"]] == [COI, OTHER]
    assert rest["next_cursor"] is None
    (unmade,) = rest["therapies"][0]["containers"]
    assert (unmade["container"], unmade["status"]) == ("OTHER-F1", None)


def test_a_lot_that_was_never_released_is_found_and_waits_for_quality(stage: Stage) -> None:
    run = {"at": CLEANROOM, "batch": "B-2026-1", "containers": [DOSE]}
    receive(stage.scenario, "media-9", material="media")
    used = post(stage, "mia", STREAM, "MaterialConsumed", lots=["media-9", "nobodys"], **run).json()
    assert [one["code"] for one in used["deviations"]] == ["lot_unknown"]
    assert failed(release(stage, DOSE)) == {"no_blocking_deviation", "lots_in_force"}


# --- a site is suspended ------------------------------------------------------------------


def test_a_site_suspended_in_mid_manufacture_stops_what_it_makes(stage: Stage) -> None:
    post(stage, "quinn", "site/northcell-1", "SiteSuspended", reason="inspection")
    catch_up(stage)
    found = reach(stage, "quinn", "sites/northcell-1")
    assert found["status"] == "suspended"
    assert held(found) == {FRESH: "northcell-1", DOSE: "northcell-1", SECOND: "northcell-1"}
    step = post(
        stage, "mia", STREAM, "StepCompleted", at=CLEANROOM, batch="B-2026-1", step="harvest",
        containers=[DOSE],
    ).json()  # fmt: skip
    (raised,) = step["deviations"]
    assert (raised["code"], raised["blocking"]) == ("site_not_in_force", True)
    assert failed(release(stage, SECOND)) == {"site_in_force"}
    post(stage, "ben", "site/northcell-1", "SiteResumed", reason="cleared")
    assert release(stage, SECOND).status_code == 201
    assert failed(release(stage, DOSE)) == {"no_blocking_deviation"}


def test_a_site_that_only_planned_is_reached_without_containers(stage: Stage) -> None:
    catch_up(stage)
    found = reach(stage, "cleo", "sites/swift-depot")
    assert (found["therapies"], found["hidden"]) == ([], 1)  # an administrator reads no therapy
    enrol(stage.scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    (therapy,) = reach(stage, "audrey", "sites/swift-depot")["therapies"]
    assert (therapy["chain"], therapy["containers"]) == (COI, [])


# --- a courier's phone is lost ------------------------------------------------------------


def test_a_couriers_phone_is_lost_with_scans_on_it(stage: Stage) -> None:
    assert release(stage, DOSE).status_code == 201
    scenario = stage.scenario
    parties = {"containers": [DOSE], "giver": CLEANROOM, "receiver": VAN, "condition": "intact"}
    given = scenario.say("mia", STREAM, "CustodyReleased", **parties)
    parties["release"] = given.statement_id.hex()
    lost = scenario.sign("kit", STREAM, "CustodyAccepted", **parties)  # signed, and never sent

    phone = scenario.signer("kit").key.public.kid.hex()
    assert post(stage, "cleo", "agent/kit", "KeyRevoked", kid=phone, reason="lost").status_code == 201
    assert code(stage.post(lost)) == "revoked_key"
    attested = decide(stage, "quinn", "LateStatementAttested", statement=b64(lost), reason="phone_found")
    assert attested.status_code == 201, attested.text
    assert read(stage, "quinn", f"/v1/containers/{DOSE}")["holder"]["site"] == "northcell-1"

    scenario.signers["kit"] = Signer("kit", new_key())
    fresh = b64(scenario.signer("kit").key.public.spki)
    assert post(stage, "cleo", "agent/kit", "KeyAdded", key=fresh).status_code == 201
    assert post(stage, "kit", STREAM, "CustodyAccepted", **parties).json()["deviations"] == []
    catch_up(stage)
    assert held(reach(stage, "kit", "agents/kit")) == {DOSE: "swift-depot"}
    (revoked,) = read(stage, "cleo", "/v1/keys", status="revoked")["keys"]
    assert (revoked["kid"], revoked["agent"]) == (phone, "kit")


def test_a_partner_is_told_of_the_recall_wherever_it_asks(stage: Stage) -> None:
    position = recall(stage)["position"]
    names = Names(ORIGIN)
    whole = read(stage, "quinn", f"/v1/chains/{COI}/epcis")
    queried = read(stage, "quinn", "/v1/epcis/events", EQ_disposition="recalled")
    (event,) = queried["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert event in whole["epcisBody"]["eventList"]
    assert (event["unbroken:event"], event["unbroken:position"]) == ("LotRecalled", position)
    assert set(event["epcList"]) == {names.of("container", one) for one in (FRESH, DOSE, SECOND)}
    headers = {"content-type": "application/json"} | stage.bearer("quinn")
    sent = stage.ask("POST", "/v1/epcis/capture", content=json.dumps(whole).encode(), headers=headers).json()
    assert {one["status"] for one in sent["events"]} <= {"known", "part"}, sent["errors"]
    products = read_bundle(read(stage, "quinn", f"/v1/chains/{COI}/fhir"), names).products
    assert {one.container: one.state for one in products}[DOSE] == "made with a recalled lot"
