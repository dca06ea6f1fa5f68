"""A donation number is proved where it is typed, and told as it was read where it is scanned."""

from __future__ import annotations

from typing import Any

import pytest

from clients.cli.prompts import asked
from clients.cli.screen import DONE, USAGE
from clients.dins import read_din
from clients.drafts import draft, event_type
from clients.forms import filled, shape_of
from ledger.errors import Malformed
from tests.unit.cli_room import COI, Room

DIN = "A999921123456"  # its check character is 3
COLLECTED = [
    "at=st-mary/apheresis",
    "ended_at=now",
    "containers.0.container=BAG-1",
    "containers.0.volume_ul=1",
]


def bag(text: str) -> dict[str, Any]:
    """The bag of a collection whose number was entered like this."""
    shape = shape_of(event_type("CollectionCompleted"))
    members = filled(shape, [*COLLECTED, f"containers.0.din={text}"])
    draft({"type": "CollectionCompleted"} | members, f"chain/{COI}")  # it is a valid event
    found: dict[str, Any] = members["containers"][0]
    return found


@pytest.mark.parametrize("text", ["A9999211234563", "a9999 21 123456 3"])
def test_a_number_typed_with_its_check_character_is_said_without_it(text: str) -> None:
    assert bag(text) == {"container": "BAG-1", "volume_ul": 1, "din": DIN}


@pytest.mark.parametrize(
    "text", [DIN, "A9999211234560", "A9999211234653", "A99992112345633", "B9999211234563"]
)
def test_a_number_typed_wrong_or_without_its_check_character_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        bag(text)
    assert caught.value.code == "wrong_check_character"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"={DIN}63", {"din": DIN, "din_check": "3"}),
        (f"={DIN}60", {"din": DIN, "din_check": "0"}),  # wrong, and told as it was read
        (f"={DIN}96", {"din": DIN, "din_check": "*"}),
        (f"={DIN}00", {"din": DIN}),  # other flags prove nothing
        (f"={DIN}97", {"din": DIN}),
        (f"={DIN}A1", {"din": DIN}),
    ],
)
def test_a_scanned_number_is_said_as_it_was_read(text: str, read: dict[str, str]) -> None:
    assert read_din(text) == read
    assert bag(text) == {"container": "BAG-1", "volume_ul": 1} | read


def test_a_number_is_asked_for_until_it_is_right_and_its_check_is_not_asked_for() -> None:
    answers = {"containers.0.container": ["BAG-1"], "containers.0.volume_ul": ["1"],
               "containers.0.din": ["A9999211234560", "A9999211234563"],
               "containers.0.at": ["st-mary/apheresis"]}  # fmt: skip
    questions: list[str] = []

    def answer(question: str) -> str:
        name = question.split(" (")[0].rstrip(": ").replace(" ", "_")
        questions.append(name)
        return answers[name].pop(0) if answers.get(name) else ""

    found = asked(shape_of(event_type("ChainLinked")), {"provisional": "acme:PROV-1"}, answer)
    assert found["containers"][0]["din"] == DIN
    assert questions.count("containers.0.din") == 2
    assert "containers.0.din_check" not in questions


def test_a_wrong_check_character_is_refused_before_anything_is_signed(room: Room) -> None:
    pairs = [part for pair in COLLECTED for part in ("--set", pair)]
    number = ["--set", "containers.0.din=A9999211234560", "--yes"]
    refused = room.json("record", "CollectionCompleted", COI, *pairs, *number, code=USAGE)
    assert refused["error"]["code"] == "wrong_check_character"
    assert "type the number again" in refused["error"]["detail"]
    assert room.said() == []
    assert "Nothing waits" in room("outbox", "list", "--all", code=DONE)
    room("record", "CollectionCompleted", COI, *pairs, "--set", "containers.0.din=A9999211234563", "--yes")
    assert room.said()[0]["containers"][0]["din"] == DIN
