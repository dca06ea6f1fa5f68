"""The read model of excursions, asked and paged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.views.runner import Projector
from ledger.views.temperature import excursions
from tests.store.log import TIME_MS
from tests.store.told import Told

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.store.recorder import LedgerRecorder

MINUTE = 60_000
A, B = "demo:CHAIN-A", "demo:CHAIN-B"


@pytest.fixture
def told(engine: Engine, recorder: LedgerRecorder) -> Told:
    """Two therapies; a bag of the first is warm twice, one of the second once, and too long."""
    told = Told()
    told.define()
    for coi, bag in ((A, "BAG-1"), (B, "BAG-2")):
        told.order(coi)
        told.collect(coi, bag)
    told.attach(A, "BAG-1", 500, 900, 500, 900, minutes=60)
    told.attach(B, "BAG-2", 500, 2_500, 2_600, 2_500, 500)
    told.attach(A, "BAG-1", 500, 500, minutes=80)
    told.store(recorder)
    Projector(engine, recorder).catch_up()
    return told


def test_an_excursion_says_when_how_far_and_which_entries_show_it(engine: Engine, told: Told) -> None:
    first, second, third = excursions(engine).items
    assert (first.container, first.started_ms, first.ended_ms) == (
        "BAG-1", TIME_MS + 60 * MINUTE, TIME_MS + 70 * MINUTE,
    )  # fmt: skip
    assert (second.proof, second.peak_centi_c) == ((5, 7), 900)  # the later statement bounds it
    assert (third.chain, third.peak_centi_c, third.within_limits) == (B, 2_600, False)
    assert third.ended_ms - third.started_ms == 20 * MINUTE


def test_excursions_are_found_by_therapy_container_and_limit(engine: Engine, told: Told) -> None:
    assert [one.container for one in excursions(engine, chain=B).items] == ["BAG-2"]
    assert len(excursions(engine, container="BAG-1").items) == 2
    assert [one.chain for one in excursions(engine, within_limits=False).items] == [B]
    assert {one.chain for one in excursions(engine, within_limits=True).items} == {A}


def test_pages_of_excursions_go_on_where_the_last_ended(engine: Engine, told: Told) -> None:
    whole = excursions(engine).items
    found, after = [], None
    while True:
        page = excursions(engine, after=after, limit=1)
        found += page.items
        after = page.next
        if after is None:
            break
    assert found == whole


def test_a_better_bound_replaces_the_old_row(engine: Engine, recorder: LedgerRecorder, told: Told) -> None:
    told.attach(B, "BAG-2", 2_700, minutes=25)
    told.store(recorder)
    Projector(engine, recorder).catch_up()
    ends = [one.ended_ms - TIME_MS for one in excursions(engine, chain=B).items]
    assert ends == [20 * MINUTE, 25 * MINUTE]
