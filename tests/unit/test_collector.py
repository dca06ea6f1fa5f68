"""Python's search for cycles: seldom while a ledger or an audit holds much, and otherwise as it was."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from ledger.collector import OBJECTS, search_seldom, seldom_searched


class Ring:
    itself: Ring


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_a_block_is_searched_seldom_and_what_follows_as_before() -> None:
    gc.set_threshold(700, 10, 10)
    with pytest.raises(KeyError), seldom_searched():
        assert gc.get_threshold() == (OBJECTS, 10, 10)
        raise KeyError
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("own", [0, 2 * OBJECTS])
def test_whoever_wants_fewer_searches_or_none_keeps_them(own: int) -> None:
    gc.set_threshold(own, 10, 10)
    search_seldom()
    assert gc.get_threshold()[0] == own


def test_a_cycle_that_nobody_needs_still_goes() -> None:
    gc.set_threshold(700, 10, 10)
    search_seldom()
    ring = Ring()
    ring.itself = ring
    known = weakref.ref(ring)
    del ring
    kept = [[number] for number in range(2 * OBJECTS)]
    assert known() is None
    del kept
