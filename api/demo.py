"""The server of `unbroken-server demo`: the ordinary one, and before it a door for visitors.

A visitor's browser draws a key and asks at the door to be somebody of the story. In a real ledger an
administrator would compare the key's fingerprint with what the person reads to them; here the demo's
administrator (a process of their own, reached through the storyteller's desk) signs at once. Nothing
of this is in `create_app`, so no other server can serve it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cbor2
import httpx
import typer
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.bodies import read_json
from api.home import Home
from api.problems import problem_of
from api.serving import serving
from api.settings import Settings
from api.vault.options import Keys, Master
from clients.demo.visitors import VISITORS, Visitor
from clients.mqtt_broker import broker_at
from clients.sending import to_base64
from ledger.errors import Conflict, Malformed, NotFound, UnbrokenError
from ledger.labels import base45

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HERE = "/demo/"
PERSON = "/demo/person/"
APPROVE = "/demo/approve"
PREFIX = "UBE1:"  # of an enrolment request: clients/web/src/core/enrolment.ts
MAX_REQUEST = 16 * 1024
NO_STORE = {"cache-control": "no-store"}


class Wish(BaseModel):
    """An enrolment request, as its QR code says it."""

    request: str


class Door:
    """`GET /demo/person/{agent}`: whom one can be. `POST /demo/approve`: be it. All else goes on."""

    def __init__(self, app: ASGIApp, desk: str) -> None:
        self._app = app
        self._desk = httpx.AsyncClient(base_url=desk, timeout=60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(HERE):
            await self._app(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        try:
            if request.method == "GET" and path.startswith(PERSON):
                return JSONResponse(_visitor(path.removeprefix(PERSON)).to_json(), headers=NO_STORE)
            if request.method == "POST" and path == APPROVE:
                wish = await read_json(request, Wish, MAX_REQUEST)  # JSON only: no other site's form
                return JSONResponse(await self._approve(wish.request), headers=NO_STORE)
            raise NotFound("no_such_resource", "there is nothing at this address")
        except UnbrokenError as error:
            return problem_of(error).response()

    async def _approve(self, text: str) -> dict[str, Any]:
        """What the log answered. Raises what the administrator's device was told, as `Conflict`."""
        agent, spki = parse_request(text)
        asked = {"agent": _visitor(agent).agent, "key": to_base64(spki)}
        answer: dict[str, Any] = (await self._desk.post("/", json=asked)).raise_for_status().json()
        if "problem" in answer:
            raise Conflict(answer["problem"]["code"], answer["problem"]["detail"])
        return answer


def parse_request(text: str) -> tuple[str, bytes]:
    """Who asks, and the SubjectPublicKeyInfo of their key. Raises `Malformed` `invalid_request`."""
    try:
        name, spki = cbor2.loads(base45.decode(text.removeprefix(PREFIX)))
        agent = bytes(name).decode()
    except (ValueError, TypeError, cbor2.CBORDecodeError):
        agent, spki = "", b""
    if not text.startswith(PREFIX) or not agent or not isinstance(spki, bytes):
        raise Malformed("invalid_request", f"not an enrolment request: it begins with {PREFIX}")
    return agent, spki


def _visitor(agent: str) -> Visitor:
    found = VISITORS.get(agent)
    if found is None:
        raise NotFound("no_such_agent", f"the demo has no {agent!r:.80}; it has {', '.join(VISITORS)}")
    return found


def run(
    data: Annotated[Path, typer.Option()],
    port: Annotated[int, typer.Option()],
    desk: Annotated[str, typer.Option(help="Where the storyteller listens")],
    contact: Annotated[str, typer.Option(envvar="UNBROKEN_CONTACT")] = "",
    mqtt: Annotated[str, typer.Option(help="The broker of live readings, where there is one")] = "",
    vault_keys: Keys = None,
    vault_master: Master = "",
) -> None:
    """Serve the demo's log on this machine, until told to stop."""
    broker = broker_at(mqtt) if mqtt else None
    settings = Settings(
        contact=contact,
        label_host=f"localhost:{port}",
        mqtt=broker,
        vault_keys=vault_keys,
        vault_master=vault_master,
    )
    serving(Home(data), ("127.0.0.1", port), settings, before=lambda app: Door(app, desk))


if __name__ == "__main__":
    typer.run(run)
