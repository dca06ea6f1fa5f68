"""A logger, a bag and a server that dies: what was acknowledged is sealed, blocks the bag, audits clean."""

from __future__ import annotations

import json
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.sending import to_base64
from ledger.domain.times import timestamp
from ledger.proof.keyfile import new_key
from tests.e2e.live import APHERESIS, COI, FRESH, LATER, ORDER, ORIGIN, PRODUCT, Live, program, running
from tests.live_packets import packet
from tests.live_stage import FRESH_PROFILE, FROZEN_PROFILE

LOGGER, KEY = "logger-7", new_key()
SEQUENCE = {"content-type": "application/cbor-seq"}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with running(tmp_path, ("carl", "anna", "nora", "audrey", "quinn")) as found:
        profiles = [FRESH_PROFILE, FROZEN_PROFILE]
        version = PRODUCT | {"version": 2, "temperature": profiles}
        found.say("quinn", "ProductVersionDefined", "product/decentra-car", **version)
        key, role = to_base64(KEY.public.spki), {"role": "device", "site": "st-mary"}
        device = {"organisation": "st-mary-trust", "roles": [role], "key": key}
        found.say("ada", "AgentEnrolled", f"agent/{LOGGER}", **device)
        thing = {"organisation": "st-mary-trust", "site": "st-mary", "equipment_kind": "logger"}
        found.say("ada", "EquipmentRegistered", f"equipment/{LOGGER}", model="T", serial="1", **thing)
        for event in ("EquipmentQualified", "EquipmentCalibrated"):
            found.say("ada", event, f"equipment/{LOGGER}", until=LATER)
        ordered = ORDER | {"product": {"product": "decentra-car", "version": 2}}
        found.say("carl", "TherapyOrdered", patient=found.patient, **ordered)
        found.say("carl", "ConsentRecorded", site="st-mary", form="CONSENT v3")
        fresh = [{"container": FRESH, "volume_ul": 200_000}]
        found.say("anna", "CollectionCompleted", at=APHERESIS, containers=fresh,
                  ended_at="2026-03-01T09:00:00.000Z")  # fmt: skip
        yield found


def test_what_a_killed_server_acknowledged_is_sealed_by_the_next_and_stops_the_bag(
    live: Live, tmp_path: Path
) -> None:
    began_ms = int(time.time() * 1000) - 3_600_000
    live.say("anna", "Packed", at=APHERESIS, containers=[FRESH], shipper="SHIPPER-1", logger=LOGGER,
             occurred_at=timestamp(began_ms))  # fmt: skip
    said: dict[str, Any] = {
        "key": KEY,
        "logger": LOGGER,
        "origin": ORIGIN,
        "recording": secrets.token_hex(16),
    }
    packets = [
        packet([1_500] * 10, 10 * number, started_at=timestamp(began_ms + number * 600_000), **said)
        for number in range(6)
    ]
    body = b"".join(packets[4:] + packets[:4])
    told = httpx.post(f"{live.url}/v1/readings", content=body, headers=SEQUENCE).json()
    known = {"logger": LOGGER, "recording": said["recording"], "have": [[0, 59]]}
    assert told == {"recordings": [known], "refused": []}
    assert live.process
    live.process.send_signal(signal.SIGKILL)
    live.stop()

    live.serve(0, "--seal-after", "1")
    for agent in ("anna", "nora", "audrey"):
        live.introduce(agent)  # another port
    with live.client("anna") as client:
        found = until(lambda: [one for one in client.deviations(COI)["open"] if one["blocking"]])
        codes = {one["code"] for one in found}
        assert codes == {"temperature_excursion", "instrument_unfit"}  # measured before it was calibrated
    with live.client("nora") as nurse:
        gates = {one["name"]: one["passed"] for one in nurse.infusion_check(COI, FRESH, "st-mary")["gates"]}
    assert (gates["temperature_in_limits"], gates["no_blocking_deviation"]) == (False, False)

    copy = tmp_path / "copy"
    assert program(live, "audrey", "log", "download", str(copy), "--evidence").returncode == 0
    audit = program(live, "audrey", "verify", str(copy), "--json")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    step = json.loads(audit.stdout)["steps"][-1]
    assert "1 of them are of live readings" in str(step)


def until(look: Callable[[], Any]) -> Any:
    """What it gives once it gives something."""
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found
