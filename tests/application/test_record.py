"""What a write promises: durable, provable, answered once and for all."""

from __future__ import annotations

import pytest

from ledger.application import Answer
from ledger.errors import (
    Conflict,
    GateFailed,
    Refused,
    StaleView,
)
from ledger.proof import canonical, checkpoint, statement
from tests.application.record_stage import CHAIN, COI, collected, packed, receipt_holds
from tests.scenario import (
    APHERESIS,
    ORIGIN,
    VAN,
    Scenario,
    b64,
    hand_over,
    patient,
    therapy,
)


def test_a_whole_therapy_is_recorded_without_a_deviation(scenario: Scenario) -> None:
    therapy(scenario, COI)
    chain = scenario.ledger.world_at().chain(COI)
    types = [stored.type for stored in scenario.ledger.store.by_tag(CHAIN)]
    assert types[0] == "TherapyOrdered"
    assert types[-1] == "InfusionCompleted"
    assert "DeviationRaised" not in types
    assert chain.version == len(types)


def test_the_answer_carries_a_receipt_that_verifies(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario)
    answer = scenario.ledger.record(raw)
    assert receipt_holds(scenario, answer, raw)
    assert answer.size == scenario.ledger.store.head()[0]


def test_the_checkpoint_of_every_answer_is_stored_and_opens(scenario: Scenario) -> None:
    collected(scenario)
    answer = scenario.ledger.record(packed(scenario))
    stored = scenario.ledger.store.checkpoint(answer.size)
    opened = checkpoint.open_checkpoint(stored.note, scenario.ledger.vkey)
    assert (opened.checkpoint.size, opened.time_s * 1000) == (answer.size, answer.recorded_ms)


def test_the_same_bytes_twice_give_the_same_answer_and_one_entry(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario)
    first = scenario.ledger.record(raw)
    size = scenario.ledger.store.head()[0]
    assert scenario.ledger.record(raw) == first
    assert scenario.ledger.store.head()[0] == size


def test_the_same_bytes_in_one_batch_give_the_same_answer(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario)
    first, second = scenario.ledger.submit([raw, raw]).result()
    assert first == second


def test_the_same_bytes_after_a_fact_with_deviations_give_the_same_answer(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario, "kit")
    first = scenario.ledger.record(raw)
    scenario.say(
        "anna",
        CHAIN,
        "PatientIdentified",
        site="st-mary",
        patient=patient("patient-1"),
        method="scan",
        outcome="match",
    )
    assert first.deviations
    assert scenario.ledger.record(raw) == first


def test_a_used_cti_with_other_bytes_is_refused(scenario: Scenario) -> None:
    collected(scenario)
    first = statement.parse(packed(scenario))
    scenario.ledger.record(first.raw)
    other = statement.sign(
        scenario.signer("anna").key,
        iss="anna",
        sub=CHAIN,
        aud=ORIGIN,
        cti=first.cti,
        payload=canonical.encode(
            scenario.payload("anna", "Packed", at=APHERESIS, containers=["BAG-1"], shipper="X")
        ),
    )
    with pytest.raises(Conflict, match="cti_reused"):
        scenario.ledger.record(other)


def test_a_refused_decision_changes_nothing(scenario: Scenario) -> None:
    collected(scenario)
    before = (scenario.ledger.store.head(), scenario.version(COI))
    raw = scenario.sign(
        "kit",
        CHAIN,
        "Released",
        chain_version=scenario.version(COI),
        site="northcell-1",
        containers=["BAG-1"],
        certificate="ab" * 32,
        countries=["GB"],
        protocols=["UB-001"],
    )
    with pytest.raises(Refused):
        scenario.ledger.record(raw)
    assert (scenario.ledger.store.head(), scenario.version(COI)) == before


