"""Rules that a product version may set for its doses: thawed in order, given in time."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.gates import Gate, infusion_gates
from ledger.domain.world import timestamp
from ledger.errors import Refused, StaleView
from tests.domain_phrases import raised, start_infusion, thaw
from tests.domain_refusing import refused
from tests.domain_scene import (
    COI,
    DOSE,
    DOSE_2,
    HOUR_MS,
    ORDER,
    PRODUCT,
    STAGES,
    WARD,
    Said,
    Scene,
    furnished,
)


def ruled(stage: str, monkeypatch: pytest.MonkeyPatch, **rules: Any) -> Scene:
    """The ordinary story of a product with these rules, up to the stage."""
    scene = furnished()
    scene.say("quinn", "product/decentra-car", "ProductVersionDefined", **PRODUCT | {"version": 2} | rules)
    monkeypatch.setitem(ORDER, "product", {"product": "decentra-car", "version": 2})
    for name, tell in STAGES.items():
        tell(scene)
        if name == stage:
            break
    return scene


def window(scene: Scene) -> Gate:
    gates = infusion_gates(scene.world, COI, DOSE, "st-mary", scene.now_ms)
    return next(gate for gate in gates if gate.name == "thaw_window")


def complete(scene: Scene, event: str = "InfusionCompleted", **fields: Any) -> Said:
    done = {"site": "st-mary", "container": DOSE, "dose_given_ul": 50_000}
    return scene.on_chain("nora", event, **done | fields)


def store(scene: Scene, event: str, **fields: Any) -> Said:
    scene.forward(60)
    return scene.on_chain("nora", event, at=WARD, containers=[DOSE], location="VAPOUR-1", **fields)


# --- one bag after the other -------------------------------------------------------------


def test_finding_thawed_before_earlier_bag(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("infusing", monkeypatch, thaw_in_order=True)
    assert raised(thaw(scene, DOSE_2)) == {"thawed_before_earlier_bag": (DOSE_2,)}


@pytest.mark.parametrize("in_order", [False, None])
def test_bags_are_thawed_in_any_order_where_the_product_asks_for_none(
    in_order: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert raised(thaw(ruled("infusing", monkeypatch, thaw_in_order=in_order), DOSE_2)) == {}


def test_the_next_bag_is_thawed_once_the_earlier_one_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("infused", monkeypatch, thaw_in_order=True)
    assert raised(thaw(scene, DOSE_2)) == {}


def test_a_thaw_that_is_told_late_is_judged_by_when_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("infusing", monkeypatch, thaw_in_order=True)
    before = timestamp(scene.now_ms)
    scene.forward(60)
    complete(scene)
    told = raised(thaw(scene, DOSE_2, occurred_at=before))
    assert told["thawed_before_earlier_bag"] == (DOSE_2,)


def test_a_rejected_bag_is_waited_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("prepared", monkeypatch, thaw_in_order=True)
    scene.decide("quinn", "Rejected", containers=[DOSE], reason="bag_broken")
    assert raised(thaw(scene, DOSE_2)) == {}


# --- given in time -----------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "late"), [(3600 - 300, False), (3600 - 299, True)])
def test_finding_completed_outside_window(seconds: int, late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ordinary story completes the thaw, checks and starts 300 s after the thaw's start."""
    scene = ruled("infusing", monkeypatch, complete_within_s=3600)
    scene.forward(seconds)
    assert raised(complete(scene)) == ({"completed_outside_window": (DOSE,)} if late else {})


def test_a_stopped_infusion_is_held_to_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("infusing", monkeypatch, complete_within_s=3600, infuse_within_s=600)
    scene.forward(3600)
    stopped = raised(complete(scene, "InfusionStopped", reason="reaction"))
    assert set(stopped) == {"completed_outside_window", "infusion_too_long", "infusion_stopped"}


def test_an_end_without_a_known_beginning_counts_as_late(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("prepared", monkeypatch, complete_within_s=3600)
    assert "completed_outside_window" in raised(complete(scene))


def test_finding_infusion_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("infusing", monkeypatch, infuse_within_s=600)
    scene.forward(600)
    assert raised(complete(scene)) == {}
    scene = ruled("infusing", monkeypatch, infuse_within_s=600)
    scene.forward(601)
    assert raised(complete(scene)) == {"infusion_too_long": (DOSE,)}


def test_a_start_that_arrives_after_its_end_is_judged_then(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("authorised", monkeypatch, infuse_within_s=60)
    began = timestamp(scene.now_ms)
    scene.forward(200)
    assert "infusion_too_long" not in raised(complete(scene))
    assert "infusion_too_long" in raised(start_infusion(scene, occurred_at=began))


def test_the_gate_says_when_the_infusion_must_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("checked", monkeypatch, complete_within_s=5400)
    closes = scene.now_ms - 300_000 + HOUR_MS
    said = f"open until {timestamp(closes)}. The infusion must end by {timestamp(closes + 1_800_000)}."
    assert window(scene).detail.endswith(said)


# --- from the removal from storage -------------------------------------------------------


def test_the_window_may_open_with_the_removal_from_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("prepared", monkeypatch, window_starts="retrieved")
    assert window(scene).detail == "The removal from frozen storage is not recorded."
    store(scene, "Stored")
    taken = store(scene, "Retrieved").entry
    opened = scene.now_ms
    assert (window(scene).passed, window(scene).proof) == (True, (taken.position,))
    scene.now_ms = opened + HOUR_MS + 1
    assert "The window after removal may have ended" in window(scene).detail


def test_what_was_put_back_before_the_thaw_counts_from_its_last_removal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = ruled("prepared", monkeypatch, window_starts="retrieved")
    store(scene, "Retrieved")
    scene.forward(3600)
    store(scene, "Stored")
    last = store(scene, "Retrieved").entry
    assert (window(scene).passed, window(scene).proof) == (True, (last.position,))


def test_putting_a_thawed_bag_back_wins_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("prepared", monkeypatch, window_starts="retrieved")
    store(scene, "Retrieved")
    thaw(scene, DOSE)
    scene.forward(3600)
    store(scene, "Stored")
    store(scene, "Retrieved")
    assert not window(scene).passed


def test_a_removal_makes_an_authorisation_that_did_not_see_it_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = ruled("checked", monkeypatch)
    seen = scene.chain.version
    store(scene, "Retrieved")
    fields: dict[str, Any] = {"site": "st-mary", "container": DOSE, "chain_version": seen}
    assert refused(StaleView, scene, "phil", f"chain/{COI}", "InfusionAuthorised", **fields) == "stale_view"


def test_an_infusion_cannot_have_to_end_before_it_may_start() -> None:
    short = PRODUCT | {"version": 2, "complete_within_s": 3599}
    stream = "product/decentra-car"
    assert (
        refused(Refused, furnished(), "quinn", stream, "ProductVersionDefined", **short) == "limits_reversed"
    )
