"""Temperature over HTTP: a warm leg, a gap, evidence in the wrong order, and who may look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage, catch_up, code, enrol, read, served
from tests.scenario import APHERESIS, CLEANROOM, PRODUCT, VAN, Scenario, hand_over

FRESH, DOSE = "BAG-F1", "BAG-D1"
PROFILE: dict[str, Any] = {
    "phase": "fresh",
    "low_centi_c": 200,
    "high_centi_c": 800,
    "longest_excursion_s": 1_800,
    "cumulative_excursion_s": 3_600,
    "largest_gap_s": 900,
    "required": True,
}
LEG_MINUTES = 120
TEMPERATURE, EXCURSIONS = f"/v1/chains/{COI}/temperature", "/v1/temperature/excursions"
CHART = f"{TEMPERATURE}.svg"


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A fresh bag went two hours by van, and a dose was made of it."""
    with patch.dict(PRODUCT, temperature=[PROFILE]), served(database_url, tmp_path) as opened:
        scenario = opened.scenario
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        scenario.order(COI)
        _collected_and_made(scenario)
        yield opened


def _collected_and_made(scenario: Scenario) -> None:
    scenario.say("anna", STREAM, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
                 containers=[{"container": FRESH, "volume_ul": 200_000}])  # fmt: skip
    hand_over(scenario, COI, FRESH, ("anna", APHERESIS), ("kit", VAN))
    scenario.clock.forward(LEG_MINUTES * 60 - 60)
    hand_over(scenario, COI, FRESH, ("kit", VAN), ("mia", CLEANROOM))
    scenario.say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill",
                 parents=[{"container": FRESH, "volume_ul": 200_000}],
                 children=[{"container": DOSE, "volume_ul": 50_000}])  # fmt: skip


def post(stage: Stage, agent: str, event: str, **fields: Any) -> Any:
    response = stage.post(stage.scenario.sign(agent, STREAM, event, **fields))
    if response.status_code == 201:
        signer = stage.scenario.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return response


