"""The program `unbroken`: what it prints, what it asks, and how it exits."""

from __future__ import annotations

import io
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

from clients.cli import main, options
from clients.cli.infusion import passed
from clients.cli.main import run
from clients.cli.prompts import asked, asked_identifiers
from clients.cli.reference import reference
from clients.cli.screen import DONE, FAULT, REFUSED, STOP, USAGE, WAITING, exit_code
from clients.drafts import event_type
from clients.forms import shape_of
from clients.keys import Device
from clients.patients import DEFAULT_FIELDS, commitments, new_keys
from clients.sdk import Client
from ledger import errors
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from tests.unit.fake_ledger import FakeLedger, problem

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


def test_what_is_signed_is_shown_first_and_recorded_only_when_confirmed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = "anna began to thaw bag BAG-1 at ward-5 at st-mary."
    room("record", "ThawStarted", COI, *SET_THAW, code=USAGE)
    terminal = io.StringIO("\nn\n")  # no labels; and no signature
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    assert sentence in room("record", "ThawStarted", COI, *SET_THAW)
    assert room.said() == []
    said = room("record", "thawstarted", f"chain/{COI}", *SET_THAW, "--yes")
    assert said.index(sentence) < said.index("Recorded and proved at position 1")
    assert [payload["containers"] for payload in room.said()] == [["BAG-1"]]


def test_what_is_asked_for_is_asked_until_it_fits() -> None:
    answers = iter(["st-mary", "st-mary/ward-5", "BAG-1:x", "BAG-1:200000", "soon", "2026-03-01T09:30Z"])
    found = asked(shape_of(event_type("CollectionCompleted")), {}, lambda question: next(answers))
    assert found == {
        "at": {"site": "st-mary", "department": "ward-5"},
        "containers": [{"container": "BAG-1", "volume_ul": 200_000}],
        "ended_at": "2026-03-01T09:30:00.000Z",
    }


def test_optional_members_are_skipped_and_known_ones_not_asked() -> None:
    asked_for: list[str] = []

    def answer(question: str) -> str:
        asked_for.append(question)
        return ""

    known = {"containers": ["B"], "giver": {}, "receiver": {}, "condition": "intact"}
    found = asked(shape_of(event_type("CustodyAccepted")), known, answer)
    assert found == {"release": None}  # and no therapies: it is about one
    assert [one.split(" ")[0] for one in asked_for] == [
        "therapies.0.coi",
        "release",
        "seal",
        "labels",
        "photos",
    ]


def test_a_patient_is_asked_for_by_name_and_leaves_as_commitments(tmp_path: Path) -> None:
    answers = {"birth": "1961-04-23", "record": "12", "family": "", "given": ""}
    given = asked_identifiers(
        DEFAULT_FIELDS, lambda question: answers[question.removeprefix("patient's ").split(" ")[0]]
    )
    found = commitments(given, new_keys(tmp_path / "keys"))
    assert [item["field"] for item in found] == ["birth_date", "record_number"]
    assert "1961" not in str(found)


def test_members_come_from_a_file_and_single_ones_on_top(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"at": {"site": "a", "department": "b"}, "containers": ["BAG-7"]}))
    room("record", "ThawStarted", COI, "--from", str(file), "--set", "containers=BAG-8", "--yes")
    assert room.said()[0]["containers"] == ["BAG-8"]
    for wrong in ("[]", "no"):
        file.write_text(wrong)
        assert room.json("record", "ThawStarted", COI, "--from", str(file), "--yes", code=USAGE)["error"]


def test_offline_only_keeps_and_sending_tells_what_became_of_it(room: Room) -> None:
    kept = room.json("record", "ThawStarted", COI, *SET_THAW, "--yes", "--offline")
    assert (kept["state"], kept["number"]) == ("queued", 1)
    assert "waits to be sent" in room("outbox", "list")
    room.ledger.refuse = lambda parsed: problem(503, "busy")
    assert room.json("outbox", "send", code=FAULT)["error"]["code"] == "busy"
    room.ledger.refuse = lambda parsed: None
    assert room.json("outbox", "send")["accepted"] == 1
    assert "Nothing waits" in room("outbox", "list")
    assert "✓ recorded" in room("outbox", "list", "--all")


