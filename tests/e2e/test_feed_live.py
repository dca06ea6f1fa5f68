"""The feed through the SDK and the program `unbroken follow`, against a real server."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import httpx
import pytest

from clients.sdk import Client
from tests.e2e.live import APHERESIS, COI, FRESH, ROOT, VAN, Live, environment, running


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(tmp_path_factory.mktemp("live")) as live:
        live.order_and_collect()
        yield live


class Breaking(httpx.HTTPTransport):
    """Real answers, but those of the feed break off after some bytes."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.breaks = 0
        self._random = random.Random(seed)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.url.path == "/v1/feed":
            response.stream = Torn(response.stream, self._random.randint(0, 2500))
            self.breaks += 1
        return response


class Torn(httpx.SyncByteStream):
    """So many bytes, then no more."""

    def __init__(self, whole: Any, left: int) -> None:
        self._whole = whole
        self._left = left

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._whole:
            yield chunk[: self._left]
            self._left -= len(chunk)
            if self._left <= 0:
                raise httpx.ReadError("connection reset by peer")

    def close(self) -> None:
        self._whole.close()


def size(live: Live) -> int:
    with live.client("audrey") as auditor:
        return int(auditor.log()["size"])


def pack(live: Live, shipper: str) -> int:
    return live.say("anna", "Packed", at=APHERESIS, containers=[FRESH], shipper=shipper).position


def test_an_entry_is_neither_lost_nor_repeated_over_connections_that_break(live: Live) -> None:
    transport, before = Breaking(seed=7), size(live)
    writer = threading.Thread(target=lambda: [pack(live, f"TORN-{number}") for number in range(20)])
    with Client(live.device("audrey"), transport=transport, server=live.url) as client:
        feed = client.feed(-1)
        feed._pause = lambda seconds: None
        writer.start()
        told = [entry["position"] for entry in islice(feed, before + 20)]
        writer.join()
    assert told == list(range(before + 20))
    assert transport.breaks > 5


def test_a_feed_waits_for_what_comes_after_it_was_asked_for(live: Live) -> None:
    with live.client("nora") as nurse:
        feed = nurse.feed()
        first = pack(live, "AFTER-1")
        told = next(iter(feed))
        assert (told["position"], told["type"], told["signer"]) == (first, "Packed", "anna")
        assert (told["chain"], told["review"]) == (COI, False)
        second = pack(live, "AFTER-2")
        assert next(iter(nurse.feed(feed.position)))["position"] == second


# --- the program ------------------------------------------------------------------------------


@contextmanager
def following(live: Live, agent: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`unbroken follow` in a process of its own, until somebody presses Ctrl-C."""
    command = [sys.executable, "-m", "clients.cli", "follow", *words]
    given = environment() | {"UNBROKEN_HOME": str(live.home(agent))}
    process = subprocess.Popen(
        command, env=given, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
        os.kill(process.pid, signal.SIGINT)
        assert process.communicate(timeout=30)[1] == ""
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout
    return [process.stdout.readline() for _ in range(count)]


def test_the_program_tells_each_entry_in_one_line_of_plain_words(live: Live) -> None:
    last = size(live) - 1
    with following(live, "nora", "--after", str(last)) as process:
        position = pack(live, "WORDS-1")
        (line,) = lines(process, 1)
    assert line.startswith(f"#{position}  20")
    said = f"anna packed bag {FRESH} into shipper WORDS-1 at apheresis at st-mary."
    assert f"  {said}  {COI}\n" in line


def test_the_program_prints_one_document_a_line_for_scripts(live: Live) -> None:
    with following(live, "audrey", "--after", "-1", "--json") as process:
        documents = [json.loads(line) for line in lines(process, size(live))]
    assert [one["position"] for one in documents] == list(range(size(live)))
    with live.client("audrey") as auditor:
        story = {one["position"]: one for one in auditor.timeline(COI)["entries"]}
    told = {one["position"]: one for one in documents if one["chain"] == COI}
    assert told.keys() == story.keys()
    for position, one in told.items():
        same = ("type", "signer", "recorded_at", "statement_id")
        assert [one[name] for name in same] == [story[position][name] for name in same]


def test_a_courier_follows_a_bag_that_is_on_its_way_to_them(live: Live) -> None:
    with following(live, "kit", "--after", str(size(live) - 1)) as process:
        parties = {"containers": [FRESH], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
        live.say("anna", "CustodyReleased", **parties)
        (line,) = lines(process, 1)
    assert f"anna handed bag {FRESH} over from apheresis at st-mary" in line


def test_a_position_that_the_log_has_not_come_to_is_explained(live: Live) -> None:
    command = [sys.executable, "-m", "clients.cli", "follow", "--after", "1000000", "--json"]
    given = environment() | {"UNBROKEN_HOME": str(live.home("nora"))}
    done = subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "not_recorded_yet")


class Stopped(Exception):
    """The connection has ended, and the feed would try again."""


def test_a_server_that_is_told_to_stop_does_not_wait_for_its_feeds(live: Live) -> None:
    def again(seconds: float) -> None:
        raise Stopped

    with live.client("nora") as nurse:
        feed = nurse.feed(size(live) - 2)
        feed._pause = again
        found = iter(feed)
        next(found)
        live.stop()  # it has thirty seconds
        with pytest.raises(Stopped):
            next(found)
