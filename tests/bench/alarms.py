"""From a logger's packet to whoever is called: by server-sent events, and by webhook.

Each packet begins or ends an excursion. The time runs from before it is sent to when the event, or
the message, has arrived. The floors: an event that a bare server tells as soon as it is posted to,
and a bare POST to the same receiver.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.settings import Settings
from tests.bench.table import Row, at_most
from tests.e2e.alarm_stage import GOOD, WARM, packed
from tests.e2e.api_stage import Stage
from tests.e2e.feed_stage import listening
from tests.e2e.house import RealClock
from tests.e2e.webhook_stage import Receiver, receiving
from tests.live_stage import Recording
from tests.scenario import open_scenario

PACKETS = 40
LIMIT_MS = 2_000.0  # within which somebody must have heard
OVER_FLOOR = 200  # three synced transactions, and as many threads' turns, that a bare server does not have
PAUSE_S = 0.2  # between packets: each is one alarm's, not a load


def run() -> list[Row]:
    """Median and slowest, beside the floors and beside what is asked for."""
    bare = _bare()
    told, posted, post = _ours()
    rows = []
    for name, ours, floor in (("server-sent event", told, bare), ("webhook", posted, post)):
        rows.append(
            at_most(
                f"packet to {name}, median", statistics.median(ours), statistics.median(floor), OVER_FLOOR
            )
        )
        rows.append(at_most(f"packet to {name}, slowest (beside: 2 s)", max(ours), LIMIT_MS, 1.0))
    return rows


def _ours() -> tuple[list[float], list[float], list[float]]:
    """To the subscriber, to the receiver, and a bare POST to the receiver; in ms."""
    with tempfile.TemporaryDirectory() as folder, receiving() as receiver:
        clock = RealClock(behind=True)
        scenario = open_scenario(f"sqlite:///{folder}/ledger.db", Path(folder), clock)
        packed(scenario)
        clock.behind = False
        recording = Recording(scenario)
        with listening(scenario, Settings(webhooks=(receiver.endpoint(),))) as stage:
            packets = [recording.packet([WARM if at % 2 == 0 else GOOD], at) for at in range(PACKETS)]
            told, posted = _timed(stage, packets, receiver)
        with httpx.Client() as client:
            post = [_ms(lambda: client.post(receiver.endpoint().url, content=b"{}")) for _ in range(PACKETS)]
        scenario.ledger.close()
    return told, posted, post


def _timed(stage: Stage, packets: list[bytes], receiver: Receiver) -> tuple[list[float], list[float]]:
    url = str(stage.client.base_url).rstrip("/")
    told: list[float] = []
    posted: list[float] = []
    with (
        _following(f"{url}/v1/alarms/feed", stage.bearer("quinn")) as arrived,
        httpx.Client(headers={"content-type": "application/cbor-seq"}) as logger,
    ):
        for count, packet in enumerate(packets, 1):
            began = time.perf_counter()
            logger.post(f"{url}/v1/readings", content=packet).raise_for_status()
            told.append((_nth(arrived, count) - began) * 1000)
            _until(lambda: len(receiver.got) >= count)  # noqa: B023
            posted.append((time.perf_counter() - began) * 1000)
            time.sleep(PAUSE_S)
    return told, posted


def _bare() -> list[float]:
    """A server that does nothing but tell."""
    queue: asyncio.Queue[None] = asyncio.Queue()

    async def post(request: Request) -> Response:
        await request.body()
        queue.put_nowait(None)
        return Response(status_code=204)

    async def feed(_: Request) -> Response:
        async def blocks() -> AsyncIterator[bytes]:
            yield b": here\n\n"
            while True:
                await queue.get()
                yield b"data: {}\n\n"

        return StreamingResponse(blocks(), media_type="text/event-stream")

    app = Starlette(routes=[Route("/post", post, methods=["POST"]), Route("/feed", feed)])
    found = []
    with _served(app) as url, _following(f"{url}/feed", {}) as arrived, httpx.Client() as client:
        for count in range(1, PACKETS + 1):
            began = time.perf_counter()
            client.post(f"{url}/post", content=b"x" * 400)
            found.append((_nth(arrived, count) - began) * 1000)
            time.sleep(PAUSE_S / 4)
    return found


@contextmanager
def _following(url: str, headers: dict[str, str]) -> Iterator[list[float]]:
    """The moments at which events arrive."""
    arrived: list[float] = []
    begun = threading.Event()

    def follow() -> None:
        with suppress(httpx.HTTPError), httpx.stream("GET", url, headers=headers, timeout=60) as response:
            for line in response.iter_lines():
                begun.set()
                if line.startswith("data: "):
                    arrived.append(time.perf_counter())

    threading.Thread(target=follow, daemon=True).start()
    assert begun.wait(20)
    yield arrived


@contextmanager
def _served(app: Any) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def _nth(arrived: list[float], count: int) -> float:
    _until(lambda: len(arrived) >= count)
    return arrived[count - 1]


def _until(true: Callable[[], bool]) -> None:
    end = time.perf_counter() + 20
    while not true():
        assert time.perf_counter() < end, "nobody was called"
        time.sleep(0.001)


def _ms(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000
