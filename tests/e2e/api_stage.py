"""The real application over a real ledger, called as a client calls it but without a socket."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from api.vault.vault import Vault
from ledger.export.seal import Seal
from ledger.proof import canonical, statement
from tests.scenario import APHERESIS, ORIGIN, Clock, Scenario, Signer, b64, open_scenario, therapy
from tests.vaulting import vault_in

COSE, SEQUENCE = "application/cose", "application/cbor-seq"
COI, OTHER = "isbt128:CHA999926000001", "isbt128:CHA999926000002"
CHAIN, STREAM = f"/v1/chains/{COI}", f"chain/{COI}"


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@dataclass
class Stage:
    """A served scenario. `as_` asks as a person who has signed in; `ask` as nobody."""

    scenario: Scenario
    app: FastAPI
    loop: Loop
    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        response: httpx.Response = self.loop.run(self.client.request(method, path, **options))
        return response

    def get(self, path: str, agent: str = "", **options: Any) -> httpx.Response:
        headers = self.bearer(agent) if agent else {}
        return self.ask("GET", path, headers=headers | options.pop("headers", {}), **options)

    def post(self, raw: bytes, content_type: str = COSE) -> httpx.Response:
        return self.ask("POST", "/v1/statements", content=raw, headers={"content-type": content_type})

    def together(self, raws: Sequence[bytes]) -> list[httpx.Response]:
        """Many POSTs at once."""

        async def all_of_them() -> list[httpx.Response]:
            headers = {"content-type": COSE}
            return await asyncio.gather(
                *(self.client.post("/v1/statements", content=raw, headers=headers) for raw in raws)
            )

        found: list[httpx.Response] = self.loop.run(all_of_them())
        return found

    def bearer(self, agent: str) -> dict[str, str]:
        if agent not in self.tokens:
            response = self.sign_in(self.signed_challenge(agent))
            assert response.status_code == 201, response.text
            self.tokens[agent] = response.json()["token"]
        return {"authorization": f"Bearer {self.tokens[agent]}"}

    def challenge(self) -> str:
        challenge: str = self.ask("GET", "/v1/session/challenge").json()["challenge"]
        return challenge

    def signed_challenge(self, agent: str, **changed: Any) -> bytes:
        """A sign-in; `changed` replaces any of `signer`, `iss`, `sub`, `aud`, `payload`, `content_type`."""
        signer: Signer = changed.pop("signer", None) or self.scenario.signer(agent)
        payload = changed.pop("payload", None) or {"challenge": self.challenge()}
        parts: dict[str, Any] = {
            "iss": agent,
            "sub": "session",
            "aud": ORIGIN,
            "cti": os.urandom(16),
            "content_type": statement.SESSION_CONTENT_TYPE,
        } | changed
        return statement.sign(signer.key, payload=canonical.encode(payload), **parts)

    def sign_in(self, raw: bytes, content_type: str = COSE) -> httpx.Response:
        return self.ask("POST", "/v1/session", content=raw, headers={"content-type": content_type})


@contextmanager
def served(
    database_url: str, directory: Path, settings: Settings | None = None, with_vault: bool = False
) -> Iterator[Stage]:
    """Open a log, enrol its people, serve it."""
    scenario = open_scenario(database_url, directory, Clock())
    vault = vault_in(directory, scenario) if with_vault else None
    with serving(scenario, settings, vault=vault) as stage:
        yield stage
    scenario.ledger.close()


@contextmanager
def serving(
    scenario: Scenario, settings: Settings | None = None, seal: Seal | None = None, vault: Vault | None = None
) -> Iterator[Stage]:
    """Serve a scenario that is there already; a second node, for instance."""
    app = create_app(scenario.ledger, settings, seal, vault)
    loop = Loop()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ledger.invalid")
    lifespan = app.router.lifespan_context(app)
    loop.run(lifespan.__aenter__())
    try:
        yield Stage(scenario, app, loop, client)
    finally:
        loop.run(client.aclose())
        loop.run(lifespan.__aexit__(None, None, None))
        loop.close()


def code(response: httpx.Response) -> str:
    """The code of a problem, after checking that it is one as RFC 9457 has it."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["type"].endswith(f"/{problem['code']}")
    assert problem["title"]
    assert problem["detail"]
    found: str = problem["code"]
    return found


def collected(stage: Stage, bag: str = "BAG-1") -> bytes:
    """A signed collection, to be posted."""
    return stage.scenario.sign(
        "anna", STREAM, "CollectionCompleted", at=APHERESIS, ended_at="2026-09-21T12:00:00.000Z",
        containers=[{"container": bag, "volume_ul": 100_000}],
    )  # fmt: skip


@contextmanager
def two_therapies(
    folder: Path, settings: Settings | None = None, with_vault: bool = False
) -> Iterator[Stage]:
    """One whole therapy (`COI`); one that has only been collected (`OTHER`); an auditor, audrey;
    a courier who holds nothing, otto."""
    settings = settings or Settings(label_host="ledger.invalid")
    with served(f"sqlite:///{folder}/ledger.db", folder, settings, with_vault) as stage:
        scenario = stage.scenario
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
        therapy(scenario, COI)
        scenario.order(OTHER, "patient-2")
        scenario.say(
            "anna", f"chain/{OTHER}", "CollectionCompleted", at=APHERESIS,
            ended_at="2026-09-21T12:00:00.000Z", containers=[{"container": "OTHER-F1", "volume_ul": 1000}],
        )  # fmt: skip
        catch_up(stage)
        yield stage


def enrol(scenario: Scenario, agent: str, role: str, by: str, organisation: str, site: str) -> None:
    scenario.say(
        by, f"agent/{agent}", "AgentEnrolled", organisation=organisation,
        roles=[{"role": role, "site": site}], key=b64(scenario.signer(agent).key.public.spki),
    )  # fmt: skip


def catch_up(stage: Stage) -> None:
    """Let the read models take in all that there is."""
    stage.app.state.node.projector.catch_up()


def read(stage: Stage, agent: str, path: str, **params: Any) -> Any:
    """A document that the agent may read."""
    response = stage.get(path, agent, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def size(stage: Stage) -> int:
    return stage.scenario.ledger.store.head()[0]
