"""Live readings over HTTP: taken, told again, shown to whom they concern, sealed by the running server."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from ledger.proof.keyfile import new_key
from ledger.store.fsck import fsck
from tests.e2e.api_stage import SEQUENCE, Stage, catch_up, code, enrol, read, served
from tests.live_packets import packet
from tests.live_stage import (
    BAG,
    COI,
    LOGGER,
    STREAM,
    Recording,
    collected,
    enrol_logger,
    pack,
    profiled,
    to_van,
)
from tests.scenario import ORIGIN, b64

OTHER, OTHER_BAG = "isbt128:CHA999926000002", "OTHER-F1"


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(sqlite_url, tmp_path, Settings(seal_every_s=0.02)) as opened:
        scenario = opened.scenario
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
        enrol_logger(scenario)
        profiled(scenario)
        collected(scenario)
        yield opened


def send(stage: Stage, *packets: bytes) -> Any:
    response = stage.ask(
        "POST", "/v1/readings", content=b"".join(packets), headers={"content-type": SEQUENCE}
    )
    assert response.status_code == 200, response.text
    return response.json()


def packed(stage: Stage) -> Recording:
    pack(stage.scenario)
    catch_up(stage)
    return Recording(stage.scenario)


def test_a_logger_is_told_what_is_here_and_sends_the_rest_again(stage: Stage) -> None:
    recording = packed(stage)
    parts = [recording.packet([500] * 5, 5 * number) for number in range(4)]
    told = send(stage, parts[3], parts[0])
    assert told == {
        "recordings": [{"recording": recording.name, "logger": LOGGER, "have": [[0, 4], [15, 19]]}],
        "refused": [],
    }
    assert send(stage, *parts)["recordings"][0]["have"] == [[0, 19]]
    (found,) = read(stage, "anna", "/v1/recordings", chain=COI)["recordings"]
    assert (found["packets"], found["readings"], found["missing"]) == (4, 20, 0)
    assert (found["duplicates"], found["disorder"], found["replays"]) == (2, 3, 0)
    assert found["chains"] == [COI]


def test_a_logger_that_lost_very_much_is_told_of_what_it_just_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.intake.MOST_RANGES", 2)
    recording = packed(stage)
    send(stage, *(recording.packet([500], 2 * number) for number in range(6)))
    (told,) = send(stage, recording.packet([500], 8))["recordings"]
    assert told["have"] == [[0, 0], [2, 2], [8, 8]]


def test_what_is_wrong_with_a_packet_is_said_of_it_alone(stage: Stage) -> None:
    recording, scenario = packed(stage), stage.scenario
    good = recording.packet([500], 0)
    said = {"logger": LOGGER, "recording": recording.name}
    own, second = scenario.signer(LOGGER).key, recording.packet([500], 1)
    bad = {
        "malformed_cose": b"\x01",
        "unknown_key": packet([500], 1, key=new_key(), origin=ORIGIN, **said),
        "wrong_log": packet([500], 1, key=own, origin="elsewhere", **said),
        "wrong_signer": packet([500], 1, key=own, origin=ORIGIN, **said | {"logger": "logger-8"}),
        "not_a_device": packet([500], 1, key=scenario.signer("anna").key, origin=ORIGIN,
                               **said | {"logger": "anna"}),
        "bad_signature": second[:-1] + bytes([second[-1] ^ 1]),
        "packet_contradicts": recording.packet([510], 0),
    }  # fmt: skip
    told = send(stage, good, *bad.values())
    assert [(one["index"], one["code"]) for one in told["refused"]] == list(enumerate(bad, 1))
    assert told["recordings"] == [{"recording": recording.name, "logger": LOGGER, "have": [[0, 0]]}]


@pytest.mark.parametrize("event", ["KeyRetired", "KeyRevoked"])
def test_a_key_that_is_out_sends_nothing_more(stage: Stage, event: str) -> None:
    recording, scenario = packed(stage), stage.scenario
    send(stage, recording.packet([500], 0))
    kid = scenario.signer(LOGGER).key.public.kid.hex()
    if event == "KeyRetired":
        scenario.say("ada", f"agent/{LOGGER}", "KeyAdded", key=b64(new_key().public.spki))
    scenario.say("ada", f"agent/{LOGGER}", event, kid=kid, reason="stolen")
    (refused,) = send(stage, recording.packet([500], 1))["refused"]
    assert refused["code"] == {"KeyRetired": "retired_key", "KeyRevoked": "revoked_key"}[event]


def test_bodies_and_pace_are_bounded(stage: Stage) -> None:
    cose = {"content-type": "application/cose"}
    assert (
        code(stage.ask("POST", "/v1/readings", content=b"x" * 65_536, headers=cose)) == "statement_too_large"
    )
    wrong = stage.ask("POST", "/v1/readings", content=b"{}", headers={"content-type": "application/json"})
    assert code(wrong) == "unsupported_media_type"
    broken = stage.ask("POST", "/v1/readings", content=b"\xd2\x84", headers={"content-type": SEQUENCE})
    assert code(broken) == "malformed_cbor"
    many = stage.ask("POST", "/v1/readings", content=b"\x01" * 1_001, headers={"content-type": SEQUENCE})
    assert code(many) == "too_many_statements"


def test_one_address_may_not_ask_too_often(sqlite_url: str, tmp_path: Path) -> None:
    with served(sqlite_url, tmp_path, Settings(readings_a_minute=1)) as stage:
        send(stage, b"\x01")
        slow = stage.ask("POST", "/v1/readings", content=b"\x01", headers={"content-type": SEQUENCE})
    assert code(slow) == "too_many_readings"
    assert int(slow.headers["retry-after"]) > 30


def test_one_key_may_not_send_too_many_packets(sqlite_url: str, tmp_path: Path) -> None:
    with served(sqlite_url, tmp_path, Settings(packets_a_minute=2)) as stage:
        enrol_logger(stage.scenario)
        recording = Recording(stage.scenario)
        packets = [recording.packet([500], number) for number in range(3)]
        told = send(stage, *packets)
        assert [(one["index"], one["code"]) for one in told["refused"]] == [(2, "too_many_packets")]
        assert told["recordings"][0]["have"] == [[0, 1]]
        slow = stage.ask("POST", "/v1/readings", content=packets[2], headers={"content-type": SEQUENCE})
    assert (slow.status_code, code(slow)) == (429, "too_many_packets")
    assert int(slow.headers["retry-after"]) > 10


def test_another_logger_with_the_same_name_of_a_recording_takes_nothing_over(stage: Stage) -> None:
    thief = Recording(stage.scenario, "logger-8")
    enrol_logger(stage.scenario, "logger-8")
    recording = packed(stage)
    thief.name = recording.name
    send(stage, thief.packet([1], 0))
    assert send(stage, recording.packet([500] * 5, 0))["refused"] == []
    path = f"/v1/recordings/{recording.name}/readings"
    assert read(stage, "anna", path, logger=LOGGER)["packets"][0]["readings_centi_c"] == [500] * 5
    assert read(stage, "ada", path, logger="logger-8")["packets"][0]["readings_centi_c"] == [1]
    pages = [read(stage, "ada", "/v1/recordings", limit=1)]
    pages.append(read(stage, "ada", "/v1/recordings", limit=1, cursor=pages[0]["next_cursor"]))
    assert [one["recordings"][0]["logger"] for one in pages] == [LOGGER, "logger-8"]


def test_readings_are_for_the_readers_of_the_therapy_and_for_the_time_that_it_concerns(stage: Stage) -> None:
    scenario = stage.scenario
    recording = Recording(scenario)
    scenario.clock.forward(300)
    packed_ = pack(scenario)
    scenario.clock.forward(300)
    catch_up(stage)
    send(stage, *(recording.packet([500 + number], number) for number in range(10)))
    path = f"/v1/recordings/{recording.name}/readings"
    for stranger in ("otto", "kit"):
        assert read(stage, stranger, "/v1/recordings")["recordings"] == []
        assert code(stage.get(path, stranger)) == "no_such_recording"
    to_van(scenario)
    theirs = read(stage, "kit", path)
    assert [one["first"] for one in theirs["packets"]] == [5, 6, 7, 8, 9]
    assert (theirs["after"], theirs["more"]) == (9, False)
    own = read(stage, "ada", path, limit=3)  # of the logger's organisation
    assert [one["readings_centi_c"] for one in own["packets"]] == [[500], [501], [502]]
    assert (own["after"], own["more"]) == (2, True)
    assert read(stage, "audrey", path, after=2)["packets"][0]["first"] == 3
    assert code(stage.get(path)) == "no_session"
    assert packed_ > 0


def test_who_listens_is_told_of_what_is_new_and_durable(stage: Stage) -> None:
    recording, live = packed(stage), stage.app.state.node.live

    async def told() -> list[Any]:
        with live.stored.listening() as listener:
            await live.intake.take([recording.packet([500, None], 0), recording.packet([510], 2), b"\x01"])
            await live.intake.take([recording.packet([510], 2)])
            await live.intake.take([recording.packet([520], 3)])
            return [await listener.next(), await listener.next()]

    first, second = stage.loop.run(told())
    assert [(one.first, array("h", one.packed).tolist()) for one in first] == [
        (0, [500, -32_768]),
        (2, [510]),
    ]
    assert [one.first for one in second] == [3]
    assert live.store.packets((LOGGER, recording.name)) == [*first, *second]


def test_a_listener_that_falls_behind_learns_that_it_missed_something(stage: Stage) -> None:
    from api.live.stored import MOST_WAITING, Stored

    async def overrun() -> tuple[bool, bool]:
        stored = Stored()
        with stored.listening() as listener:
            for _ in range(MOST_WAITING + 1):
                stored.tell([])
            return listener.take_missed(), listener.take_missed()

    assert stage.loop.run(overrun()) == (True, False)


def test_packets_that_arrive_together_share_a_transaction(stage: Stage) -> None:
    recording, live = packed(stage), stage.app.state.node.live

    async def together() -> list[int]:
        with live.stored.listening() as listener:
            await asyncio.gather(*(live.intake.take([recording.packet([500], one)]) for one in range(50)))
            sizes = []
            while sum(sizes) < 50:
                sizes.append(len(await listener.next()))
            return sizes

    assert len(stage.loop.run(together())) < 10


def test_a_logger_measures_and_the_server_seals_by_itself_blocks_the_bag_and_audits_clean(
    stage: Stage,
) -> None:
    """End to end: signed packets in, an excursion, the bag is stopped, an audit agrees."""
    recording, scenario = packed(stage), stage.scenario
    scenario.clock.forward(60 * 60)
    send(stage, *(recording.packet([1_500] * 10, 10 * number) for number in range(6)))
    assert deviations(stage) == []
    stage.app.state.node.live.sealer.seal_now(recording.name)
    assert until(lambda: deviations(stage)) == ["temperature_excursion"]
    send(stage, recording.packet([1_500] * 10, 0))
    (found,) = read(stage, "anna", "/v1/recordings", chain=COI)["recordings"]
    assert (found["duplicates"], found["replays"]) == (1, 1)
    (gate,) = [one for one in gates(stage) if one["name"] == "temperature_in_limits"]
    assert not gate["passed"]
    temperature = read(stage, "anna", f"/v1/chains/{COI}/temperature")
    assert BAG in str(temperature)
    sealed = read(stage, "anna", f"/v1/recordings/{recording.name}/readings")["packets"][0]["segment"]
    assert stage.get(f"/v1/evidence/{sealed}", "anna").status_code == 200
    report = fsck(scenario.ledger.store, str(scenario.ledger.vkey))
    assert report.ok, report.text()
    metrics = stage.get("/metrics").text
    assert 'unbroken_live_packets_total{code="stored"} 6' in metrics
    assert "unbroken_live_readings_total 60" in metrics
    assert "unbroken_live_replays 1" in metrics


def gates(stage: Stage) -> list[dict[str, Any]]:
    question = {"site": "st-mary", "container": BAG}
    response = stage.ask(
        "POST", f"/v1/chains/{COI}/infusion-check", json=question, headers=stage.bearer("nora")
    )
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["gates"]
    return found


def deviations(stage: Stage) -> list[str]:
    chain = stage.scenario.ledger.world_at().chain(STREAM.removeprefix("chain/"))
    return [one.code for one in chain.deviations.values() if one.blocking]


def until(look: Any) -> Any:
    """What it gives once it gives something. The server works by itself meanwhile."""
    for _ in range(500):
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")