def attach(stage: Stage, readings: list[int | None], minutes: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """Readings of five minutes each, from that many minutes into the leg; what the ledger found."""
    start_ms = stage.scenario.clock() - (LEG_MINUTES - minutes) * 60_000
    said = {
        "at": CLEANROOM, "containers": [FRESH], "phase": "fresh", "logger": "LOG-1", "raw": "ab" * 32,
        "range_low_centi_c": -4_000, "range_high_centi_c": 8_000, "started_at": timestamp(start_ms),
        "calibrated_until": timestamp(stage.scenario.clock() + 86_400_000), "interval_s": 300,
        "readings_centi_c": readings, "device_signature": "valid",
    }  # fmt: skip
    response = post(stage, "mia", "TemperatureEvidenceAttached", **said | fields)
    assert response.status_code == 201, response.text
    deviations: list[dict[str, Any]] = response.json()["deviations"]
    return deviations


def release(stage: Stage) -> Any:
    return post(
        stage, "quinn", "Released", chain_version=stage.scenario.version(COI), site="northcell-1",
        containers=[DOSE], certificate="ab" * 32, countries=["GB"], protocols=["UB-001"],
    )  # fmt: skip


def disposition(stage: Stage, deviation: dict[str, Any]) -> Any:
    return post(
        stage, "quinn", "DeviationDispositioned", chain_version=stage.scenario.version(COI),
        deviation=deviation["statement_id"], disposition="accepted", reason="assessed",
    )  # fmt: skip


def failed(response: Any) -> dict[str, str]:
    assert code(response) == "gate_failed"
    return {gate["name"]: gate["detail"] for gate in response.json()["gates"] if not gate["passed"]}


CALM: list[int | None] = [500] * 25
WARM: list[int | None] = [500] * 10 + [1_200] * 8 + [500] * 7  # forty-five minutes in the worst case


def test_a_leg_without_evidence_blocks_the_release_until_its_readings_are_attached(stage: Stage) -> None:
    gates = failed(release(stage))
    assert gates.keys() == {"temperature_in_limits"}
    assert "attach the logger's readings" in gates["temperature_in_limits"]
    (leg,) = read(stage, "quinn", TEMPERATURE)["unproved"]
    assert (leg["container"], leg["carrier"]) == (FRESH, VAN)
    assert attach(stage, CALM) == []
    assert read(stage, "quinn", TEMPERATURE)["unproved"] == []
    assert release(stage).status_code == 201


def test_a_warm_leg_blocks_the_release_until_quality_decides(stage: Stage) -> None:
    (deviation,) = attach(stage, WARM)
    assert (deviation["code"], deviation["severity"], deviation["blocking"]) == (
        "temperature_excursion", "major", True,
    )  # fmt: skip
    assert failed(release(stage)).keys() == {"no_blocking_deviation", "temperature_in_limits"}
    assert disposition(stage, deviation).status_code == 201
    assert release(stage).status_code == 201


def test_a_gap_blocks_the_release_until_quality_decides(stage: Stage) -> None:
    (deviation,) = attach(stage, [500] * 10 + [None] * 5 + [500] * 10)
    assert deviation["code"] == "temperature_gap"
    assert "temperature_in_limits" in failed(release(stage))
    assert disposition(stage, deviation).status_code == 201
    assert release(stage).status_code == 201


def test_evidence_that_arrives_in_the_wrong_order_gives_the_same_answer(stage: Stage) -> None:
    """Three statements of one logger, the last part first; all together are the warm leg."""
    assert attach(stage, WARM[14:], 14 * 5) == []
    assert attach(stage, WARM[:5]) == []
    codes = {one["code"] for one in attach(stage, WARM[5:14], 5 * 5)}
    assert codes == {"temperature_excursion"}
    (phase,) = read(stage, "quinn", TEMPERATURE)["containers"]
    assert (phase["spent_s"], phase["left_s"], phase["within_limits"]) == (2_700, 900, False)
    assert phase["gaps"] == []
    (excursion,) = phase["excursions"]
    assert excursion["peak_centi_c"] == 1_200
    assert len(excursion["proof"]) == 2
    assert len(phase["evidence"]) == 3


def test_what_is_left_of_the_budget_is_told_as_of_any_moment(stage: Stage) -> None:
    attach(stage, [500, 1_000, 500])
    before = stage.scenario.ledger.store.head()[0]
    attach(stage, [500, 1_000, 1_000, 500], 60)
    (now,) = read(stage, "quinn", TEMPERATURE)["containers"]
    (then,) = read(stage, "quinn", TEMPERATURE, before_position=str(before))["containers"]
    assert (then["left_s"], now["left_s"]) == (3_000, 2_100)
    assert 500 < now["mean_kinetic_centi_c"] < 1_000
    assert read(stage, "quinn", TEMPERATURE, before_position="0")["containers"] == []


def test_excursions_are_listed_across_therapies_for_those_who_may_read_them(stage: Stage) -> None:
    attach(stage, WARM)
    catch_up(stage)
    for agent in ("quinn", "audrey"):
        (found,) = read(stage, agent, EXCURSIONS)["excursions"]
        assert (found["chain"], found["container"], found["within_limits"]) == (COI, FRESH, False)
    assert read(stage, "kit", EXCURSIONS)["excursions"] == []  # the courier holds nothing any more
    assert read(stage, "quinn", EXCURSIONS, within_limits="true")["excursions"] == []
    assert code(stage.get(TEMPERATURE, "kit")) == "no_such_chain"


def test_readings_that_fill_a_statement_are_taken_and_more_are_refused(stage: Stage) -> None:
    many: list[int | None] = [-15_000] * 8_000
    cold = {"phase": "frozen", "range_low_centi_c": -20_000, "interval_s": 1}
    assert [one["code"] for one in attach(stage, many, **cold)] == ["temperature_not_judged"]
    raw = stage.scenario.sign("mia", STREAM, "TemperatureEvidenceAttached", readings_centi_c=[*many, 1])
    assert code(stage.post(raw)) == "invalid_event"


# --- as a picture ----------------------------------------------------------------------


def test_the_chart_shows_the_journey_its_hand_overs_and_excursions_and_runs_nothing(stage: Stage) -> None:
    attach(stage, WARM)
    response = stage.get(CHART, "quinn", params={"container": DOSE, "zone": "Europe/Berlin"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/svg+xml"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["cache-control"] == "private, no-cache"
    for said in (f"Temperature of {DOSE}", f"{FRESH}, fresh", "Excursion 1: 12 °C", "Europe/Berlin", "swift"):
        assert said in response.text
    assert (
        response.text == stage.get(CHART, "quinn", params={"container": DOSE, "zone": "Europe/Berlin"}).text
    )


def test_a_leg_is_drawn_by_the_entry_that_began_it(stage: Stage) -> None:
    (unproved,) = read(stage, "quinn", TEMPERATURE)["unproved"]
    attach(stage, WARM)
    response = stage.get(CHART, "quinn", params={"leg": str(unproved["began"])})
    assert f"since entry {unproved['began']}" in response.text
    wrong = stage.get(CHART, "quinn", params={"leg": "0"})
    assert code(wrong) == "invalid_request"
    assert wrong.json()["detail"].endswith(f"those that did: {unproved['began']}")


def test_the_chart_is_for_those_who_may_read_the_therapy_and_as_of_any_moment(stage: Stage) -> None:
    before = stage.scenario.ledger.store.head()[0]
    attach(stage, WARM)
    assert code(stage.get(CHART, "kit")) == "no_such_chain"
    assert (
        "No temperature evidence." in stage.get(CHART, "quinn", params={"before_position": str(before)}).text
    )
    assert code(stage.get(CHART, "quinn", params={"container": "NOT-MINE"})) == "no_such_container"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "local\x00time", "é"])
def test_a_zone_that_nobody_knows_is_refused_by_name(stage: Stage, zone: str) -> None:
    assert code(stage.get(CHART, "quinn", params={"zone": zone})) == "invalid_request"


def test_hold_time_time_out_of_storage_and_a_wrong_clock_are_shown_and_found(stage: Stage) -> None:
    """A charged shipper, a bag that is taken from its tank, packed, and unpacked after the hold time."""
    scenario, box = stage.scenario, "equipment/dry-1"
    kind = {"equipment_kind": "shipper", "model": "Dry 10", "serial": "SN-1"}
    scenario.say("ben", box, "EquipmentRegistered", organisation="northcell", site="northcell-1", **kind)
    until = timestamp(scenario.clock() + 86_400_000)
    scenario.say("ben", box, "EquipmentQualified", until=until, hold_time_s=3_600)
    scenario.say("mia", box, "ShipperCharged", charged_at=timestamp(scenario.clock()))
    about = {"at": CLEANROOM, "containers": [DOSE]}
    scenario.say("mia", STREAM, "Retrieved", **about, location="tank-1")
    scenario.clock.forward(240)
    assert post(stage, "mia", "Packed", **about, shipper="dry-1").json()["deviations"] == []
    (hold,) = read(stage, "quinn", TEMPERATURE)["holds"]
    charged_ms = scenario.clock() - 240_000
    assert hold["container"] == DOSE
    assert (hold["charged_at"], hold["ends_at"]) == (timestamp(charged_ms), timestamp(charged_ms + 3_600_000))
    scenario.clock.forward(7_200)
    (deviation,) = post(stage, "mia", "Unpacked", **about, shipper="dry-1").json()["deviations"]
    assert (deviation["code"], deviation["blocking"]) == ("hold_time_used_up", True)
    opened_warm: list[int | None] = [500] * 5 + [1_500] + [500] * 23 + [1_500] + [500] * 3
    fast_ms = scenario.clock() - 7_200_000 + 3_600_000 - 25 * 60_000  # an hour ahead
    scenario.clock.forward(7_200)
    attach(stage, opened_warm, containers=[DOSE], started_at=timestamp(fast_ms))
    told = read(stage, "quinn", TEMPERATURE)
    (out,) = told["out_of_storage"]
    assert (out["container"], out["spent_s"], out["limit_s"], out["since"]) == (DOSE, 240, None, None)
    (clock,) = told["clocks"]
    assert clock["off"]
    assert clock["low_s"] <= 3_600 <= clock["high_s"]
    assert clock["openings"] == 2
    assert told["holds"] == []
