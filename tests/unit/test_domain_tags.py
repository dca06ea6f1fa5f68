"""Tags: everything that an entry concerns, and nothing for a fact without standing."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.events import parse_event
from ledger.domain.findings import Verdict, finding
from ledger.domain.naming import STREAM_KINDS, containers_of, created_by
from ledger.domain.rules import deviation_of, tags_of
from ledger.domain.times import milliseconds, timestamp
from ledger.errors import Malformed
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    COI,
    DOSE,
    DOSE_2,
    FRESH,
    ORDER,
    ORIGIN,
    START_MS,
    Scene,
    filled,
    furnished,
    genesis_fields,
    key_of,
    kid,
    scene_at,
)

STANDING = Verdict((), True)


def tags(scene: Scene, signer: str, stream: str, event: str, **fields: Any) -> tuple[str, ...]:
    return tags_of(scene.entry(signer, stream, event, **fields), STANDING)


def test_the_stream_comes_first_then_the_signers_key() -> None:
    found = tags(furnished(), "carl", CHAIN, "TherapyOrdered", **ORDER)
    assert found == (CHAIN, f"signer/{kid('carl')}")


def test_every_container_that_is_named_is_a_tag_once() -> None:
    scene = scene_at("at_cleanroom")
    found = tags(scene, "mia", CHAIN, "ContainersDerived", **filled(scene, DOSE, DOSE_2))
    assert found[2:] == (f"container/{FRESH}", f"container/{DOSE}", f"container/{DOSE_2}")
    packed = {"at": APHERESIS, "containers": [FRESH, FRESH], "shipper": "S-1"}
    assert tags(scene, "anna", CHAIN, "Packed", **packed)[2:] == (f"container/{FRESH}",)


def test_genesis_concerns_every_root_agent_and_key() -> None:
    found = tags(Scene(), "ledger", f"log/{ORIGIN}", "LogOpened", **genesis_fields())
    names = ("ada", "ben", "cleo", "fay")
    expected = {f"log/{ORIGIN}", f"signer/{kid('ledger')}", f"key/{kid('ledger')}"}
    assert set(found) == expected | {f"agent/{one}" for one in names} | {f"key/{kid(one)}" for one in names}


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("KeyAdded", {"key": key_of("new")}),
        ("KeyRetired", {"kid": kid("new"), "reason": "why"}),
        ("KeyRevoked", {"kid": kid("new"), "reason": "why"}),
    ],
)
def test_a_registry_event_about_a_key_is_tagged_with_it(event: str, fields: dict[str, Any]) -> None:
    found = tags(furnished(), "mia", "agent/mia", event, **fields)
    assert found == ("agent/mia", f"signer/{kid('mia')}", f"key/{kid('new')}")


def test_a_fact_without_standing_is_tagged_for_review_only() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    entry = scene.entry("otto", CHAIN, "Packed", **packed)
    assert tags_of(entry, Verdict((), False)) == (f"review/{COI}", f"signer/{kid('otto')}")


def test_the_ledgers_deviation_says_what_the_finding_says_and_its_cause() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    entry = scene.entry("kit", CHAIN, "Packed", **packed)
    assert deviation_of(finding("role_not_permitted", (FRESH,)), entry) == {
        "type": "DeviationRaised",
        "v": 1,
        "code": "role_not_permitted",
        "severity": "major",
        "blocking": True,
        "containers": [FRESH],
        "cause": entry.statement_id,
    }


def test_the_ledgers_own_deviation_stands_and_finds_nothing() -> None:
    said = {"code": "clock_ahead", "severity": "minor", "blocking": False, "containers": [], "cause": None}
    assert scene_at("collected").judge("ledger", CHAIN, "DeviationRaised", **said) == STANDING


def test_every_event_has_a_stream_and_those_that_make_containers_name_them() -> None:
    scene = scene_at("collected")
    collected = next(entry for entry, _ in scene.entries if entry.event.type == "CollectionCompleted")
    assert created_by(collected.event) == containers_of(collected.event) == ("OTHER-1",)
    assert set(STREAM_KINDS.values()) == {
        "log", "site", "agent", "product", "lot", "equipment", "chain",
    }  # fmt: skip


def test_moments_as_text_and_as_milliseconds_are_the_same() -> None:
    assert timestamp(START_MS) == "2026-09-21T14:13:20.000Z"
    assert milliseconds(timestamp(START_MS + 7)) == START_MS + 7


@pytest.mark.parametrize(
    "payload",
    [
        {"type": ["Packed"], "v": 1},
        {"type": "Nothing", "v": 1},
        {"v": 1},
        {"type": "RuleSetAdopted", "v": True},
        {"type": "RuleSetAdopted", "v": {}},
        {"type": "RuleSetAdopted", "v": 2},
        {"type": "RuleSetAdopted"},
    ],
)
def test_an_event_is_named_by_text_and_a_whole_number(payload: dict[str, Any]) -> None:
    fields = {"occurred_at": "2026-09-21T14:13:20.000Z", "seen": None, "seq": 0, "prev": None, "rule_set": 1}
    with pytest.raises(Malformed) as refusal:
        parse_event(payload | fields)
    assert refusal.value.code in ("unknown_event", "unknown_event_version")


@pytest.mark.parametrize(
    "moment",
    [
        "2026-02-30T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
        "2026-01-0\u0661T00:00:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000+00:00",
    ],
)
def test_a_time_is_a_day_of_the_calendar_in_plain_digits(moment: str) -> None:
    payload = {"type": "RuleSetAdopted", "v": 1, "seen": None, "seq": 0, "prev": None, "rule_set": 1}
    with pytest.raises(Malformed, match="occurred_at"):
        parse_event(payload | {"occurred_at": moment})
