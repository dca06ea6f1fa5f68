"""The thaw window: which moment counts, when clocks and networks cannot be trusted."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.gates import Gate, infusion_gates
from ledger.domain.registry import ProductVersion
from ledger.domain.window import PROMPT_MS, earliest_ms, latest_ms, opening
from ledger.domain.world import timestamp
from tests.domain_scene import COI, DOSE, HOUR_MS, START_MS, WARD, Scene, scene_at

WINDOW_MS = 3600 * 1000


def window(scene: Scene, container: str = DOSE) -> Gate:
    gates = infusion_gates(scene.world, COI, container, "st-mary", scene.now_ms)
    return next(gate for gate in gates if gate.name == "thaw_window")


def thaw(scene: Scene, **fields: Any) -> Any:
    scene.on_chain("nora", "ThawStarted", at=WARD, containers=[DOSE], **fields)
    return scene.chain.containers[DOSE].thaw_starts[-1]


def offline(scene: Scene, hours: int, **fields: Any) -> Any:
    """A thaw an hour after the device last saw the log, sent `hours` later."""
    seen = scene.seen
    scene.now_ms += HOUR_MS
    made = {"occurred_at": timestamp(scene.now_ms), "seen": seen} | fields
    scene.now_ms += hours * HOUR_MS
    return thaw(scene, **made)


def test_a_thaw_that_is_recorded_at_once_counts_from_when_it_is_said_to_have_been() -> None:
    scene = scene_at("at_ward")
    scene.now_ms += 5 * HOUR_MS  # the log was quiet: the newest checkpoint is hours old
    said_ms = scene.now_ms - PROMPT_MS
    moment = thaw(scene, occurred_at=timestamp(said_ms))
    assert earliest_ms(moment, scene.world) == said_ms
    scene.now_ms = said_ms + WINDOW_MS
    assert window(scene) == Gate(
        "thaw_window",
        True,
        f"The window after thaw is open until {timestamp(scene.now_ms)}.",
        (moment.position,),
    )
    scene.now_ms += 1
    assert not window(scene).passed


def test_a_thaw_that_comes_late_counts_from_the_checkpoint_that_its_device_had_seen() -> None:
    scene = scene_at("at_ward")
    seen_ms = scene.now_ms
    moment = offline(scene, hours=1)
    assert earliest_ms(moment, scene.world) == seen_ms
    assert not window(scene).passed


def test_a_late_thaw_that_is_said_to_be_earlier_than_what_the_device_saw_counts_from_then() -> None:
    scene = scene_at("at_ward")
    said_ms = scene.now_ms - HOUR_MS
    assert earliest_ms(offline(scene, hours=1, occurred_at=timestamp(said_ms)), scene.world) == said_ms


def test_a_late_thaw_by_a_device_that_had_seen_nothing_has_no_bound() -> None:
    scene = scene_at("at_ward")
    assert earliest_ms(offline(scene, hours=1, seen=None), scene.world) is None
    assert not window(scene).passed


def test_a_device_whose_clock_is_hours_ahead_is_not_taken_at_its_word() -> None:
    scene = scene_at("at_ward")
    seen_ms = scene.now_ms
    moment = thaw(scene, occurred_at=timestamp(scene.now_ms + HOUR_MS))
    assert earliest_ms(moment, scene.world) == seen_ms


def test_a_thaw_never_counts_from_after_its_recording() -> None:
    scene = scene_at("at_ward")
    moment = thaw(scene, occurred_at=timestamp(scene.now_ms + PROMPT_MS))
    assert earliest_ms(moment, scene.world) == scene.now_ms


def test_of_two_recorded_thaws_the_earlier_counts() -> None:
    scene = scene_at("at_ward")
    first_ms = scene.now_ms
    thaw(scene)
    scene.now_ms += HOUR_MS // 2
    thaw(scene)
    scene.now_ms = first_ms + WINDOW_MS
    assert window(scene).passed
    scene.now_ms += 1
    assert not window(scene).passed


@pytest.mark.parametrize(("counts_from", "event"), [
    ("thaw_started", "ThawStarted"), ("thaw_completed", "ThawCompleted"),
])  # fmt: skip
def test_the_product_says_whether_the_start_or_the_end_of_the_thaw_counts(
    counts_from: str, event: str
) -> None:
    scene = scene_at("thawed")
    product: Any = scene.world.product("decentra-car")
    rules = product.versions[1].rules.model_copy(update={"window_starts": counts_from})
    (moment,) = opening(scene.chain.containers[DOSE], ProductVersion(rules, 0))
    assert scene.entries[moment.position][0].event.type == event


@pytest.mark.parametrize(
    ("after_ms", "latest"),
    [(0, START_MS), (PROMPT_MS, START_MS), (PROMPT_MS + 1, START_MS + PROMPT_MS + 1), (-1, START_MS - 1)],
)
def test_the_latest_moment_is_the_recording_unless_it_came_at_once(after_ms: int, latest: int) -> None:
    assert latest_ms(timestamp(START_MS), START_MS + after_ms) == latest