def test_a_fact_that_could_not_be_sent_is_kept_and_the_exit_code_says_so(room: Room) -> None:
    room.ledger.refuse = lambda parsed: problem(503, "busy")
    assert "KEPT, not recorded yet" in room("record", "ThawStarted", COI, *SET_THAW, "--yes", code=WAITING)


def test_a_refused_statement_is_explained_and_can_be_sent_again(room: Room) -> None:
    room.ledger.refuse = lambda parsed: problem(401, "unknown_key")
    assert "because of unknown_key" in room("record", "ThawStarted", COI, *SET_THAW, "--yes", code=REFUSED)
    assert "✗ REFUSED" in room("outbox", "list")
    room("outbox", "send", "--again", "1", code=REFUSED)
    room.ledger.refuse = lambda parsed: None
    room("outbox", "send", "--again", "9", code=USAGE)
    assert room.json("outbox", "send", "--again", "1")["statements"][0]["position"] == 1


def test_statements_travel_in_a_file_to_another_device(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "carried.cborseq"
    for _ in range(3):
        room("record", "ThawStarted", COI, *SET_THAW, "--yes", "--offline")
    assert room.json("outbox", "export", str(file))["statements"] == 3
    assert room.json("outbox", "export", str(file), code=USAGE)["error"]["code"] == "file_exists"
    carrier = ["--home", str(tmp_path / "carrier")]
    room("profile", "set", "--log-key", str(room.ledger.vkey), *carrier)
    room("key", "new", *carrier)
    assert room.json("outbox", "import", str(file), *carrier)["new"] == 3
    assert room.json("outbox", "import", str(file), *carrier)["new"] == 0
    assert room.json("outbox", "send", *carrier)["accepted"] == 3
    file.write_bytes(b"\xd2\x9f")
    assert room.json("outbox", "import", str(file), *carrier, code=USAGE)["error"]["code"] == "malformed_cbor"


def test_a_decision_shows_what_it_is_made_on(room: Room) -> None:
    room.ledger.documents[f"/v1/chains/{COI}"] = CHAIN
    command = [
        "record",
        "InfusionAuthorised",
        COI,
        "--set",
        "site=st-mary",
        "--set",
        "container=BAG-1",
        "--yes",
    ]
    said = room(*command)
    assert said.index("BLOCKS release and infusion") < said.index("You are about to sign")
    assert room.said()[0]["chain_version"] == 7
    room.ledger.refuse = lambda parsed: problem(
        422,
        "gate_failed",
        gates=[{"name": "custody_here", "passed": False, "detail": "Not here.", "proof": [3]}],
    )
    said = room(*command, code=REFUSED)
    assert "✗ FAIL" in said
    assert "#3" in said


def test_who_needs_a_passkey_is_sent_to_the_app(room: Room) -> None:
    command = ["record", "Rejected", COI, "--set", "containers=BAG-1", "--set", "reason=leaks", "--yes"]
    room.ledger.documents[f"/v1/chains/{COI}"] = CHAIN
    advised = {"esignature_required": "Say --sign-again", "passkey_required": "Sign in the app"}
    for code, advice in advised.items():
        room.ledger.refuse = lambda parsed, code=code: problem(422, code)
        assert advice in room(*command, code=REFUSED)
    room.ledger.refuse = lambda parsed: problem(422, "already_rejected")
    assert "the app" not in room(*command, code=REFUSED)


def test_another_statement_may_be_named_by_its_place(room: Room) -> None:
    room("record", "ThawStarted", COI, *SET_THAW, "--yes")
    parties = ["--set", "giver=a/b", "--set", "receiver=c/d", "--set", "containers=BAG-1"]
    accept = ["record", "CustodyAccepted", COI, *parties, "--set", "condition=intact", "--yes"]
    room(*accept, "--set", "release=#1")
    assert room.said()[1]["release"] == statement.parse(room.ledger.statements[0]).id.hex()
    assert room.json(*accept, "--set", "release=#99", code=REFUSED)["error"]["code"] == "not_found"


def test_an_agent_is_enrolled_from_a_public_key_file(room: Room, tmp_path: Path) -> None:
    key = room.json("key", "new", "--home", str(tmp_path / "other"), "--out", str(tmp_path / "kit.pem"))
    enrolled = room.json(
        "enrol", "kit", "--key-file", str(tmp_path / "kit.pem"), "--organisation", "swift",
        "--role", "courier@depot", "--role", "nurse@st-mary", "--yes",
    )  # fmt: skip
    assert room.said()[0]["roles"] == [
        {"role": "courier", "site": "depot"},
        {"role": "nurse", "site": "st-mary"},
    ]
    assert statement.parse(room.ledger.statements[0]).sub == "agent/kit"
    room.ledger.documents["/v1/entries"] = {"position": 1}
    for named in ("#1", enrolled["statement_id"]):
        shown = " ".join(room("approve", "kit", named, "--yes").split())
        assert "anna enrolled kit of swift as courier at depot and nurse at st-mary" in shown
        assert room.said()[-1]["enrolment"] == enrolled["statement_id"]
    wrong = room.json("approve", "nora", "#1", "--yes", code=USAGE)
    assert wrong["error"]["code"] == "wrong_enrolment"
    (tmp_path / "kit.pem").write_text(key["kid"])
    wrong = [
        "enrol",
        "kit",
        "--key-file",
        str(tmp_path / "kit.pem"),
        "--organisation",
        "s",
        "--role",
        "nurse@a",
    ]
    assert room.json(*wrong, "--yes", code=USAGE)["error"]["code"] == "bad_key_file"


CHECK: dict[str, Any] = {
    "verdict": "go",
    "coi": COI,
    "container": "BAG-1",
    "site": "st-mary",
    "gates": [{"gate": "released", "passed": True, "detail": "It is.", "proof": [{"position": 5}]}],
}
FAILED = {"gate": "custody_here", "passed": False, "detail": "It is elsewhere.", "proof": []}


def test_a_check_that_passes_says_so_and_a_failed_one_stops(room: Room) -> None:
    command = ["check-infusion", COI, "--container", "BAG-1", "--site", "st-mary"]
    path = f"/v1/chains/{COI}/infusion-check"
    room.ledger.documents[path] = CHECK
    assert "EVERY GATE PASSED" in room(*command)
    room.ledger.documents[path] = CHECK | {"verdict": "stop", "gates": [*CHECK["gates"], FAILED]}
    said = room(*command, code=STOP)
    assert "S T O P" in said
    assert "1 of 2 gates failed" in said
    assert "✗ FAIL" in said
    assert room.json(*command, code=STOP)["verdict"] == "stop"


@pytest.mark.parametrize(
    "document",
    [
        {},
        CHECK | {"gates": []},
        CHECK | {"verdict": "stop"},
        CHECK | {"gates": [FAILED]},
        CHECK | {"gates": [CHECK["gates"][0] | {"passed": "yes"}]},
    ],
)
def test_only_a_list_of_passed_gates_is_a_pass(document: dict[str, Any]) -> None:
    assert passed(CHECK)
    assert not passed(document)


OVERRIDDEN = FAILED | {"overridden": True}


def test_overridden_gates_let_a_bag_by_and_nobody_can_overlook_them(room: Room) -> None:
    document = CHECK | {"gates": [*CHECK["gates"], OVERRIDDEN]}
    room.ledger.documents[f"/v1/chains/{COI}/infusion-check"] = document
    assert passed(document)
    said = room("check-infusion", COI, "--container", "BAG-1", "--site", "st-mary")
    assert "! OVERRIDDEN" in said
    assert "GATES OVERRIDDEN" in said
    assert "1 of 2 gates did not pass" in said
    assert "EVERY GATE PASSED" not in said


def test_lymphodepletion_is_checked_as_an_infusion_is(room: Room) -> None:
    command, path = (
        ["check-lymphodepletion", COI, "--site", "st-mary"],
        f"/v1/chains/{COI}/lymphodepletion-check",
    )
    document = {name: value for name, value in CHECK.items() if name != "container"}
    room.ledger.documents[path] = document
    assert "not the permission to start lymphodepletion" in room(*command)
    room.ledger.documents[path] = document | {"verdict": "stop", "gates": [FAILED]}
    assert "Do not start lymphodepletion. 1 of 1 gates failed." in room(*command, code=STOP)


READINESS: dict[str, Any] = {
    "consent": {"stands": False, "form": "C-3", "recorded_position": 4, "withdrawn_position": 30},
    "fitness": {"fit": True, "valid_until": "2026-03-14T09:30:00.000Z", "signer": "phil", "position": 31},
    "availability": {"containers": ["BAG-1"], "site": "st-mary", "signer": "carl", "position": 32},
    "lymphodepletion": {"authorised_position": 33, "started_position": 34, "regimen": "flu_cy"},
}
OVERRIDE: dict[str, Any] = {
    "position": 35,
    "container": "BAG-1",
    "gates": ["not_quarantined", "not_lost"],
    "signer": "phil",
    "confirmed_by": None,
}


def test_a_therapy_shows_how_ready_the_patient_is(room: Room) -> None:
    document = CHAIN | {"readiness": READINESS, "overrides": [OVERRIDE]}
    room.ledger.documents[f"/v1/chains/{COI}"] = document
    said = " ".join(room("chain", COI).split())
    for words in (
        "CONSENT WITHDRAWN: #30",
        "fit until 2026-03-14 09:30",
        "doses at hand bag BAG-1",
        "lymphodepletion started",
        "OVERRIDE: not quarantined and not lost of bag BAG-1, by phil alone (#35)",
    ):
        assert words in said
    agreed = READINESS | {"consent": READINESS["consent"] | {"stands": True}, "fitness": None}
    confirmed = OVERRIDE | {"confirmed_by": "nora"}
    room.ledger.documents[f"/v1/chains/{COI}"] = document | {"readiness": agreed, "overrides": [confirmed]}
    said = room("chain", COI)
    assert "form C-3" in said
    assert "WITHDRAWN" not in said
    assert "by phil and nora" in said


def test_an_override_is_asked_for_and_read_before_it_is_signed(room: Room) -> None:
    room.ledger.documents[f"/v1/chains/{COI}"] = CHAIN
    named = ["--set", "site=st-mary", "--set", "container=BAG-1", "--set", "reason=no_other_dose"]
    said = room("record", "EmergencyOverride", COI, *named, "--set", "gates=not_lost,not_expired", "--yes")
    assert "anna OVERRIDES the gates not lost and not expired for bag BAG-1" in " ".join(said.split())
    assert room.said()[0]["gates"] == ["not_lost", "not_expired"]
    room("record", "OverrideConfirmed", COI, "--set", "override=#1", "--yes")
    assert room.said()[1]["override"] == statement.parse(room.ledger.statements[0]).id.hex()
    answers = iter(["st-mary", "BAG-1", "not_lost, not_expired", "no_other_dose"])
    asked_for = asked(shape_of(event_type("EmergencyOverride")), {}, lambda _: next(answers))
    assert asked_for["gates"] == ["not_lost", "not_expired"]


def test_a_therapys_story_is_told_in_plain_words_with_what_came_late(room: Room) -> None:
    event = {
        "type": "ThawStarted",
        "at": {"site": "st-mary", "department": "ward-5"},
        "containers": ["BAG-1"],
    }
    entry = {"position": 3, "signer": "nora", "stream": f"chain/{COI}", "type": "ThawStarted", "event": event}
    times = {"occurred_at": "2026-03-01T09:30:00.000Z", "recorded_at": "2026-03-01T11:00:00.000Z"}
    room.ledger.documents[f"/v1/chains/{COI}/timeline"] = {
        "coi": COI,
        "as_of_position": 4,
        "entries": [entry | times],
        "next_cursor": None,
    }
    said = " ".join(room("timeline", COI).split())
    assert "nora began to thaw bag BAG-1 at ward-5 at st-mary. Recorded later, 2026-03-01 11:00." in said
    room("replay", COI, code=USAGE)
    assert room.json("replay", COI, "--at", "tomorrow", code=USAGE)["error"]["code"] == "bad_moment"
    room.ledger.documents[f"/v1/chains/{COI}"] = CHAIN
    assert "As it stood at 2026-03-01 10:00 UTC" in room("replay", COI, "--at", "2026-03-01T11:00+01:00")


def test_a_therapy_shows_in_words_which_bag_is_in_quarantine(room: Room) -> None:
    room.ledger.documents[f"/v1/chains/{COI}"] = CHAIN
    said = room("chain", COI)
    assert "present, QUARANTINE" in said
    assert "QUARANTINE: bag BAG-1 since #21, seal broken" in said
    assert "label check" not in said


def told(position: int, **changed: Any) -> bytes:
    """An event of the feed."""
    entry = {
        "position": position,
        "chain": COI,
        "type": "ThawStarted",
        "signer": "nora",
        "recorded_at": "2026-03-01T09:30:00.000Z",
        "statement_id": "ab" * 32,
        "review": False,
    } | changed
    head = f"event: {entry['type']}\ndata: ".encode()
    return head + canonical.encode(entry) + f"\nid: {position}\n\n".encode()


def test_the_feed_is_told_entry_by_entry_until_the_ledger_says_no(room: Room) -> None:
    room("record", "ThawStarted", COI, *SET_THAW, "--yes")
    refused = problem(404, "not_recorded_yet")
    room.ledger.streams = [[told(1), told(2, review=True)], refused]
    said = " ".join(room("follow", "--after", "0", code=REFUSED).split())
    assert f"#1 2026-03-01 09:30 anna began to thaw bag BAG-1 at ward-5 at st-mary. {COI}" in said
    assert "#2 2026-03-01 09:30 nora recorded ThawStarted, which is not yours to read any more." in said
    assert "For review: the signer has no part in this therapy." in said


def test_a_feed_that_stops_says_where_to_go_on(room: Room) -> None:
    room("record", "ThawStarted", COI, *SET_THAW, "--yes")
    room.ledger.documents["/v1/entries/1/receipt"] = {"not": "a receipt"}
    room.ledger.streams = [[told(1)]]
    assert "go on with --after 0" in room("follow", "--after", "0", code=REFUSED)


def test_lineage_is_drawn_as_a_tree(room: Room) -> None:
    parent = {"container": "BAG-F", "made_by": "collection", "position": 2, "status": "consumed"}
    child = {"container": "BAG-D", "made_by": "fill", "position": 5, "status": "present"}
    room.ledger.documents[f"/v1/chains/{COI}/lineage"] = {
        "coi": COI,
        "containers": [
            parent | {"parents": [], "children": ["BAG-D"]},
            child | {"parents": ["BAG-F"], "children": []},
        ],
    }
    lines = [line.rstrip() for line in room("lineage", COI).splitlines()]
    assert lines == [
        f"patient of {COI}",
        "└── BAG-F  collected from the patient, #2; consumed",
        "    └── BAG-D  by filling, #5; present",
    ]
    room("lineage", COI, "--up", code=USAGE)


def test_custody_and_deviations_are_listed(room: Room) -> None:
    holding = {"container": "BAG-1", "chain": COI, "status": "present", "position": 9, "offered_to": None}
    room.ledger.documents["/v1/custody"] = {
        "holdings": [holding | {"holder": {"site": "st-mary", "department": "ward-5"}}],
        "lag": 0,
        "next_cursor": None,
    }
    assert "ward-5 at st-mary" in room("custody", "--site", "st-mary")
    document = {"coi": COI, "open": [DEVIATION], "closed": [], "reviews": []}
    room.ledger.documents[f"/v1/chains/{COI}/deviations"] = document
    said = room("deviations", COI)
    assert "wrong bag" in said
    assert "BLOCKS release and infusion" in said
    room.ledger.documents[f"/v1/chains/{COI}"] = CHAIN
    assert "20.5 ml of 50 ml" in room("chain", COI)


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


def test_what_was_tested_is_shown_and_asked_for_as_of_a_moment(room: Room) -> None:
    nothing = {"containers": [], "samples": [], "requests": [], "alerts": []}
    about = {"coi": COI, "as_of_position": 9, "country": "GB", "specification": [], "required_checks": []}
    room.ledger.documents[f"/v1/chains/{COI}/quality"] = about | nothing
    assert "specification for GB" in " ".join(room("quality", COI, "--before", "9").split())
    assert room.json("quality", COI)["as_of_position"] == 9
    assert room.json("quality", COI, "--at", "tomorrow", code=USAGE)["error"]["code"] == "bad_moment"
