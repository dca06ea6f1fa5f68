"""The demo is the first thing that anybody sees: it must tell its whole story."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import httpx
import pytest

DEMO = [sys.executable, "-m", "api.server", "demo"]


@pytest.fixture(scope="module")
def told() -> str:
    done = subprocess.run([*DEMO, "--exit"], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_therapy_is_told_from_vein_to_vein(told: str) -> None:
    for words in ("scanned the patient's wristband", "packed bag", "filled bag", "released bag",
                  "began to thaw", "finished the infusion"):  # fmt: skip
        assert words in told


def test_scans_made_offline_wait_on_the_phone_and_are_sent_later(told: str) -> None:
    assert told.count("on the phone, not yet sent") == 2
    assert "2 scans went out" in told
    holders = re.findall(r"as the ledger shows it: ([\w-]+ at [\w-]+)", told)
    assert holders == ["apheresis at st-mary", "van-2 at swift-depot", "cleanroom at northcell-1"]


def test_the_wrong_bag_is_stopped(told: str) -> None:
    assert "STOP" in told
    assert "refused: gate_failed" in told


def test_the_log_verifies_from_outside(told: str) -> None:
    assert "The rules, replayed, allow every decision" in told
    assert re.search(r"Proved:\s+Entries 0 to 49 are exactly", told)


def test_the_altered_byte_is_found_and_its_entry_named(told: str) -> None:
    (altered,) = re.findall(r"One byte of entry (\d+) is changed", told)
    assert re.search(rf"First wrong: step \d: .*entry {altered}\b", told)


def test_without_exit_it_goes_on_serving_at_the_printed_address() -> None:
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        address = next(match[1] for line in demo.stdout if (match := re.search(r"Address +(\S+)", line)))
        log = httpx.get(f"{address}/v1/log").json()
        time.sleep(0.2)
        demo.send_signal(signal.SIGINT)
        demo.stdout.read()
    assert log["origin"] == "ledger.example/demo"
    assert demo.returncode == 0
