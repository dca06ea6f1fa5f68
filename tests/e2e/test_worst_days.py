"""The worst days. What each of the issue's list is told by:

- shift change during a thaw: here
- second collection after a failed batch: here
- two phones sync in the wrong order: here
- a lot recalled while a bag is on the road: test_api_recall
- a site suspended in mid-manufacture: test_api_recall
- a courier's phone lost with scans on it: test_api_recall
- a physician's override at night: test_api_readiness
- the patient withdraws: test_api_readiness
- sterility fails after the infusion: test_api_quality
- two bags' labels swapped before application, found by an identity test: test_api_quality
- a shipper swapped at customs: test_api_handling
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from ledger.proof import statement
from tests.e2e.api_stage import CHAIN, COI, STREAM, Stage, catch_up, code, read, served
from tests.scenario import APHERESIS, CLEANROOM, VAN, WARD, hand_over, patient, prepare

FRESH, SECOND, DOSE, SECOND_DOSE = "BAG-F1", "BAG-F2", "BAG-D1", "BAG-D2"
RELEASE = {"site": "northcell-1", "certificate": "ab" * 32, "countries": ["GB"], "protocols": ["UB-001"]}


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A collection that has come to the cleanroom."""
    with served(database_url, tmp_path) as opened:
        opened.scenario.order(COI)
        collect(opened, FRESH)
        yield opened


def said(stage: Stage, agent: str, event: str, **fields: Any) -> set[str]:
    """It is recorded; the codes of the deviations behind it."""
    response = stage.post(stage.scenario.sign(agent, STREAM, event, **fields))
    assert response.status_code == 201, response.text
    signer = stage.scenario.signer(agent)
    signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return {one["code"] for one in response.json()["deviations"]}


def decided(stage: Stage, agent: str, event: str, **fields: Any) -> set[str]:
    return said(stage, agent, event, chain_version=stage.scenario.version(COI), **fields)


def stopped_by(stage: Stage, agent: str, event: str, **fields: Any) -> set[str]:
    """The decision is refused; the gates that failed."""
    fields = {"chain_version": stage.scenario.version(COI)} | fields
    response = stage.post(stage.scenario.sign(agent, STREAM, event, **fields))
    assert (response.status_code, code(response)) == (422, "gate_failed")
    return {gate["name"] for gate in response.json()["gates"] if not gate["passed"]}


def collect(stage: Stage, bag: str) -> None:
    new = [{"container": bag, "volume_ul": 200_000}]
    ended_at = timestamp(stage.scenario.clock())
    said(stage, "anna", "CollectionCompleted", at=APHERESIS, ended_at=ended_at, containers=new)
    carry(stage, bag, ("anna", APHERESIS), ("mia", CLEANROOM))


def carry(stage: Stage, bag: str, giver: tuple[str, Any], receiver: tuple[str, Any]) -> None:
    hand_over(stage.scenario, COI, bag, giver, ("kit", VAN))
    hand_over(stage.scenario, COI, bag, ("kit", VAN), receiver)


def fill(stage: Stage, fresh: str, dose: str) -> set[str]:
    parents = [{"container": fresh, "volume_ul": 200_000}]
    children = [{"container": dose, "volume_ul": 50_000}]
    return said(
        stage, "mia", "ContainersDerived", at=CLEANROOM, how="fill", parents=parents, children=children
    )


# --- shift change during a thaw -----------------------------------------------------------------


def test_a_worst_day_the_shift_changes_during_a_thaw(stage: Stage) -> None:
    """Custody is the ward's, not the nurse's: the next one goes on, and nothing is in doubt."""
    fill(stage, FRESH, DOSE)
    assert decided(stage, "quinn", "Released", containers=[DOSE], **RELEASE) == set()
    carry(stage, DOSE, ("mia", CLEANROOM), ("nora", WARD))
    prepare(stage.scenario, COI, DOSE)

    assert said(stage, "nora", "ThawStarted", at=WARD, containers=[DOSE]) == set()
    stage.scenario.clock.forward(300)
    look = {"site": "st-mary", "container": DOSE, "patient": patient("patient-1"), "method": "scan"}
    assert decided(stage, "nora", "InfusionChecked", **look) == set()
    # nora goes home; nils, of the same ward, carries on
    assert said(stage, "nils", "ThawCompleted", at=WARD, containers=[DOSE]) == set()
    assert decided(stage, "nils", "InfusionChecked", **look) == set()
    assert decided(stage, "phil", "InfusionAuthorised", site="st-mary", container=DOSE) == set()
    assert said(stage, "nils", "InfusionStarted", site="st-mary", container=DOSE) == set()
    stage.scenario.clock.forward(600)
    given = {"site": "st-mary", "container": DOSE, "dose_given_ul": 50_000}
    assert said(stage, "nils", "InfusionCompleted", **given) == set()

    bag = read(stage, "nils", f"/v1/containers/{DOSE}")
    assert (bag["status"], bag["holder"]) == ("infused", WARD)
    assert read(stage, "nils", CHAIN)["deviations"] == []


