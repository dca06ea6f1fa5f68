"""Live readings become evidence, in time, of the right therapies, once."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from ledger.domain.shares import share_of
from ledger.domain.times import timestamp
from ledger.errors import Fault
from ledger.proof.sequence import split
from ledger.store import live_seals
from ledger.store.fsck import fsck
from tests.application.sealing_node import OTHER, OTHER_BAG, Node, packed
from tests.live_stage import (
    BAG,
    COI,
    LOGGER,
    MINUTE_MS,
    STREAM,
    Recording,
    collected,
    enrol_logger,
    pack,
    to_van,
)
from tests.scenario import APHERESIS


def test_a_quarter_of_an_hour_after_they_came_readings_are_in_the_log(node: Node) -> None:
    recording = packed(node)
    assert node.look() == 0
    node.scenario.clock.forward(15 * 60)
    assert node.look() == 1
    (said,) = node.said()
    assert said.readings_centi_c == [500] * 5 + [510] * 5
    assert (said.logger, said.phase, said.containers) == (LOGGER, "fresh", [BAG])
    assert (said.started_at, said.interval_s) == (timestamp(recording.started_ms), 60)
    assert (said.device_signature, said.at.model_dump()) == ("valid", APHERESIS)
    assert said.calibrated_until is not None
    kept = node.evidence.find(said.raw)
    assert kept is not None
    assert split(kept) == [recording.packet([500] * 5, 0), recording.packet([510] * 5, 5)]
    assert node.evidence.chains(said.raw) == [COI]
    assert {one.segment for one in node.store.packets((LOGGER, recording.name))} == {said.raw}
    node.scenario.clock.forward(3600)
    assert node.look() == 0


def test_at_the_end_of_a_leg_and_when_somebody_asks_readings_go_at_once(node: Node) -> None:
    recording = packed(node)
    assert node.look() == 0
    to_van(node.scenario)
    assert node.look() == 1
    node.put(recording.packet([520] * 5, 10))
    assert node.look() == 0
    node.sealer.seal_now(recording.name)
    assert node.look() == 1
    assert [len(one.readings_centi_c) for one in node.said()] == [10, 5]


def test_readings_before_the_packing_and_after_the_unpacking_are_not_about_the_bag(node: Node) -> None:
    recording = Recording(node.scenario)
    node.scenario.clock.forward(180)
    pack(node.scenario)
    node.scenario.clock.forward(240)
    node.scenario.say("anna", STREAM, "Unpacked", at=APHERESIS, containers=[BAG], shipper="SHIPPER-1")
    node.scenario.clock.forward(600)
    node.put(recording.packet(list(range(400, 415)), 0))
    node.scenario.clock.forward(900)
    assert node.look() == 1
    (said,) = node.said()
    assert said.readings_centi_c == [403, 404, 405, 406]


def test_a_thaw_parts_the_readings_by_phase(node: Node) -> None:
    recording = Recording(node.scenario)
    pack(node.scenario, phase="frozen")
    node.scenario.clock.forward(300)
    node.scenario.say("nora", STREAM, "ThawStarted", at=APHERESIS, containers=[BAG])
    node.scenario.clock.forward(300)
    node.put(recording.packet([-15_000] * 5 + [600] * 5, 0))
    node.scenario.clock.forward(900)
    assert node.look() == 1
    assert [(one.phase, one.readings_centi_c) for one in node.said()] == [
        ("frozen", [-15_000] * 5),
        ("thawed", [600] * 5),
    ]


def test_nobody_packed_the_logger_so_its_readings_wait_and_then_go(node: Node) -> None:
    recording = Recording(node.scenario)
    node.scenario.clock.forward(600)
    node.put(recording.packet([500] * 10, 0))
    node.scenario.clock.forward(3_600)
    assert node.look() == 0
    pack(node.scenario, occurred_at=timestamp(recording.started_ms))
    assert node.look() == 1
    assert [one.readings_centi_c for one in node.said()] == [[500] * 10]


def test_a_second_patients_bag_in_the_same_shipper_gets_the_readings_though_its_phone_was_late(
    either: Node,
) -> None:
    node = either
    recording = packed(node)
    collected(node.scenario, OTHER, OTHER_BAG, "patient-2")
    node.scenario.clock.forward(900)
    assert node.look() == 1
    assert node.said(OTHER) == []
    pack(node.scenario, OTHER, OTHER_BAG, occurred_at=timestamp(recording.started_ms + 5 * MINUTE_MS))
    assert node.look() == 1
    (first,), (second,) = node.said(), node.said(OTHER)
    assert (first.readings_centi_c, second.readings_centi_c) == ([500] * 5 + [510] * 5, [510] * 5)
    assert node.look() == 0
    node.scenario.clock.forward(3_600)
    assert node.look() == 0


def test_a_shipment_of_two_patients_gets_one_statement_on_its_own_stream(node: Node) -> None:
    collected(node.scenario, OTHER, OTHER_BAG, "patient-2")
    therapies = [{"coi": COI, "containers": [BAG]}, {"coi": OTHER, "containers": [OTHER_BAG]}]
    node.scenario.say("anna", "shipment/s-1", "Packed", at=APHERESIS, containers=[BAG, OTHER_BAG],
                      therapies=therapies, shipper="SHIPPER-1", logger=LOGGER)  # fmt: skip
    recording = Recording(node.scenario)
    node.scenario.clock.forward(300)
    node.put(recording.packet([500] * 5, 0))
    node.scenario.clock.forward(900)
    assert node.look() == 1
    (first,), (second,) = node.said(), node.said(OTHER)
    assert first == second
    assert first.model_dump()["therapies"] == therapies
    assert node.evidence.chains(first.raw) == [COI, OTHER]
    assert (of(node, COI)[0].readings_centi_c) == [500] * 5


def test_an_excursion_blocks_the_bag_in_the_same_batch_and_an_audit_finds_nothing_wrong(node: Node) -> None:
    pack(node.scenario)
    recording = Recording(node.scenario)
    node.scenario.clock.forward(45 * 60)
    node.put(recording.packet([500] * 5 + [1_500] * 40, 0))
    node.sealer.seal_now(recording.name)
    assert node.look() == 1
    chain = node.scenario.ledger.world_at().chain(COI)
    (deviation,) = chain.blocking(BAG)
    assert (deviation.code, deviation.raised_by) == ("temperature_excursion", "ledger")
    report = fsck(node.scenario.ledger.store, str(node.scenario.ledger.vkey))
    assert report.ok, report.text()


def test_a_key_that_was_revoked_before_the_seal_proves_nothing_and_loses_nothing(node: Node) -> None:
    packed(node)
    kid = node.scenario.signer(LOGGER).key.public.kid.hex()
    node.scenario.say("ada", f"agent/{LOGGER}", "KeyRevoked", kid=kid, reason="stolen")
    node.scenario.clock.forward(900)
    assert node.look() == 1
    (said,) = node.said()
    assert said.device_signature == "failed"
    chain = node.scenario.ledger.world_at().chain(COI)
    assert "device_signature_failed" in {one.code for one in chain.deviations.values()}


def test_what_counts_is_the_calibration_of_the_time_of_measuring(node: Node) -> None:
    lapses = timestamp(node.scenario.clock() + 120_000)
    calibrate(node, lapses)
    packed(node)
    calibrate(node, timestamp(node.scenario.clock() + 365 * 86_400_000))
    node.scenario.clock.forward(900)
    assert node.look() == 1
    assert [one.calibrated_until for one in node.said()] == [lapses]
    report = fsck(node.scenario.ledger.store, str(node.scenario.ledger.vkey))
    assert report.ok, report.text()


def calibrate(node: Node, until: str) -> None:
    node.scenario.say("ada", f"equipment/{LOGGER}", "EquipmentCalibrated", until=until)


def test_a_packing_in_another_therapy_takes_no_evidence_from_this_one(node: Node) -> None:
    recording = packed(node)
    collected(node.scenario, OTHER, OTHER_BAG, "patient-2")
    pack(node.scenario, OTHER, OTHER_BAG, shipper="SHIPPER-9")
    node.scenario.clock.forward(600)
    node.put(recording.packet([1_500] * 5, 15))
    node.scenario.clock.forward(900)
    node.look()
    assert [value for one in node.said() for value in one.readings_centi_c if value][-5:] == [1_500] * 5
    assert [one.readings_centi_c for one in node.said(OTHER)] == [[1_500] * 5]


def test_what_was_measured_before_a_therapy_was_closed_is_sealed_without_blame(node: Node) -> None:
    recording = packed(node)
    closed = {"chain_version": node.scenario.version(COI), "reason": "withdrawn"}
    node.scenario.say("carl", STREAM, "TherapyClosed", **closed)
    node.scenario.clock.forward(600)
    node.put(recording.packet([520] * 5, 11))
    node.scenario.clock.forward(900)
    assert node.look() == 1
    assert [one.readings_centi_c for one in node.said()] == [[500] * 5 + [510] * 5]
    codes = {one.code for one in node.scenario.ledger.world_at().chain(COI).deviations.values()}
    assert "chain_closed" not in codes


def test_a_fault_during_a_look_loses_nothing_of_what_the_log_said(node: Node) -> None:
    recording = packed(node)
    node.scenario.clock.forward(900)
    assert node.look() == 1
    collected(node.scenario, OTHER, OTHER_BAG, "patient-2")
    pack(node.scenario, OTHER, OTHER_BAG, occurred_at=timestamp(recording.started_ms))
    seals = node.sealer._seals
    with patch.object(seals, "sealed_of", side_effect=Fault("cut", "hiccup")), pytest.raises(Fault):
        node.look()
    with patch.object(seals, "claim", side_effect=Fault("cut", "hiccup")):
        assert node.look() == 0
    assert node.look() == 1
    assert [one.readings_centi_c for one in node.said(OTHER)] == [[500] * 5 + [510] * 5]


def test_a_recording_that_cannot_be_claimed_holds_up_no_other(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    recording, other = packed(node), Recording(node.scenario)
    node.put(other.packet([530] * 5, 0))
    node.scenario.clock.forward(900)
    real = node.sealer._seals.claim

    def fails(run: tuple[str, str], *given: Any) -> int:
        if recording.name in run:
            raise ValueError("nobody expected")
        return real(run, *given)

    with patch.object(node.sealer._seals, "claim", fails):
        assert node.look() == 1
    assert [record.code for record in caplog.records] == ["internal"]  # type: ignore[attr-defined]
    assert [one.readings_centi_c for one in node.said()] == [[530] * 5]
    assert node.look() == 1


def test_readings_that_contradict_each_other_are_all_sealed(node: Node) -> None:
    """A clock that was set back: no packet is left out, and none is preferred."""
    pack(node.scenario)
    recording = Recording(node.scenario)
    node.scenario.clock.forward(1_200)
    node.put(
        recording.packet([500] * 5, 0),
        recording.packet([510] * 5, 5),
        recording.packet([520] * 5, 10, started_at=timestamp(recording.started_ms + 2 * MINUTE_MS)),
    )
    node.scenario.clock.forward(900)
    assert node.look() == 2
    assert [one.readings_centi_c for one in node.said()] == [[500] * 5 + [510] * 5, [520] * 5]


def test_a_logger_that_scatters_its_packets_gets_its_share_of_the_hour_and_the_rest_later(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_seals, "MOST_AN_HOUR", 3)
    scenario = node.scenario
    pack(scenario)
    one, other = Recording(scenario), Recording(scenario)
    scenario.clock.forward(600)
    node.put(*(one.packet([500], at, range_high_centi_c=8_000 + at % 2) for at in range(4)))
    node.put(other.packet([500], 0))
    scenario.clock.forward(15 * 60)
    assert node.look() == 3
    scenario.clock.forward(16 * 60)
    assert node.look() == 0
    scenario.clock.forward(45 * 60)
    assert node.look() == 2
    assert sum(len(said.readings_centi_c) for said in node.said()) == 5


def test_only_what_nobody_ever_packed_is_dropped_when_it_is_old(node: Node) -> None:
    enrol_logger(node.scenario, "logger-8")
    recording, stray = packed(node), Recording(node.scenario, "logger-8")
    node.put(stray.packet([500] * 5, 0))
    node.look()
    node.scenario.clock.forward(31 * 86_400)
    node.look()
    assert node.store.recording((stray.logger, stray.name)) is None
    assert node.store.packets((stray.logger, stray.name)) == []
    assert len(node.store.packets((LOGGER, recording.name))) == 2


def of(node: Node, coi: str) -> list[Any]:
    """The therapy's own share of what was attested."""
    entries = node.scenario.ledger.world_at()._entries(f"chain/{coi}")
    return [share_of(one, coi).event for one in entries if one.type == "TemperatureEvidenceAttached"]
