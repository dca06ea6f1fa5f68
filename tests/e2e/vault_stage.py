"""A served log with a vault: a hospital's people, an auditor, and a hospital far away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from api.settings import Settings
from ledger.application import Answer
from ledger.errors import Refused
from tests.e2e.api_stage import COI, Stage, catch_up, enrol, serving
from tests.scenario import Clock, Scenario, open_scenario, ordered
from tests.vaulting import vault_in

IDENTIFIERS = {
    "family_name": "Überträger-Ødegård",
    "given_name": "Żaneta Louïse",
    "birth_date": "1961-04-23",
    "record_number": "MRN 00-81.4477",
}
OTHERS = IDENTIFIERS | {"family_name": "Vasquez", "record_number": "MRN 55-00.1234"}
NURSE = {"name": "Honora Quillfeather"}
REASON = {"reason": "bedside_check"}


def furnish(scenario: Scenario) -> None:
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    enrol(scenario, "petra", "quality", "ada", "st-mary-trust", "st-mary")
    enrolled = scenario.ledger.world_at().agent("petra")
    assert enrolled is not None
    scenario.say("ben", "agent/petra", "EnrolmentApproved", enrolment=enrolled.enrolment)
    scenario.say(
        "cleo", "site/far-h", "SiteOnboarded", organisation="swift-cryo", site_kind="care", country="GB"
    )
    for name, role in (("eve", "nurse"), ("eco", "coordinator")):
        enrol(scenario, name, role, "cleo", "swift-cryo", "far-h")


@contextmanager
def vaulted(database_url: str, folder: Path, settings: Settings | None = None) -> Iterator[Stage]:
    scenario = open_scenario(database_url, folder, Clock())
    furnish(scenario)
    with serving(scenario, settings, vault=vault_in(folder, scenario)) as stage:
        yield stage
    scenario.ledger.close()


def put(stage: Stage, agent: str, coi: str = COI, **body: Any) -> httpx.Response:
    path = f"/v1/chains/{coi}/patient"
    return stage.ask("PUT", path, json=body or {"identifiers": IDENTIFIERS}, headers=stage.bearer(agent))


def entered(stage: Stage, agent: str = "carl", coi: str = COI, **body: Any) -> list[dict[str, str]]:
    """The commitments to what was entered."""
    response = put(stage, agent, coi, **body)
    assert response.status_code == 200, response.text
    found: list[dict[str, str]] = response.json()["patient"]
    return found


def withdraw(stage: Stage, agent: str, coi: str = COI) -> httpx.Response:
    return stage.ask("DELETE", f"/v1/chains/{coi}/patient", headers=stage.bearer(agent))


def order(stage: Stage, patient: list[dict[str, str]], coi: str = COI, agent: str = "carl") -> Answer:
    answer = stage.scenario.say(agent, f"chain/{coi}", "TherapyOrdered", **ordered("") | {"patient": patient})
    catch_up(stage)
    return answer


def look(stage: Stage, agent: str, coi: str = COI, **params: str) -> httpx.Response:
    return stage.get(f"/v1/chains/{coi}/patient", agent, params=REASON | params)


def ask(stage: Stage, agent: str, identifiers: Mapping[str, str], coi: str | None = None) -> httpx.Response:
    body = {"identifiers": dict(identifiers)} | ({"coi": coi} if coi else {})
    return stage.ask("POST", "/v1/vault/commitments", json=body, headers=stage.bearer(agent))


def close(stage: Stage, coi: str = COI) -> None:
    """Where it is open."""
    version = stage.scenario.version(coi)
    with suppress(Refused):
        stage.scenario.say("carl", f"chain/{coi}", "TherapyClosed", reason="cancelled", chain_version=version)


def erase(stage: Stage, coi: str = COI, **fields: Any) -> Answer:
    """By Quality of the hospital after the therapy's end, and destroyed before this returns."""
    close(stage, coi)
    said = {"site": "st-mary", "basis": "consent_withdrawn", "chain_version": stage.scenario.version(coi)}
    answer = stage.scenario.say("petra", f"chain/{coi}", "PersonalDataErased", **said | fields)
    settle(stage)
    return answer


def settle(stage: Stage) -> None:
    """Wait for the thread that destroys."""
    stage.app.state.node.erasing.catch_up()
