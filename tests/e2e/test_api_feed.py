"""The live feed on a real socket: what is recorded, in order, once, and only to those who may read it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.store.decode import entry_of
from tests.e2e.api_stage import COI, OTHER, STREAM, Stage, code, enrol, read, served, size
from tests.e2e.feed_stage import BRISK, listened, listening, reading, until
from tests.scenario import APHERESIS, VAN, WARD, hand_over, open_scenario, therapy
from tests.sqlite_file import opened

ASKED: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/v1/feed",
    "query_string": b"after=-1",
    "http_version": "1.1",
    "scheme": "http",
    "root_path": "",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
}
BRISK_STALL = replace(BRISK, feed_stall_s=0.1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Two therapies; audrey the auditor; otto, a courier who holds nothing."""
    with listened(tmp_path_factory.mktemp("ledger")) as opened:
        scenario = opened.scenario
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
        therapy(scenario, COI)
        scenario.order(OTHER, "patient-2")
        collect(opened, OTHER, "OTHER-F1")
        yield opened


def collect(stage: Stage, coi: str, bag: str) -> int:
    return stage.scenario.say(
        "anna", f"chain/{coi}", "CollectionCompleted", at=APHERESIS,
        ended_at="2026-09-21T12:00:00.000Z", containers=[{"container": bag, "volume_ul": 1000}],
    ).position  # fmt: skip


def pack(stage: Stage, shipper: str, coi: str = COI) -> int:
    packed = {"at": WARD, "containers": ["BAG-D1"], "shipper": shipper}
    return stage.scenario.say("nora", f"chain/{coi}", "Packed", **packed).position


def stored(stage: Stage) -> list[Any]:
    entries = stage.scenario.ledger.store.entries(0, size(stage))
    return [entry_of(one.position, one.data, one.recorded_ms) for one in entries]


def open_feeds(stage: Stage) -> int:
    total: int = stage.app.state.node.feeds._open.total()
    return total


def positions(entries: list[dict[str, Any]]) -> list[int]:
    return [entry["position"] for entry in entries]


