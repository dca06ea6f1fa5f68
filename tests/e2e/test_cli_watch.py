"""`unbroken temperature watch` on a real server: what stands, what begins and ends, and the readings."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from api.alarm_examples import ALARM
from clients.cli import watch as program
from clients.cli.watch import alarm_sentence, watch
from clients.reads import Reads
from clients.remote import Remote
from tests.e2e.alarm_stage import GOOD, WARM, Journey, on_the_road
from tests.e2e.feed_stage import until
from tests.live_stage import COI


class Person(Reads):
    """Somebody's client whose feed ends after so many events."""

    def __init__(self, journey: Journey, agent: str, count: int) -> None:
        stage = journey.stage

        def sign_in(challenge: str) -> bytes:
            return stage.signed_challenge(agent, payload={"challenge": challenge})

        super().__init__(Remote(str(stage.client.base_url), sign_in), journey.scenario.ledger.vkey)
        self._count = count

    def alarm_feed(self, after: int) -> Iterable[Any]:  # type: ignore[override]
        return islice(super().alarm_feed(after), self._count)

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self.remote.close()


def test_alarms_and_readings_of_a_therapy_are_told_as_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "LOOK_S", 0.05)
    said: list[str] = []

    def lines() -> list[dict[str, Any]]:
        said.append(capsys.readouterr().out)
        return [json.loads(line) for line in "".join(said).splitlines()]

    with on_the_road(tmp_path) as journey:
        journey.send(WARM)
        journey.stage.bearer("quinn")
        until(lambda: journey.stage.get("/v1/alarms", "quinn").json()["alarms"])
        monkeypatch.setattr(program, "client", lambda *_: Person(journey, "quinn", 3))
        watching = threading.Thread(target=lambda: watch(COI, None, None, True))
        watching.start()
        until(lambda: len(lines()) == 2)  # what stands, and the reading that shows it
        journey.send(GOOD)
        until(lambda: len(lines()) == 4)
        journey.send(GOOD, WARM)
        until(lambda: len(lines()) == 7)
        journey.send(GOOD)
        watching.join(20)
        assert not watching.is_alive()
    told = [(one["what"], one["event"]) for one in lines() if "what" in one]
    assert told == [("begun", 0), ("ended", 1), ("begun", 2), ("ended", 3)]
    read = [one["centi_c"] for one in lines() if "number" in one]
    assert read[:4] == [WARM, GOOD, GOOD, WARM]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "ALARM  A9999-D1 (frozen) is out of band: -142.10 °C"),
        ({"what": "ended"}, "over  A9999-D1"),
        ({"what": "acknowledged", "acknowledged_by": "quinn"}, "seen by quinn  A9999-D1"),
        ({"kind": "budget", "step_pct": 80}, "A9999-D1 (frozen) has spent 80 % of the time"),
        ({"kind": "silence"}, "logger-7 is silent since 2026-03-01 12:00"),
        ({"kind": "tilt", "tilt_deg": 90}, "logger-7 lies tilted by 90°"),
        ({"kind": "battery", "battery_pct": 12}, "logger-7 has 12 % of its battery left"),
        ({"kind": "clock", "clock_s": -3_600}, "logger-7 has a wrong clock, behind by 3600 s"),
        ({"late": True}, "(late:"),
    ],
)
def test_each_alarm_has_its_sentence(changed: dict[str, Any], words: str) -> None:
    told = ALARM | {"what": "begun", "at": ALARM["raised_at"], "container": "A9999-D1"} | changed
    assert words in alarm_sentence(told)
