"""What a write promises: durable, provable, answered once and for all."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ledger.application import Answer, Ledger
from ledger.errors import (
    Conflict,
    Fault,
    GateFailed,
    NotPermitted,
    Refused,
    StaleView,
    Unauthentic,
    UnbrokenError,
)
from ledger.proof import canonical, checkpoint, receipt, statement
from ledger.proof.keyfile import new_key
from tests.scenario import (
    APHERESIS,
    ORIGIN,
    VAN,
    Scenario,
    b64,
    hand_over,
    open_scenario,
    ordered,
    patient,
    therapy,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COI = "isbt128:CHA999926000001"
CHAIN = f"chain/{COI}"


@pytest.fixture
def scenario(database_url: str, tmp_path: Path) -> Iterator[Scenario]:
    opened = open_scenario(database_url, tmp_path)
    yield opened
    opened.ledger.close()


def collected(scenario: Scenario) -> None:
    scenario.order(COI)
    scenario.say(
        "anna",
        CHAIN,
        "CollectionCompleted",
        at=APHERESIS,
        ended_at="2026-09-21T12:00:00.000Z",
        containers=[{"container": "BAG-1", "volume_ul": 100_000}],
    )


def packed(scenario: Scenario, agent: str = "anna", shipper: str = "S-1") -> bytes:
    return scenario.sign(agent, CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper=shipper)


def receipt_holds(scenario: Scenario, answer: Answer, raw: bytes) -> bool:
    found = receipt.verify_receipt(answer.receipt, raw, scenario.ledger.config.log_key.public, ORIGIN)
    return bool(found)


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


def test_a_refused_statement_does_not_spoil_its_batch(scenario: Scenario) -> None:
    collected(scenario)
    good, bad = packed(scenario), b"\x00nonsense"
    first, second, third = scenario.ledger.submit([bad, good, packed(scenario, "kit")]).result()
    assert isinstance(first, UnbrokenError)
    assert isinstance(second, Answer)
    assert isinstance(third, Answer)


def test_each_of_one_submission_fails_or_passes_at_its_own_step(scenario: Scenario) -> None:
    collected(scenario)
    good = packed(scenario)
    flipped = bytes([good[-1] ^ 1])
    anna = {"iss": "anna", "sub": CHAIN, "aud": ORIGIN}
    mute = statement.sign(scenario.signer("anna").key, **anna, cti=os.urandom(16), payload=b"{}")
    raws = [good[:-1] + flipped, mute, good, b"\x00nonsense", packed(scenario, "stranger"), good]
    found = scenario.ledger.submit(raws).result()
    codes = [one.code if isinstance(one, UnbrokenError) else one.position for one in found]
    entry = scenario.ledger.store.head()[0] - 1
    assert codes == ["bad_signature", "unknown_event", entry, "malformed_cose", "unknown_key", entry]


def test_a_store_that_fails_while_it_is_asked_for_a_repeat_is_an_answer(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that checks lives on."""
    collected(scenario)
    good = packed(scenario)

    def down(_: object) -> None:
        raise Fault("store_unavailable", "the database went away")

    monkeypatch.setattr(scenario.ledger.store, "positions_of_cti", down)
    for _ in range(2 * (os.cpu_count() or 1)):
        with pytest.raises(Fault, match="store_unavailable"):
            scenario.ledger.record(good[:-1] + bytes([good[-1] ^ 1]))
    assert scenario.ledger.record(good).position


def test_statements_of_one_submission_build_on_each_other(scenario: Scenario) -> None:
    """Enrolled and used within one batch: the second reads what the first just said."""
    raw = scenario.sign(
        "ada",
        "agent/newt",
        "AgentEnrolled",
        organisation="st-mary-trust",
        roles=[{"role": "coordinator", "site": "st-mary"}],
        key=b64(scenario.signer("newt").key.public.spki),
    )
    scenario.ledger.record(raw)
    first = scenario.sign("newt", CHAIN, "TherapyOrdered", **_ordered())
    (answer,) = scenario.ledger.submit([first]).result()
    assert isinstance(answer, Answer)


