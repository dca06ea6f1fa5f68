"""`unbroken temperature import`: what is shown, asked and recorded of a logger's own file."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.examples import COI
from clients.cli import logger_answers, options
from clients.cli.logger_answers import Answers, answered
from clients.cli.main import run
from clients.cli.screen import DONE, REFUSED, USAGE
from clients.keys import Device
from clients.sdk import Client
from ledger.cold_chain.evidence import disagreement
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import Told
from ledger.cold_chain.refusals import Ambiguous
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from tests.logger_files import ROOT, berlinger, rotronic, tinytag
from tests.unit.fake_ledger import FakeLedger

VALUES: list[int | None] = [490, None, 510, 900]
COMMON = ("--container", "BAG-1", "--phase", "fresh", "--at", "st-mary/cell-lab", "--range=-40..80")


class Keeping(FakeLedger):
    """A ledger that keeps files, and notes for which therapy."""

    kept: list[tuple[str, bytes]]

    def handle(self, request: httpx.Request) -> httpx.Response:
        digest = request.url.path.removeprefix("/v1/evidence/")
        if found := [raw for _, raw in self.kept if sha256(raw).hexdigest() == digest]:
            return httpx.Response(200, content=found[0])
        if request.url.path != "/v1/evidence":
            return super().handle(request)
        self.kept.append((request.url.params["coi"], request.content))
        return httpx.Response(201, json={"sha256": sha256(request.content).hexdigest(), "size": 1})


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keeping:
    ledger = Keeping(new_key())
    ledger.kept = []
    ledger.documents["/v1/containers/BAG-1"] = {"chain": COI}
    monkeypatch.setattr(options, "Client", partial(Client, transport=ledger.transport))
    monkeypatch.setenv("UNBROKEN_PASSPHRASE", "passphrase")
    monkeypatch.setenv("UNBROKEN_HOME", str(tmp_path / "home"))
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(ledger.vkey))
    return ledger


def put(folder: Path, raw: bytes, name: str = "logger.txt") -> str:
    (folder / name).write_bytes(raw)
    return str(folder / name)


def recorded(ledger: FakeLedger) -> list[dict[str, Any]]:
    return [canonical.decode(statement.parse(raw).payload) for raw in ledger.statements]


def test_a_file_is_handed_in_and_its_readings_are_recorded(
    ledger: Keeping, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = berlinger(VALUES)
    words = ["temperature", "import", put(tmp_path, raw), *COMMON, "--berlinger-root", ROOT]
    assert run([*words, "--calibrated-until", "2027-01-01T00:00Z", "--yes"]) == DONE
    assert ledger.kept == [(COI, raw)]
    (event,) = recorded(ledger)
    assert event["readings_centi_c"] == VALUES
    assert (event["logger"], event["interval_s"], event["device_signature"]) == ("TEST00001", 900, "valid")
    assert event["raw"] == sha256(raw).hexdigest()
    assert event["read_as"] == {"format": "berlinger", "zone": "+00:00"}
    assert disagreement(read(raw, berlinger_root=ROOT), event) is None
    shown = capsys.readouterr().out
    for said in ("TEST00001", "✓ valid", "3 readings, 1 missing, 1 gaps", "4.90 °C", "Recorded and proved"):
        assert said in shown


def test_looking_signs_and_sends_nothing_and_needs_no_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNBROKEN_HOME", str(tmp_path / "nowhere"))
    assert run(["temperature", "import", put(tmp_path, berlinger(VALUES)), "--look", "--json"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["file"]["device_signature"]["verdict"] == "failed"  # not under the maker's root
    assert document["file"]["channels"][0]["readings"] == 3
    assert document["recorded"] == []


def test_what_a_file_leaves_open_is_refused_with_the_option_that_says_it(
    ledger: Keeping, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, tinytag(VALUES, suffix=""))
    assert run(["temperature", "import", path, *COMMON, "--yes"]) == USAGE
    assert "--zone" in capsys.readouterr().err
    assert run(["temperature", "import", path, *COMMON, "--zone", "UTC", "--yes"]) == USAGE
    assert "--unit" in capsys.readouterr().err
    assert run(["temperature", "import", path, *COMMON, "--zone", "UTC", "--unit", "F", "--yes"]) == DONE
    assert recorded(ledger)[0]["read_as"] == {"format": "tinytag", "zone": "+00:00", "unit": "F"}


def test_nothing_is_recorded_where_the_file_could_not_be_handed_in(ledger: Keeping, tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> None:
        if request.url.path == "/v1/evidence":
            raise httpx.ConnectError("no network")

    ledger.before = refuse
    ledger.handle = lambda request: (refuse(request), FakeLedger.handle(ledger, request))[1]  # type: ignore[method-assign]
    path = put(tmp_path, berlinger(VALUES))
    assert run(["temperature", "import", path, *COMMON, "--yes"]) not in (DONE, REFUSED, USAGE)
    assert recorded(ledger) == []


def test_a_clock_that_went_back_needs_the_part_that_belongs_here(
    ledger: Keeping, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, rotronic(VALUES) + b"\r\n01/01/2013\t00:04:08\t38.3\t18.3")
    words = ["temperature", "import", path, *COMMON, "--zone", "UTC", "--yes"]
    assert run(words) == USAGE
    assert "--from and --until" in capsys.readouterr().err
    assert run([*words, "--from", "2026-01-01T00:00Z"]) == DONE
    assert recorded(ledger)[0]["readings_centi_c"] == VALUES


def test_a_mapping_reads_any_other_file_and_is_handed_in_with_it(ledger: Keeping, tmp_path: Path) -> None:
    mapping = b"""
        delimiter = ";"
        header_line = 1
        moment = "when"
        moment_format = "%d.%m.%Y %H:%M"
        temperature = ["T1"]
        unit = "C"
        zone = "+01:00"
        decimal = ","
        serial = "EMS-7"
        interval_s = 600
        range_centi_c = [-4000, 8000]
        no_reading = ["-200"]
    """
    raw = b"when;T1\n01.02.2026 10:00;4,95\n01.02.2026 10:10;-200\n"
    words = [put(tmp_path, raw), *COMMON, "--mapping", put(tmp_path, mapping, "mapping.toml"), "--yes"]
    assert run(["temperature", "import", *words]) == DONE
    assert [kept for _, kept in ledger.kept] == [raw, mapping]
    (event,) = recorded(ledger)
    assert (event["readings_centi_c"], event["started_at"]) == ([495, None], "2026-02-01T09:00:00.000Z")
    assert event["read_as"]["mapping"] == sha256(mapping).hexdigest()


@pytest.mark.parametrize(
    "words",
    [
        ["--unit", "K"],
        ["--interval", "often"],
        ["--range", "cold"],
        ["--from", "yesterday"],
        ["--berlinger-root", "abc"],
    ],
)
def test_an_option_that_means_nothing_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["temperature", "import", put(tmp_path, berlinger(VALUES)), "--look", *words]) == USAGE
    assert words[0].removeprefix("--from") in capsys.readouterr().err


def test_a_question_is_asked_again_until_the_answer_has_a_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter(["K", "F"])
    monkeypatch.setattr(logger_answers.Console, "input", lambda self, question: next(said))
    told = answered(Answers(), Ambiguous("unit", "the file names no unit", ("C", "F")))
    assert told.told == Told(unit="F")


def test_a_statement_is_checked_against_its_file_with_the_answers_that_it_carries(
    ledger: Keeping, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, tinytag(VALUES, suffix=""))
    words = ["temperature", "import", path, *COMMON, "--zone", "+02:00", "--unit", "F", "--yes"]
    assert run(words) == DONE
    assert run(["temperature", "check", "1"]) == DONE
    assert "bears out all 4 readings" in capsys.readouterr().out


def test_a_statement_that_its_file_does_not_bear_out_is_found(
    ledger: Keeping, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tinytag(VALUES)
    ledger.kept.append((COI, raw))
    typed = {
        "at": "st-mary/ward-5", "containers": "BAG-1", "phase": "fresh", "logger": "555001",
        "range_low_centi_c": "-4000", "range_high_centi_c": "5000", "calibrated_until": "none",
        "started_at": "2026-03-30T22:30Z", "interval_s": "900", "readings_centi_c": "490,none,510,700",
        "raw": sha256(raw).hexdigest(), "device_signature": "absent", "read_as.format": "tinytag",
        "read_as.zone": "+00:00",
    }  # fmt: skip
    said = [word for name, value in typed.items() for word in ("--set", f"{name}={value}")]
    assert run(["record", "TemperatureEvidenceAttached", COI, *said, "--yes"]) == DONE
    assert run(["temperature", "check", "1"]) == REFUSED
    assert "DIFFERS: the file has another reading at 2026-03-30T23:15" in capsys.readouterr().out
