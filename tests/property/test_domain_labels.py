"""Laws of labels and destruction: the same answer in whatever order the statements arrive."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.chain import Chain
from ledger.domain.label_state import label_on, void_since
from ledger.domain.world import Entry, timestamp
from tests.domain_scene import CHAIN, COI, START_MS, WARD, Scene

BAGS = ["BAG-1", "BAG-2"]
SERIALS = ["L-1", "L-2", "L-3"]
people = st.sampled_from(["anna", "mia"])
bags = st.sampled_from(BAGS)
serials = st.sampled_from(SERIALS)
moments = st.integers(0, 4).map(lambda minute: timestamp(START_MS + 60_000 * minute))


@st.composite
def uses(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Something done with a label, as its signer tells it."""
    serial, bag = draw(serials), draw(bags)
    return draw(
        st.sampled_from(
            [
                ("LabelApplied", {"serial": serial, "container": bag}),
                ("LabelScannedBack", {"serial": serial, "container": bag, "outcome": "readable"}),
                ("LabelScannedBack", {"serial": serial, "container": bag, "outcome": "wrong_content"}),
                ("LabelScannedBack", {"serial": serial, "outcome": "readable"}),
                (
                    "LabelPrinted",
                    {
                        "serial": serial,
                        "template": "cryobag",
                        "medium": "zpl",
                        "dpi": 300,
                        "digest": "ab" * 32,
                    },
                ),
                ("LabelVoided", {"serial": serial, "reason": "smeared"}),
                ("LabelDestroyed", {"serials": [serial], "fate": "destroyed"}),
                ("LabelDestroyed", {"serials": [serial], "fate": "returned_unused"}),
            ]
        )
    )


@st.composite
def stories(draw: st.DrawFn) -> list[Entry]:
    """Each serial printed once (L-3 in place of L-1), and whatever was done with them then."""
    printed: list[tuple[str, dict[str, Any]]] = [
        ("LabelIssued", {"serials": ["L-1"], "container": "BAG-1"}),
        ("LabelIssued", {"serials": ["L-2"]}),
        ("LabelIssued", {"serials": ["L-3"], "replaces": {"serial": "L-1", "reason": "smeared"}}),
    ]
    told = [*printed, *draw(st.lists(uses(), max_size=8))]
    scene = Scene()
    return [
        scene.entry(draw(people), CHAIN, name, at=WARD, occurred_at=draw(moments), seen=None, **fields)
        for name, fields in told
    ]


def answers(entries: list[Entry]) -> dict[str, Any]:
    chain = Chain(COI)
    for entry in entries:
        chain.apply(entry)
    on = {bag: label_on(bag, chain) for bag in BAGS}
    return {bag: label and label.serial for bag, label in on.items()} | {
        serial: (void_since(label, chain), label.is_astray, label.belongs_to, label.state)
        for serial, label in chain.labels.items()
    }


@settings(max_examples=200)
@given(stories(), st.data())
def test_which_label_is_in_force_does_not_depend_on_the_order_of_arrival(
    entries: list[Entry], data: st.DataObject
) -> None:
    assert answers(data.draw(st.permutations(entries))) == answers(entries)


@given(stories())
def test_a_void_label_is_on_no_container_and_none_is_on_two(entries: list[Entry]) -> None:
    chain = Chain(COI)
    for entry in entries:
        chain.apply(entry)
    found = [label for bag in BAGS if (label := label_on(bag, chain))]
    assert len({label.serial for label in found}) == len(found)
    assert all(void_since(label, chain) is None for label in found)


@given(st.permutations(["nora", "nils", "done"]), st.booleans())
def test_a_destruction_is_complete_with_a_second_person_in_whatever_order(
    order: list[str], alone: bool
) -> None:
    scene = Scene()
    done = scene.entry("nora", CHAIN, "Destroyed", at=WARD, containers=BAGS, method="incineration",
                       reason="thawed")  # fmt: skip
    said: dict[str, Any] = {"at": WARD, "containers": BAGS, "destruction": done.statement_id}
    told = {"done": done} | {
        name: scene.entry(name, CHAIN, "DestructionWitnessed", **said) for name in ("nora", "nils")
    }
    chain = Chain(COI)
    for name in order:
        if not (alone and name == "nils"):
            chain.apply(told[name])
    assert chain.disposals[done.statement_id].unwitnessed() == (BAGS if alone else [])
