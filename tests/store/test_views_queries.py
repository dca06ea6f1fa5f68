"""What the read models answer: who holds what, what waits, what was made of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import Fault, Malformed
from ledger.store.engines import open_engine
from ledger.store.recorder import LedgerRecorder
from ledger.views.chains import therapies
from ledger.views.custody import held, waiting
from ledger.views.deviations import deviations
from ledger.views.lineage import ancestors, descendants
from ledger.views.runner import Projector
from ledger.views.timeline import story
from tests.store.log import TIME_MS
from tests.store.told import LAB, VAN, WARD, Told

if TYPE_CHECKING:
    from sqlalchemy import Engine

A, B = "demo:CHAIN-A", "demo:CHAIN-B"


@pytest.fixture
def told() -> Told:
    return Told()


def project(recorder: LedgerRecorder, told: Told) -> Engine:
    told.store(recorder)
    Projector(recorder.engine, recorder).catch_up()
    return recorder.engine


def names(page: object) -> list[str]:
    return [one.container for one in page.items]  # type: ignore[attr-defined]


def test_custody_is_found_by_container_therapy_site_and_department(
    recorder: LedgerRecorder, told: Told
) -> None:
    told.collect(A, "BAG-1", "BAG-2")
    told.collect(B, "BAG-3", at=LAB)
    release = told.release(A, "BAG-2", WARD, VAN)
    told.accept(A, "BAG-2", WARD, VAN, release)
    engine = project(recorder, told)
    assert names(held(engine)) == ["BAG-1", "BAG-2", "BAG-3"]
    assert names(held(engine, container_id="BAG-2")) == ["BAG-2"]
    assert names(held(engine, chain=B)) == ["BAG-3"]
    assert names(held(engine, site="st-mary")) == ["BAG-1"]
    assert names(held(engine, site="swift-depot", department="van-2")) == ["BAG-2"]
    assert names(held(engine, site="swift-depot", department="van-9")) == []


def test_the_holder_is_proved_by_the_entry_that_moved_it(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1")
    release = told.release(A, "BAG-1", WARD, VAN)
    told.accept(A, "BAG-1", WARD, VAN, release)
    (one,) = held(project(recorder, told)).items
    assert (one.position, one.held_since, one.site, one.department) == (0, 2, "swift-depot", "van-2")


def test_an_offer_shows_until_it_is_answered(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1")
    release = told.release(A, "BAG-1", WARD, VAN)
    engine = project(recorder, told)
    (one,) = held(engine, offered_to="swift-depot").items
    assert (one.site, one.offered_department, one.offered_since) == ("st-mary", "van-2", 1)
    (half,) = waiting(engine, kind="release").items
    assert (half.statement_id, half.receiver_site, half.position) == (release, "swift-depot", 1)
    told.accept(A, "BAG-1", WARD, VAN, release)
    engine = project(recorder, told)
    assert held(engine, offered_to="swift-depot").items == []
    assert waiting(engine).items == []


def test_a_claim_waits_and_moves_nothing(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1")
    claim = told.accept(A, "BAG-1", WARD, VAN, None)
    engine = project(recorder, told)
    (half,) = waiting(engine, kind="claim", site="swift-depot").items
    assert (half.statement_id, half.giver_department, half.recorded_ms) == (claim, "ward-5", TIME_MS)
    assert names(held(engine, site="st-mary")) == ["BAG-1"]
    assert waiting(engine, kind="release").items == []
    assert waiting(engine, site="northcell-1").items == []
    assert waiting(engine, recorded_before_ms=TIME_MS).items == []
    assert len(waiting(engine, recorded_before_ms=TIME_MS + 1).items) == 1


def test_what_is_used_up_is_shown_only_when_asked_for(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1", "BAG-2")
    told.derive(A, "BAG-1", "DOSE-1", volume_ul=100)
    told.infuse(A, "DOSE-1")
    engine = project(recorder, told)
    assert names(held(engine)) == ["BAG-2"]
    status = {one.container: one.status for one in held(engine, with_used_up=True).items}
    assert status == {"BAG-1": "consumed", "BAG-2": "present", "DOSE-1": "infused"}


def test_lineage_goes_up_and_down_the_nearest_first(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1")
    told.derive(A, "BAG-1", "BAG-2", "BAG-3")
    told.derive(A, "BAG-2", "DOSE-1")
    told.collect(B, "BAG-9")
    engine = project(recorder, told)
    up = ancestors(engine, A, "DOSE-1")
    assert [(one.container, one.steps, one.made_by) for one in up] == [
        ("BAG-2", 1, "split"),
        ("BAG-1", 2, "collection"),
    ]
    assert [(one.container, one.steps) for one in descendants(engine, A, "BAG-1")] == [
        ("BAG-2", 1),
        ("BAG-3", 1),
        ("DOSE-1", 2),
    ]
    assert ancestors(engine, A, "BAG-1") == []
    assert descendants(engine, B, "BAG-1") == []


def test_lineage_shows_the_gap_where_a_parent_never_came_to_be(recorder: LedgerRecorder, told: Told) -> None:
    told.derive(A, "BAG-1", "BAG-2")
    (parent,) = ancestors(project(recorder, told), A, "BAG-2")
    assert (parent.container, parent.made_by, parent.position) == ("BAG-1", None, None)


def test_a_loop_of_false_facts_ends(recorder: LedgerRecorder, told: Told) -> None:
    told.derive(A, "BAG-1", "BAG-2")
    told.derive(A, "BAG-2", "BAG-1")
    engine = project(recorder, told)
    assert [one.container for one in ancestors(engine, A, "BAG-1")] == ["BAG-2"]


def test_the_story_tells_every_entry_with_its_cause(recorder: LedgerRecorder, told: Told) -> None:
    told.order(A)
    told.collect(A, "BAG-1")
    told.collect(B, "BAG-2")
    release = told.release(A, "BAG-1", WARD, VAN)
    told.accept(A, "BAG-1", WARD, VAN, release)
    engine = project(recorder, told)
    entries = story(engine, A).items
    assert [(one.position, one.type, one.cause) for one in entries] == [
        (0, "TherapyOrdered", None),
        (1, "CollectionCompleted", None),
        (3, "CustodyReleased", None),
        (4, "CustodyAccepted", release),
    ]
    assert {one.signer for one in entries} == {"carl", "anna"}
    assert [one.position for one in story(engine, A, before=3).items] == [0, 1]


def test_a_fact_without_standing_is_told_and_changes_nothing(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1")
    stranger = {"at": VAN, "containers": ["BAG-1"], "shipper": "BOX"}
    told.say(A, "Packed", by="mallory", standing=False, **stranger)
    engine = project(recorder, told)
    assert [(one.signer, one.standing) for one in story(engine, A).items] == [
        ("anna", True),
        ("mallory", False),
    ]
    assert [one.signer for one in story(engine, A, standing=False).items] == ["mallory"]
    assert therapies(engine).items[0].version == 1


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two batches"])
def test_what_a_retired_key_recorded_is_marked_late(
    recorder: LedgerRecorder, told: Told, apart: bool
) -> None:
    told.collect(A, "BAG-1")
    late = told.collect(A, "BAG-2")
    if apart:
        project(recorder, told)
    told.deviate(A, "late_by_retired_key", late, severity="review", blocking=False)
    engine = project(recorder, told)
    assert [(one.position, one.late) for one in story(engine, A).items] == [(0, False), (1, True), (2, False)]


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two batches"])
def test_what_was_corrected_is_marked_by_the_newest_correction(
    recorder: LedgerRecorder, told: Told, apart: bool
) -> None:
    wrong = told.collect(A, "BAG-1")
    told.collect(B, "BAG-2")
    if apart:
        project(recorder, told)
    told.correct(A, wrong)
    told.correct(B, wrong)  # no entry of that therapy
    told.correct(A, wrong)
    engine = project(recorder, told)
    assert [(one.position, one.corrected) for one in story(engine, A).items] == [(0, 4), (2, None), (4, None)]
    assert [one.cause for one in story(engine, A).items] == [None, wrong, wrong]
    assert [one.corrected for one in story(engine, B).items] == [None, None]


def test_deviations_are_open_until_quality_has_spoken(recorder: LedgerRecorder, told: Told) -> None:
    cause = told.collect(A, "BAG-1")
    first = told.deviate(A, cause=cause, containers=["BAG-1"])
    told.deviate(A, "note", severity="minor", blocking=False)
    told.deviate(B, "note", severity="minor", blocking=False)
    told.dispose(A, first)
    engine = project(recorder, told)
    assert [(one.chain, one.position) for one in deviations(engine).items] == [(A, 2), (B, 3)]
    assert [one.position for one in deviations(engine, chain=A).items] == [2]
    (closed,) = deviations(engine, is_open=False).items
    assert (closed.statement_id, closed.disposition, closed.disposition_position) == (first, "accepted", 4)
    assert (closed.containers, closed.cause, closed.raised_by) == (("BAG-1",), cause, "anna")
    assert [one.position for one in deviations(engine, is_open=None, severity="minor").items] == [2, 3]
    assert [one.position for one in deviations(engine, is_open=None, blocking=True).items] == [1]


def test_a_therapy_shows_its_order_and_what_stands_open(recorder: LedgerRecorder, told: Told) -> None:
    told.order(A)
    told.collect(B, "BAG-1")
    told.deviate(A)
    told.deviate(A, blocking=False)
    engine = project(recorder, told)
    ordered, provisional = therapies(engine).items
    assert (ordered.product, ordered.treatment_site, ordered.ordered_by) == ("car-1", "st-mary", "carl")
    assert (ordered.version, ordered.open_deviations, ordered.blocking_deviations) == (3, 2, 1)
    assert (provisional.chain, provisional.product, provisional.last_position) == (B, None, 1)
    assert [one.chain for one in therapies(engine, site="st-mary").items] == [A]


def test_pages_join_to_the_whole(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, *[f"BAG-{number}" for number in range(7)])
    engine = project(recorder, told)
    found, after = [], None
    for expected in (3, 3, 1):
        page = held(engine, after=after, limit=3)
        assert len(page.items) == expected
        assert page.position == 1
        found, after = found + names(page), page.next
    assert after is None
    assert found == names(held(engine))


def test_both_databases_sort_by_bytes(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-10", "BAG-1A", "BAG1", "BAG-1")
    found = names(held(project(recorder, told)))
    assert found == sorted(found) == ["BAG-1", "BAG-10", "BAG-1A", "BAG1"]


@pytest.mark.parametrize("after", ["", "BAG-1", "BAG-1 x y"])
def test_a_cursor_that_no_page_gave_is_refused(recorder: LedgerRecorder, after: str) -> None:
    with pytest.raises(Malformed, match="cursor"):
        held(recorder.engine, after=after)
    with pytest.raises(Malformed, match="cursor"):
        waiting(recorder.engine, after="one BAG-1")


def test_a_view_of_a_database_that_is_gone_is_a_fault() -> None:
    engine = open_engine("postgresql://127.0.0.1:1/ledger")
    for query in (lambda: held(engine), lambda: ancestors(engine, A, "BAG-1")):
        with pytest.raises(Fault, match="store_unavailable"):
            query()
