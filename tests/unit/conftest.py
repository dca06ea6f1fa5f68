"""A device before and after it was set up, with the program `unbroken`."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.keys import Device
from tests.unit.cli_room import Room


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    """A device that is not set up."""
    return Room(tmp_path, capsys, monkeypatch)


@pytest.fixture
def room(bare: Room) -> Room:
    device = Device(bare.home, b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(bare.ledger.vkey))
    return bare
