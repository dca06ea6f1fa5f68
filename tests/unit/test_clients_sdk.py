"""The SDK: facts survive any network, decisions wait for it, and nothing unproved is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.keys import Device
from clients.sdk import Client, Pending
from clients.sending import Answer
from ledger.errors import (
    Conflict,
    Fault,
    GateFailed,
    Malformed,
    NotPermitted,
    ProofInvalid,
    StaleView,
    TooMany,
    UnbrokenError,
)
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from tests.unit.fake_ledger import ORIGIN, FakeLedger, problem

COI = "isbt128:CHA9999260000AB"
CHAIN = f"chain/{COI}"
THAW = {"type": "ThawStarted", "at": {"site": "st-mary", "department": "ward-5"}, "containers": ["BAG-1"]}
CHECK = {
    "type": "InfusionAuthorised",
    "site": "st-mary",
    "container": "BAG-1",
}


@pytest.fixture(scope="module")
def log_key() -> SigningKey:
    return new_key()


@pytest.fixture
def ledger(log_key: SigningKey) -> FakeLedger:
    return FakeLedger(log_key)


@pytest.fixture
def device(tmp_path: Path, ledger: FakeLedger) -> Device:
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(ledger.vkey))
    return device


@pytest.fixture
def client(device: Device, ledger: FakeLedger) -> Iterator[Client]:
    with Client(device, transport=ledger.transport) as client:
        yield client


def thaw(number: int = 1) -> dict[str, Any]:
    return THAW | {"containers": [f"BAG-{number}"]}


def unplugged(request: httpx.Request) -> None:
    raise httpx.ConnectError("no route to host", request=request)


def plugged(request: httpx.Request) -> None:
    return None


def payloads(raws: list[bytes]) -> list[dict[str, Any]]:
    return [canonical.decode(statement.parse(raw).payload) for raw in raws]


def assert_chained(raws: list[bytes]) -> None:
    said, ids = payloads(raws), [statement.parse(raw).id.hex() for raw in raws]
    assert [payload["seq"] for payload in said] == list(range(len(raws)))
    assert [payload["prev"] for payload in said] == [None, *ids[:-1]]


def test_a_recorded_fact_comes_back_with_a_verified_receipt(client: Client, ledger: FakeLedger) -> None:
    answer = client.record(THAW, CHAIN)
    assert isinstance(answer, Answer)
    assert answer.position == 1
    assert client.outbox.held()[0].receipt == answer.receipt
    signed = statement.parse(ledger.statements[0])
    assert (signed.iss, signed.sub, signed.aud) == ("anna", CHAIN, ORIGIN)
    statement.verify(signed, client.device.key.public)


def test_facts_made_offline_chain_onto_each_other_and_arrive_in_order(
    client: Client, ledger: FakeLedger
) -> None:
    ledger.before = unplugged
    made = [client.record(thaw(number), CHAIN) for number in range(5)]
    assert all(isinstance(each, Pending) for each in made)
    assert ledger.statements == []
    ledger.before = plugged
    assert [outcome.answer.position for outcome in client.flush() if outcome.answer] == [1, 2, 3, 4, 5]
    assert [payload["containers"] for payload in payloads(ledger.statements)] == [
        [f"BAG-{n}"] for n in range(5)
    ]
    assert_chained(ledger.statements)
    assert client.flush() == []


def test_offline_only_queues_without_a_word_to_the_network(client: Client, ledger: FakeLedger) -> None:
    assert isinstance(client.record(THAW, CHAIN, offline=True), Pending)
    assert ledger.requests == []


def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_bytes(
    client: Client, ledger: FakeLedger
) -> None:
    def lose_answer(request: httpx.Request) -> None:
        if request.url.path == "/v1/statements":
            ledger.record(request.content)
            raise httpx.ReadTimeout("slow", request=request)

    ledger.before = lose_answer
    assert isinstance(client.record(THAW, CHAIN), Pending)
    assert [held.state for held in client.outbox.held()] == ["sent"]
    ledger.before = plugged
    (outcome,) = client.flush()
    assert outcome.answer
    assert outcome.answer.position == 1
    assert len(ledger.statements) == 1


@pytest.mark.parametrize(("status", "error"), [(429, TooMany), (500, Fault), (503, Fault)])
def test_a_server_in_trouble_leaves_the_statement_on_its_way(
    client: Client, ledger: FakeLedger, status: int, error: type[UnbrokenError]
) -> None:
    ledger.refuse = lambda parsed: problem(status, "busy")
    pending = client.record(THAW, CHAIN)
    assert isinstance(pending, Pending)
    assert "because of busy" in pending.why
    with pytest.raises(error):
        client.flush()
    ledger.refuse = lambda parsed: None
    assert [outcome.answer is not None for outcome in client.flush()] == [True]


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (problem(403, "role"), NotPermitted),
        (problem(409, "cti_reused"), Conflict),
        (problem(409, "stale_view"), StaleView),
        (problem(422, "infusion_gates", gates=[{"name": "released"}]), GateFailed),
        (problem(400, "not_canonical"), Malformed),
    ],
)
def test_a_refusal_is_raised_as_the_ledgers_own_error_and_kept(
    client: Client, ledger: FakeLedger, refused: dict[str, Any], error: type[UnbrokenError]
) -> None:
    ledger.refuse = lambda parsed: refused
    with pytest.raises(error) as caught:
        client.record(THAW, CHAIN)
    assert caught.value.code == refused["code"]
    assert caught.value.extra.get("gates") == refused.get("gates")
    (kept,) = client.outbox.held("refused")
    assert kept.problem
    assert kept.problem["detail"] == refused["detail"]


def test_after_a_refusal_the_sequence_goes_on_from_the_last_accepted(
    client: Client, ledger: FakeLedger
) -> None:
    client.record(thaw(1), CHAIN)
    ledger.refuse = lambda parsed: problem(400, "no")
    with pytest.raises(Malformed):
        client.record(thaw(2), CHAIN)
    ledger.refuse = lambda parsed: None
    client.record(thaw(3), CHAIN)
    assert_chained(ledger.statements)


def test_facts_chained_behind_a_refused_one_arrive_with_a_gap_and_the_next_follows_them(
    client: Client, ledger: FakeLedger
) -> None:
    for number in range(3):
        client.record(thaw(number), CHAIN, offline=True)
    second = client.outbox.held()[1].raw
    ledger.refuse = lambda parsed: problem(400, "no") if parsed.raw == second else None
    assert [outcome.problem is None for outcome in client.flush()] == [True, False, True]
    client.record(thaw(3), CHAIN)
    said = payloads(ledger.statements)
    assert [payload["seq"] for payload in said] == [0, 2, 3]
    assert said[2]["prev"] == statement.parse(ledger.statements[1]).id.hex()


def test_a_refused_statement_can_be_sent_again_as_it_is(client: Client, ledger: FakeLedger) -> None:
    ledger.refuse = lambda parsed: problem(401, "unknown_key")
    with pytest.raises(UnbrokenError):
        client.record(THAW, CHAIN)
    ledger.refuse = lambda parsed: None
    (kept,) = client.outbox.held("refused")
    client.outbox.requeue(kept.id)
    assert [outcome.answer is not None for outcome in client.flush()] == [True]
    assert ledger.statements == [kept.raw]
    with pytest.raises(Conflict, match="not_refused"):
        client.outbox.requeue(kept.id)


def test_a_decision_names_the_version_that_its_signer_saw(client: Client, ledger: FakeLedger) -> None:
    with pytest.raises(Malformed, match="no_view"):
        client.record(CHECK, CHAIN)
    ledger.documents[f"/v1/chains/{COI}"] = {"coi": COI, "version": 17}
    client.chain(COI, before=5)
    with pytest.raises(Malformed, match="no_view"):
        client.record(CHECK, CHAIN)
    client.chain(COI)
    client.record(CHECK, CHAIN)
    assert payloads(ledger.statements)[0]["chain_version"] == 17


def test_a_decision_is_not_signed_offline(client: Client, ledger: FakeLedger) -> None:
    decision = CHECK | {"chain_version": 3}
    with pytest.raises(Malformed, match="decision_offline"):
        client.record(decision, CHAIN, offline=True)
    ledger.before = unplugged
    with pytest.raises(Fault, match="unreachable"):
        client.record(decision, CHAIN)
    assert client.outbox.held() == []


def test_a_decision_waits_until_earlier_facts_are_recorded(client: Client, ledger: FakeLedger) -> None:
    client.record(THAW, CHAIN, offline=True)
    ledger.refuse = lambda parsed: problem(503, "busy")
    with pytest.raises(Fault, match="busy"):
        client.record(CHECK | {"chain_version": 3}, CHAIN)
    assert [held.type for held in client.outbox.held()] == ["ThawStarted"]
    ledger.refuse = lambda parsed: None
    client.record(CHECK | {"chain_version": 3}, CHAIN)
    assert_chained(ledger.statements)


def test_a_decision_whose_answer_got_lost_stays_on_its_way(client: Client, ledger: FakeLedger) -> None:
    ledger.refuse = lambda parsed: problem(503, "busy")
    client.align()
    assert isinstance(client.record(CHECK | {"chain_version": 3}, CHAIN), Pending)
    assert [held.state for held in client.outbox.held()] == ["sent"]


def test_a_device_set_up_anew_goes_on_with_its_keys_sequence(
    client: Client, ledger: FakeLedger, tmp_path: Path
) -> None:
    client.record(thaw(1), CHAIN)
    client.record(thaw(2), CHAIN)
    anew = Device(tmp_path / "anew", b"passphrase")
    anew.set_profile(agent="anna", log_key=str(ledger.vkey))
    (tmp_path / "anew" / "key.pem").write_bytes((client.device.home / "key.pem").read_bytes())
    with Client(anew, transport=ledger.transport) as second:
        second.record(thaw(3), CHAIN)
    assert_chained(ledger.statements)


def test_a_statement_names_the_newest_head_that_the_device_has_seen(
    client: Client, ledger: FakeLedger
) -> None:
    client.record(thaw(1), CHAIN, offline=True)
    client.flush()
    root = ledger.root
    client.record(thaw(2), CHAIN)
    assert [payload["seen"] for payload in payloads(ledger.statements)] == [
        None,
        {"size": 2, "root": root.hex()},
    ]


Forge = Callable[[dict[str, Any], FakeLedger], dict[str, Any]]


@pytest.mark.parametrize(
    "forge",
    [
        lambda answer, ledger: answer | {"receipt": answer["receipt"][:-8] + "AAAAAAAA"},
        lambda answer, ledger: answer | {"receipt": ""},
        lambda answer, ledger: answer | {"position": answer["position"] + 1},
        lambda answer, ledger: answer | {"log_size": answer["log_size"] + 1},
        lambda answer, ledger: answer | {"statement_id": "ab" * 32},
        lambda answer, ledger: FakeLedger(new_key(), entries=ledger.statements).answers[ledger.statements[0]],
    ],
    ids=["broken signature", "no receipt", "position", "size", "another statement", "another log's key"],
)
def test_an_answer_that_proves_nothing_is_not_believed(
    client: Client, ledger: FakeLedger, forge: Forge
) -> None:
    record = ledger.record
    ledger.record = lambda raw: (201, forge(record(raw)[1], ledger))  # type: ignore[method-assign]
    with pytest.raises(ProofInvalid):
        client.record(THAW, CHAIN)
    assert [held.state for held in client.outbox.held()] == ["sent"]
    ledger.record = record  # type: ignore[method-assign]
    assert [outcome.answer is not None for outcome in client.flush()] == [True]


@pytest.mark.parametrize("answer", [{}, {"position": "x"}, {"position": 1, "deviations": [{"colour": 1}]}])
def test_an_answer_of_another_shape_is_a_fault_and_the_statement_stays(
    client: Client, ledger: FakeLedger, answer: dict[str, Any]
) -> None:
    ledger.record = lambda raw: (201, answer)  # type: ignore[method-assign]
    pending = client.record(THAW, CHAIN)
    assert isinstance(pending, Pending)
    assert client.outbox.unsent() != []


def test_one_bad_statement_does_not_spoil_its_batch(client: Client, ledger: FakeLedger) -> None:
    made = [(thaw(number), CHAIN) for number in range(1005)]
    ledger.refuse = lambda parsed: problem(400, "no") if b'BAG-700"' in parsed.payload else None
    outcomes = client.record_many(made)
    assert [outcome.problem is None for outcome in outcomes].count(False) == 1
    assert len(ledger.statements) == 1004
    assert [path for method, path in ledger.requests if method == "POST" and path == "/v1/statements"] == [
        "/v1/statements"
    ] * 2


def test_a_batch_takes_no_decision(client: Client) -> None:
    with pytest.raises(Malformed, match="decision_in_batch"):
        client.record_many([(CHECK | {"chain_version": 1}, CHAIN)])


def test_statements_of_another_device_are_carried_and_answered(
    client: Client, ledger: FakeLedger, tmp_path: Path
) -> None:
    other = Device(tmp_path / "other", b"passphrase")
    other.make_key()
    other.set_profile(agent="kit", log_key=str(ledger.vkey))
    with Client(other, transport=httpx.MockTransport(lambda request: unplugged(request))) as offline:
        offline.record(THAW, CHAIN)
        raws = [held.raw for held in offline.outbox.unsent()]
    assert client.carry(raws) == 1
    assert client.carry(raws) == 0
    client.record(thaw(2), CHAIN)
    assert [statement.parse(raw).iss for raw in ledger.statements] == ["kit", "anna"]
    assert payloads(ledger.statements)[1]["seq"] == 0
    with Client(other, transport=ledger.transport) as online:
        assert [outcome.answer is not None for outcome in online.flush()] == [True]
    assert len(ledger.statements) == 2


def test_carrying_what_is_no_statement_is_refused(client: Client) -> None:
    with pytest.raises(Malformed):
        client.carry([b"\xd2\x84nonsense"])
    assert client.outbox.held() == []


@pytest.mark.parametrize(
    ("fields", "stream", "code"),
    [
        (THAW | {"seq": 9}, CHAIN, "reserved_member"),
        (THAW | {"type": "Nonsense"}, CHAIN, "unknown_event"),
        (THAW | {"containers": []}, CHAIN, "invalid_event"),
        (THAW | {"colour": "red"}, CHAIN, "invalid_event"),
        (THAW, "isbt128:CHA1", "unknown_stream"),
        (THAW, "boat/1", "unknown_stream"),
    ],
)
def test_what_is_not_a_valid_event_never_enters_the_outbox(
    client: Client, fields: dict[str, Any], stream: str, code: str
) -> None:
    with pytest.raises(Malformed) as caught:
        client.record(fields, stream)
    assert caught.value.code == code
    assert client.outbox.held() == []


def test_a_session_that_ran_out_is_opened_again(client: Client, ledger: FakeLedger) -> None:
    client.remote._token = "stale"
    client.align()
    assert [path for _, path in ledger.requests] == [
        f"/v1/keys/{client.kid.hex()}",
        "/v1/session/challenge",
        "/v1/session",
        f"/v1/keys/{client.kid.hex()}",
    ]


def test_signing_in_learns_the_newest_head(client: Client, ledger: FakeLedger) -> None:
    assert client.sign_in()["agent"] == "anna"
    head = client.heads.newest()
    assert head
    assert (head.size, head.root) == (1, ledger.root)


def test_an_entry_is_believed_only_with_its_proof(client: Client, ledger: FakeLedger) -> None:
    client.record(thaw(1), CHAIN)
    client.record(thaw(2), CHAIN)
    entry = client.entry(1)
    assert (entry.position, entry.log_size, entry.signer) == (1, 3, "anna")
    assert entry.payload["containers"] == ["BAG-1"]
    assert client.receipt(2) == ledger.receipt(2)
    assert client.tlog_proof(1).startswith(b"c2sp.org/tlog-proof@v1\n")
    ledger.entries[1], ledger.entries[2] = ledger.entries[2], ledger.entries[1]
    for read in (client.entry, client.tlog_proof):
        with pytest.raises(ProofInvalid):
            read(1)


def test_the_proof_of_another_position_is_refused(client: Client, ledger: FakeLedger) -> None:
    client.record(thaw(1), CHAIN)
    client.record(thaw(2), CHAIN)
    real, ledger.receipt = ledger.receipt, lambda position: real(2)  # type: ignore[method-assign]
    ledger.entries[1] = ledger.entries[2]
    with pytest.raises(ProofInvalid, match="wrong_receipt"):
        client.entry(1)


def test_a_proxys_error_page_becomes_an_error_without_a_code_of_ours(device: Device) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(502, text="<html>"))
    with Client(device, transport=transport) as client, pytest.raises(Fault, match="http_502"):
        client.log()


def test_a_client_needs_to_know_its_log(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="incomplete_profile"):
        Client(tmp_path)
