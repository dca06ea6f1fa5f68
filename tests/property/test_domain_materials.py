"""Laws of lots: whatever order facts arrive in, a recalled lot stops the same containers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.chain import Chain
from ledger.domain.materials import used_in
from tests.domain_scene import CHAIN, CLEANROOM, COI, DOSE, DOSE_2, FRESH, Scene, scene_at
from tests.domain_supply import consume, recall, stocked

CONTAINERS = (FRESH, DOSE, DOSE_2, "ODD-1")
LOTS = ("lv-1", "media-1")
uses = st.lists(
    st.tuples(st.sampled_from(CONTAINERS), st.sampled_from(("B-1", "B-2", "B-3")), st.sampled_from(LOTS)),
    min_size=1,
    max_size=5,
)


def told(history: list[tuple[str, str, str]]) -> Scene:
    scene = stocked(scene_at("made"), *LOTS)
    for container, batch, lot in history:
        consume(scene, lot, containers=[container], batch=batch)
    step = {"at": CLEANROOM, "step": "harvest", "containers": [DOSE]}
    scene.on_chain("mia", "StepCompleted", batch="B-2", **step)
    return scene


def stopped(chain: Chain, scene: Scene) -> dict[str, set[str]]:
    return {
        name: {used.name for used in used_in(chain, name, scene.world) if used.stops} for name in CONTAINERS
    }


@settings(max_examples=60)
@given(uses, st.data())
def test_what_a_recall_stops_does_not_depend_on_the_order_of_arrival(
    history: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    scene = told(history)
    recall(scene, "lv-1")
    shuffled = Chain(COI)
    order, *rest = [entry for entry, _ in scene.entries if entry.stream == CHAIN]
    for entry in [order, *data.draw(st.permutations(rest))]:  # what came before an order is set aside
        shuffled.apply(entry)
    assert stopped(shuffled, scene) == stopped(scene.chain, scene)


@settings(max_examples=60)
@given(uses)
def test_what_stops_a_container_stops_all_that_was_made_of_it(history: list[tuple[str, str, str]]) -> None:
    scene = told(history)
    recall(scene, "lv-1")
    found = stopped(scene.chain, scene)
    assert found[FRESH] <= found[DOSE]
    assert found[FRESH] <= found[DOSE_2]
    assert all(names <= {"lv-1"} for names in found.values())
