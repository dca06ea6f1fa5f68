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


def test_a_loggers_file_is_recorded_and_borne_out_when_it_is_read_again(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "logger.txt"
    path.write_bytes(RAW)
    said = told(
        live, "mia", "import", str(path), "--container", FRESH, "--phase", "fresh", "--range=-40..80",
        "--at", "northcell-1/cleanroom", "--berlinger-root", ROOT, "--yes",
    )  # fmt: skip
    assert said["file"]["device_signature"]["verdict"] == "valid"
    (recorded,) = said["recorded"]
    assert recorded["state"] == "accepted"
    checked = ("check", str(recorded["position"]))
    assert told(live, "mia", *checked, "--berlinger-root", ROOT)["agrees"]
    assert told(live, "audrey", *checked, "--berlinger-root", ROOT)["agrees"]
    under_another_root = told(live, "audrey", *checked, code=1)
    assert under_another_root["differs"] == "its signature is failed, not valid"
    assert told(live, "mia", COI)["containers"][0]["last_evidence"] == recorded["position"]
