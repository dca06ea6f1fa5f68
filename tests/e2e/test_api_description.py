"""What the interface says of itself, compared with what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
from pydantic import BaseModel, TypeAdapter
from starlette.routing import BaseRoute, Route

from api import (
    bedside_examples,
    examples,
    examples_registry,
    label_documents,
    label_examples,
    quality_examples,
    reaching,
    standards_examples,
    temperature_examples,
)
from api import registry as registered
from api.documents import BedsideContainer, ChainDocument, ContainerDocument
from api.feed import FeedEntry
from api.label_examples import LINK_PART
from api.routes import (
    carriers,
    chains,
    containers,
    custody,
    entries,
    health,
    infusion,
    keys,
    labels,
    log,
    patients,
    persons,
    quality,
    quarantines,
    readiness,
    registry,
    search,
    session,
    standards,
    supply,
    temperature,
    vault,
    web,
)
from api.routes.carriers import CarrierDocument
from api.routes.session import Challenge, SessionOpened, SessionSeen
from api.temperature import TemperatureDocument
from api.vault import documents as vaulted
from api.vault import examples as vault_examples
from ledger.domain.events import parse_event
from tests.e2e.api_stage import Stage, code, served

PUBLIC = {
    ("POST", "/v1/statements"),  # the signature is the credential
    ("POST", "/v1/readings"),  # so it is here
    ("GET", "/v1/session/challenge"),
    ("POST", "/v1/session"),
    ("GET", "/v1/log"),
    ("GET", "/v1/checkpoints"),
    ("GET", "/log/checkpoint"),
    ("GET", "/log/checkpoint.{size}"),
    ("GET", "/log/checkpoint.witnessed"),
    ("GET", "/log/time-stamps"),
    ("GET", "/log/tile/{path:path}"),
    ("GET", "/v1/labels/{link}"),
    ("GET", "/v1/health"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/app"),
}
# The app, the same for everybody: pages and files for browsers, see test_api_app.py.
PAGES = {("GET", path) for path in ("/", "/app", "/app/{path:path}", "/B/{token}", "/b/{token}")}
FILLED = {
    "{asked}": "30",
    "{coi}": "isbt128:CHA999926000001",
    "{container}": "BAG-1",
    "{carrier}": "ship-1",
    "{position}": "0",
    "{kid}": "ab" * 32,
    "{lot}": "lv-1",
    "{equipment}": "p-1",
    "{site}": "st-mary",
    "{agent}": "nora",
    "{size}": "1",
    "{link}": LINK_PART,
    "{sha256}": "ab" * 32,
    "{recording}": "00" * 16,
    "{alarm}": "0",
    "{path:path}": "000",
    "{capture}": standards_examples.JOB_ID,
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("ledger")
    with served(f"sqlite:///{folder}/ledger.db", folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def described(stage: Stage) -> dict[str, Any]:
    document: dict[str, Any] = stage.get("/openapi.json").json()
    return document


def routes(found: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """(method, path) of every route, however deep it was included."""
    for route in found:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in route.methods or () if method != "HEAD")
        inner = getattr(route, "original_router", None) or getattr(route, "router", None)
        if inner is not None:
            yield from routes(inner.routes)


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_but_the_public_ones_needs_a_session(stage: Stage) -> None:
    found = set(routes(stage.app.routes))
    assert len(found) >= 25
    assert found >= PUBLIC | PAGES
    for method, path in sorted(found - PUBLIC - PAGES):
        address = path
        for name, value in FILLED.items():
            address = address.replace(name, value)
        assert "{" not in address, f"say in FILLED what stands for the parameter of {path}"
        response = stage.ask(method, address)
        assert (response.status_code, code(response)) == (401, "no_session"), (method, path)


def test_the_public_routes_need_none(stage: Stage) -> None:
    for method, path in sorted(PUBLIC):
        address = path.replace("{size}", "2").replace("{path:path}", "0/000.p/1")
        address = address.replace("{link}", LINK_PART)
        response = stage.ask(method, address)
        nobody_asked = path == "/log/checkpoint.witnessed" and code(response) == "no_such_checkpoint"
        assert response.status_code in (200, 415) or nobody_asked, (method, path)


def test_every_route_is_described(stage: Stage, described: dict[str, Any]) -> None:
    told = {name for name, _ in operations(described)}
    real = {f"{method} {path.replace(':path', '')}" for method, path in set(routes(stage.app.routes)) - PAGES}
    assert real - told == {"GET /openapi.json"}


def test_every_route_has_a_summary_an_example_and_its_problems(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        assert operation["summary"], name
        good = [found for status, found in operation["responses"].items() if status.startswith("2")]
        told = [media for found in good for media in found.get("content", {}).values()]
        assert all("example" in media for media in told), name
        assert told or "204" in operation["responses"], name
        bad = {status for status in operation["responses"] if status[0] in "45"}
        assert bad or name == "GET /v1/session/challenge", name
        assert "422" not in bad or name == "POST /v1/statements", name


def test_every_problem_is_described_as_one_and_its_example_is_one(described: dict[str, Any]) -> None:
    seen = 0
    for name, operation in operations(described):
        for status, found in operation["responses"].items():
            if status[0] in "45":
                ((media, content),) = found["content"].items()
                assert media == "application/problem+json", name
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, name
                assert content["example"]["status"] == int(status), name
                seen += 1
    assert seen > 50


def test_every_body_that_is_sent_has_an_example(described: dict[str, Any]) -> None:
    bodies = {name: one["requestBody"] for name, one in operations(described) if "requestBody" in one}
    assert set(bodies) == {
        "POST /v1/statements",
        "POST /v1/session",
        "POST /v1/chains/{coi}/infusion-check",
        "POST /v1/chains/{coi}/release-check",
        "POST /v1/labels",
        "POST /v1/labels/scan-back",
        "POST /v1/evidence",
        "POST /v1/readings",
        "POST /v1/patients/match",
        "POST /v1/epcis/capture",
        "POST /v1/vault/commitments",
        "PUT /v1/chains/{coi}/patient",
        "PUT /v1/agents/{agent}/person",
    }
    for body in bodies.values():
        assert all("example" in media for media in body["content"].values())


def test_every_parameter_has_an_example_or_a_list_of_choices(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        for parameter in operation.get("parameters", []):
            schema = json.dumps(parameter["schema"]) + json.dumps(parameter.get("examples", []))
            told = ("examples", "example", "enum", "default", "const")
            assert any(word in parameter or word in schema for word in told), (name, parameter["name"])


def test_every_reference_in_the_document_leads_somewhere(described: dict[str, Any]) -> None:
    def references(found: Any) -> Iterator[str]:
        if isinstance(found, dict):
            if isinstance(found.get("$ref"), str):
                yield found["$ref"]
            for value in found.values():
                yield from references(value)
        elif isinstance(found, list):
            for value in found:
                yield from references(value)

    names = list(references(described))
    assert names
    for name in names:
        at: Any = described
        for step in name.removeprefix("#/").split("/"):
            at = at[step]


def test_the_document_is_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    openapi_spec_validator.validate(described)


SHAPES: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Challenge, examples.CHALLENGE),
    (SessionOpened, examples.OPENED),
    (SessionSeen, examples.SESSION),
    (log.LogDocument, examples.LOG),
    (log.Checkpoints, examples.CHECKPOINTS),
    (entries.EntryDocument, examples.ENTRY),
    (ChainDocument, examples.CHAIN),
    (ContainerDocument, examples.CONTAINER),
    (BedsideContainer, examples.BEDSIDE_CONTAINER),
    (patients.PatientMatch, bedside_examples.PATIENT_MATCH),
    (patients.PatientQuestion, bedside_examples.PATIENT_QUESTION),
    (chains.Timeline, examples.TIMELINE),
    (chains.ChainLineage, examples.CHAIN_LINEAGE),
    (chains.Deviations, examples.DEVIATIONS),
    (quality.QualityDocument, quality_examples.QUALITY),
    (containers.ContainerLineage, examples.CONTAINER_LINEAGE),
    (custody.Custody, examples.CUSTODY),
    (custody.Handovers, examples.HANDOVERS),
    (temperature.Excursions, temperature_examples.EXCURSIONS),
    (TemperatureDocument, temperature_examples.TEMPERATURE),
    (keys.KeyDocument, examples.KEY),
    (infusion.InfusionCheck, bedside_examples.CHECK),
    (infusion.InfusionQuestion, bedside_examples.QUESTION),
    (readiness.LymphodepletionCheck, bedside_examples.LYMPHODEPLETION),
    (FeedEntry, examples.FEED_ENTRY),
    (CarrierDocument, examples.CARRIER),
    (keys.Keys, examples_registry.KEYS),
    (quarantines.Quarantines, examples_registry.QUARANTINES),
    (reaching.Reach, examples_registry.REACH),
    (reaching.Reach, examples_registry.EQUIPMENT_REACH),
    (reaching.Reach, examples_registry.SITE_REACH),
    (reaching.Reach, examples_registry.AGENT_REACH),
    (registered.EquipmentDocument, examples_registry.EQUIPMENT),
    (registered.LotDocument, examples_registry.LOT),
    (registered.SiteDocument, examples_registry.SITE),
    (registry.AgentFound, examples_registry.AGENT),
    (registry.Agents, examples_registry.AGENTS),
    (registry.Products, examples_registry.PRODUCTS),
    (registry.Qualifications, examples_registry.QUALIFICATIONS),
    (registry.Sites, examples_registry.SITES),
    (search.Found, examples_registry.FOUND),
    (supply.EquipmentPage, examples_registry.EQUIPMENT_PAGE),
    (supply.Lots, examples_registry.LOTS),
    (label_documents.LabelCheck, label_examples.LABEL_CHECK),
    (label_documents.LabelWanted, label_examples.WANTED),
    (label_documents.Reconciliation, label_examples.RECONCILIATION),
    (label_documents.ScanBackDocument, label_examples.SCANNED_BACK),
    (label_documents.VoidedLabels, label_examples.VOIDED),
    (standards.CaptureJob, standards_examples.JOB),
    (vaulted.PatientEntered, vault_examples.PATIENT_ENTERED),
    (vaulted.Identified, vault_examples.IDENTIFIED),
    (vaulted.Identified, vault_examples.PERSON),
    (vaulted.FieldKeys, vault_examples.FIELD_KEYS),
    (vaulted.CommitmentQuestion, vault_examples.COMMITMENT_QUESTION),
    (vaulted.Commitments, vault_examples.COMMITMENTS),
    (vaulted.VaultState, vault_examples.VAULT),
    (vaulted.Accesses, vault_examples.ACCESSES),
    (health.Health, examples.HEALTH),
    (web.AppDocument, examples.APP),
]


@pytest.mark.parametrize(("shape", "example"), SHAPES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_example_has_the_shape_that_it_is_an_example_of(
    shape: type[BaseModel], example: dict[str, Any]
) -> None:
    told = TypeAdapter(shape).validate_json(json.dumps(example), strict=True)
    assert json.loads(told.model_dump_json()) == example


def test_every_shape_that_is_answered_has_its_example_here() -> None:
    modules = (
        carriers, chains, containers, custody, entries, health, infusion, keys, labels, log, patients,
        persons, quality, quarantines, readiness, registry, search, session, standards, supply, temperature,
        vault, web,
    )  # fmt: skip
    models = {route.response_model for module in modules for route in module.router.routes}
    told = {shape for shape, _ in SHAPES}
    assert {model for model in models if isinstance(model, type) and issubclass(model, BaseModel)} <= told


def test_the_event_of_the_examples_is_an_event() -> None:
    assert parse_event(examples.EVENT).type == "Packed"
