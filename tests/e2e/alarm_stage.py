"""A served scenario with a bag, a logger beside it, and people who hear of alarms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from api.settings import Settings
from tests.e2e.api_stage import Stage, enrol
from tests.e2e.feed_stage import BRISK, LIMIT_S, Reader, listening
from tests.live_stage import MINUTE_MS, Recording, collected, enrol_logger, pack, profiled
from tests.scenario import Clock, Scenario, open_scenario

GOOD, WARM = 500, 1_200  # centi-degrees: in band, and above it


class Journey:
    """One logger with one bag, a reading a minute."""

    def __init__(self, stage: Stage, settings: Settings = BRISK, server: ExitStack | None = None) -> None:
        self.stage = stage
        self.settings = settings
        self._server = server or ExitStack()
        self.scenario = stage.scenario
        self.recording = Recording(stage.scenario)
        self.first = 0

    def stop(self) -> Scenario:
        """Stop the server, as an operator does; the log stays open."""
        self._server.close()
        return self.scenario

    def packet(self, *values: int | None, **more: Any) -> bytes:
        """The next readings; the clock goes on to the last of them."""
        raw = self.recording.packet(list(values), self.first, **more)
        self.first += len(values)
        self.scenario.clock.now_ms = self.recording.started_ms + (self.first - 1) * MINUTE_MS + 400
        return raw

    def send(self, *values: int | None, **more: Any) -> dict[str, Any]:
        return self.post(self.packet(*values, **more))

    def post(self, *packets: bytes) -> dict[str, Any]:
        answer = post_readings(self.stage, *packets)
        assert answer["refused"] == [], answer
        return answer


def post_readings(stage: Stage, *packets: bytes) -> dict[str, Any]:
    response = stage.ask(
        "POST", "/v1/readings", content=b"".join(packets), headers={"content-type": "application/cbor-seq"}
    )
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def packed(scenario: Scenario) -> None:
    """A bag in a shipper, with the logger."""
    enrol_logger(scenario)
    profiled(scenario)
    collected(scenario)
    pack(scenario)


@contextmanager
def on_the_road(folder: Path, **changed: Any) -> Iterator[Journey]:
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, Clock())
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
    packed(scenario)
    settings = replace(BRISK, **changed)
    with ExitStack() as server:
        yield Journey(server.enter_context(listening(scenario, settings)), settings, server)
    scenario.ledger.close()


@contextmanager
def alarmed(stage: Stage, agent: str, after: int | None = None) -> Iterator[Reader]:
    """Somebody who has signed in follows the alarms."""
    address = f"{str(stage.client.base_url).rstrip('/')}/v1/alarms/feed"
    params = {} if after is None else {"after": after}
    with httpx.stream(
        "GET", address, params=params, headers=stage.bearer(agent), timeout=LIMIT_S
    ) as response:
        assert response.status_code == 200, response.read()
        yield Reader(response)


def alarms(stage: Stage, agent: str, **where: Any) -> list[dict[str, Any]]:
    response = stage.get("/v1/alarms", agent, params=where)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["alarms"]
    return found
