"""Every request leaves one line and one count, and neither names anybody."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from api.logs import JsonLines
from api.metrics import Metrics
from api.observed import CODE, Observed

SECRET = "isbt128:CHA999926000001"


class Route:
    path = "/v1/chains/{coi}"


def observe(app: Any, path: str = f"/v1/chains/{SECRET}") -> tuple[list[dict[str, Any]], Metrics]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": SECRET.encode()}

    metrics = Metrics()
    scope = {"type": "http", "method": "GET", "path": path, "query_string": SECRET.encode(), "headers": []}
    asyncio.run(Observed(app, metrics)(scope, receive, send))
    return sent, metrics


async def answering(scope: Any, receive: Any, send: Any) -> None:
    scope["route"] = Route
    scope[CODE] = "no_such_chain"
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def failing(scope: Any, receive: Any, send: Any) -> None:
    scope["route"] = Route
    raise KeyError(SECRET)


async def failing_midway(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise KeyError(SECRET)


async def leaving(scope: Any, receive: Any, send: Any) -> None:
    raise ClientDisconnect


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_a_line_has_the_template_and_the_code_but_no_id(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sent, _ = observe(answering)
    (line,) = lines(caplog)
    assert (line["route"], line["status"], line["code"]) == (Route.path, 404, "no_such_chain")
    assert SECRET not in json.dumps(line)
    headers = dict(sent[0]["headers"])
    assert headers[b"x-request-id"].decode() == line["request_id"]


def test_a_failure_is_answered_and_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sent, _ = observe(failing)
    problem = json.loads(sent[1]["body"])
    assert (sent[0]["status"], problem["code"]) == (500, "internal")
    logged = json.dumps(lines(caplog))
    assert "KeyError" in logged
    assert "failing" in logged
    assert SECRET not in logged + str(problem)


def test_a_failure_midway_sends_no_second_answer(caplog: pytest.LogCaptureFixture) -> None:
    sent, _ = observe(failing_midway)
    assert [message["type"] for message in sent] == ["http.response.start"]


def test_a_client_that_left_is_no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sent, _ = observe(leaving)
    assert sent == []
    assert [line["status"] for line in lines(caplog)] == [499]


def test_the_count_is_by_template_method_and_status() -> None:
    _, metrics = observe(answering)
    text = metrics.text(0, 0)
    assert f'unbroken_requests_total{{method="GET",route="{Route.path}",status="404"}} 1' in text
    assert SECRET not in text


def test_an_address_that_no_route_has_is_counted_without_it() -> None:
    async def nowhere(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})

    _, metrics = observe(nowhere, f"/{SECRET}")
    assert 'route="none"' in metrics.text(0, 0)


def test_a_line_is_one_json_object_even_around_line_breaks() -> None:
    record = logging.makeLogRecord({"msg": "two\nlines", "levelname": "INFO", "name": "x"})
    assert "\n" not in JsonLines().format(record)
    assert json.loads(JsonLines().format(record))["message"] == "two\nlines"