def test_an_auditor_is_told_everything_in_order_and_once(stage: Stage) -> None:
    with reading(stage, "audrey", after=-1) as feed:
        told = feed.entries(size(stage))
    assert positions(told) == list(range(size(stage)))
    assert [(one["type"], one["signer"]) for one in told] == [
        (entry.type, entry.signer) for entry in stored(stage)
    ]
    for one in told[:: max(1, len(told) // 10)]:
        whole = read(stage, "audrey", f"/v1/entries/{one['position']}")
        assert {name: whole[name] for name in ("statement_id", "recorded_at")} == {
            name: one[name] for name in ("statement_id", "recorded_at")
        }
        assert whole["stream"] == f"chain/{one['chain']}" or one["chain"] is None
    assert feed.response.headers["content-type"].startswith("text/event-stream")


def test_what_is_recorded_while_one_reads_is_told_though_many_write(stage: Stage) -> None:
    before = size(stage)
    with reading(stage, "audrey", after=before - 1) as feed:
        writer = threading.Thread(target=lambda: [pack(stage, f"LIVE-{n}") for n in range(40)])
        writer.start()
        told = feed.entries(40)
        writer.join()
        assert positions(told) == list(range(before, before + 40))
        assert positions(feed.until(size(stage) - 1)) == list(range(before + 40, size(stage)))


def test_a_feed_begins_with_what_comes_next_and_says_where_that_is(stage: Stage) -> None:
    with reading(stage, "audrey") as feed:
        assert feed.until(size(stage) - 1) == []
        mine = pack(stage, "NEXT")
        assert positions(feed.entries(1)) == [mine]


def test_a_broken_connection_is_resumed_without_losing_or_repeating(stage: Stage) -> None:
    """As a browser does it: the address stays as it was, and the header says where it is."""
    told, last = list[int](), {}
    while len(told) < size(stage):
        with reading(stage, "audrey", headers=last, after=-1) as feed:
            told += positions(feed.entries(min(7, size(stage) - len(told))))
            last = {"last-event-id": str(told[-1])}
    assert told == list(range(size(stage)))


def test_nobody_is_told_of_what_they_may_not_read_but_the_position_moves_on(stage: Stage) -> None:
    with reading(stage, "otto", after=-1) as feed:
        told = feed.until(size(stage) - 1)
    mine = [
        entry.position
        for entry in stored(stage)
        if not entry.stream.startswith("chain/") or entry.signer == "otto"
    ]
    assert positions(told) == mine
    assert COI.encode() not in feed.raw
    assert OTHER.encode() not in feed.raw
    with reading(stage, "otto", headers={"last-event-id": str(feed.position)}) as again:
        assert again.until(size(stage) - 1) == []


def test_a_courier_is_told_while_holding_a_bag_or_about_to(stage: Stage) -> None:
    with reading(stage, "otto") as feed:
        collect(stage, OTHER, "OTHER-F2")
        feed.until(size(stage) - 1)
        parties = {"containers": ["OTHER-F2"], "condition": "intact"}
        there = parties | {"giver": APHERESIS, "receiver": VAN}
        released = stage.scenario.say("anna", f"chain/{OTHER}", "CustodyReleased", **there)
        assert positions(feed.entries(1)) == [released.position]
        accepted = stage.scenario.say(
            "otto", f"chain/{OTHER}", "CustodyAccepted", release=released.statement_id.hex(), **there
        )
        assert positions(feed.entries(1)) == [accepted.position]
        _, back = hand_over(stage.scenario, OTHER, "OTHER-F2", ("otto", VAN), ("anna", APHERESIS))
        told = positions(feed.until(back.position))
        hidden = collect(stage, OTHER, "OTHER-F3")
        assert feed.until(hidden) == []
    assert back.position not in told


def test_a_fact_without_standing_is_marked_for_review(stage: Stage) -> None:
    with reading(stage, "nora") as feed:
        feed.until(size(stage) - 1)
        ordinary = pack(stage, "OURS")
        elsewhere = {"site": "far-away", "department": "ward-1"}
        new = {"organisation": "st-mary-trust", "site_kind": "care", "country": "GB"}
        stage.scenario.say("ada", "site/far-away", "SiteOnboarded", **new)
        enrol(stage.scenario, "zoe", "nurse", "ada", "st-mary-trust", "far-away")
        strange = stage.scenario.say(
            "zoe", STREAM, "Packed", at=elsewhere, containers=["BAG-D1"], shipper="THEIRS"
        )
        told = {one["position"]: one["review"] for one in feed.until(strange.position)}
    assert (told[ordinary], told[strange.position]) == (False, True)


@pytest.mark.parametrize(
    "given",
    [
        {"params": {"after": "x"}},
        {"params": {"after": -2}},
        {"headers": {"last-event-id": "1;2"}},
        {"headers": {"last-event-id": ""}},
    ],
)
def test_a_position_that_is_none_is_refused(stage: Stage, given: dict[str, Any]) -> None:
    assert code(stage.get("/v1/feed", "audrey", **given)) == "invalid_request"


def test_a_position_that_the_log_has_not_come_to_is_refused(stage: Stage) -> None:
    response = stage.get("/v1/feed", "audrey", params={"after": size(stage)})
    assert (response.status_code, code(response)) == (404, "not_recorded_yet")


def test_silence_is_broken_by_heartbeats(stage: Stage) -> None:
    with reading(stage, "audrey") as feed:
        chunks = feed.response.iter_raw()
        heard = b"".join(next(chunks) for _ in range(5))
    assert heard.count(b": still here\n\n") >= 3
    assert heard.startswith(b"id: ")


# --- how it ends ------------------------------------------------------------------------------


def test_the_feed_ends_with_its_session(tmp_path: Path) -> None:
    with listened(tmp_path) as stage, reading(stage, "nora") as feed:
        feed.until(size(stage) - 1)
        stage.scenario.clock.forward(8 * 3600)
        assert feed.to_the_end() == []
        assert code(stage.get("/v1/feed", "nora")) == "no_session"


@pytest.mark.parametrize("how", ["signed out", "key revoked"])
def test_the_feed_ends_when_its_session_is_ended(tmp_path: Path, how: str) -> None:
    with listened(tmp_path) as stage, reading(stage, "nora") as feed:
        feed.until(size(stage) - 1)
        kid = stage.scenario.signer("nora").key.public.kid.hex()
        if how == "signed out":
            stage.ask("DELETE", "/v1/session", headers=stage.bearer("nora"))
        else:
            stage.scenario.say("ada", "agent/nora", "KeyRevoked", kid=kid, reason="phone_lost")
        assert feed.to_the_end() == []


def test_more_feeds_than_a_key_or_a_server_may_have_are_refused(tmp_path: Path) -> None:
    with listened(tmp_path, max_feeds_of_key=2, max_feeds=3) as stage:
        with reading(stage, "nora"), reading(stage, "nora"):
            refused = stage.get("/v1/feed", "nora")
            assert (refused.status_code, code(refused)) == (429, "too_many_feeds")
            assert refused.headers["retry-after"]
            del stage.tokens["nora"]  # another session of the same key
            assert code(stage.get("/v1/feed", "nora")) == "too_many_feeds"
            with reading(stage, "nils"):
                assert code(stage.get("/v1/feed", "phil")) == "too_many_feeds"
        until(lambda: open_feeds(stage) == 0)
        with reading(stage, "nora") as feed:
            assert feed.until(size(stage) - 1) == []


def test_feeds_that_wait_hold_no_connection(tmp_path: Path) -> None:
    with listened(tmp_path, heartbeat_s=30.0) as stage:
        pool = stage.scenario.ledger.store.engine.pool
        with reading(stage, "nora") as one, reading(stage, "nils") as other:
            one.until(size(stage) - 1)
            other.until(size(stage) - 1)
            until(lambda: pool.checkedout() <= 1)  # the writer keeps its own


def test_a_client_that_takes_nothing_counts_as_gone(tmp_path: Path) -> None:
    """Called as the server calls it: a connection whose buffers are full never takes a block."""
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path, BRISK_STALL) as stage:
        headers = [(name.encode(), value.encode()) for name, value in stage.bearer("nora").items()]
        scope = ASKED | {"headers": headers}
        sent: list[str] = []

        async def never(*message: Any) -> Any:
            sent.extend(one["type"] for one in message)
            await asyncio.sleep(3600 if not message or message[0]["type"] == "http.response.body" else 0)

        stage.loop.run(stage.app(scope, never, never))
        assert sent == ["http.response.start", "http.response.body"]
        assert open_feeds(stage) == 0


def test_a_server_that_stops_ends_its_feeds(tmp_path: Path) -> None:
    with listened(tmp_path) as stage:
        feeds = stage.app.state.node.feeds
        with reading(stage, "nora") as feed:
            feed.until(size(stage) - 1)
            asyncio.run_coroutine_threadsafe(feeds.close(), feeds._pulse.get_loop()).result(20)
            assert feed.to_the_end() == []
        refused = stage.get("/v1/feed", "nora")
        assert (refused.status_code, code(refused)) == (503, "closing")


def test_what_another_node_records_is_told_too(fresh_postgres_url: str) -> None:
    scenario = open_scenario(fresh_postgres_url)
    other = Ledger(scenario.ledger.config)
    try:
        with listening(replace(scenario, ledger=other)) as stage, reading(stage, "anna") as feed:
            feed.until(size(stage) - 1)
            ordered = scenario.order(COI).position
            assert positions(feed.entries(1)) == [ordered]
    finally:
        other.close()
        scenario.ledger.close()


def test_a_damaged_log_ends_the_feed_rather_than_leaving_an_entry_out(tmp_path: Path) -> None:
    with listened(tmp_path) as stage:
        with opened(tmp_path / "ledger.db") as database:
            database.execute("PRAGMA foreign_keys=OFF")
            database.execute("DELETE FROM entry WHERE position = 5")
        database.close()
        stage.bearer("nora")
        with reading(stage, "nora", after=2) as feed:
            assert [message.data for message in feed.to_the_end()] == [""]
