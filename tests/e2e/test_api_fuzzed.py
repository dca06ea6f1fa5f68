"""Whatever is asked of the interface, it answers as it says: no 5xx, every problem with a known code.

Schemathesis makes requests out of the OpenAPI document, such as fit it and such as don't, and
compares each answer's status, media type and shape with it. Signed bodies, which are no JSON,
have tests of their own: test_api_mangled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.codes import TITLES
from api.settings import Settings
from api.standards_examples import EPCIS_DOCUMENT, JOB
from api.vault.rights import subject_of
from ledger.live.alarms import Alarm
from ledger.proof.cosignature import cosign
from ledger.proof.note import parse_note
from ledger.store.alarms import Subject
from tests.domain_supply import LOT, PLATFORM
from tests.e2e.api_stage import COI, OTHER, Stage, catch_up, code, two_therapies
from tests.label_stage import issue, link_part, photo, wanted
from tests.live_stage import Recording, enrol_logger
from tests.scenario import APHERESIS, ORIGIN, patient
from tests.witness_stage import key, policy, vkey_of_number

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
READERS = ("audrey", "nora", "")  # an auditor, a nurse, nobody
SIGNED = ("POST /v1/statements", "POST /v1/session", "POST /v1/readings")
WHO_MAKES = {  # an auditor only reads, and never who a patient is
    "POST /v1/labels": "mia",
    "POST /v1/evidence": "mia",
    "POST /v1/alarms/{alarm}/acknowledgement": "quinn",
    "PUT /v1/chains/{coi}/patient": "carl",
    "GET /v1/chains/{coi}/patient": "nora",
    "DELETE /v1/chains/{coi}/patient": "carl",
    "GET /v1/chains/{coi}/patient/keys": "nora",
    "DELETE /v1/agents/{agent}/person": "ada",
    "GET /v1/agents/{agent}/person": "carl",
    "PUT /v1/agents/{agent}/person": "ada",
}
# Their answers end when their reader goes: see test_api_feed, test_api_alarms.
ENDLESS = ("GET /v1/feed", "GET /v1/alarms/feed")
FILE = b"a logger's file"
UNORDERED = "isbt128:CHA999926000077"
KNOWN = {
    "coi": COI,
    "container": "BAG-D1",
    "carrier": "ship-1",
    "position": 30,
    "lot": "lv-1",
    "equipment": "p-1",
    "site": "st-mary",
    "agent": "nora",
    "size": 30,
    "path": "0/000.p/30",
    "link": link_part("L0001", "BAG-D1"),
    "sha256": sha256(FILE).hexdigest(),
    "capture": "captured-before",
    "alarm": 0,
}
ANYTHING_GOES = {"GET /log/tile/{path}", "GET /log/tile/entries/{path}"}  # any text is a path
few = settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@dataclass
class Fuzzed:
    stage: Stage
    operations: dict[str, Any]  # by method and path
    known: dict[str, Any]  # what there is, by the name of the path's parameter

    def send(self, case: Case, agent: str) -> httpx.Response:
        made = case.as_transport_kwargs(base_url="http://ledger.invalid")
        headers = {name.encode(): text.encode("latin-1") for name, text in made["headers"].items()}
        if agent:
            headers |= {b"authorization": self.stage.bearer(agent)["authorization"].encode()}
        body = (
            {"content": made["data"]} if "data" in made else {"json": made["json"]} if "json" in made else {}
        )
        response = self.stage.ask(
            made["method"], made["url"], params=made["params"], headers=list(headers.items()), **body
        )
        if case.method == "DELETE":
            self.stage.tokens.pop(agent, None)  # that session may have ended
        return response


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    limits = Settings(label_host="ledger.invalid", witnesses=policy(1, 11))
    with two_therapies(tmp_path_factory.mktemp("ledger"), limits, with_vault=True) as stage:
        furnish(stage)
        asked = stage.scenario.say("audrey", f"log/{ORIGIN}", "ExportRequested", scope="log", reason="audit")
        schema = schemathesis.openapi.from_dict(stage.get("/openapi.json").json())
        found = [result.ok() for result in schema.get_all_operations()]
        known = KNOWN | {"kid": stage.scenario.signer("nora").key.public.kid.hex(), "asked": asked.position}
        enrol_logger(stage.scenario)
        recording = Recording(stage.scenario)
        cose = {"content-type": "application/cose"}
        stage.ask("POST", "/v1/readings", content=recording.packet([500], 0), headers=cose)
        known["recording"] = recording.name
        yield Fuzzed(stage, {f"{one.method.upper()} {one.path}": one for one in found}, known)


def furnish(stage: Stage) -> None:
    """So that there is one of everything that can be asked about."""
    say, owner = stage.scenario.say, {"organisation": "northcell"}
    say("mia", "lot/lv-1", "LotReceived", **owner | LOT)
    say("mia", "equipment/p-1", "EquipmentRegistered", **owner | PLATFORM)
    theirs: dict[str, Any] = {"at": APHERESIS, "containers": ["OTHER-F1"]}
    theirs["therapies"] = [{"coi": OTHER, "containers": ["OTHER-F1"]}]
    say("anna", "shipment/ship-1", "Packed", shipper="SHIPPER-1", **theirs)
    say("anna", "tank/ship-1", "Stored", location="TANK-1", **theirs)
    issue(stage.scenario, COI, "L0001", container="BAG-D1")
    node = stage.app.state.node
    node.evidence.keep(FILE, COI, "mia", 0)
    head = node.ledger.store.latest_checkpoint()
    line = cosign(parse_note(head.note).text, vkey_of_number(11), key(11), 1)
    node.cosignatures.keep(head.size, str(vkey_of_number(11)), 1, line)
    about = Subject(COI, "BAG-D1", "frozen", "logger-7", "00" * 16)
    node.alarms.store.note(about, [Alarm("excursion", 1, 2, peak=500)], 0, 3)
    enter_people(stage)
    node.captures.keep(KNOWN["capture"], "audrey", json.dumps(JOB), stage.scenario.clock())
    catch_up(stage)


def enter_people(stage: Stage) -> None:
    """Also those whom somebody who may has taken back."""
    vault = stage.app.state.node.vault
    for coi, number in ((COI, "A9999"), (UNORDERED, "A")):
        entry = {"birth_date": "1961-04-23", "record_number": number}
        vault.enter(subject_of(coi, "st-mary-trust"), "st-mary-trust", entry)
    for agent in ("nora", "phil"):
        vault.enter(f"agent/{agent}", "st-mary-trust", {"name": "Nora Example"})


def answers_as_it_says(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert code(response) in TITLES


@pytest.mark.parametrize("agent", READERS, ids=lambda agent: agent or "nobody")
def test_every_right_request_is_answered_as_the_document_says(fuzzed: Fuzzed, agent: str) -> None:
    for name in asked_for(fuzzed):
        ask(fuzzed, name, agent, GenerationMode.POSITIVE)


@pytest.mark.parametrize("agent", READERS, ids=lambda agent: agent or "nobody")
def test_every_wrong_request_is_answered_as_the_document_says(fuzzed: Fuzzed, agent: str) -> None:
    for name in asked_for(fuzzed) - ANYTHING_GOES:
        raw = fuzzed.operations[name].definition.raw
        if raw.get("parameters") or raw.get("requestBody"):  # else nothing in it can be wrong
            ask(fuzzed, name, agent, GenerationMode.NEGATIVE)


def test_an_auditor_who_asks_for_what_there_is_gets_it(fuzzed: Fuzzed) -> None:
    """So the requests above reach what they ask for, and don't all end at the door."""
    enter_people(fuzzed.stage)
    needed: dict[str, dict[str, Any]] = {  # beside the path
        "GET /log/tile/entries/{path}": {"path_parameters": {"path": "000.p/30"}},
        "GET /v1/entries": {"query": {"statement_id": fuzzed.stage.scenario.signer("nora").prev}},
        "GET /v1/search": {"query": {"q": "BAG-"}},
        "GET /v1/chains/{coi}/lymphodepletion-check": {"query": {"site": "st-mary"}},
        "POST /v1/chains/{coi}/infusion-check": {"body": {"site": "st-mary", "container": "BAG-D1"}},
        "POST /v1/chains/{coi}/release-check": {
            "body": {"site": "northcell-1", "containers": ["BAG-D1"], "countries": ["GB"]}
        },
        "GET /v1/unreleased": {"query": {"site": "northcell-1"}},
        "GET /v1/labels": {"query": {"coi": COI}},
        "POST /v1/labels": {"body": wanted(COI, "L0001", "BAG-D1")},
        "POST /v1/patients/match": {"body": {"site": "st-mary", "patient": patient("patient-1")}},
        "POST /v1/labels/scan-back": {"body": photo(), "media_type": "image/png"},
        "POST /v1/epcis/capture": {
            "body": json.dumps(EPCIS_DOCUMENT).encode(),
            "media_type": "application/ld+json",
        },
        "POST /v1/evidence": {
            "query": {"coi": COI},
            "body": FILE,
            "media_type": "application/octet-stream",
        },
    }
    why = {"query": {"reason": "bedside_check"}}
    needed["DELETE /v1/chains/{coi}/patient"] = {"path_parameters": {"coi": UNORDERED}}
    needed["DELETE /v1/agents/{agent}/person"] = {"path_parameters": {"agent": "phil"}}
    for read in ("chains/{coi}/patient", "chains/{coi}/patient/keys", "agents/{agent}/person"):
        needed[f"GET /v1/{read}"] = why
    known = {"birth_date": "1961-04-23", "record_number": "A9999"}
    for name in (
        "PUT /v1/chains/{coi}/patient",
        "PUT /v1/agents/{agent}/person",
        "POST /v1/vault/commitments",
    ):
        needed[name] = {"body": {"identifiers": known}}
    put_right = {"identifiers": known, "correction": "keyed_elsewhere"}
    needed["PUT /v1/chains/{coi}/patient"] = {"body": put_right}
    for name in sorted(asked_for(fuzzed)):
        operation = fuzzed.operations[name]
        path = {one.name: fuzzed.known[one.name] for one in operation.path_parameters}
        case = operation.Case(**{"path_parameters": path} | needed.get(name, {}))
        response = fuzzed.send(case, WHO_MAKES.get(name, "audrey"))
        assert response.is_success, (name, response.text)
        case.validate_response(response, checks=CHECKS)


def asked_for(fuzzed: Fuzzed) -> set[str]:
    return fuzzed.operations.keys() - {*SIGNED, *ENDLESS}


def ask(fuzzed: Fuzzed, name: str, agent: str, mode: GenerationMode) -> None:
    """Some requests of one operation; half of them about something that there is."""

    @few
    @given(fuzzed.operations[name].as_strategy(generation_mode=mode), st.booleans())
    def asked(case: Case, known: bool) -> None:
        if known:
            case.path_parameters = {
                one: fuzzed.known.get(one, given) for one, given in case.path_parameters.items()
            }
        response = fuzzed.send(case, agent)
        answers_as_it_says(response)
        case.validate_response(response, checks=CHECKS)

    asked()
