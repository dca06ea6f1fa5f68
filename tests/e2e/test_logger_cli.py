"""A logger with the program `unbroken` and a real server: its file, and what it sends as it measures."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from clients.segment_check import check_segment
from clients.sending import to_base64
from ledger.cold_chain.evidence import evidence
from ledger.domain.times import milliseconds, timestamp
from ledger.live.packet import parse_packet
from ledger.live.sealed import READ_AS
from ledger.live.segment import read_segment, write
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from tests.e2e.live import (
    APHERESIS,
    CLEANROOM,
    COI,
    FRESH,
    LATER,
    ORIGIN,
    VAN,
    Live,
    environment,
    program,
    running,
)
from tests.e2e.live import ROOT as REPOSITORY
from tests.live_packets import packet
from tests.logger_files import ROOT, berlinger

RAW = berlinger([490, None, 510, 900])
LOGGER, OWN, STRANGER = "logger-7", new_key(), new_key()
SENDING = "logger-8"
EVENT = "TemperatureEvidenceAttached"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(tmp_path_factory.mktemp("live")) as found:
        found.order_and_collect()
        found.hand_over(FRESH, ("anna", APHERESIS), ("kit", VAN))
        found.hand_over(FRESH, ("kit", VAN), ("mia", CLEANROOM))
        yield found


def told(live: Live, agent: str, *words: str, code: int = 0) -> Any:
    done = program(live, agent, "temperature", *words, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def imported(live: Live, folder: Path) -> dict[str, Any]:
    path = folder / "logger.txt"
    path.write_bytes(RAW)
    said: dict[str, Any] = told(
        live, "mia", "import", str(path), "--container", FRESH, "--phase", "fresh", "--range=-40..80",
        "--at", "northcell-1/cleanroom", "--berlinger-root", ROOT, "--yes",
    )  # fmt: skip
    return said


def test_a_loggers_file_is_recorded_and_borne_out_when_it_is_read_again(live: Live, tmp_path: Path) -> None:
    said = imported(live, tmp_path)
    assert said["file"]["device_signature"]["verdict"] == "valid"
    (recorded,) = said["recorded"]
    assert recorded["state"] == "accepted"
    checked = ("check", str(recorded["position"]))
    assert told(live, "mia", *checked, "--berlinger-root", ROOT)["agrees"]
    assert told(live, "audrey", *checked, "--berlinger-root", ROOT)["agrees"]
    under_another_root = told(live, "audrey", *checked, code=1)
    assert under_another_root["differs"] == "its signature is failed, not valid"
    assert told(live, "mia", COI)["containers"][0]["last_evidence"] == recorded["position"]


def audited(live: Live, copy: Path, code: int = 0) -> dict[str, Any]:
    """The audit's last step."""
    done = program(live, "audrey", "verify", str(copy), "--berlinger-root", ROOT, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    step: dict[str, Any] = json.loads(done.stdout)["steps"][-1]
    assert step["number"] == 7
    return step


def test_an_audit_reads_the_files_again_and_names_the_statement_that_its_file_does_not_bear_out(
    live: Live, tmp_path: Path
) -> None:
    (recorded,) = imported(live, tmp_path)["recorded"]
    copy = tmp_path / "log"
    assert program(live, "audrey", "log", "download", str(copy), "--evidence").returncode == 0
    assert audited(live, copy)["ok"] is True

    with live.client("audrey") as client:
        event = client.entry(recorded["position"]).payload
    fields = {
        name: event[name] for name in event.keys() - {"type", "v", "seq", "prev", "seen", "occurred_at"}
    }
    fields["readings_centi_c"] = [490, None, 510, 510]
    other = live.say("mia", "TemperatureEvidenceAttached", **fields)
    assert program(live, "audrey", "log", "download", str(copy), "--evidence").returncode == 0
    (wrong,) = audited(live, copy, code=1)["problems"]
    assert (wrong["position"], wrong["where"]) == (other.position, event["raw"])

    (copy / "evidence" / event["raw"]).write_bytes(RAW.replace(b"4.9", b"4.8"))
    step = audited(live, copy, code=6)
    assert step["ok"] is None
    assert "are not here" in step["detail"]


# --- live readings ---------------------------------------------------------------------


def attached(live: Live, key: SigningKey, **claims: Any) -> int:
    """The entry by which a person attaches a segment that this key signed."""
    (raw,) = write([parse_packet(packet([410, None, 430], key=key, logger=LOGGER, origin=ORIGIN))])
    (members,) = evidence(read_segment(raw, lambda _: key.public))
    with live.client("mia") as client:
        client.keep_evidence(COI, raw)
    said = members | {"at": CLEANROOM, "phase": "fresh", "containers": [FRESH], "read_as": READ_AS}
    return live.say("mia", EVENT, **said | claims).position


def test_a_segment_is_checked_with_the_keys_that_the_log_holds_and_what_was_not_is_said(live: Live) -> None:
    enrolled = live.say(
        "ben", "AgentEnrolled", f"agent/{LOGGER}", organisation="northcell",
        roles=[{"role": "device", "site": "northcell-1"}], key=to_base64(OWN.public.spki),
    )  # fmt: skip
    own, strange = attached(live, OWN), attached(live, STRANGER)
    false = attached(live, OWN, readings_centi_c=[410, None, 420])
    with live.client("mia") as client:
        for at, differs, keyed in ((own, "", True), (strange, "", False), (false, "another reading", True)):
            entry = client.entry(at).payload
            found = check_segment(client, at, entry, client.evidence(entry["raw"]))
            assert (found.signature, found.keys) == (keyed, [enrolled.position])
            assert bool(found.differs) == bool(differs)
            assert differs in (found.differs or "")
    assert told(live, "mia", "check", str(own))["signature_checked"]
    assert "NOT CHECKED" in program(live, "mia", "temperature", "check", str(strange)).stdout


def become_logger(live: Live) -> None:
    """A home, a key, and what the administrator does then."""
    out, thing, whose = live.folder / "logger.pem", f"equipment/{SENDING}", {"organisation": "northcell"}
    done = program(live, SENDING, "logger", "new", SENDING, "--server", live.url, "--log-key", live.vkey,
                   "--out", str(out))  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    public = load_pem_public_key(out.read_bytes())
    key = to_base64(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    roles = [{"role": "device", "site": "northcell-1"}]
    live.say("ben", "AgentEnrolled", f"agent/{SENDING}", **whose, roles=roles, key=key)
    live.say("ben", "EquipmentRegistered", thing, **whose, site="northcell-1", equipment_kind="logger",
             model="T-100", serial="S-7")  # fmt: skip
    live.say("ben", "EquipmentQualified", thing, until=LATER)
    live.say("ben", "EquipmentCalibrated", thing, until=LATER)


def logger(live: Live, *words: str, lines: str = "", code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "clients.cli", "logger", *words, "--json"],
        env=environment() | {"UNBROKEN_HOME": str(live.home(SENDING))},
        cwd=REPOSITORY, input=lines, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sealed(live: Live) -> int:
    """Where the ledger attests the segment, once it does."""
    deadline = time.monotonic() + 60
    with live.client("mia") as client:
        while time.monotonic() < deadline:
            for entry in client.timeline(COI)["entries"]:
                if entry["type"] == EVENT and entry["signer"] == "ledger":
                    return int(entry["position"])
            time.sleep(0.2)
    raise AssertionError("nothing was sealed")


def test_what_a_logger_measured_without_a_network_is_sealed_and_borne_out_by_every_check(
    live: Live, tmp_path: Path
) -> None:
    become_logger(live)
    live.say("mia", "Packed", at=CLEANROOM, containers=[FRESH], shipper="S-1", logger=SENDING)
    port, begun = int(live.url.rpartition(":")[2]), time.time_ns() // 1_000_000
    live.stop()
    values = ["4.10", "none", "4.30", "4.25"]
    lines = "".join(f"{timestamp(begun + 1000 * i)} {value} 83 2\n" for i, value in enumerate(values))
    measured = logger(live, "run", "--range=-30..50", "--interval", "1", lines=lines, code=5)
    assert (measured["kept"], measured["missing"]) == (4, 4)

    live.serve(port)
    assert logger(live, "send")["missing"] == 0
    live.hand_over(FRESH, ("mia", CLEANROOM), ("kit", VAN))
    live.hand_over(FRESH, ("kit", VAN), ("mia", CLEANROOM))
    position = sealed(live)
    with live.client("mia") as client:
        event = client.entry(position).payload
    assert event["readings_centi_c"] == [410, None, 430, 425]
    assert (milliseconds(event["started_at"]), event["device_signature"]) == (begun, "valid")
    checked = told(live, "mia", "check", str(position))
    assert (checked["agrees"], checked["signature_checked"]) == (True, True)
    assert checked["key_entries"]

    copy = tmp_path / "log"
    assert program(live, "audrey", "log", "download", str(copy), "--evidence").returncode == 0
    step = audited(live, copy, code=1)
    assert position not in {one["position"] for one in step["problems"]}
    assert "2 of them are of live readings" in step["detail"]
