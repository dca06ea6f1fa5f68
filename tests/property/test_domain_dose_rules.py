"""Laws of the window that opens with the removal from storage."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.container import Container, Moment
from ledger.domain.registry import ProductVersion
from ledger.domain.registry_events import ProductVersionDefined
from ledger.domain.window import opening
from ledger.domain.world import timestamp
from tests.domain_scene import PRODUCT

MOMENTS = [timestamp(1_790_000_000_000 + seconds * 1000) for seconds in range(6)]
RULES = ProductVersionDefined.model_validate(
    PRODUCT
    | {"window_starts": "retrieved", "type": "ProductVersionDefined", "v": 1, "seq": 0, "prev": None}
    | {"occurred_at": MOMENTS[0], "seen": None}
)
told = st.lists(
    st.tuples(st.sampled_from(["put_in", "taken_out", "thaw_starts"]), st.sampled_from(MOMENTS)), max_size=8
)


def opened(story: list[tuple[str, str]]) -> set[str]:
    container = Container("DOSE-1")
    for position, (where, when) in enumerate(story):
        getattr(container, where).append(Moment(position, when, None, 0, "nora", "st-mary"))
    return {moment.occurred_at for moment in opening(container, ProductVersion(RULES, 0))}


@given(told, st.randoms(use_true_random=False))
def test_the_opening_is_the_same_in_whatever_order_facts_arrive(
    story: list[tuple[str, str]], random: Any
) -> None:
    assert opened(random.sample(story, len(story))) == opened(story)


@given(told, st.sampled_from(MOMENTS))
def test_another_removal_never_opens_the_window_later(story: list[tuple[str, str]], when: str) -> None:
    before = opened(story)
    if before:
        assert min(opened([*story, ("taken_out", when)])) <= min(before)


@given(told, st.sampled_from(MOMENTS))
def test_storing_a_dose_after_its_thaw_never_reopens_the_window(
    story: list[tuple[str, str]], when: str
) -> None:
    thaws = [at for where, at in story if where == "thaw_starts"]
    if thaws and when >= min(thaws):
        assert opened([*story, ("put_in", when)]) == opened(story)
