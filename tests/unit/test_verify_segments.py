"""The audit's seventh step on live readings: what was sealed is what the logger's key signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.cold_chain.evidence import evidence
from ledger.domain.world import timestamp
from ledger.live.packet import parse_packet
from ledger.live.sealed import READ_AS
from ledger.live.segment import KeyOf, read_segment, write
from ledger.proof.keyfile import new_key
from ledger.proof.note import VerifierKey
from ledger.verify import DirectorySource, FilesAudit, Step
from ledger.verify.logger_files import STEP
from tests.live_packets import packet
from tests.logger_files import ROOT
from tests.scenario import APHERESIS, ORIGIN, Scenario, b64, open_scenario
from tests.unit.verify_book import CHAIN, COI, Book

LOGGER = "logger-7"
FIRST, SECOND, UNKNOWN = new_key(), new_key(), new_key()
TRUE: KeyOf = {key.public.kid: key.public for key in (FIRST, SECOND)}.get  # by kid, whatever its standing


def segment(scenario: Scenario, key: Any = FIRST, origin: str = ORIGIN) -> bytes:
    """Three readings from now on, as the logger signs them."""
    begun = timestamp(scenario.clock())
    raw = packet([410, None, 430], key=key, logger=LOGGER, origin=origin, started_at=begun)
    return write([parse_packet(raw)])[0]


class Stage:
    """A log with a logger and a bag; `attach` records a segment with the verdict that is claimed."""

    def __init__(self, folder: Path) -> None:
        self.scenario = open_scenario(f"sqlite:///{folder}/ledger.db")
        self.files: dict[str, bytes] = {}
        scenario = self.scenario
        scenario.say(
            "ada", f"agent/{LOGGER}", "AgentEnrolled", organisation="st-mary-trust",
            roles=[{"role": "device", "site": "st-mary"}], key=b64(FIRST.public.spki),
        )  # fmt: skip
        scenario.order(COI)
        fresh = [{"container": "BAG-1", "volume_ul": 1000}]
        scenario.say("anna", CHAIN, "CollectionCompleted", at=APHERESIS, containers=fresh,
                     ended_at=timestamp(scenario.clock()))  # fmt: skip
        scenario.say("anna", CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-1",
                     logger=LOGGER)  # fmt: skip

    def attach(self, raw: bytes, **claims: Any) -> int:
        (members,) = evidence(read_segment(raw, lambda signed: TRUE(signed.kid)))
        said = members | {"at": APHERESIS, "phase": "fresh", "containers": ["BAG-1"], "read_as": READ_AS}
        self.files[members["raw"]] = raw
        self.scenario.clock.forward(600)
        answer = self.scenario.say("anna", CHAIN, "TemperatureEvidenceAttached", **said | claims)
        return answer.position

    def step(self, folder: Path) -> Step:
        """The seventh step of an audit of the log as it is."""
        book = Book.of(self.scenario)
        source = DirectorySource(book.write(folder))
        report = FilesAudit(source, VerifierKey.parse(book.vkey), self.files.get, ROOT).run(1)
        assert [one.ok for one in report.steps if one.number != STEP] == [True] * 6, report.text()
        return next(one for one in report.steps if one.number == STEP)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.scenario.ledger.close()


def test_sealed_segments_are_borne_out_with_the_keys_that_the_log_knew(stage: Stage, tmp_path: Path) -> None:
    say = stage.scenario.say
    stage.attach(segment(stage.scenario))
    agent, kid = f"agent/{LOGGER}", FIRST.public.kid.hex()
    say("ada", agent, "KeyAdded", key=b64(SECOND.public.spki))
    say("ada", agent, "KeyRetired", kid=kid, reason="replaced")
    stage.attach(segment(stage.scenario))  # measured before, sealed behind it
    stage.attach(segment(stage.scenario, SECOND))
    say("ada", agent, "KeyRevoked", kid=SECOND.public.kid.hex(), reason="lost")
    stage.attach(segment(stage.scenario, SECOND), device_signature="failed")
    step = stage.step(tmp_path / "log")
    assert step.ok
    assert "4 statements are what their files say; 4 of them are of live readings" in step.detail


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"readings_centi_c": [410, None, 431]}, "another reading"),
        ({"device_signature": "absent"}, "its signature is valid, not absent"),
        ({"logger": "logger-8"}, "its logger is logger-7, not logger-8"),
        ({"range_low_centi_c": -19_000}, "its lowest temperature"),
        ({"read_as": READ_AS | {"unit": "C"}}, "a segment is read as"),
        ({"read_as": {"format": "hobo", "zone": "+00:00"}}, "the file is not read like this"),
    ],
)
def test_a_statement_that_its_segment_does_not_bear_out_is_named(
    stage: Stage, tmp_path: Path, claims: dict[str, Any], told: str
) -> None:
    position = stage.attach(segment(stage.scenario), **claims)
    (problem,) = stage.step(tmp_path / "log").problems
    assert problem.position == position
    assert told in problem.what


@pytest.mark.parametrize("case", ["unknown", "other_log", "added_later", "revoked_before"])
def test_a_key_that_did_not_count_there_makes_valid_a_lie(stage: Stage, tmp_path: Path, case: str) -> None:
    say, agent = stage.scenario.say, f"agent/{LOGGER}"
    key = {"unknown": UNKNOWN, "added_later": SECOND}.get(case, FIRST)
    if case == "revoked_before":
        say("ada", agent, "KeyRevoked", kid=FIRST.public.kid.hex(), reason="lost")
    raw = segment(stage.scenario, key, "elsewhere.example" if case == "other_log" else ORIGIN)
    position = stage.attach(raw, device_signature="valid")
    if case == "added_later":
        say("ada", agent, "KeyAdded", key=b64(SECOND.public.spki))
    (problem,) = stage.step(tmp_path / "log").problems
    assert (problem.position, problem.what) == (position, "its signature is failed, not valid")


def test_a_segment_that_is_not_here_proves_nothing_either_way(stage: Stage, tmp_path: Path) -> None:
    stage.attach(segment(stage.scenario))
    stage.files.clear()
    step = stage.step(tmp_path / "log")
    assert (step.ok, step.problems) == (None, [])
    assert "NOT read again: the files of 1 are not here" in step.detail


def test_a_statement_that_does_not_say_how_its_file_was_read_proves_nothing_either_way(
    stage: Stage, tmp_path: Path
) -> None:
    stage.attach(segment(stage.scenario))
    stage.attach(segment(stage.scenario), read_as=None)
    step = stage.step(tmp_path / "log")
    assert (step.ok, step.problems) == (None, [])
    assert "1 statements are what their files say" in step.detail
    assert "NOT read again: 1 do not say how a file was read" in step.detail