def test_a_decision_on_a_stale_view_is_refused(scenario: Scenario) -> None:
    """Custody moved after Quality looked: the release would rest on what nobody saw."""
    collected(scenario)
    seen = scenario.version(COI)
    hand_over(scenario, COI, "BAG-1", ("anna", APHERESIS), ("kit", VAN))
    scenario.say("anna", CHAIN, "DeviationRaised", code="bag_warm", severity="major", blocking=True,
                 containers=["BAG-1"], cause=None)  # fmt: skip
    raw = scenario.sign("quinn", CHAIN, "Released", chain_version=seen, site="northcell-1",
                        containers=["BAG-1"], certificate="ab" * 32,
                        countries=["GB"], protocols=["UB-001"])  # fmt: skip
    with pytest.raises(StaleView, match="stale_view"):
        scenario.ledger.record(raw)


def test_a_fact_that_meets_a_concurrent_fact_is_decided_again_and_kept(scenario: Scenario) -> None:
    collected(scenario)
    first, second = packed(scenario, "anna", "S-1"), packed(scenario, "kit", "S-2")
    answers = scenario.ledger.submit([first, second]).result()
    assert all(isinstance(answer, Answer) for answer in answers)


def test_an_outsiders_fact_is_kept_but_moves_nothing(scenario: Scenario) -> None:
    collected(scenario)
    scenario.say(
        "cleo",
        "site/far-depot",
        "SiteOnboarded",
        organisation="swift-cryo",
        site_kind="courier",
        country="GB",
    )
    scenario.say(
        "cleo",
        "agent/otto",
        "AgentEnrolled",
        organisation="swift-cryo",
        roles=[{"role": "courier", "site": "far-depot"}],
        key=b64(scenario.signer("otto").key.public.spki),
    )
    before = scenario.version(COI)
    far = {"site": "far-depot", "department": "van-9"}
    answer = scenario.say(
        "otto",
        CHAIN,
        "CustodyAccepted",
        containers=["BAG-1"],
        giver=APHERESIS,
        receiver=far,
        release=None,
        condition="intact",
    )
    assert [raised.code for raised in answer.deviations] == ["unrelated_signer"]
    assert not answer.deviations[0].blocking
    assert scenario.version(COI) == before


def test_as_of_equals_the_fold_of_the_prefix(scenario: Scenario) -> None:
    collected(scenario)
    before = scenario.ledger.store.head()[0]
    hand_over(scenario, COI, "BAG-1", ("anna", APHERESIS), ("kit", VAN))
    then = scenario.ledger.world_at(before).chain(COI).containers["BAG-1"].holder
    now = scenario.ledger.world_at().chain(COI).containers["BAG-1"].holder
    assert (then.site, now.site) == ("st-mary", "swift-depot")


def test_an_infusion_without_its_gates_is_not_authorised_and_every_gate_is_listed(scenario: Scenario) -> None:
    collected(scenario)
    raw = scenario.sign(
        "phil",
        CHAIN,
        "InfusionAuthorised",
        chain_version=scenario.version(COI),
        site="st-mary",
        container="BAG-1",
    )
    with pytest.raises(GateFailed) as failed:
        scenario.ledger.record(raw)
    gates = failed.value.extra["gates"]
    assert any(not gate["passed"] for gate in gates)
    assert any(gate["passed"] for gate in gates)


def test_two_offline_phones_that_sync_in_the_wrong_order_still_meet(scenario: Scenario) -> None:
    collected(scenario)
    parties = {"containers": ["BAG-1"], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    release = scenario.sign("anna", CHAIN, "CustodyReleased", **parties)
    accept = scenario.sign(
        "kit", CHAIN, "CustodyAccepted", release=statement.parse(release).id.hex(), **parties
    )
    scenario.ledger.record(accept)
    assert scenario.ledger.world_at().chain(COI).containers["BAG-1"].holder.site == "st-mary"
    scenario.ledger.record(release)
    assert scenario.ledger.world_at().chain(COI).containers["BAG-1"].holder.site == "swift-depot"
