"""The SDK against a real server: offline work, several processes, kills, a server that goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from clients.keys import Device
from clients.sdk import Client, Pending
from clients.sending import Answer
from ledger.errors import Fault, GateFailed, Malformed, NotPermitted, StaleView, UnbrokenError
from ledger.proof import canonical, statement
from tests.e2e.live import APHERESIS, CHAIN, COI, FRESH, ROOT, VAN, WARD, Live, environment, running

RELEASE = {
    "type": "Released",
    "site": "northcell-1",
    "containers": [FRESH],
    "certificate": "ab" * 32,
    "countries": ["GB"],
    "protocols": ["UB-001"],
}
AUTHORISE = {"type": "InfusionAuthorised", "site": "st-mary", "container": FRESH, "chain_version": 1}
SCANS = """
import os, sys
from pathlib import Path
from clients.keys import Device
from clients.sdk import Client
home, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Client(Device(Path(home), os.environb[b"UNBROKEN_PASSPHRASE"])) as client:
    for number in range(count):
        fields = {"type": "Packed", "at": {"site": "st-mary", "department": "apheresis"},
                  "containers": [sys.argv[4]], "shipper": f"{name}-{number}"}
        client.record(fields, sys.argv[5])
        print(number, flush=True)
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(tmp_path_factory.mktemp("live")) as live:
        live.order_and_collect()
        yield live


def scanning(live: Live, agent: str, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCANS, str(live.home(agent)), name, str(count), FRESH, CHAIN]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)


def recorded(live: Live, prefix: str) -> list[dict[str, Any]]:
    """What the log has of one device's packing, in its order."""
    with live.client("audrey") as auditor:
        entries = auditor.timeline(COI)["entries"]
    return [entry for entry in entries if entry["event"].get("shipper", "").startswith(prefix)]


def packed(shipper: str) -> dict[str, Any]:
    return {"type": "Packed", "at": APHERESIS, "containers": [FRESH], "shipper": shipper}


def deviations_of(live: Live, code: str) -> int:
    with live.client("audrey") as auditor:
        found = auditor.deviations(COI)
    return sum(1 for one in found["open"] + found["closed"] if one["code"] == code)


def test_two_processes_of_one_device_record_without_a_gap(live: Live) -> None:
    workers = [scanning(live, "anna", f"two-{name}", 20) for name in "ab"]
    for worker in workers:
        worker.communicate(timeout=120)
        assert worker.returncode == 0
    entries = recorded(live, "two-")
    assert len({entry["event"]["shipper"] for entry in entries}) == len(entries) == 40
    seqs = [entry["event"]["seq"] for entry in entries]
    assert seqs == list(range(seqs[0], seqs[0] + 40))
    assert deviations_of(live, "sequence_gap") == 0


def test_a_client_killed_while_it_sends_loses_and_doubles_nothing(live: Live) -> None:
    kept: list[str] = []
    for round_ in range(8):
        worker = scanning(live, "anna", f"kill-{round_}", 50)
        assert worker.stdout
        for _ in range(1 + round_ % 3):
            line = worker.stdout.readline()
            kept.append(f"kill-{round_}-{line.strip()}")
        time.sleep(0.003 * round_)
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
    with live.client("anna") as client:
        client.flush()
        assert client.outbox.unsent() == []
        signed = [held.raw for held in client.outbox.held()]
    entries = recorded(live, "kill-")
    shippers = [entry["event"]["shipper"] for entry in entries]
    mine = [canonical.decode(statement.parse(raw).payload).get("shipper", "") for raw in signed]
    assert set(kept) <= set(shippers)
    assert shippers == [shipper for shipper in mine if shipper.startswith("kill-")]
    assert deviations_of(live, "sequence_gap") == 0


