"""`unbroken temperature chart`: the picture goes where it is wanted, and what is asked reaches the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.examples import COI
from clients.cli.main import run
from clients.cli.screen import DONE, USAGE
from tests.unit.fake_ledger import FakeLedger
from tests.unit.test_clients_temperature import ledger

__all__ = ["ledger"]  # the fixture

PICTURE = "<svg>5 °C</svg>".encode()


@pytest.fixture
def asked(ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    monkeypatch.delenv("TZ", raising=False)
    ledger.documents[f"/v1/chains/{COI}/temperature.svg"] = PICTURE
    seen: list[dict[str, str]] = []
    ledger.before = lambda request: seen.append(dict(request.url.params))
    return seen


def test_the_picture_is_written_where_it_is_wanted(asked: list[dict[str, str]], tmp_path: Path) -> None:
    out = tmp_path / "leg.svg"
    wanted = ["--container", "BAG-1", "--leg", "17", "--zone", "Europe/Berlin", "--before", "40"]
    assert run(["temperature", "chart", COI, *wanted, "--out", str(out)]) == DONE
    assert out.read_bytes() == PICTURE
    assert asked[-1] == {"container": "BAG-1", "leg": "17", "zone": "Europe/Berlin", "before_position": "40"}


def test_without_a_file_the_picture_goes_to_the_output(
    asked: list[dict[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["temperature", "chart", f"chain/{COI}"]) == DONE
    assert capfd.readouterr().out == PICTURE.decode() + "\n"
    assert asked[-1] == {"zone": "UTC"}


def test_a_script_gets_the_picture_within_its_document(
    asked: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["temperature", "chart", COI, "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["svg"] == PICTURE.decode()


@pytest.mark.parametrize(
    ("named", "zone"), [(":Asia/Tokyo", "Asia/Tokyo"), ("/etc/localtime", "UTC"), ("CET-1", "UTC")]
)
def test_the_zone_is_the_one_that_the_computer_is_told(
    asked: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, named: str, zone: str
) -> None:
    monkeypatch.setenv("TZ", named)
    run(["temperature", "chart", COI])
    assert asked[-1]["zone"] == zone


def test_a_file_of_another_kind_is_refused_before_anything_is_asked(
    asked: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "leg.png"
    assert run(["temperature", "chart", COI, "--out", str(out)]) == USAGE
    assert not out.exists()
    assert not asked
    assert "leg.svg" in capsys.readouterr().err
