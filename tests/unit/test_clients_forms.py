"""Typed words become an event's members, by the event's own schema."""

from __future__ import annotations

import pytest

from clients.drafts import draft
from clients.forms import OWN, filled, moment, shape_of, written
from ledger.domain.events import EVENTS, TemperatureEvidenceAttached
from ledger.domain.parts import Event
from ledger.domain.registry_events import AgentEnrolled, AgentRolesChanged, ProductVersionDefined
from ledger.domain.supply_events import MaterialConsumed
from ledger.domain.therapy_events import (
    CollectionCompleted,
    ContainersDerived,
    CustodyAccepted,
    DeviationRaised,
    TherapyOrdered,
)
from ledger.errors import Malformed


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_a_form_asks_for_every_member_but_the_clients_own(event: type[Event]) -> None:
    assert {name for name, _ in shape_of(event).parts} == set(event.model_fields) - OWN


def test_short_and_long_spelling_mean_the_same() -> None:
    short = ["containers=BAG-1, BAG-2", "giver=st-mary/apheresis", "receiver=depot/van-2", "release=none"]
    long = [
        "containers.0=BAG-1",
        "containers.1=BAG-2",
        "giver.site=st-mary",
        "giver.department=apheresis",
        "receiver.site=depot",
        "receiver.department=van-2",
        "release=",
    ]
    shape = shape_of(CustodyAccepted)
    assert filled(shape, short) == filled(shape, long)
    assert filled(shape, short)["release"] is None


def test_what_is_filled_in_makes_a_valid_event() -> None:
    members = filled(
        shape_of(ContainersDerived),
        [
            "at=northcell-1/cleanroom",
            "how=fill",
            "parents=BAG-F1:200000",
            "children.0.container=BAG-D1",
            "children.0.volume_ul=50000",
            "children.0.expires_at=2026-12-24T18:00+01:00",
        ],
    )
    made = draft({"type": "ContainersDerived"} | members, "chain/isbt128:CHA1")
    assert made.payload["children"][0] == {
        "container": "BAG-D1",
        "volume_ul": 50_000,
        "expires_at": "2026-12-24T17:00:00.000Z",
    }


def test_numbers_truth_and_roles_are_read_as_what_they_are() -> None:
    assert filled(shape_of(DeviationRaised), ["blocking=yes", "containers="]) == {
        "blocking": True,
        "containers": [],
    }
    assert filled(shape_of(TherapyOrdered), ["product=decentra-car:3"])["product"]["version"] == 3
    assert filled(shape_of(AgentEnrolled), ["roles=nurse@st-mary,quality@northcell-1"])["roles"] == [
        {"role": "nurse", "site": "st-mary"},
        {"role": "quality", "site": "northcell-1"},
    ]


@pytest.mark.parametrize(
    ("event", "pair", "named"),
    [
        (CustodyAccepted, "containers", "name=value"),
        (CustodyAccepted, "colour=red", "colour"),
        (CustodyAccepted, "giver.room=5", "giver.room"),
        (CustodyAccepted, "giver=st-mary", "site/department"),
        (CustodyAccepted, "condition=fine", "intact"),
        (CustodyAccepted, "condition.x=fine", "no parts"),
        (CustodyAccepted, "containers.first=A", "is a list"),
        (CollectionCompleted, "containers=BAG-1:lots", "containers.0.volume_ul"),
        (DeviationRaised, "blocking=perhaps", "yes or no"),
        (TherapyOrdered, "sites=st-mary", "sites.collection"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(event: type[Event], pair: str, named: str) -> None:
    with pytest.raises(Malformed, match=named) as caught:
        filled(shape_of(event), [pair])
    assert caught.value.code == "bad_value"


@pytest.mark.parametrize("pairs", [["giver=a/b", "giver.site=c"], ["seal=1", "seal=2"]])
def test_the_same_member_twice_is_refused(pairs: list[str]) -> None:
    with pytest.raises(Malformed, match="bad_value"):
        filled(shape_of(CustodyAccepted), pairs)


def test_moments_are_turned_into_utc() -> None:
    assert moment("2026-03-01T09:30Z") == "2026-03-01T09:30:00.000Z"
    assert moment("2026-03-01T09:30:01.2345+02:00") == "2026-03-01T07:30:01.234Z"
    assert len(moment("now")) == len("2026-03-01T09:30:00.000Z")


@pytest.mark.parametrize("text", ["2026-03-01T09:30", "yesterday", "2026-13-01T00:00Z", ""])
def test_a_moment_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="bad_moment"):
        moment(text)


def test_hints_tell_how_to_write_a_member() -> None:
    hints = {name: shape.hint for name, shape in shape_of(CustodyAccepted).parts}
    assert hints["containers"] == "several by commas"
    assert hints["giver"] == "site/department"
    assert hints["condition"] == "intact or damaged or thawed or unknown"


def test_what_is_written_reads_back_as_the_same() -> None:
    typed = [
        "giver=st-mary/ward-5",
        "receiver=depot/van-2",
        "containers=BAG-1, BAG-2",
        "release=none",
        "seal=S 1",
    ]
    members = filled(shape_of(CustodyAccepted), typed)
    again = filled(shape_of(CustodyAccepted), [f"{name}={written(value)}" for name, value in members.items()])
    assert again == members


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (True, "yes"),
        (False, "no"),
        (None, "none"),
        ([], "none"),
        ([{"role": "nurse", "site": "st-mary"}], "nurse@st-mary"),
        ({"product": "p", "version": 2}, "p:2"),
        ({"field": "birth_date", "commitment": "ab" * 32}, "birth_date (as commitment abababababab…)"),
        ({"container": "BAG-1", "volume_ul": 5, "bag": 1}, "container BAG-1; volume_ul 5; bag 1"),
    ],
)
def test_members_are_written_as_people_type_them(value: object, text: str) -> None:
    assert written(value) == text


def test_readings_are_a_list_by_commas_in_which_none_is_no_reading() -> None:
    shape = shape_of(TemperatureEvidenceAttached)
    members = filled(shape, ["readings_centi_c=512, -15012,none", "calibrated_until=none", "phase=fresh"])
    assert members == {"readings_centi_c": [512, -15_012, None], "calibrated_until": None, "phase": "fresh"}


def test_a_product_s_profiles_are_written_part_by_part() -> None:
    pairs = ["phase=frozen", "high_centi_c=-15000", "longest_excursion_s=0", "required=yes"]
    members = filled(shape_of(ProductVersionDefined), [f"temperature.0.{pair}" for pair in pairs])
    assert members["temperature"] == [
        {"phase": "frozen", "high_centi_c": -15_000, "longest_excursion_s": 0, "required": True}
    ]


@pytest.mark.parametrize("nothing", ["roles=", "roles=none"])
def test_a_list_that_may_be_empty_is_given_as_none(nothing: str) -> None:
    """Somebody who has left has no role any more."""
    members = filled(shape_of(AgentRolesChanged), [nothing, "reason=left"])
    assert draft({"type": "AgentRolesChanged"} | members, "agent/nora").payload["roles"] == []


def test_lots_and_equipment_are_listed_with_commas() -> None:
    given = ["at=northcell-1/cleanroom", "batch=B-1", "containers=BAG-1", "lots=lv-1, media-2"]
    members = filled(shape_of(MaterialConsumed), given)
    made = draft({"type": "MaterialConsumed"} | members, "chain/isbt128:CHA1")
    assert made.payload["lots"] == ["lv-1", "media-2"]
