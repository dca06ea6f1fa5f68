"""On the road and at its end, over HTTP: a refused bag, a swapped shipper, a destruction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage, catch_up, code, read, served
from tests.scenario import APHERESIS, CLEANROOM, VAN, hand_over

FRESH = "BAG-F1"
BAG: dict[str, Any] = {"containers": [FRESH]}


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Collected cells, packed."""
    with served(database_url, tmp_path) as opened:
        scenario = opened.scenario
        scenario.order(COI)
        ended = {"at": APHERESIS, "ended_at": timestamp(scenario.clock())}
        bags = [{"container": FRESH, "volume_ul": 200_000}]
        scenario.say("anna", STREAM, "CollectionCompleted", containers=bags, **ended)
        scenario.say("anna", STREAM, "Packed", at=APHERESIS, shipper="SHIPPER-1", seal="SEAL-1", **BAG)
        yield opened


def codes(answer: Any) -> list[str]:
    return [one.code for one in answer.deviations]


def test_a_refused_bag_stays_with_its_giver_and_waits_for_nobody(stage: Stage) -> None:
    scenario = stage.scenario
    parties = {"giver": APHERESIS, "receiver": VAN}
    released = scenario.say("anna", STREAM, "CustodyReleased", condition="intact", **BAG, **parties)
    answer = {"release": released.statement_id.hex(), "reason": "no_dry_ice"}
    refused = scenario.say("kit", STREAM, "CustodyRefused", **BAG, **parties, **answer)
    assert codes(refused) == ["custody_refused"]
    catch_up(stage)
    assert read(stage, "anna", "/v1/handovers")["handovers"] == []
    found = read(stage, "anna", f"/v1/containers/{FRESH}")
    assert (found["holder"], found["offered_to"]) == (APHERESIS, None)


def test_a_shipper_swapped_during_a_customs_hold_is_shown_to_quality(stage: Stage) -> None:
    scenario = stage.scenario
    hand_over(scenario, COI, FRESH, ("anna", APHERESIS), ("kit", VAN))
    swapped = scenario.say(
        "kit", STREAM, "ShipperSwapped", at=VAN, old_shipper="SHIPPER-1", old_seal="SEAL-1",
        shipper="SHIPPER-2", seal="SEAL-2", logger="LOG-2", reason="customs_hold", **BAG,
    )  # fmt: skip
    assert codes(swapped) == ["shipper_swapped"]
    packing = read(stage, "kit", f"/v1/containers/{FRESH}")["packing"]
    assert packing == {"shipper": "SHIPPER-2", "seal": "SEAL-2", "logger": "LOG-2",
                       "position": swapped.position}  # fmt: skip
    hand_over(scenario, COI, FRESH, ("kit", VAN), ("mia", CLEANROOM))
    looked = {"shipper": "SHIPPER-2", "seal": "SEAL-2", "condition": "intact", "outcome": "quarantine"}
    inspected = scenario.say("mia", STREAM, "ReceiptInspected", at=CLEANROOM, expected=2, received=1,
                             **looked, **BAG)  # fmt: skip
    assert codes(inspected) == ["receipt_count_differs"]
    assert read(stage, "quinn", f"/v1/containers/{FRESH}")["quarantined"]
    (one,) = read(stage, "quinn", f"/v1/chains/{COI}")["quarantines"]
    assert (one["reason"], one["statement_id"]) == ("receipt_inspection", inspected.statement_id.hex())


def test_a_destruction_takes_two_witnesses_and_ends_the_bag(stage: Stage) -> None:
    scenario = stage.scenario
    gone = scenario.say("anna", STREAM, "Destroyed", at=APHERESIS, method="incineration",
                        reason="clotted", **BAG)  # fmt: skip
    named = {"at": APHERESIS, "destruction": gone.statement_id.hex()}
    assert codes(scenario.say("anna", STREAM, "DestructionWitnessed", **named, **BAG)) == ["same_signer"]
    found = read(stage, "anna", f"/v1/containers/{FRESH}")
    assert (found["status"], found["destroyed"]) == ("destroyed", gone.position)
    closing = {"chain_version": scenario.version(COI), "reason": "not_collectable"}
    assert codes(scenario.say("carl", STREAM, "TherapyClosed", **closing)) == ["destruction_unwitnessed"]
    seen = scenario.say("nora", STREAM, "DestructionWitnessed", **named, **BAG)
    assert codes(seen) == ["chain_closed"]
    catch_up(stage)
    assert read(stage, "anna", "/v1/custody")["holdings"] == []


def test_a_destroyed_bag_is_not_released(stage: Stage) -> None:
    scenario = stage.scenario
    hand_over(scenario, COI, FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
    scenario.say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill",
                 parents=[{"container": FRESH, "volume_ul": 200_000}],
                 children=[{"container": "BAG-D1", "volume_ul": 50_000}])  # fmt: skip
    scenario.say("mia", STREAM, "Destroyed", at=CLEANROOM, containers=["BAG-D1"], method="incineration",
                 reason="broken")  # fmt: skip
    raw = scenario.sign(
        "quinn", STREAM, "Released", chain_version=scenario.version(COI), site="northcell-1",
        containers=["BAG-D1"], certificate="ab" * 32, countries=["GB"], protocols=["UB-001"],
    )  # fmt: skip
    refused = stage.post(raw)
    failed = [gate["name"] for gate in refused.json()["gates"] if not gate["passed"]]
    assert (code(refused), failed) == ("gate_failed", ["not_destroyed"])