def test_a_worst_day_whoever_takes_over_the_thaw_is_not_qualified(stage: Stage) -> None:
    """What they say of the thaw counts; a check is not theirs to make."""
    scenario = stage.scenario
    scenario.say("ada", "agent/nils", "QualificationWithdrawn", qualification="bedside", reason="overdue")
    fill(stage, FRESH, DOSE)
    decided(stage, "quinn", "Released", containers=[DOSE], **RELEASE)
    carry(stage, DOSE, ("mia", CLEANROOM), ("nora", WARD))
    prepare(scenario, COI, DOSE)
    said(stage, "nora", "ThawStarted", at=WARD, containers=[DOSE])
    assert said(stage, "nils", "ThawCompleted", at=WARD, containers=[DOSE]) == set()
    look = {"site": "st-mary", "container": DOSE, "patient": patient("patient-1"), "method": "scan"}
    decided(stage, "nora", "InfusionChecked", **look)
    seen = {"chain_version": scenario.version(COI)}
    refused = stage.post(scenario.sign("nils", STREAM, "InfusionChecked", **seen | look))
    assert (refused.status_code, code(refused)) == (403, "not_qualified")
    stopped = stopped_by(stage, "phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    assert stopped == {"checks_agree", "patient_matched"}


# --- second collection after a failed batch -------------------------------------------------------


def test_a_worst_day_a_batch_fails_and_the_patient_is_collected_again(stage: Stage) -> None:
    """The same therapy goes on with other bags; those of the failed batch never come back."""
    run: dict[str, Any] = {"at": CLEANROOM, "platform": "P-1"}
    assert said(stage, "mia", "ManufacturingStarted", batch="B-1", containers=[FRESH], **run) == set()
    assert fill(stage, FRESH, DOSE) == set()
    failed = {"at": CLEANROOM, "batch": "B-1", "containers": [FRESH, DOSE], "reason": "contamination"}
    assert said(stage, "mia", "ManufacturingFailed", **failed) == {"manufacturing_failed"}
    first = stopped_by(stage, "quinn", "Released", containers=[DOSE], **RELEASE)
    assert "no_blocking_deviation" in first
    assert decided(stage, "quinn", "Rejected", containers=[FRESH, DOSE], reason="contamination") == set()

    collect(stage, SECOND)
    again = {"failed_batch": "B-1", "batch": "B-2", "containers": [SECOND]}
    assert said(stage, "mia", "ManufacturingRestarted", **again | run) == set()
    assert fill(stage, SECOND, SECOND_DOSE) == set()
    assert decided(stage, "quinn", "Released", containers=[SECOND_DOSE], **RELEASE) == set()
    assert "not_rejected" in stopped_by(stage, "quinn", "Released", containers=[DOSE], **RELEASE)

    told = read(stage, "mia", CHAIN)
    assert [(one["batch"], one["replaces"]) for one in told["batches"]] == [("B-1", None), ("B-2", "B-1")]
    rejected = {one["container"] for one in told["containers"] if one["rejected"]}
    assert rejected == {FRESH, DOSE}
    catch_up(stage)
    lineage = read(stage, "mia", f"/v1/containers/{SECOND_DOSE}/lineage")
    assert FRESH not in str(lineage)


# --- two phones sync in the wrong order -----------------------------------------------------------


def hand_overs_offline(stage: Stage) -> list[bytes]:
    """Release and acceptance to the van, then to the ward: four statements on three phones."""
    signed: list[bytes] = []
    for giver, receiver in ((("mia", CLEANROOM), ("kit", VAN)), (("kit", VAN), ("nora", WARD))):
        stage.scenario.clock.forward(60)
        parties = {"containers": [FRESH], "giver": giver[1], "receiver": receiver[1], "condition": "intact"}
        signed.append(offline(stage, giver[0], "CustodyReleased", **parties))
        parties["release"] = statement.parse(signed[-1]).id.hex()
        signed.append(offline(stage, receiver[0], "CustodyAccepted", **parties))
    return signed


def offline(stage: Stage, agent: str, event: str, **fields: Any) -> bytes:
    """Signed on a phone without a network, which numbers it and keeps it."""
    raw = stage.scenario.sign(agent, STREAM, event, **fields)
    signer = stage.scenario.signer(agent)
    signer.seq, signer.prev = signer.seq + 1, statement.parse(raw).id.hex()
    return raw


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_a_worst_day_phones_sync_in_the_wrong_order(
    sqlite_url: str, tmp_path: Path, order: Sequence[int]
) -> None:
    """Whatever order they come online in, the bag ends where it is, and no wrong party ever held it."""
    with served(sqlite_url, tmp_path) as stage:
        stage.scenario.order(COI)
        collect(stage, FRESH)
        signed = hand_overs_offline(stage)
        raised: set[str] = set()
        for number in order:
            response = stage.post(signed[number])
            assert response.status_code == 201, response.text
            raised |= {one["code"] for one in response.json()["deviations"]}
        bag = read(stage, "nora", f"/v1/containers/{FRESH}")
        assert bag["holder"] == WARD
        assert raised <= {"sequence_gap", "release_by_non_holder"}
        if order == (0, 1, 2, 3):
            assert raised == set()


def test_every_worst_day_is_told_where_this_page_says() -> None:
    here = Path(__file__)
    for name in re.findall(r"test_api_\w+", __doc__ or ""):
        assert (here.parent / f"{name}.py").is_file(), name
