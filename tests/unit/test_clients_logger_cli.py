"""`unbroken logger`: a machine becomes a logger, measures, sends, and says what is where."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.cli import live_logger as commands
from clients.cli.main import run
from clients.cli.screen import DONE, FAULT, REFUSED, USAGE, WAITING
from clients.keys import Device
from clients.logger import source
from clients.logger.http import HttpLink
from clients.logger.links import link_to, password_of
from clients.logger.mqtt import MqttLink
from clients.logger.source import lines_of
from ledger.errors import Malformed
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keyfile import new_key
from tests.fake_intake import FakeIntake

VKEY = str(log_vkey("log.example", new_key().public))


class Room:
    """A logger's home, and the ledger that it reaches or not."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.intake = FakeIntake(new_key().public, folder / "came")
        self.reachable = True

    def link(self, address: str, logger: str, **_: Any) -> HttpLink:
        assert (address, logger) == ("https://ledger.example", "logger-7")
        return HttpLink(address, httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self.reachable:
            raise httpx.ConnectError("no network")
        return self.intake.handle(request)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    made = Room(tmp_path)
    monkeypatch.setenv("UNBROKEN_HOME", str(made.home))
    monkeypatch.setenv("UNBROKEN_PASSPHRASE", "of a test")
    monkeypatch.setattr(commands, "link_to", made.link)
    monkeypatch.chdir(tmp_path)
    words = ["logger", "new", "logger-7", "--server", "https://ledger.example", "--log-key", VKEY]
    assert run(words) == DONE
    made.intake.key = Device(made.home, b"of a test").key.public
    return made


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = DONE) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["logger", *words, "--json"]) == code
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def measure(monkeypatch: pytest.MonkeyPatch, *lines: str | bytes) -> None:
    said = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(said)))


LINES = ("2026-03-01T12:00:00Z -190.1 83 4", "2026-03-01T12:01:00Z none", "2026-03-01T12:02:00Z -189.95")
RUN = ("run", "--range=-200..50")


def test_a_machine_becomes_a_logger_and_says_what_an_administrator_does(
    room: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "BEGIN PUBLIC KEY" in (tmp_path / "logger-7.pem").read_text()
    said = told(capsys, "state")
    assert (said["agent"], said["readings"]) == ("logger-7", 0)
    assert run(["logger", "new", "logger-8"]) == USAGE
    assert "key_exists" in capsys.readouterr().err
    assert told(capsys, "state")["agent"] == "logger-7"


def test_readings_are_kept_without_a_network_and_sent_when_there_is_one(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room.reachable = False
    measure(monkeypatch, *LINES)
    said = told(capsys, *RUN, code=WAITING)
    assert (said["kept"], said["missing"], said["acknowledged"]) == (3, 3, 0)
    assert run(["logger", "send"]) == FAULT
    room.reachable = True
    said = told(capsys, "send")
    assert (said["sent"], said["missing"]) == ({"packets": 3, "had": 3, "refused": 0}, 0)
    ((_, came),) = room.intake.readings.items()
    assert [value for _, value in came.values()] == [-19_010, None, -18_995]
    assert room.intake.packets[0].readings.battery_pct == 83
    assert run(["logger", "state"]) == DONE
    assert "3 readings; the ledger has 3 of them." in capsys.readouterr().out


def test_a_line_that_is_no_reading_is_complained_of_and_the_others_are_kept(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measure(monkeypatch, LINES[0], "warm", LINES[1])
    assert run(["logger", *RUN]) == USAGE
    said = capsys.readouterr()
    assert "NOT KEPT: 'warm' is no temperature" in said.err
    assert "2 readings; the ledger has 2 of them." in said.out


@pytest.mark.parametrize("noise", [b"\xff\xfe\x00", b"\xe94.9", b"0001-01-01T00:00:00+14:00 4.9"])
def test_noise_on_the_line_is_not_kept_and_the_readings_around_it_are(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], noise: bytes
) -> None:
    measure(monkeypatch, LINES[0], noise, LINES[1])
    assert run(["logger", *RUN]) != DONE
    said = capsys.readouterr()
    assert "NOT KEPT: " in said.err
    assert "2 readings; the ledger has 2 of them." in said.out


def test_a_terminal_that_was_closed_ends_no_measuring(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = io.StringIO()
    closed.close()
    measure(monkeypatch, LINES[0], "warm", LINES[1])
    monkeypatch.setattr("sys.stderr", closed)
    assert run(["logger", *RUN]) == USAGE
    assert "2 readings; the ledger has 2 of them." in capsys.readouterr().out


def test_all_is_sent_again_where_somebody_asks(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measure(monkeypatch, *LINES)
    told(capsys, *RUN)
    assert told(capsys, "send", "--all")["sent"] == {"packets": 3, "had": 3, "refused": 0}


def test_what_the_ledger_refuses_stays_and_its_code_is_shown(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room.intake.refuse = lambda _: "unknown_key"
    measure(monkeypatch, LINES[0])
    assert told(capsys, *RUN, code=WAITING)["recordings"][0]["refused_codes"] == ["unknown_key"]
    assert told(capsys, "send", code=REFUSED)["missing"] == 1
    assert run(["logger", "state"]) == DONE
    assert "unknown_key" in capsys.readouterr().out


def test_a_range_or_home_that_cannot_be_is_refused_before_anything_is_measured(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measure(monkeypatch, *LINES)
    assert run(["logger", "run", "--range=cold"]) == USAGE
    assert run(["logger", "run", "--range=8..8"]) == USAGE
    monkeypatch.setenv("UNBROKEN_HOME", str(tmp_path / "other"))
    assert run(["logger", *RUN]) == USAGE
    assert "does not know agent" in capsys.readouterr().err


def command_lines(monkeypatch: pytest.MonkeyPatch, command: str, count: int) -> tuple[list[str], list[str]]:
    """Lines of a command, without waiting in between, and what was complained of."""
    paused, heard = list[float](), list[str]()
    monkeypatch.setattr(source, "sleep", paused.append)
    lines = list(islice(lines_of(command, 60, heard.append), count))
    assert len(paused) == count - 1
    assert all(0 < seconds <= 60 for seconds in paused)
    return lines, heard


def test_a_command_measures_each_interval_and_one_that_fails_has_measured_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert command_lines(monkeypatch, "printf 'warming up\\n4.9 83\\n\\n'", 2) == (["4.9 83"] * 2, [])
    for failing, why in (("false", "exit status 1"), ("true", "said nothing"), ("/no/such", "No such file")):
        lines, heard = command_lines(monkeypatch, failing, 1)
        assert lines == ["none"]
        assert why in heard[0]


@pytest.mark.parametrize("words", ["", "   ", "'"])
def test_a_source_that_is_no_command_is_refused(words: str) -> None:
    with pytest.raises(Malformed, match="bad_value"):
        next(lines_of(words, 60, print))


def test_an_address_says_which_way_and_a_password_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(link_to("https://ledger.example", "logger-7"), HttpLink)
    assert isinstance(link_to("mqtt://logger-7@broker.example", "logger-7", "pw"), MqttLink)
    with pytest.raises(Malformed, match="https://HOST or mqtts://HOST"):
        link_to("ftp://ledger.example", "logger-7")
    with pytest.raises(Malformed, match="bad_mqtt"):
        link_to("mqtt://a:secret@broker.example", "logger-7")
    (tmp_path / "pw").write_text("of the file\n")
    monkeypatch.setenv("UNBROKEN_MQTT_PASSWORD", "of the environment")
    assert (password_of(tmp_path / "pw"), password_of(None)) == ("of the file", "of the environment")
