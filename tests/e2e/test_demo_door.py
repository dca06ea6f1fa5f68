"""The demo's door: a visitor's key is approved there at once, and by no other server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cbor2
import httpx
import pytest

from api.demo import APPROVE, PERSON, Door
from clients.demo.desk import Desk
from clients.demo.visitors import VISITORS
from ledger.labels import base45
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from tests.e2e.api_stage import Stage, code, served
from tests.scenario import b64

Told = dict[str, Any]


def request_of(agent: str, key: SigningKey) -> str:
    """As a browser's QR code says it."""
    return "UBE1:" + base45.encode(cbor2.dumps([agent.encode(), key.public.spki]))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("door")
    with served(f"sqlite:///{home}/ledger.db", home) as stage:
        yield stage


@pytest.fixture
def asked() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def door(stage: Stage, asked: list[tuple[str, str]]) -> Iterator[Stage]:
    """The same server behind the door; its desk refuses a key that it met before."""

    def approve(agent: str, key: str) -> Told:
        if (agent, key) in asked:
            return {"problem": {"code": "key_in_use", "detail": "the key was enrolled before"}}
        asked.append((agent, key))
        return {"position": 7, "patient_keys": None}

    desk = Desk(approve)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(Door(stage.app, desk.url)), base_url="http://kit.localhost:1"
    )
    yield Stage(stage.scenario, stage.app, stage.loop, client)
    stage.loop.run(client.aclose())
    desk.close()


def test_a_visitors_key_reaches_the_administrators_desk(door: Stage, asked: list[tuple[str, str]]) -> None:
    key = new_key()
    answer = door.ask("POST", APPROVE, json={"request": request_of("kit", key)})
    assert (answer.status_code, answer.json()) == (200, {"position": 7, "patient_keys": None})
    assert answer.headers["cache-control"] == "no-store"
    assert asked == [("kit", b64(key.public.spki))]


def test_what_the_administrator_is_refused_is_said(door: Stage) -> None:
    wish = {"request": request_of("kit", new_key())}
    door.ask("POST", APPROVE, json=wish)
    refused = door.ask("POST", APPROVE, json=wish)
    assert (refused.status_code, code(refused)) == (409, "key_in_use")
    assert refused.json()["detail"] == "the key was enrolled before"


@pytest.mark.parametrize("agent", VISITORS)
def test_each_visitor_is_told_where_to_go_and_what_to_do(door: Stage, agent: str) -> None:
    said = door.get(f"{PERSON}{agent}").json()
    assert said["agent"] == agent
    assert said["to"].startswith("/")
    assert all(said[name] for name in ("task", "approver", "organisation", "passphrase"))
    assert said["reads_wristbands"] is (agent in ("nora", "nils", "phil"))


@pytest.mark.parametrize("agent", ["ada", "quinn", "nobody", "", "../kit"])
def test_nobody_else_is_to_be_had(door: Stage, asked: list[tuple[str, str]], agent: str) -> None:
    wish = {"request": request_of(agent, new_key())}
    assert door.ask("POST", APPROVE, json=wish).status_code in (400, 404)
    assert door.get(f"{PERSON}{agent}").status_code == 404
    assert asked == []


@pytest.mark.parametrize(
    "text",
    ["", "UBE1:", "UBE1:a", "UBE1:00", "UB1:" + "0" * 40, "UBE1:" + base45.encode(cbor2.dumps(["kit", 3]))],
)
def test_what_is_no_enrolment_request_is_refused(
    door: Stage, asked: list[tuple[str, str]], text: str
) -> None:
    refused = door.ask("POST", APPROVE, json={"request": text})
    assert (refused.status_code, code(refused), asked) == (400, "invalid_request", [])


def test_another_sites_form_cannot_ask(door: Stage, asked: list[tuple[str, str]]) -> None:
    """Without leave a page elsewhere may send a form, not JSON."""
    body = f'{{"request": "{request_of("kit", new_key())}"}}'
    refused = door.ask("POST", APPROVE, content=body, headers={"content-type": "text/plain"})
    assert (refused.status_code, code(refused), asked) == (415, "unsupported_media_type", [])


def test_all_else_is_the_ledgers(door: Stage) -> None:
    assert door.get("/v1/log").json() == door.ask("GET", "/v1/log").json()
    assert door.get("/v1/log").status_code == 200
    assert door.get("/demo/other").status_code == 404


def test_no_other_server_has_the_door(stage: Stage) -> None:
    wish = {"request": request_of("kit", new_key())}
    assert code(stage.get(f"{PERSON}kit")) == "no_such_resource"
    assert code(stage.ask("POST", APPROVE, json=wish)) == "no_such_resource"


def test_a_device_learns_which_host_the_labels_name(stage: Stage) -> None:
    assert stage.get("/v1/session", "nora").json()["label_host"] is None
