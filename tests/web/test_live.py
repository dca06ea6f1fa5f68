"""The app's core, with a database of its own, against a real server over HTTP: nothing is played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.sending import Answer, unbase64
from ledger.proof import canonical, sequence, statement
from ledger.proof.keys import PublicKey
from tests.e2e.live import CHAIN, COI, FRESH, ORIGIN, VAN, Live, running
from tests.web.agent import Agent, Said, must_have_node

PACKED = {"type": "Packed", "at": VAN, "containers": [FRESH], "shipper": "SHIPPER-7"}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    must_have_node()
    with running(tmp_path_factory.mktemp("live")) as live:
        live.order_and_collect()
        yield live


def enrolled(node: Agent, live: Live, agent: str, role: str = "courier") -> str:
    """Make a key in Node, enrol it as an administrator does, and finish; the device's name."""
    device = f"{agent}-phone"
    node.ask("open", device=device, base=live.url)
    request = node.ask("make_key", device=device, passphrase="a phone's passphrase")
    roles = [{"role": role, "site": "swift-depot"}]
    fields: dict[str, Any] = {"organisation": "swift-cryo", "roles": roles, "key": request["spki"]}
    live.say("cleo", "AgentEnrolled", f"agent/{agent}", **fields)
    node.ask("finish", device=device, agent=agent, origin=ORIGIN, vkey=live.vkey)
    return device


def test_a_courier_enrols_signs_and_is_believed(node: Agent, live: Live) -> None:
    device = enrolled(node, live, "wes")
    assert node.ask("offered", device=device) == {"origin": ORIGIN, "logKey": live.vkey}
    held = node.ask("record", device=device, stream=CHAIN, value=PACKED)
    node.ask("flush", device=device)
    (kept,) = node.ask("held", device=device)
    assert (kept["state"], kept["id"]) == ("accepted", held["id"])
    with live.client("audrey") as auditor:
        found = auditor.entry(kept["answer"]["position"])
    assert found.raw.hex() == kept["raw"]
    assert (found.signer, found.payload["shipper"]) == ("wes", "SHIPPER-7")
    assert found.payload["seen"]["size"] > 0


def test_what_the_browser_signed_verifies_in_python_under_the_key_that_was_enrolled(
    node: Agent, live: Live
) -> None:
    device = enrolled(node, live, "wim")
    key = PublicKey.from_spki(unbase64(node.ask("request_of", device=device)["spki"]))
    signed = [node.ask("record", device=device, stream=CHAIN, value=PACKED) for _ in range(3)]
    parsed = [statement.parse(bytes.fromhex(each["raw"])) for each in signed]
    for each in parsed:
        statement.verify(each, key)
    places = [canonical.decode(each.payload) for each in parsed]
    assert [place["seq"] for place in places] == [0, 1, 2]
    assert [place["prev"] for place in places] == [None, parsed[0].id.hex(), parsed[1].id.hex()]


def test_offline_scans_arrive_once_and_in_order_after_the_network_is_back(node: Agent, live: Live) -> None:
    device = enrolled(node, live, "wade")
    live.stop()
    for number in range(12):
        node.ask("record", device=device, stream=CHAIN, value=PACKED | {"shipper": f"BOX-{number}"})
    node.ask("flush", device=device)
    assert node.ask("state", device=device) == {
        "waiting": 12,
        "reach": "offline",
        "lock": "open",
        "alarm": None,
    }
    exported = sequence.split(bytes.fromhex(node.ask("export", device=device)))
    live.serve(int(live.url.rpartition(":")[2]))  # where it was before
    node.ask("flush", device=device)
    held = node.ask("held", device=device)
    assert [each["state"] for each in held] == ["accepted"] * 12
    positions = [each["answer"]["position"] for each in held]
    assert positions == sorted(positions)
    assert [raw.hex() for raw in exported] == [each["raw"] for each in held]
    assert not [one for each in held for one in each["answer"]["deviations"] if one["code"] == "sequence_gap"]


def test_a_refusal_is_kept_with_the_ledgers_own_reason(node: Agent, live: Live) -> None:
    device = enrolled(node, live, "walt")
    kid = node.ask("request_of", device=device)["kid"]
    live.say("cleo", "KeyRevoked", "agent/walt", kid=kid, reason="lost")
    node.ask("record", device=device, stream=CHAIN, value=PACKED)
    node.ask("flush", device=device)
    (held,) = node.ask("held", device=device)
    assert (held["state"], held["problem"]["code"]) == ("refused", "revoked_key")
    assert node.ask("state", device=device)["waiting"] == 1


def test_a_decision_that_is_refused_says_why_and_leaves_the_sequence_whole(node: Agent, live: Live) -> None:
    device = enrolled(node, live, "will")
    with pytest.raises(Said) as refused:
        node.ask(
            "decide", device=device, stream=CHAIN, value={"type": "TherapyClosed", "reason": "done"}, index=1
        )
    assert refused.value.code in ("stale_view", "not_permitted")
    assert node.ask("state", device=device)["waiting"] == 0
    node.ask("record", device=device, stream=CHAIN, value=PACKED)
    node.ask("flush", device=device)
    last = node.ask("held", device=device)[-1]
    assert last["state"] == "accepted"
    assert not [one for one in last["answer"]["deviations"] if one["code"] == "sequence_gap"]


def test_an_auditor_reads_and_proves_an_entry_in_the_browser(node: Agent, live: Live) -> None:
    device = enrolled(node, live, "wren", role="auditor")
    read = node.ask("read", device=device, text=f"/v1/chains/{COI}")
    assert read["from"] == "ledger"
    assert read["value"]["coi"] == COI
    with live.client("audrey") as auditor:
        known = auditor.entry(3)
    proved = node.ask("entry", device=device, index=3)
    assert (proved["raw"], proved["signer"], proved["fields"]) == (
        known.raw.hex(),
        known.signer,
        known.payload,
    )
    with pytest.raises(Said, match="no_such"):
        node.ask("entry", device=device, index=10**6)


def test_statements_of_the_command_line_are_carried_by_the_browser_and_the_reverse(
    node: Agent, live: Live, tmp_path: Path
) -> None:
    device = enrolled(node, live, "wyn")
    with live.client("kit") as kit:
        kit.record(PACKED, CHAIN, offline=True)
        (waiting,) = kit.outbox.unsent()
    assert node.ask("import", device=device, data=waiting.raw) == 1
    node.ask("flush", device=device)
    with live.client("kit") as kit:
        assert isinstance(kit.record(PACKED, CHAIN), Answer)  # the first is answered, too: recorded once
        held = kit.outbox.held()
    carried = node.ask("held", device=device)
    assert [each["answer"]["position"] for each in carried] == [held[0].answer and held[0].answer["position"]]
    assert PublicKey.from_spki(live.device("kit").key.public.spki).kid.hex() == carried[0]["kid"]