def _ordered() -> dict[str, object]:
    """What an order says, without its envelope."""
    return ordered("patient-1")


def test_many_writers_leave_no_gap_and_every_receipt_verifies(scenario: Scenario) -> None:
    from tests.bench.load import chains, statements

    work = [statements(scenario, chain, 6) for chain in chains(scenario, 12)]

    def write(raws: list[bytes]) -> list[tuple[Answer, bytes]]:
        return [(scenario.ledger.record(raw), raw) for raw in raws]

    start = scenario.ledger.store.head()[0]
    with ThreadPoolExecutor(12) as pool:
        answers = [pair for pairs in pool.map(write, work) for pair in pairs]
    assert sorted(answer.position for answer, _ in answers) == list(range(start, start + 72))
    assert all(receipt_holds(scenario, answer, raw) for answer, raw in answers)
    assert not any(answer.deviations for answer, _ in answers)


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


def test_a_retired_key_records_facts_but_decides_nothing(scenario: Scenario) -> None:
    collected(scenario)
    kid = scenario.signer("anna").key.public.kid.hex()
    scenario.say("ada", "agent/anna", "KeyRetired", kid=kid, reason="rotated")
    answer = scenario.say("anna", CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1")
    assert [raised.code for raised in answer.deviations] == ["late_by_retired_key"]
    carls = scenario.signer("carl").key.public.kid.hex()
    scenario.say("ada", "agent/carl", "KeyRetired", kid=carls, reason="rotated")
    with pytest.raises(NotPermitted, match="retired_key"):
        scenario.ledger.record(
            scenario.sign("carl", "chain/isbt128:CHA999926000002", "TherapyOrdered", **_ordered())
        )


def test_a_retry_after_revocation_still_gets_its_first_answer(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario)
    first = scenario.ledger.record(raw)
    kid = scenario.signer("anna").key.public.kid.hex()
    scenario.say("ada", "agent/anna", "KeyRevoked", kid=kid, reason="phone_lost")
    assert scenario.ledger.record(raw) == first
    with pytest.raises(Unauthentic, match="revoked_key"):
        scenario.ledger.record(packed(scenario, shipper="S-2"))


def test_what_a_revoked_key_could_not_send_enters_by_attestation_and_moves_nothing(
    scenario: Scenario,
) -> None:
    collected(scenario)
    late = scenario.sign(
        "anna",
        CHAIN,
        "CustodyReleased",
        containers=["BAG-1"],
        giver=APHERESIS,
        receiver=VAN,
        condition="intact",
    )
    attest = {"chain_version": scenario.version(COI), "statement": b64(late), "reason": "phone_lost"}
    with pytest.raises(NotPermitted, match="not_revoked"):
        scenario.ledger.record(scenario.sign("quinn", CHAIN, "LateStatementAttested", **attest))
    kid = scenario.signer("anna").key.public.kid.hex()
    scenario.say("ada", "agent/anna", "KeyRevoked", kid=kid, reason="phone_lost")
    with pytest.raises(Unauthentic, match="revoked_key"):
        scenario.ledger.record(late)
    scenario.say("quinn", CHAIN, "LateStatementAttested", **attest | {"chain_version": scenario.version(COI)})
    assert scenario.ledger.world_at().chain(COI).containers["BAG-1"].holder is not None


def test_a_statement_for_another_log_is_refused(scenario: Scenario) -> None:
    payload = canonical.encode(scenario.payload("carl", "TherapyOrdered", **_ordered()))
    raw = statement.sign(
        scenario.signer("carl").key,
        iss="carl",
        sub=CHAIN,
        aud="other.example/log",
        cti=os.urandom(16),
        payload=payload,
    )
    with pytest.raises(Unauthentic, match="wrong_log"):
        scenario.ledger.record(raw)


def test_a_key_that_was_never_enrolled_is_refused(scenario: Scenario) -> None:
    with pytest.raises(Unauthentic, match="unknown_key"):
        scenario.ledger.record(scenario.sign("stranger", CHAIN, "TherapyOrdered", **_ordered()))


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


def test_a_connection_that_dies_in_commit_is_resolved_by_statement_id(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(scenario)
    real = scenario.ledger.store.writing

    @contextlib.contextmanager
    def dies_after_commit():  # type: ignore[no-untyped-def]
        with real() as writing:
            yield writing
        raise Fault("commit_unknown", "the connection died while committing")

    raw = packed(scenario)
    monkeypatch.setattr(scenario.ledger.store, "writing", dies_after_commit)
    answer = scenario.ledger.record(raw)
    monkeypatch.undo()
    assert scenario.ledger.record(raw) == answer
    assert receipt_holds(scenario, answer, raw)


def test_a_clock_far_behind_the_log_is_a_fault_and_nothing_is_written(scenario: Scenario) -> None:
    collected(scenario)
    before = scenario.ledger.store.head()
    scenario.clock.forward(-3600)
    with pytest.raises(Fault, match="clock_behind"):
        scenario.ledger.record(packed(scenario))
    assert scenario.ledger.store.head() == before
    scenario.clock.forward(3600)
    scenario.ledger.record(packed(scenario))


def test_ledger_time_never_decreases_when_the_clock_steps_back_a_little(scenario: Scenario) -> None:
    collected(scenario)
    first = scenario.ledger.record(packed(scenario))
    scenario.clock.forward(-30)
    second = scenario.ledger.record(packed(scenario, "kit"))
    assert second.recorded_ms == first.recorded_ms


def test_a_restarted_node_answers_repeats_and_carries_on(scenario: Scenario, tmp_path: Path) -> None:
    collected(scenario)
    raw = packed(scenario)
    first = scenario.ledger.record(raw)
    scenario.ledger.close()
    scenario.ledger = Ledger(scenario.ledger.config)
    assert scenario.ledger.record(raw) == first
    assert scenario.ledger.record(packed(scenario, "kit")).position >= first.size


def test_a_database_that_lost_acknowledged_entries_is_not_signed_on(
    scenario: Scenario, tmp_path: Path
) -> None:
    from ledger.application.high_water import HighWater, Mark

    size, _ = scenario.ledger.store.head()
    scenario.ledger.close()
    mark = HighWater(tmp_path / "high-water")
    mark.write(Mark(size + 3, b"\x01" * 32))
    mark.close()
    with pytest.raises(Fault, match="lossy_restore"):
        Ledger(scenario.ledger.config)


def test_a_statement_that_comes_while_the_node_closes_is_told_so(scenario: Scenario) -> None:
    collected(scenario)
    raw = packed(scenario)
    scenario.ledger.close()
    with pytest.raises(Fault, match="closing"):
        scenario.ledger.record(raw)


def test_another_key_cannot_open_somebody_elses_log(scenario: Scenario) -> None:
    from dataclasses import replace

    with pytest.raises(Fault, match="wrong_log"):
        Ledger(replace(scenario.ledger.config, log_key=new_key(), high_water=None))


def test_two_nodes_on_one_database_read_each_others_entries(scenario: Scenario) -> None:
    if scenario.ledger.config.database_url.startswith("sqlite"):
        pytest.skip("an embedded ledger has one node")
    from dataclasses import replace

    collected(scenario)
    other = Ledger(replace(scenario.ledger.config, high_water=None))
    raw = packed(scenario)
    first = other.record(raw)
    signer = scenario.signer("anna")
    signer.seq, signer.prev = signer.seq + 1, first.statement_id.hex()
    second = scenario.ledger.record(packed(scenario, shipper="S-2"))
    other.close()
    assert second.position == first.position + 1
    assert second.deviations == ()
