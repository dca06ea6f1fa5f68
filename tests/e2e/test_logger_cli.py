"""A logger's file with the program `unbroken` and a real server: recorded, judged, read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.live import APHERESIS, CLEANROOM, COI, FRESH, VAN, Live, program, running
from tests.logger_files import ROOT, berlinger

RAW = berlinger([490, None, 510, 900])


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
