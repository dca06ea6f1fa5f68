"""Alarms end to end: from a logger's signed packet over HTTP to whoever may read the therapy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.alarm_stage import GOOD, WARM, Journey, alarmed, alarms, on_the_road
from tests.e2e.api_stage import code
from tests.e2e.feed_stage import listening, reading, until
from tests.live_stage import BAG, COI, LOGGER, Recording, enrol_logger, pack
from tests.scenario import APHERESIS


@pytest.fixture
def journey(tmp_path: Path) -> Iterator[Journey]:
    with on_the_road(tmp_path) as opened:
        yield opened


def kinds(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["kind"], one["what"]) for one in told]


def test_an_excursion_is_told_as_it_begins_and_as_it_ends(journey: Journey) -> None:
    with alarmed(journey.stage, "quinn") as quality, alarmed(journey.stage, "audrey") as auditor:
        journey.send(GOOD, GOOD)
        journey.send(GOOD)
        journey.send(WARM)
        (begun,) = quality.entries(1)
        assert (begun["kind"], begun["what"], begun["chain"], begun["container"]) == (
            "excursion", "begun", COI, BAG,
        )  # fmt: skip
        assert (begun["phase"], begun["logger"], begun["recording"]) == (
            "fresh",
            LOGGER,
            journey.recording.name,
        )
        assert (begun["peak_centi_c"], begun["late"], begun["ended_at"]) == (WARM, False, None)
        journey.send(GOOD)
        (ended,) = quality.entries(1)
        assert (ended["what"], ended["alarm"]) == ("ended", begun["alarm"])
        assert ended["ended_at"] > begun["began_at"]
        assert [one["what"] for one in auditor.entries(2)] == ["begun", "ended"]


def test_it_is_sealed_at_once_so_that_the_bag_is_judged_by_it(journey: Journey) -> None:
    journey.send(GOOD, WARM, GOOD)

    def judged() -> bool:
        (phase,) = journey.stage.get(f"/v1/chains/{COI}/temperature", "quinn").json()["containers"] or [{}]
        return bool(phase.get("excursions"))

    until(judged)
    (alarm,) = alarms(journey.stage, "quinn", kind="excursion")
    (phase,) = journey.stage.get(f"/v1/chains/{COI}/temperature", "quinn").json()["containers"]
    (excursion,) = phase["excursions"]
    assert (alarm["began_at"], alarm["ended_at"]) == (excursion["started_at"], excursion["ended_at"])
    assert alarm["peak_centi_c"] == excursion["peak_centi_c"]


def test_readings_in_band_raise_nothing_and_who_may_not_read_hears_nothing(journey: Journey) -> None:
    with alarmed(journey.stage, "otto") as courier, alarmed(journey.stage, "quinn") as quality:
        journey.send(*[GOOD] * 20)
        journey.send(WARM)
        assert kinds(quality.entries(1)) == [("excursion", "begun")]
        assert courier.until(0) == []
    assert alarms(journey.stage, "otto") == []
    assert alarms(journey.stage, "otto", chain=COI) == []
    (alarm,) = alarms(journey.stage, "quinn")
    for path in (f"/v1/alarms/{alarm['alarm']}", "/v1/alarms/999"):
        assert code(journey.stage.get(path, "otto")) == "no_such_alarm"
    assert journey.stage.get(f"/v1/alarms/{alarm['alarm']}", "quinn").json() == alarm


def test_the_budget_is_told_in_steps_each_once(journey: Journey) -> None:
    with alarmed(journey.stage, "quinn") as quality:
        for _ in range(7):
            journey.send(*[WARM] * 10)
        told = quality.entries(4)
    assert [one["step_pct"] for one in told if one["kind"] == "budget"] == [50, 80, 100]
    assert kinds(told)[0] == ("excursion", "begun")
    assert len(alarms(journey.stage, "quinn")) == 4


def test_silence_is_told_by_the_clock_and_ends_with_the_next_reading(journey: Journey) -> None:
    with alarmed(journey.stage, "quinn") as quality:
        journey.send(GOOD)
        journey.scenario.clock.forward(179)
        until(lambda: not alarms(journey.stage, "quinn"))
        journey.scenario.clock.forward(2)
        assert kinds(quality.entries(1)) == [("silence", "begun")]
        journey.send(GOOD, GOOD, GOOD, GOOD, GOOD)
        assert kinds(quality.entries(1)) == [("silence", "ended")]


def test_tilt_and_battery_are_told_of_the_logger(journey: Journey) -> None:
    with alarmed(journey.stage, "quinn") as quality:
        journey.send(GOOD, tilt_deg=3, battery_pct=80)
        journey.send(GOOD, tilt_deg=90, battery_pct=12)
        told = quality.entries(2)
        assert {(one["kind"], one["tilt_deg"], one["battery_pct"]) for one in told} == {
            ("tilt", 90, None), ("battery", None, 12),
        }  # fmt: skip
        assert {one["container"] for one in told} == {None}
        journey.send(GOOD, tilt_deg=0, battery_pct=11)
        assert kinds(quality.entries(1)) == [("tilt", "ended")]


def test_what_comes_late_is_told_as_late(journey: Journey) -> None:
    first, second = journey.packet(GOOD, WARM, GOOD), journey.packet(*[GOOD] * 30)
    with alarmed(journey.stage, "quinn") as quality:
        journey.post(second)
        journey.post(first)
        told = quality.entries(2)
    assert [(one["kind"], one["what"], one["late"]) for one in told] == [
        ("excursion", "begun", True), ("excursion", "ended", True),
    ]  # fmt: skip


def test_what_comes_again_is_told_once(journey: Journey) -> None:
    warm, good = journey.packet(WARM), journey.packet(GOOD)
    for packets in ((warm,), (warm,), (good,), (warm, good), (warm,)):
        journey.post(*packets)
    with alarmed(journey.stage, "quinn", after=-1) as quality:
        assert kinds(quality.entries(2)) == [("excursion", "begun"), ("excursion", "ended")]
        journey.send(WARM)
        assert kinds(quality.entries(1)) == [("excursion", "begun")]


def test_whoever_comes_again_goes_on_where_they_were(journey: Journey) -> None:
    journey.send(WARM)
    journey.send(GOOD)
    with alarmed(journey.stage, "quinn", after=-1) as quality:
        quality.entries(2)
    page = journey.stage.get("/v1/alarms", "quinn").json()
    assert page["last_event"] == 1
    with alarmed(journey.stage, "quinn", after=0) as again:
        assert kinds(again.entries(1)) == [("excursion", "ended")]
    unknown = journey.stage.get("/v1/alarms/feed", "quinn", params={"after": 2})
    assert code(unknown) == "not_recorded_yet"


def test_one_who_saw_it_says_so_and_an_auditor_leaves_it_to_others(journey: Journey) -> None:
    with alarmed(journey.stage, "mia") as maker:
        journey.send(WARM)
        (begun,) = maker.entries(1)
        path = f"/v1/alarms/{begun['alarm']}/acknowledgement"
        headers = journey.stage.bearer
        assert code(journey.stage.ask("POST", path, headers=headers("audrey"))) == "not_permitted"
        assert code(journey.stage.ask("POST", path, headers=headers("otto"))) == "no_such_alarm"
        assert journey.stage.ask("POST", path, headers=headers("quinn")).json()["acknowledged_by"] == "quinn"
        assert journey.stage.ask("POST", path, headers=headers("mia")).json()["acknowledged_by"] == "quinn"
        (told,) = maker.entries(1)
    assert (told["what"], told["acknowledged_by"], told["closed_at"]) == ("acknowledged", "quinn", None)
    assert alarms(journey.stage, "quinn", acknowledged=False) == []


def test_a_bag_that_is_taken_out_is_watched_no_more(journey: Journey) -> None:
    with alarmed(journey.stage, "quinn") as quality:
        journey.send(WARM)
        quality.entries(1)
        journey.scenario.say(
            "anna", f"chain/{COI}", "Unpacked", at=APHERESIS, containers=[BAG], shipper="SHIPPER-1"
        )
        journey.scenario.clock.forward(6)  # a round
        assert kinds(quality.entries(1)) == [("excursion", "ended")]
    assert alarms(journey.stage, "quinn", open=True) == []
    journey.scenario.clock.forward(3600)  # silence of a logger that is with nothing is none
    journey.scenario.clock.forward(6)
    assert len(alarms(journey.stage, "quinn")) == 1


def test_a_bag_whose_packing_comes_late_is_watched_from_what_was_kept(journey: Journey) -> None:
    other = Recording(journey.scenario, "logger-8")
    enrol_logger(journey.scenario, "logger-8")
    journey.post(other.packet([WARM, WARM], 0))
    with alarmed(journey.stage, "quinn") as quality:
        pack(journey.scenario, logger="logger-8", shipper="SHIPPER-2")
        journey.scenario.clock.forward(6)  # a round
        (told,) = quality.entries(1)
    assert (told["kind"], told["logger"]) == ("excursion", "logger-8")


def test_a_restart_raises_nothing_twice_and_loses_nothing(tmp_path: Path) -> None:
    with on_the_road(tmp_path) as journey:
        journey.send(WARM)
        until(lambda: len(alarms(journey.stage, "quinn")) == 1)
        with listening(journey.scenario) as again:  # a second node begins, and looks at everything
            until(lambda: len(alarms(again, "quinn")) == 1)
            again_journey = Journey(again)
            again_journey.recording, again_journey.first = journey.recording, journey.first
            with alarmed(again, "quinn", after=-1) as quality:
                again_journey.send(GOOD)
                again_journey.send(WARM)
                assert kinds(quality.entries(3)) == [
                    ("excursion", "begun"), ("excursion", "ended"), ("excursion", "begun"),
                ]  # fmt: skip
        assert [one["event"] for one in _told(journey)] == [0, 1, 2]


def _told(journey: Journey) -> list[dict[str, Any]]:
    with alarmed(journey.stage, "quinn", after=-1) as reader:
        return reader.entries(3)


def test_feeds_of_alarms_are_counted_apart_and_are_no_more_than_the_server_bears(tmp_path: Path) -> None:
    with on_the_road(tmp_path, max_alarm_feeds=2, max_feeds=1) as journey:
        with alarmed(journey.stage, "quinn"), alarmed(journey.stage, "mia"):
            refused = journey.stage.get("/v1/alarms/feed", "audrey")
            assert code(refused) == "too_many_feeds"
            with reading(journey.stage, "quinn"):
                assert code(journey.stage.get("/v1/feed", "mia")) == "too_many_feeds"
        with alarmed(journey.stage, "audrey") as again:
            journey.send(WARM)
            again.entries(1)
