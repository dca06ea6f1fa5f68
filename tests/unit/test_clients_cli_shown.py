"""What the program `unbroken` shows of checks, therapies, custody and the feed."""

from __future__ import annotations

from typing import Any

import pytest

from clients.cli.infusion import passed
from clients.cli.prompts import asked
from clients.cli.screen import REFUSED, STOP, USAGE
from clients.drafts import event_type
from clients.forms import shape_of
from ledger.proof import canonical, statement
from tests.unit.cli_room import CHAIN, COI, DEVIATION, SET_THAW, Room
from tests.unit.fake_ledger import problem

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


def test_what_was_tested_is_shown_and_asked_for_as_of_a_moment(room: Room) -> None:
    nothing = {"containers": [], "samples": [], "requests": [], "alerts": []}
    about = {"coi": COI, "as_of_position": 9, "country": "GB", "specification": [], "required_checks": []}
    room.ledger.documents[f"/v1/chains/{COI}/quality"] = about | nothing
    assert "specification for GB" in " ".join(room("quality", COI, "--before", "9").split())
    assert room.json("quality", COI)["as_of_position"] == 9
    assert room.json("quality", COI, "--at", "tomorrow", code=USAGE)["error"]["code"] == "bad_moment"
