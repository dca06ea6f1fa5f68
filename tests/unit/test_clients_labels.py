"""Labels and handling in plain words, and as a person types them."""

from __future__ import annotations

from typing import Any

import pytest

from clients.cli.prompts import asked
from clients.drafts import draft, event_type
from clients.forms import filled, shape_of, written
from clients.labels import read_back
from clients.words import sentence

AT = {"site": "st-mary", "department": "ward-5"}
SPOKEN: list[tuple[dict[str, Any], str]] = [
    (
        {"type": "LabelIssued", "at": AT, "serials": ["L-2"], "container": "BAG-1",
         "replaces": {"serial": "L-1", "reason": "smeared_ink"}},
        "nora issued label L-2 at ward-5 at st-mary for bag BAG-1 in place of L-1 (smeared ink)",
    ),
    (
        {"type": "LabelIssued", "at": AT, "serials": ["L-2", "L-3"]},
        "nora issued labels L-2 and L-3 at ward-5 at st-mary",
    ),
    (
        {"type": "LabelScannedBack", "at": AT, "serial": "L-1", "container": "BAG-1",
         "outcome": "wrong_content"},
        "nora read label L-1 back from bag BAG-1 at ward-5 at st-mary: IT DOES NOT SAY WHAT IT SHOULD",
    ),
    (
        {"type": "LabelScannedBack", "at": AT, "serial": "L-1", "outcome": "readable",
         "wrong_modules": 3, "modules": 1089},
        (
            "nora read label L-1 back at ward-5 at st-mary: it reads well, 3 of 1089 modules differ from"
            " what was printed (no ISO/IEC 15415 grade)"
        ),
    ),
    (
        {"type": "LabelPrinted", "at": AT, "serial": "L-1", "template": "cryobag", "medium": "zpl",
         "dpi": 300, "digest": "ab" * 32},
        "nora printed label L-1 at ward-5 at st-mary (cryobag, zpl, 300 dpi)",
    ),
    (
        {"type": "LabelDestroyed", "at": AT, "serials": ["L-1"], "fate": "returned_unused"},
        "nora made away with label L-1 at ward-5 at st-mary: given back unused",
    ),
    (
        {"type": "ThawStarted", "at": AT, "containers": ["BAG-1"], "labels": ["L-1"]},
        "nora began to thaw bag BAG-1 at ward-5 at st-mary, reading label L-1",
    ),
    (
        {"type": "InfusionChecked", "site": "st-mary", "container": "BAG-1", "method": "scan",
         "label": "L-1", "component": "cd8"},
        (
            "nora checked bag BAG-1 (component cd8) with label L-1 against the patient's wristband"
            " at st-mary (scanned)"
        ),
    ),
    (
        {"type": "Destroyed", "at": AT, "containers": ["BAG-1"], "method": "high_heat", "reason": "thawed"},
        "nora DESTROYED bag BAG-1 at ward-5 at st-mary by high heat (thawed)",
    ),
    (
        {"type": "ReceiptInspected", "at": AT, "containers": ["BAG-1"], "shipper": "S-1",
         "condition": "intact", "expected": 2, "received": 1, "outcome": "quarantine"},
        (
            "nora inspected bag BAG-1 in shipper S-1 at ward-5 at st-mary, in good condition:"
            " 1 of 2 arrived, put into QUARANTINE"
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "said"), SPOKEN, ids=lambda one: str(one)[:40])
def test_labels_and_handling_read_as_plain_words(payload: dict[str, Any], said: str) -> None:
    assert sentence(payload, "nora") == said


def test_a_reprint_is_typed_in_short() -> None:
    pairs = ["at=st-mary/ward-5", "serials=L-2", "container=BAG-1", "replaces=L-1:smeared"]
    members = filled(shape_of(event_type("LabelIssued")), pairs)
    assert members == {"at": AT, "serials": ["L-2"], "container": "BAG-1",
                       "replaces": {"serial": "L-1", "reason": "smeared"}}  # fmt: skip
    assert written(members["replaces"]) == "L-1:smeared"


def test_a_child_with_its_component_is_typed_member_by_member() -> None:
    pairs = ["children.0.container=BAG-1", "children.0.volume_ul=50000", "children.0.component=cd8"]
    members = filled(shape_of(event_type("ContainersDerived")), pairs)
    assert members["children"] == [{"container": "BAG-1", "volume_ul": 50_000, "component": "cd8"}]


def test_a_link_is_typed_or_asked_for_container_by_container() -> None:
    pairs = ["provisional=acme:PROV-1", "containers.0.container=BAG-1", "containers.0.volume_ul=1000",
             "containers.0.at=st-mary/apheresis"]  # fmt: skip
    bag = {"container": "BAG-1", "volume_ul": 1000, "at": {"site": "st-mary", "department": "apheresis"}}
    shape = shape_of(event_type("ChainLinked"))
    assert filled(shape, pairs) == {"provisional": "acme:PROV-1", "containers": [bag]}
    told = {"containers.0.container": "BAG-1", "containers.0.volume_ul": "1000",
            "containers.0.at": "st-mary/apheresis"}  # fmt: skip
    found = asked(shape, {"provisional": "acme:PROV-1"}, lambda text: told.get(_name(text), ""))
    assert {name: one for name, one in found["containers"][0].items() if one is not None} == bag
    made = draft(
        {"type": "ChainLinked", "chain_version": 3, "provisional": "acme:PROV-1"} | found, "chain/x:ABCD"
    )
    assert sentence(made.payload, "carl", made.stream) == (
        "carl took bag BAG-1 of the provisional chain acme:PROV-1 into the therapy of the patient of x:ABCD"
    )


def _name(question: str) -> str:
    return question.split(" (")[0].rstrip(": ").replace(" ", "_")


# --- what a photo shows ---------------------------------------------------------------------

SHOWN: dict[str, Any] = {
    "text": "HTTPS://UB.EXAMPLE/B/BAG-1.L0001.0000000000000000", "container": "BAG-1", "serial": "L0001",
    "genuine": True, "wrong_modules": 0, "modules": 1089,
}  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "container", "outcome"),
    [
        ({}, "BAG-1", "readable"),
        ({}, None, "readable"),  # for that bag, and on none yet
        ({"container": None}, "BAG-1", "readable"),  # printed ahead of need
        ({}, "BAG-2", "wrong_content"),
        ({"serial": "L0002"}, None, "wrong_content"),
        ({"genuine": False}, None, "wrong_content"),
        ({"text": None}, "BAG-1", "unreadable"),
    ],
)
def test_a_photo_says_whether_it_is_the_label_that_it_should_be(
    shown: dict[str, Any], container: str | None, outcome: str
) -> None:
    assert read_back(SHOWN | shown, "L0001", container)["outcome"] == outcome
