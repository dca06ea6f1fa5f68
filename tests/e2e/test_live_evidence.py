"""A segment of live readings on a real server: recorded, checked from afar, and by an audit of a copy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.sending import to_base64
from ledger.cold_chain.evidence import evidence
from ledger.live.packet import parse_packet
from ledger.live.sealed import READ_AS
from ledger.live.segment import read_segment, write
from ledger.proof.keyfile import new_key
from tests.e2e.live import APHERESIS, COI, FRESH, ORIGIN, Live, program, running
from tests.live_packets import packet

LOGGER = "logger-7"
KEY, STRANGER = new_key(), new_key()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(tmp_path_factory.mktemp("live")) as found:
        found.order_and_collect()
        found.say(
            "ada", "AgentEnrolled", f"agent/{LOGGER}", organisation="st-mary-trust",
            roles=[{"role": "device", "site": "st-mary"}], key=to_base64(KEY.public.spki),
        )  # fmt: skip
        yield found


def attached(live: Live, key: Any = KEY, **claims: Any) -> int:
    """The entry about a segment of three readings."""
    packets = [
        packet([410, None], key=key, logger=LOGGER, origin=ORIGIN),
        packet([430], 2, key=key, logger=LOGGER, origin=ORIGIN),
    ]
    (raw,) = write(map(parse_packet, packets))
    (members,) = evidence(read_segment(raw, lambda _: key.public))
    with live.client("anna") as client:
        client.keep_evidence(COI, raw)
    said = members | {"at": APHERESIS, "phase": "fresh", "containers": [FRESH], "read_as": READ_AS}
    return live.say("anna", "TemperatureEvidenceAttached", **said | claims).position


def checked(live: Live, agent: str, position: int, code: int = 0) -> dict[str, Any]:
    done = program(live, agent, "temperature", "check", str(position), "--json")
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_segment_is_checked_with_the_keys_that_the_log_holds_and_what_was_not_is_said(
    live: Live, tmp_path: Path
) -> None:
    position = attached(live)
    own = checked(live, "anna", position)
    assert (own["agrees"], own["signature_checked"]) == (True, True)
    assert own["key_entries"]
    assert own["key_entries"][0] < position

    false = attached(live, readings_centi_c=[410, None, 420])
    assert "another reading" in checked(live, "anna", false, code=1)["differs"]

    strange = attached(live, STRANGER)
    unchecked = checked(live, "anna", strange)
    assert (unchecked["agrees"], unchecked["signature_checked"]) == (True, False)
    done = program(live, "anna", "temperature", "check", str(strange))
    assert "NOT CHECKED" in done.stdout

    copy = tmp_path / "log"
    assert program(live, "audrey", "log", "download", str(copy), "--evidence").returncode == 0
    done = program(live, "audrey", "verify", str(copy), "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    step = json.loads(done.stdout)["steps"][-1]
    assert {one["position"]: one["what"].split(" ")[1] for one in step["problems"]} == {
        false: "file",
        strange: "signature",
    }
