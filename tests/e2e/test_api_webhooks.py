"""Alarms handed on: at least once, each under one id, whatever the receiver or this server does."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from api.webhooks import program, sending
from ledger.store.webhooks import DeliveryStore
from tests.e2e.alarm_stage import GOOD, WARM, Journey, on_the_road
from tests.e2e.feed_stage import listening, until
from tests.e2e.webhook_stage import receiving
from tests.live_stage import BAG, COI


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look soon whether the scenario's clock has gone on; don't wait long for a receiver that hangs."""
    monkeypatch.setattr(sending, "PATIENCE_S", 0.05)
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.5)


def waiting(journey: Journey) -> DeliveryStore:
    store = journey.scenario.ledger.store
    return DeliveryStore(store.engine, store.turn)


def test_what_begins_and_ends_is_posted_signed_and_names_nobody(tmp_path: Path) -> None:
    with receiving() as receiver, on_the_road(tmp_path, webhooks=(receiver.endpoint(),)) as journey:
        journey.send(WARM)
        journey.send(GOOD)
        first, second = receiver.wait(2)
    assert [first.said, second.said] == [("alarm.begun", "excursion"), ("alarm.ended", "excursion")]
    assert first.is_signed
    assert second.is_signed
    assert first.id != second.id
    data = json.loads(first.body)["data"]
    assert (data["chain"], data["container"], data["late"]) == (COI, BAG, False)
    assert "acknowledged_by" not in data


def test_only_what_the_endpoint_may_and_wants_to_hear_is_posted(tmp_path: Path) -> None:
    with receiving() as mine, receiving() as foreign, receiving() as tilts, receiving() as ward:
        endpoints = (
            mine.endpoint(),
            foreign.endpoint("foreign", "swift-cryo"),
            tilts.endpoint("tilts", kinds=frozenset({"tilt"})),
            ward.endpoint("ward", "", sites=frozenset({"st-mary"})),
        )
        with on_the_road(tmp_path, webhooks=endpoints) as journey:
            journey.send(WARM, tilt_deg=60)
            journey.send(GOOD, tilt_deg=60)
            for one in (mine, ward):
                assert {got.said for got in one.wait(3)} == {
                    ("alarm.begun", "excursion"), ("alarm.begun", "tilt"), ("alarm.ended", "excursion"),
                }  # fmt: skip
            assert [got.said for got in tilts.wait(1)] == [("alarm.begun", "tilt")]
            assert foreign.got == []


def test_a_failure_is_tried_again_later_with_the_same_id_and_body(tmp_path: Path) -> None:
    with receiving() as receiver, on_the_road(tmp_path, webhooks=(receiver.endpoint(),)) as journey:
        receiver.answers = [500, 302, 204]
        journey.send(WARM)
        receiver.wait(1)
        for count, seconds in ((2, 7), (3, 30)):
            until(lambda: waiting(journey).undelivered()[0].attempts == count - 1)  # noqa: B023
            journey.scenario.clock.forward(seconds)
            receiver.wait(count)
        until(lambda: waiting(journey).undelivered() == [])
    assert {(got.id, got.body) for got in receiver.got} == {(receiver.got[0].id, receiver.got[0].body)}
    assert all(got.is_signed for got in receiver.got)
    assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == 3
    assert not any(got.headers.get("cookie") for got in receiver.got)


def test_a_receiver_that_hangs_delays_no_other(tmp_path: Path) -> None:
    with receiving() as slow, receiving() as quick:
        slow.answers = [0, 0, 0]
        endpoints = (slow.endpoint("slow"), quick.endpoint("quick"))
        with on_the_road(tmp_path, webhooks=endpoints) as journey:
            journey.send(WARM)
            slow.wait(1)
            journey.send(GOOD)
            quick.wait(2)
            timeout = "no answer (TimeoutError)"
            until(lambda: [one.told for one in waiting(journey).undelivered()] == [timeout, timeout])


def test_a_dead_receiver_and_a_restart_of_the_server_lose_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with receiving(port) as receiver:
        endpoint = receiver.endpoint()
    with on_the_road(tmp_path, webhooks=(endpoint,)) as journey:
        journey.send(WARM)
        until(lambda: [one.attempts for one in waiting(journey).undelivered()] == [1])
        journey.send(GOOD)
        until(
            lambda: len(found := waiting(journey).undelivered()) == 2 and all(one.attempts for one in found)
        )
        before = journey.scenario
        with listening(before, journey.settings) as again:  # and another node of the same log
            with receiving(port) as receiver:
                before.clock.forward(120)
                got = receiver.wait(2)
                until(lambda: waiting(journey).undelivered() == [])
            assert again.app is not journey.stage.app
    assert {one.said for one in got} == {("alarm.begun", "excursion"), ("alarm.ended", "excursion")}
    assert len({one.id for one in got}) == 2


def test_what_was_begun_before_a_stop_is_delivered_after_it(tmp_path: Path) -> None:
    """The server stops while a receiver has a message in hand and does not answer."""
    with receiving() as receiver:
        receiver.answers = [0]
        with on_the_road(tmp_path, webhooks=(receiver.endpoint(),)) as journey:
            journey.send(WARM)
            receiver.wait(1)
            store = waiting(journey)
            settings = journey.settings
            scenario = journey.stop()
            (kept,) = store.undelivered()
            scenario.clock.forward(61)  # the stopped server had it in hand for a minute
            with listening(scenario, settings):
                receiver.wait(2)
                until(lambda: store.undelivered() == [])
    assert kept.seq == 0
    assert len({got.id for got in receiver.got}) == 1


def test_what_nobody_takes_lies_until_it_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ATTEMPTS", 2)
    with receiving() as receiver, on_the_road(tmp_path, webhooks=(receiver.endpoint(),)) as journey:
        receiver.answers = [500, 503, 410]
        journey.send(WARM)
        until(lambda: [one.attempts for one in waiting(journey).undelivered()] == [1])
        journey.scenario.clock.forward(7)
        until(lambda: waiting(journey).waiting() == {"alerts": (0, 1)})
        journey.send(GOOD)  # to this one it says that it is gone
        until(lambda: waiting(journey).waiting() == {"alerts": (0, 2)})
        assert [one.told for one in waiting(journey).undelivered()] == ["it answered 503", "it answered 410"]
        recorder = journey.scenario.ledger.store
        found = program.undelivered(recorder)
        assert [(one["event"], one["type"], one["state"]) for one in found] == [
            (0, "alarm.begun", "dead"), (1, "alarm.ended", "dead"),
        ]  # fmt: skip
        assert program.text(found).splitlines()[0] == (
            "alerts  event 0  alarm.begun  dead, 2 attempts, it answered 503"
        )
        monkeypatch.setattr(program.time, "time_ns", lambda: journey.scenario.clock() * 1_000_000)
        assert (program.resend(recorder, "alerts", 1), program.resend(recorder, "alerts", None)) == (1, 1)
        until(lambda: waiting(journey).undelivered() == [])
        assert len(receiver.got) == 5
