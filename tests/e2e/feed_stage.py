"""The real application on a real socket, and somebody who reads its feed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from api.serving import Program
from api.settings import Settings
from clients.feed import EventStream, Message
from ledger.proof import canonical
from tests.e2e.api_stage import Loop, Stage
from tests.scenario import Clock, Scenario, open_scenario

BRISK = Settings(heartbeat_s=0.2)
LIMIT_S = 20.0


@contextmanager
def listening(scenario: Scenario, settings: Settings = BRISK) -> Iterator[Stage]:
    """The scenario's ledger, served as `unbroken-server` serves it."""
    app, loop = create_app(scenario.ledger, settings), Loop()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", ws="none")
    server = Program(config, app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    client = httpx.AsyncClient(base_url=url, timeout=LIMIT_S)
    try:
        yield Stage(scenario, app, loop, client)
    finally:
        loop.run(client.aclose())
        loop.close()
        server.should_exit = True
        thread.join(LIMIT_S)
        assert not thread.is_alive(), "an open feed kept the server from stopping"


@contextmanager
def listened(folder: Path, **changed: Any) -> Iterator[Stage]:
    """A new log on a socket."""
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, Clock())
    with listening(scenario, replace(BRISK, **changed)) as stage:
        yield stage
    scenario.ledger.close()


class Reader:
    """One open connection to the feed."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.raw = b""
        self.position = -1
        self._chunks = response.iter_raw()
        self._stream = EventStream()
        self._waiting: list[Message] = []
        self._end = time.monotonic() + LIMIT_S

    def entries(self, count: int) -> list[dict[str, Any]]:
        """The next entries, so many."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            message = self._next()
            assert message, f"the feed ended after {found}"
            if message.data:
                found.append(canonical.decode(message.data.encode()))
        return found

    def until(self, position: int) -> list[dict[str, Any]]:
        """All entries told until the feed has come to this position."""
        found: list[dict[str, Any]] = []
        while self.position < position:
            message = self._next()
            assert message, f"the feed ended at {self.position}"
            if message.data:
                found.append(canonical.decode(message.data.encode()))
        return found

    def to_the_end(self) -> list[Message]:
        """What comes before the server ends the feed."""
        return list(iter(self._next, None))

    def _next(self) -> Message | None:
        while not self._waiting:
            chunk = next(self._chunks, None)
            if chunk is None:
                return None
            assert time.monotonic() < self._end, "nothing but heartbeats"
            self.raw += chunk
            self._waiting = list(self._stream.take(chunk))
        message = self._waiting.pop(0)
        self.position = self.position if message.id is None else message.id
        return message


@contextmanager
def reading(
    stage: Stage, agent: str, headers: dict[str, str] | None = None, **params: Any
) -> Iterator[Reader]:
    """Somebody who has signed in reads the feed; leaving the block breaks the connection."""
    address = f"{str(stage.client.base_url).rstrip('/')}/v1/feed"
    asked = stage.bearer(agent) | (headers or {})
    with httpx.stream("GET", address, params=params, headers=asked, timeout=LIMIT_S) as response:
        assert response.status_code == 200, response.read()
        yield Reader(response)


def until(true: Any) -> None:
    """Wait for what happens in another thread."""
    end = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
