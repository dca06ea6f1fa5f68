"""The watch of a node: what cannot be looked at is tried again, and holds up no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.alarms import watcher as program
from api.alarms.tidings import Tidings
from api.alarms.watcher import Watcher
from ledger.application.watching import Looked
from ledger.errors import Fault


class Broken:
    """Watching, store and placements at once: `looks` says how often a look at a logger fails."""

    engine = None

    def __init__(self, fails: dict[str, int], listing_fails: int = 0) -> None:
        self.fails = fails
        self.listing_fails = listing_fails
        self.looked: list[str] = []
        self.silent_ms: int | None = None
        self.sealed: list[str] = []

    def look(self, logger: str, _: int) -> Looked:
        if self.fails.get(logger, 0) > 0:
            self.fails[logger] -= 1
            raise Fault("store_unavailable", "gone")
        self.looked.append(logger)
        return Looked([], self.silent_ms, (f"{logger}1", f"{logger}2"))

    def loggers(self) -> list[str]:
        if self.listing_fails > 0:
            self.listing_fails -= 1
            raise Fault("store_unavailable", "gone")
        return ["a", "b", "c"]

    def placements(self, _: str) -> list[Any]:
        return []


def watched(broken: Broken, count: int, monkeypatch: pytest.MonkeyPatch, now_ms: int = 10**9) -> list[str]:
    monkeypatch.setattr(program, "TICK_S", 0.01)
    monkeypatch.setattr(program, "loggers_since", lambda *_: {})
    of: Any = broken

    async def run() -> None:
        watcher = Watcher(of, of, of, Tidings(lambda: 0), broken.sealed.append, lambda: now_ms)
        task = asyncio.create_task(watcher.watch())
        async with asyncio.timeout(10):
            while len(broken.looked) < count:
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(run())
    return broken.looked


def test_one_that_cannot_be_looked_at_holds_up_no_other_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert watched(Broken({"a": 3}), 3, monkeypatch) == ["b", "c", "a"]


def test_a_round_that_fails_is_made_again_and_looks_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(Broken({}, listing_fails=2), 3, monkeypatch) == ["a", "b", "c"]


def test_one_that_will_be_silent_is_looked_at_again_when_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Broken({})
    broken.silent_ms = 10**9  # the clock stands at this moment: it is due at once, and again
    assert watched(broken, 6, monkeypatch) == ["a", "b", "c"] * 2


def test_each_recording_that_is_urgent_is_sealed_though_no_alarm_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = Broken({"a": 10**6, "b": 10**6})
    watched(broken, 1, monkeypatch)
    assert broken.sealed == ["c1", "c2"]
