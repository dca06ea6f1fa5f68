"""A logger with the program `unbroken` and a real server: its file, and what it sends as it measures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.segment_check import check_segment
from clients.sending import to_base64
from ledger.cold_chain.evidence import evidence
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
    ORIGIN,
    VAN,
    Live,
    program,
    running,
)
from tests.live_packets import packet
from tests.logger_files import ROOT, berlinger

RAW = berlinger([490, None, 510, 900])
LOGGER, OWN, STRANGER = "logger-7", new_key(), new_key()
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
    step = audited(live, copy)
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
