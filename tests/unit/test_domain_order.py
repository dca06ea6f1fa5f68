"""The claimed order beside the proved one: what is out of order, late, impossible, or could not be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain import order as order_module
from ledger.domain.order import Order, order_of
from ledger.domain.world import Entry, timestamp
from tests.domain_scene import COI, DOSE, HOUR_MS, WARD, Scene, scene_at


def order(scene: Scene) -> Order:
    entries = [entry for entry, _ in scene.entries if entry.stream == f"chain/{COI}"]
    return order_of(COI, entries, lambda size: head_ms(scene, size))


def head_ms(scene: Scene, size: int) -> int | None:
    found = scene.checkpoints.get(size)
    return found[1] if found else None


def late(scene: Scene, hours: int, signer: str = "nora", event: str = "Stored", **fields: Any) -> Entry:
    """Said now, sent as if it had happened `hours` ago."""
    then = timestamp(scene.now_ms - hours * HOUR_MS)
    about = {"at": WARD, "containers": [DOSE], "location": "FRIDGE-2"} if event == "Stored" else {}
    return scene.on_chain(signer, event, occurred_at=then, **(about | fields)).entry


def test_a_story_told_as_it_happened_has_nothing_out_of_order() -> None:
    found = order(scene_at("infused"))
    assert (found.pairs, found.unseen, found.more_pairs) == ([], [], 0)
    assert [one.rank for one in found.entries] == [one.claimed_rank for one in found.entries]


def test_a_late_fact_stands_behind_what_it_claims_to_precede() -> None:
    scene = scene_at("at_ward")
    scene.forward(2 * 3600)
    entry = late(scene, 1)
    found = order(scene)
    (placed,) = [one for one in found.entries if one.entry is entry]
    assert placed.late_ms == HOUR_MS
    assert placed.claimed_rank <= placed.rank
    scene.forward(3600)
    latest = late(scene, 4)
    assert {one.earlier for one in order(scene).pairs} == {latest.position}


def test_a_fact_that_came_after_a_decision_could_not_be_seen_by_its_signer() -> None:
    scene = scene_at("authorised")
    decision = scene.entries[-1][0]
    scene.forward(3600)
    entry = late(scene, 2)
    (unseen,) = [one for one in order(scene).unseen if one.decision is decision]
    assert (unseen.entry, unseen.why) == (entry, "came_later")
    assert decision.type == "InfusionAuthorised"


def test_it_says_which_gates_the_unseen_entry_touches() -> None:
    scene = scene_at("authorised")
    decision = scene.entries[-1][0]
    scene.forward(3600)
    late(scene, 2, "quinn", "Quarantined", containers=[DOSE], reason="suspected_mix_up")
    (unseen,) = [one for one in order(scene).unseen if one.decision is decision]
    assert "quarantine" in unseen.matters


def test_a_claim_after_its_own_recording_is_outside_its_bounds() -> None:
    scene = scene_at("at_ward")
    entry = late(scene, -3)
    (placed,) = [one for one in order(scene).entries if one.entry is entry]
    assert placed.as_dict()["outside"] == "after"
    assert placed.outside_ms > 2 * HOUR_MS


def test_a_claim_before_what_its_device_had_seen_is_outside_and_not_impossible() -> None:
    scene = scene_at("at_ward")
    scene.forward(2 * 3600)
    scene.on_chain("nora", "Stored", at=WARD, containers=[DOSE], location="FRIDGE-1")
    entry = late(scene, 5)
    (placed,) = [one for one in order(scene).entries if one.entry is entry]
    assert placed.as_dict()["outside"] == "before"
    assert all(one.seen for one in order(scene).pairs if one.earlier == entry.position)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=5))
def test_ranks_are_permutations_and_pairs_are_exactly_the_inversions(hours: list[int]) -> None:
    scene = scene_at("at_ward")
    for one in hours:
        late(scene, one)
    found = order(scene)
    assert sorted(one.claimed_rank for one in found.entries) == [one.rank for one in found.entries]
    people = [one for one in found.entries if one.entry.signer != "ledger"]
    claimed = {one.entry.position: one.claimed_rank for one in people}
    inverted = {(b, a) for a in claimed for b in claimed if b > a and claimed[b] < claimed[a]}
    assert {(one.earlier, one.later) for one in found.pairs} == inverted


def test_what_a_signer_did_with_another_device_was_known_to_that_signer() -> None:
    scene = scene_at("authorised")
    decision = scene.entries[-1][0]
    scene.forward(3600)
    own = late(scene, 2, decision.signer)
    assert own.signer == decision.signer
    assert [one for one in order(scene).unseen if one.decision is decision] == []


def test_whoever_does_not_see_all_entries_sees_which_were_recorded_meanwhile() -> None:
    """A decision says how many entries its signer saw of all that there are."""
    scene = scene_at("authorised")
    entries = [entry for entry, _ in scene.entries if entry.stream == f"chain/{COI}"]
    decision = entries[-1]
    event = decision.event.model_copy(update={"chain_version": len(entries) - 2})
    entries[-1] = replace(decision, event=event)
    numbers = list(range(len(entries)))[3:]
    whole, part = (
        order_of(COI, *asked) for asked in ((entries, lambda _: None), (entries[3:], lambda _: None, numbers))
    )
    last = [one.entry for one in whole.unseen if one.decision is entries[-1]]
    assert last
    assert [one.entry for one in part.unseen if one.decision is entries[-1]] == last


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.integers(1, 30))
def test_the_pairs_that_are_listed_are_the_furthest_apart(hours: list[int], most: int) -> None:
    """However many there are; the others are counted."""
    entry = scene_at("at_ward").entries[-1][0]
    entries = [
        replace(entry, position=n, statement_id=f"{n:064x}", event=entry.event.model_copy(
            update={"occurred_at": timestamp(entry.recorded_ms - one * HOUR_MS)}))
        for n, one in enumerate(hours)
    ]  # fmt: skip
    pairs = [
        (-HOUR_MS * (b - a), m, n)
        for n, a in enumerate(hours)
        for m, b in enumerate(hours)
        if n < m and a < b
    ]
    with patch.object(order_module, "MAX_PAIRS", most):
        found = order_of(COI, entries, lambda _: None)
    assert [(-one.by_ms, one.earlier, one.later) for one in found.pairs] == sorted(pairs)[:most]
    assert found.more_pairs == max(0, len(pairs) - most)