def test_scans_made_offline_arrive_in_order_with_what_the_device_had_seen(live: Live) -> None:
    def unplugged(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network", request=request)

    device = live.client("anna")
    with device:
        device.refresh()
        seen = device.heads.newest()
    with Client(device.device, transport=httpx.MockTransport(unplugged)) as offline:
        made = [offline.record(packed(f"dock-{number}"), CHAIN) for number in range(5)]
        assert all(isinstance(each, Pending) for each in made)
    with live.client("anna") as online:
        assert [outcome.answer is not None for outcome in online.flush()] == [True] * 5
    events = [entry["event"] for entry in recorded(live, "dock-")]
    assert [event["shipper"] for event in events] == [f"dock-{number}" for number in range(5)]
    assert seen
    assert {event["seen"]["size"] for event in events} == {seen.size}


def test_a_batch_is_answered_one_by_one(live: Live) -> None:
    with live.client("anna") as client:
        outcomes = client.record_many([(packed(f"many-{number}"), CHAIN) for number in range(250)])
        assert [outcome.problem for outcome in outcomes] == [None] * 250
    positions = [outcome.answer.position for outcome in outcomes if outcome.answer]
    assert positions == sorted(positions)
    assert len(recorded(live, "many-")) == 250


def test_a_decision_that_the_rules_refuse_raises_and_leaves_no_gap(live: Live) -> None:
    with live.client("nora") as nurse:
        nurse.chain(COI)
        with pytest.raises(UnbrokenError) as caught:
            nurse.record(RELEASE, CHAIN)
        assert isinstance(caught.value, NotPermitted)
        (kept,) = nurse.outbox.held("refused")
        assert kept.problem
        assert kept.problem["code"] == caught.value.code
        identified = {
            "type": "PatientIdentified",
            "site": "st-mary",
            "patient": live.patient,
            "method": "scan",
        }
        answer = nurse.record(identified | {"outcome": "match"}, CHAIN)
        assert isinstance(answer, Answer)
        assert answer.deviations == ()


def test_a_decision_made_on_an_old_view_is_to_be_made_again(live: Live) -> None:
    authorise = {name: value for name, value in AUTHORISE.items() if name != "chain_version"}
    with live.client("phil") as physician:
        physician.chain(COI)
        torn = {"code": "torn_label", "severity": "minor", "blocking": True, "containers": [FRESH]}
        live.say("anna", "DeviationRaised", cause=None, **torn)
        with pytest.raises(StaleView):
            physician.record(authorise, CHAIN)
        physician.chain(COI)
        with pytest.raises(GateFailed) as caught:
            physician.record(authorise, CHAIN)
    assert "no_blocking_deviation" in {
        gate["name"] for gate in caught.value.extra["gates"] if not gate["passed"]
    }


def test_a_key_that_is_not_enrolled_is_told_so_and_its_statement_kept(live: Live) -> None:
    stranger = Device(live.folder / "stranger", b"x")
    stranger.make_key()
    stranger.set_profile(agent="stranger", server=live.url, log_key=live.vkey)
    with Client(stranger) as client:
        with pytest.raises(UnbrokenError, match="unknown_key"):
            client.record(packed("never"), CHAIN)
        assert [held.state for held in client.outbox.held()] == ["refused"]


def test_a_copied_home_goes_on_with_its_sequence(live: Live) -> None:
    anew = Device(live.folder / "anew", b"of a test")
    anew.set_profile(agent="kit", server=live.url, log_key=live.vkey)
    parties = {"containers": [FRESH], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    released = live.say("anna", "CustodyReleased", **parties)
    live.say("kit", "CustodyAccepted", release=released.statement_id, **parties)
    (live.folder / "anew" / "key.pem").write_bytes((live.home("kit") / "key.pem").read_bytes())
    with Client(anew) as client:
        packing = {"type": "Packed", "at": VAN, "containers": [FRESH], "shipper": "S-9"}
        answer = client.record(packing, CHAIN)
        assert isinstance(answer, Answer)
        assert answer.deviations == ()
        assert client.entry(answer.position).payload["seq"] == 1


def test_work_goes_on_while_the_server_is_away(live: Live) -> None:
    live.stop()
    with live.client("nora") as nurse:
        pending = nurse.record({"type": "ThawStarted", "at": WARD, "containers": [FRESH]}, CHAIN)
        assert isinstance(pending, Pending)
        with pytest.raises(Fault, match="unreachable"):
            nurse.record(AUTHORISE, CHAIN)
        with pytest.raises(Malformed, match="decision_offline"):
            nurse.record(AUTHORISE, CHAIN, offline=True)
    live.serve()
    live.introduce("nora")
    with live.client("nora") as nurse:
        assert [outcome.answer is not None for outcome in nurse.flush()] == [True]
        assert nurse.heads.unchecked() == []
