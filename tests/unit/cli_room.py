"""A device, a fake ledger, and the program `unbroken` between them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from clients.cli import options
from clients.cli.main import run
from clients.cli.screen import DONE
from clients.sdk import Client
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from tests.unit.fake_ledger import FakeLedger

COI = "isbt128:CHA9999260000AB"
BAG = {
    "container": "BAG-1",
    "status": "present",
    "quarantined": True,
    "lost": False,
    "rejected": False,
    "holder": {"site": "st-mary", "department": "ward-5"},
    "offered_to": None,
    "volume_ul": 50_000,
    "left_ul": 20_500,
}
DEVIATION = {
    "position": 12,
    "severity": "critical",
    "code": "wrong_bag",
    "containers": [],
    "blocks": True,
    "disposition": None,
}
CHAIN = {
    "coi": COI,
    "version": 7,
    "as_of_position": 40,
    "order": None,
    "containers": [BAG],
    "deviations": [DEVIATION],
    "quarantines": [
        {"position": 21, "reason": "seal_broken", "containers": ["BAG-1"], "lifted_position": None},
        {"position": 9, "reason": "label_check", "containers": ["BAG-1"], "lifted_position": 11},
    ],
}
SET_THAW = ["--set", "at=st-mary/ward-5", "--set", "containers=BAG-1"]


class Room:
    """A device, a fake ledger, and the program between them."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.ledger, self.home, self._capsys = FakeLedger(new_key()), folder / "home", capsys
        monkeypatch.setattr(options, "Client", partial(Client, transport=self.ledger.transport))
        monkeypatch.setenv("UNBROKEN_PASSPHRASE", "passphrase")
        monkeypatch.setenv("UNBROKEN_HOME", str(self.home))
        monkeypatch.setenv("COLUMNS", "100")

    def __call__(self, *arguments: str, code: int = DONE) -> str:
        """Run a command; standard output and error together."""
        found = run(arguments)
        captured = self._capsys.readouterr()
        said = captured.out + captured.err
        assert found == code, said
        return said

    def json(self, *arguments: str, code: int = DONE) -> Any:
        """Run a command with --json; nothing but one JSON document may be printed."""
        return json.loads(self(*arguments, "--json", code=code))

    def said(self) -> list[dict[str, Any]]:
        return [canonical.decode(statement.parse(raw).payload) for raw in self.ledger.statements]
