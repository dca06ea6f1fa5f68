"""What the program `unbroken` asks, shows, signs, keeps and sends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from clients.cli.prompts import asked, asked_identifiers
from clients.cli.screen import FAULT, REFUSED, USAGE, WAITING
from clients.drafts import event_type
from clients.forms import shape_of
from clients.patients import DEFAULT_FIELDS, commitments, new_keys
from ledger.proof import statement
from tests.unit.cli_room import CHAIN, COI, SET_THAW, Room
from tests.unit.fake_ledger import problem


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
