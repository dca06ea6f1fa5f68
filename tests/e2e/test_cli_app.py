"""A build is published, and a server that hands out another one is found, with the program itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.cli.main import run
from clients.cli.screen import DONE, FAULT, REFUSED
from clients.keys import Device
from tests.e2e.built_app import FILES, write_build
from tests.e2e.house import House, RealClock
from tests.scenario import ORIGIN, b64, open_scenario


class Desk:
    """An administrator's device, a stranger's without a profile, and the server."""

    def __init__(self, folder: Path, house: House) -> None:
        self.folder, self.house = folder, house
        self.build = folder / "dist"
        self.digest = write_build(self.build)
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text("of a test")
        device = Device(folder / "ada", lambda: b"of a test")
        key = b64(device.make_key().spki)
        house.scenario.say("ada", "agent/ada", "KeyAdded", key=key)
        device.set_profile(
            agent="ada", origin=ORIGIN, server=house.url, log_key=str(house.scenario.ledger.vkey)
        )

    def say(self, capsys: pytest.CaptureFixture[str], home: str, *words: str) -> tuple[int, Any]:
        options = ["--home", str(self.folder / home), "--passphrase-file", str(self.passphrase), "--json"]
        status = run(["app", *words, *options])
        return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    scenario = open_scenario(f"sqlite:///{tmp_path}/ledger.db", clock=RealClock())
    desk = Desk(tmp_path, House(scenario))
    desk.house.open(desk.build)
    yield desk
    desk.house.close()
    scenario.ledger.close()


def test_a_build_is_published_checked_and_a_changed_one_found(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = desk.say(capsys, "nobody", "check", desk.house.url)
    assert (status, found["differences"]) == (REFUSED, ["the log names no build of the app"])

    status, said = desk.say(capsys, "ada", "publish", "--build", str(desk.build))
    assert status == DONE
    assert (said["digest"], said["files"], said["served"]) == (desk.digest, len(FILES), True)

    status, found = desk.say(capsys, "nobody", "check", desk.house.url)
    assert (status, found["ok"], found["proved"]) == (DONE, True, False)
    status, found = desk.say(capsys, "ada", "check", desk.house.url, "--build", str(desk.build))
    assert (status, found["proved"], found["position"]) == (DONE, True, said["position"])

    status, refused = desk.say(capsys, "ada", "publish", "--build", str(desk.build))
    assert (status, refused["error"]["code"]) == (REFUSED, "app_published_already")

    other = desk.folder / "other"
    write_build(other, sw=b"self.addEventListener('fetch', () => fetch('/v1/steal'));")
    desk.house.open(other)
    status, found = desk.say(capsys, "ada", "check", desk.house.url, "--build", str(desk.build))
    assert (status, found["proved"]) == (REFUSED, True)
    assert "sw.js: not as in the build of your own" in found["differences"]
    assert any(desk.digest in line for line in found["differences"])

    desk.house.close()
    assert run(["app", "check", desk.house.url, "--home", str(desk.folder / "nobody")]) == FAULT
    assert "FAILED" in capsys.readouterr().err


def test_a_person_is_told_in_words(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(desk.folder / "ada"), "--passphrase-file", str(desk.passphrase)]
    assert run(["app", "publish", "--build", str(desk.build), *home]) == DONE
    assert "publishes version 0.1.0 of the app" in capsys.readouterr().out
    assert run(["app", "check", desk.house.url, *home]) == DONE
    assert "✓ As published" in capsys.readouterr().out
    write_build(desk.folder / "other", icon=b"<svg/>")
    desk.house.open(desk.folder / "other")
    assert run(["app", "check", desk.house.url, *home]) == REFUSED
    assert "✗ NOT as published: 1 difference" in capsys.readouterr().out
