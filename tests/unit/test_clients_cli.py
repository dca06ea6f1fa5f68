"""The program `unbroken`: its commands, how it is set up and exits, and the evidence it fetches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from clients.cli import main
from clients.cli.reference import reference
from clients.cli.screen import FAULT, REFUSED, USAGE, exit_code
from clients.sdk import Client
from ledger import errors
from tests.unit.cli_room import COI, SET_THAW, Room
from tests.unit.fake_ledger import FakeLedger


def commands(group: Any, name: str = "") -> list[list[str]]:
    if not hasattr(group, "commands"):
        return [name.split()]
    return [each for key, inner in group.commands.items() for each in commands(inner, f"{name} {key}")]


COMMANDS = commands(typer.main.get_command(main.app))


def test_the_reference_is_what_was_agreed() -> None:
    """`python -m clients.cli.reference > tests/unit/clients_reference.md` agrees to a change."""
    assert reference() == (Path(__file__).parent / "clients_reference.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_and_speaks_json(bare: Room, command: list[str]) -> None:
    said = bare(*command, "--help")
    assert "--json" in said
    assert "Usage: unbroken " + " ".join(command) in said


def test_the_help_tells_every_exit_code(bare: Room) -> None:
    said = " ".join(bare("--help").split())
    assert all(f"{code} {meaning}" in said for code, meaning in main.EXITS.items())


def test_no_command_takes_a_passphrase_on_the_command_line() -> None:
    assert "--passphrase " not in reference()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Malformed("bad_value", ""), USAGE),
        (errors.NotFound("no_device_key", ""), USAGE),
        (errors.Unauthentic("wrong_passphrase", ""), USAGE),
        (errors.Unauthentic("unknown_key", ""), REFUSED),
        (errors.GateFailed("gate_failed", ""), REFUSED),
        (errors.ProofInvalid("bad_receipt", ""), REFUSED),
        (errors.NotFound("no_such_chain", ""), REFUSED),
        (errors.Fault("unreachable", ""), FAULT),
        (errors.TooMany("busy", ""), FAULT),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: errors.UnbrokenError, code: int) -> None:
    assert exit_code(error) == code


def test_a_wrong_command_exits_with_usage(bare: Room) -> None:
    bare("teleport", code=USAGE)
    bare("record", code=USAGE)
    bare("custody", "--limit", "many", code=USAGE)


def test_a_device_is_set_up_step_by_step(bare: Room, tmp_path: Path) -> None:
    bare("key", "show", code=USAGE)
    made = bare.json("key", "new", "--out", str(tmp_path / "me.pem"))
    assert (tmp_path / "me.pem").read_text() == made["public_key"]
    assert bare.json("key", "show")["kid"] == made["kid"]
    assert bare.json("key", "new", code=USAGE)["error"]["code"] == "key_exists"
    bare("profile", "set", "--agent", "anna", "--log-key", str(bare.ledger.vkey))
    profile = bare.json("profile", "show")
    assert (profile["agent"], profile["origin"], profile["has_key"]) == ("anna", bare.ledger.vkey.name, True)
    assert "record KeyRetired agent/anna --set kid=" + made["kid"] in bare("key", "retire-hint")


def test_the_passphrase_may_come_from_a_file(
    bare: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pass").write_text("from a file\n")
    bare("key", "new", "--passphrase-file", str(tmp_path / "pass"))
    assert bare.json("key", "show", code=USAGE)["error"]["code"] == "wrong_passphrase"
    assert bare.json("key", "show", "--passphrase-file", str(tmp_path / "pass"))["kid"]


@pytest.mark.parametrize("form", ["cose", "tlog-proof"])
def test_a_receipt_is_fetched_and_verified_without_the_server(room: Room, tmp_path: Path, form: str) -> None:
    room("record", "ThawStarted", COI, *SET_THAW, "--yes")
    files = room.json("receipt", "get", "1", "--out", str(tmp_path / "r"), "--form", form)
    room("receipt", "get", "1", "--out", str(tmp_path / "r"), "--form", form)
    statement_file, proof = files["statement"], files["receipt"]
    room.ledger.before = lambda request: pytest.fail("verifying asks nobody")
    vkey = str(room.ledger.vkey)
    said = room(
        "receipt", "verify", statement_file, proof, "--log-key", vkey, "--home", str(tmp_path / "none")
    )
    assert "✓ Proved" in said
    Path(statement_file).write_bytes(Path(statement_file).read_bytes()[:-1] + b"x")
    assert room.json("receipt", "verify", statement_file, proof, code=REFUSED)["error"]


def test_a_fork_is_shown_with_both_heads(room: Room) -> None:
    room("record", "ThawStarted", COI, *SET_THAW, "--yes")
    other = FakeLedger(room.ledger.key, entries=[b"another history", b"altogether"])
    room.ledger.handle = other.handle  # type: ignore[method-assign]
    shown = room.json("log", "show", code=REFUSED)["error"]
    assert (shown["code"], len(shown["heads"])) == ("fork_detected", 2)


def test_the_log_is_downloaded(room: Room, tmp_path: Path) -> None:
    room("record", "ThawStarted", COI, *SET_THAW, "--yes")
    done = room.json("log", "download", str(tmp_path / "log"))
    assert (done["log_size"], done["checkpoints"], done["fetched"]) == (2, 2, 2)
    assert "2 entries and 2 checkpoints" in room("log", "download", str(tmp_path / "log"))


def test_a_defect_of_the_program_is_no_wrong_evidence(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "refresh", lambda self: 1 // 0)
    assert "ZeroDivisionError" in room("log", "show", code=FAULT)


def test_events_are_explained(bare: Room) -> None:
    assert "You took <containers> over from <giver>" in " ".join(bare("events").split())
    members = {member["name"]: member for member in bare.json("events", "TherapyOrdered")["members"]}
    assert members["sites.treatment"]["optional"] is False
    assert members["patient"]["how"] == "by --patient-file"
    assert "did you mean CustodyReleased" in bare("events", "CustodyRel", code=USAGE)
