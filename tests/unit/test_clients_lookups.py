"""Lists of what is registered, what something touches, and search: asked, and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import examples_registry as examples
from clients.cli.screen import USAGE
from clients.keys import Device
from clients.sdk import Client
from tests.unit.cli_room import Room

REACHED = {
    "container": "BAG-1",
    "first_position": 7,
    "status": "present",
    "used_up": False,
    "holder": {"site": "swift-depot", "department": "van-2"},
    "offered_to": None,
}
REACH = {
    "kind": "lot",
    "name": "lv-1",
    "status": "recalled",
    "as_of_position": 9,
    "lag": 0,
    "hidden": 0,
    "next_cursor": None,
}


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room(tmp_path, capsys, monkeypatch)
    device = Device(room.home, b"passphrase")
    device.make_key()
    device.set_profile(agent="quinn", log_key=str(room.ledger.vkey))
    return room


@pytest.mark.parametrize(
    ("words", "path", "document", "said"),
    [
        (["lots"], "/v1/lots", examples.LOTS, "lv-2026-117 vector RECALLED (contamination)"),
        (["lots", "lv-1"], "/v1/lots/lv-1", examples.LOT, "RECALLED (contamination)"),
        (["equipment"], "/v1/equipment", examples.EQUIPMENT_PAGE, "shipper-07 shipper in use"),
        (
            ["equipment", "x-1"],
            "/v1/equipment/x-1",
            examples.EQUIPMENT,
            "2026-09-21 12:00 - 2026-10-01 12:00",
        ),
        (["sites"], "/v1/sites", examples.SITES, "northcell-1 manufacturing SUSPENDED"),
        (["sites", "x-1"], "/v1/sites/x-1", examples.SITE, "SUSPENDED"),
        (["people"], "/v1/agents", examples.AGENTS, "WAITING for a second administrator: quality"),
        (["people", "quinn"], "/v1/agents/quinn", examples.AGENT, "revoked #47"),
        (["qualifications"], "/v1/qualifications", examples.QUALIFICATIONS, "quinn batch_release"),
        (["search", "A9999-26"], "/v1/search", examples.FOUND, "container A9999-26-000001-D1"),
        (["reach", "lot/lv-1"], "/v1/lots/lv-1/reach", examples.REACH, "cleanroom at northcell-1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_answer_is_drawn_in_words_and_given_whole_as_json(
    room: Room, words: list[str], path: str, document: dict[str, object], said: str
) -> None:
    room.ledger.documents[path] = dict(document)
    assert said in " ".join(room(*words).split())
    document = dict(document)
    if words[0] == "reach":
        document.pop("next_cursor")
    assert room.json(*words) == document


def test_filters_are_sent_and_those_not_given_are_left_out(room: Room) -> None:
    room.ledger.documents["/v1/lots"] = examples.LOTS
    asked: list[str] = []
    room.ledger.before = lambda request: asked.append(str(request.url))
    room("lots", "--status", "recalled", "--limit", "5")
    assert any(address.endswith("/v1/lots?status=recalled&limit=5") for address in asked)


def test_a_reach_is_read_to_its_last_page_and_hidden_therapies_add_up(room: Room) -> None:
    therapy = {"chain": "demo:A", "first_position": 7, "containers": [REACHED]}
    more = {"chain": "demo:B", "first_position": 8, "containers": []}
    pages = [
        REACH | {"therapies": [therapy], "hidden": 1, "next_cursor": "Zg"},
        REACH | {"therapies": [more], "hidden": 2},
    ]
    documents = room.ledger.documents

    def turn(request: object) -> None:
        if pages and "/reach" in str(getattr(request, "url", "")):
            documents["/v1/lots/lv-1/reach"] = pages.pop(0)

    room.ledger.before = turn
    with Client(Device(room.home, b"passphrase"), transport=room.ledger.transport) as reader:
        whole = reader.reach("lot/lv-1")
    assert ([one["chain"] for one in whole["therapies"]], whole["hidden"]) == (["demo:A", "demo:B"], 3)


def test_what_is_reached_is_drawn_with_what_is_hidden(room: Room) -> None:
    empty = {"chain": "demo:B", "first_position": 8, "containers": []}
    unmade = REACHED | {"container": "BAG-2", "status": None, "holder": None}
    therapy = {"chain": "demo:A", "first_position": 7, "containers": [REACHED, unmade]}
    room.ledger.documents["/v1/lots/lv-1/reach"] = REACH | {"therapies": [therapy, empty], "hidden": 1}
    said = " ".join(room("reach", "lot/lv-1").split())
    assert "lot lv-1 (recalled) touches:" in said
    assert "BAG-1 present van-2 at swift-depot - demo:A" in said
    assert "BAG-2 NOT MADE HERE" in said
    assert "no bag demo:B" in said
    assert "And 1 therapy that you may not see." in said


def test_nothing_to_see_is_said(room: Room) -> None:
    room.ledger.documents["/v1/lots"] = examples.LOTS | {"lots": [], "lag": 2, "next_cursor": "Zg"}
    said = room("lots")
    assert "There is nothing that you may see." in said
    assert "2 newer entries are not counted yet" in said
    assert "--cursor Zg" in said


@pytest.mark.parametrize("stream", ["chain/demo:A", "lv-1", "lot/"])
def test_only_what_is_registered_has_a_reach(room: Room, stream: str) -> None:
    assert room.json("reach", stream, code=USAGE)["error"]["code"] == "bad_value"


def test_a_change_of_roles_is_approved_as_an_enrolment_is(room: Room) -> None:
    roles = ["--set", "roles=quality@northcell-1", "--set", "reason=promoted"]
    changed = room.json("record", "AgentRolesChanged", "agent/mia", *roles, "--yes")
    shown = " ".join(room("approve", "mia", "#1", "--yes").split())
    assert "quinn gave mia these roles in place of all they had: quality at northcell-1 (promoted)" in shown
    assert room.said()[-1]["enrolment"] == changed["statement_id"]


def test_somebody_who_left_has_no_roles(room: Room) -> None:
    changed = ["record", "AgentRolesChanged", "agent/mia", "--set", "roles=none", "--set", "reason=left"]
    assert "these roles in place of all they had: none, they have left (left)" in " ".join(
        room(*changed, "--yes").split()
    )
