"""Time out of storage: what adds to it, what stops it, and which limit it is held against."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from unittest.mock import patch

from ledger.domain.out_of_storage import Out, limit_of, out_of_storage
from ledger.domain.world import timestamp
from tests.domain_phrases import raised, thaw
from tests.domain_scene import CLEANROOM, DOSE, FRESH, HOUR_MS, PRODUCT, VAN, WARD, Said, Scene, scene_at
from tests.domain_warm import FRESH_PROFILE, FROZEN_PROFILE, attach

TOO_LONG = "out_of_storage_too_long"
MINUTE_MS = 60_000


def scene_with(limit_s: int | None = 600, frozen_s: int | None = None) -> Scene:
    """The bag is at the cleanroom; its product allows ten minutes out of storage while it is fresh."""
    fresh = {} if limit_s is None else {"out_of_storage_s": limit_s}
    frozen = {} if frozen_s is None else {"out_of_storage_s": frozen_s}
    with patch.dict(PRODUCT, temperature=[FRESH_PROFILE | fresh, FROZEN_PROFILE | frozen]):
        return scene_at("at_cleanroom")


def move(scene: Scene, event: str, **fields: Any) -> Said:
    place = {"shipper": "box-1"} if event == "Packed" else {"location": "tank-1"}
    return scene.on_chain("mia", event, at=CLEANROOM, containers=[FRESH], **place | fields)


def out(scene: Scene, name: str = FRESH) -> Out | None:
    return out_of_storage(scene.chain, name, scene.world)


def trip(scene: Scene, seconds: int, back: str = "Stored") -> Said:
    """Out of storage, and away again after so long."""
    move(scene, "Retrieved")
    scene.forward(seconds)
    return move(scene, back)


def test_finding_out_of_storage_too_long() -> None:
    """All times out add up; the limit itself is within; it is raised at each that adds beyond it."""
    scene = scene_with()
    assert raised(trip(scene, 400)) == {}
    scene.forward(3600)
    assert raised(trip(scene, 200, "Packed")) == {}
    scene.forward(60)
    assert raised(trip(scene, 1)) == {TOO_LONG: (FRESH,)}
    assert raised(trip(scene, 0)) == {}


def test_the_thaw_ends_it_and_what_follows_is_not_counted() -> None:
    scene = scene_with()
    move(scene, "Retrieved")
    scene.forward(600)
    assert raised(thaw(scene, FRESH, at=CLEANROOM, signer="mia")) == {}
    scene.forward(3600)
    found = out(scene)
    assert found
    assert (found.spent_ms, found.since) == (600_000, None)


def test_manufacture_ends_it_too() -> None:
    scene = scene_with()
    move(scene, "Retrieved")
    scene.forward(601)
    said = scene.on_chain("mia", "ManufacturingStarted", at=CLEANROOM, batch="B-1", platform="P-1",
                          containers=[FRESH])  # fmt: skip
    assert raised(said) == {TOO_LONG: (FRESH,)}


def test_what_is_still_out_is_told_and_not_yet_counted() -> None:
    scene = scene_with()
    assert out(scene) is None
    said = move(scene, "Retrieved")
    scene.forward(3600)
    assert out(scene) == Out(0, 0, timestamp(scene.now_ms - HOUR_MS), (said.entry.position,))


def test_without_a_limit_nothing_is_found_and_the_time_is_known() -> None:
    scene = scene_with(limit_s=None)
    assert raised(trip(scene, 9_000)) == {}
    found = out(scene)
    assert found
    assert (found.spent_ms, limit_of(scene.chain, FRESH, scene.world)) == (9_000_000, None)


def test_the_phase_says_whose_limit_counts_as_evidence_or_a_packing_tells_it() -> None:
    scene = scene_with(frozen_s=60)
    assert limit_of(scene.chain, FRESH, scene.world) == 600  # nobody said: it is what was collected
    attach(scene, -16_000, phase="frozen", range_low_centi_c=-20_000)
    assert limit_of(scene.chain, FRESH, scene.world) == 60
    scene = scene_with(frozen_s=60)
    move(scene, "Packed", phase="frozen")
    assert limit_of(scene.chain, FRESH, scene.world) == 60
    attach(scene, 500)
    assert limit_of(scene.chain, FRESH, scene.world) == 60  # two phases: the stricter
    assert limit_of(scene_with().chain, FRESH, scene.world) == 600


def test_finished_product_is_frozen_where_nobody_says_otherwise() -> None:
    with patch.dict(PRODUCT, temperature=[FRESH_PROFILE, FROZEN_PROFILE | {"out_of_storage_s": 60}]):
        scene = scene_at("made")
    assert limit_of(scene.chain, DOSE, scene.world) == 60
    assert limit_of(scene.chain, FRESH, scene.world) is None
    thawed = {"phase": "thawed", "containers": [DOSE]}
    attach(scene, 2_000, **thawed)
    assert limit_of(scene.chain, DOSE, scene.world) == 60


def test_what_is_split_off_keeps_what_was_spent_by_then() -> None:
    scene = scene_with()
    trip(scene, 500)
    made = [{"container": "PART-1", "volume_ul": 1_000}]
    scene.on_chain("lea", "ContainersDerived", at=CLEANROOM, how="split",
                   parents=[{"container": FRESH, "volume_ul": 50_000}], children=made)  # fmt: skip
    scene.forward(60)
    assert raised(trip(scene, 200)) == {TOO_LONG: (FRESH,)}
    child = out(scene, "PART-1")
    assert child
    assert child.spent_ms == 500_000


def split(scene: Scene, parent: str, *names: str, volume_ul: int = 50_000) -> Said:
    made = [{"container": name, "volume_ul": min(1_000, volume_ul)} for name in names]
    return scene.on_chain("mia", "ContainersDerived", at=CLEANROOM, how="split", children=made,
                          parents=[{"container": parent, "volume_ul": volume_ul}])  # fmt: skip


def test_what_is_split_off_while_its_parent_is_out_is_out_from_then_on() -> None:
    scene = scene_with()
    move(scene, "Retrieved")
    scene.forward(400)
    assert raised(split(scene, FRESH, "PART-1")) == {}
    scene.forward(100)
    assert raised(split(scene, "PART-1", "PART-2", volume_ul=500)) == {}
    for name, spent_ms, since_ms in (("PART-1", 400_000, 100_000), ("PART-2", 500_000, 0)):
        found = out(scene, name)
        assert found
        assert (found.spent_ms, found.since) == (spent_ms, timestamp(scene.now_ms - since_ms))
    scene.forward(101)
    parts = ["PART-1", "PART-2"]
    said = scene.on_chain("mia", "Stored", at=CLEANROOM, containers=parts, location="tank-1")
    assert raised(said) == {TOO_LONG: tuple(parts)}
    whole, part = out(scene), out(scene, "PART-1")
    assert whole
    assert part
    assert (part.spent_ms, part.claimed_ms, part.since) == (601_000, 601_000, None)
    assert whole.since  # what is left of the parent is out still


def test_finding_it_at_the_split_of_what_was_out_too_long() -> None:
    scene = scene_with()
    move(scene, "Retrieved")
    scene.forward(601)
    assert raised(split(scene, FRESH, "PART-1")) == {TOO_LONG: (FRESH,)}


def test_what_is_used_up_is_no_longer_out_and_what_was_put_away_before_the_split_is_not() -> None:
    scene = scene_with()
    move(scene, "Retrieved")
    scene.forward(60)
    split(scene, FRESH, "PART-1", volume_ul=scene.chain.containers[FRESH].volume_ul)
    found = out(scene)
    assert found
    assert (found.spent_ms, found.since) == (60_000, None)
    scene = scene_with()
    trip(scene, 60)
    scene.forward(60)
    split(scene, FRESH, "PART-1")
    part = out(scene, "PART-1")
    assert part
    assert (part.spent_ms, part.since) == (60_000, None)


def test_a_removal_that_is_told_after_the_split_counts_for_both() -> None:
    scene = scene_with()
    taken_ms, seen = scene.now_ms, scene.seen
    scene.forward(900)
    split(scene, FRESH, "PART-1")
    said = move(scene, "Retrieved", occurred_at=timestamp(taken_ms), seen=seen)
    assert raised(said) == {TOO_LONG: ("PART-1",)}


def test_a_removal_told_late_counts_from_the_checkpoint_seen_and_the_return_from_its_recording() -> None:
    scene = scene_with()
    seen, said_ms = scene.seen, scene.now_ms
    scene.forward(3600)
    taken = {"occurred_at": timestamp(said_ms + 30 * MINUTE_MS), "seen": seen}
    put = {"occurred_at": timestamp(said_ms + 31 * MINUTE_MS), "seen": seen}
    move(scene, "Retrieved", **taken)
    assert raised(move(scene, "Stored", **put)) == {TOO_LONG: (FRESH,)}
    found = out(scene)
    assert found
    assert (found.claimed_ms, found.spent_ms) == (MINUTE_MS, scene.now_ms - said_ms)


def test_a_removal_by_a_device_that_had_seen_nothing_has_no_bound() -> None:
    scene = scene_with()
    early = {"occurred_at": timestamp(scene.now_ms - HOUR_MS), "seen": None}
    assert raised(move(scene, "Retrieved", **early)) == {TOO_LONG: (FRESH,)}  # it was packed since
    found = out(scene)
    assert found
    assert found.spent_ms is None


def test_the_time_is_the_same_in_whatever_order_the_facts_arrive() -> None:
    found = set()
    for order in permutations(range(4)):
        scene = scene_with()
        said_ms = [scene.now_ms + minutes * MINUTE_MS for minutes in (1, 9, 60, 62)]
        seen = scene.seen
        scene.forward(7_200)
        events = ("Retrieved", "Stored", "Retrieved", "Packed")
        codes: set[str] = set()
        recorded_ms = scene.now_ms
        for number in order:
            when = {"occurred_at": timestamp(said_ms[number]), "seen": seen, "recorded_ms": recorded_ms}
            codes |= move(scene, events[number], **when).codes
        told = out(scene)
        assert told
        found.add((told.spent_ms, told.claimed_ms, TOO_LONG in codes))
    (only,) = found
    assert only[1:] == (10 * MINUTE_MS, True)


def test_custody_elsewhere_changes_nothing_of_it() -> None:
    scene = scene_with()
    trip(scene, 60, "Packed")
    scene.hand_over(("mia", CLEANROOM), ("kit", VAN), FRESH)
    scene.hand_over(("kit", VAN), ("nora", WARD), FRESH)
    found = out(scene)
    assert found
    assert found.spent_ms == 60_000
