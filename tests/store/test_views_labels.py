"""The read model of labels that must never be used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.views.runner import Projector
from ledger.views.voided_labels import voided_labels
from tests.store.told import LAB, Told

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.store.recorder import LedgerRecorder

A, B = "demo:CHAIN-A", "demo:CHAIN-B"


@pytest.fixture
def told(engine: Engine, recorder: LedgerRecorder) -> Told:
    """Two therapies that both know L-1; four labels of the first come to their four ends."""
    told = Told()
    told.order(A)
    told.order(B)
    told.say(A, "LabelIssued", at=LAB, serials=["L-1", "L-2", "L-3", "L-4", "L-5"])
    told.say(B, "LabelIssued", at=LAB, serials=["L-1"])
    told.say(A, "LabelVoided", at=LAB, serial="L-1", reason="smeared")
    told.say(A, "LabelDestroyed", at=LAB, serials=["L-2"], fate="destroyed")
    told.say(A, "LabelDestroyed", at=LAB, serials=["L-3"], fate="returned_unused")
    told.say(A, "LabelIssued", at=LAB, serials=["L-6"], replaces={"serial": "L-4", "reason": "smeared"})
    told.say(A, "LabelApplied", at=LAB, serial="L-6", container="BAG-1")
    told.store(recorder)
    Projector(engine, recorder).catch_up()
    return told


def found(engine: Engine) -> list[tuple[str, str, str]]:
    return [(one.serial, one.chain, one.status) for one in voided_labels(engine).items]


def test_each_end_of_a_label_is_told_and_a_reprint_not_in_effect_ends_nothing(
    engine: Engine, recorder: LedgerRecorder, told: Told
) -> None:
    ends = [("L-1", A, "voided"), ("L-2", A, "destroyed"), ("L-3", A, "returned")]
    assert found(engine) == ends
    told.say(A, "LabelApplied", by="quinn", at=LAB, serial="L-6", container="BAG-1")
    told.store(recorder)
    Projector(engine, recorder).catch_up()
    assert found(engine) == [*ends, ("L-4", A, "replaced")]


def test_the_same_serial_in_two_therapies_is_told_of_each(
    engine: Engine, recorder: LedgerRecorder, told: Told
) -> None:
    told.say(B, "LabelVoided", at=LAB, serial="L-1", reason="smeared")
    told.store(recorder)
    Projector(engine, recorder).catch_up()
    assert found(engine)[:2] == [("L-1", A, "voided"), ("L-1", B, "voided")]


def test_pages_go_on_where_the_last_ended(engine: Engine, told: Told) -> None:
    first = voided_labels(engine, limit=2)
    rest = voided_labels(engine, after=first.next, limit=2)
    assert [one.serial for one in (*first.items, *rest.items)] == ["L-1", "L-2", "L-3"]
    assert rest.next is None


def test_what_an_order_set_aside_still_stops(engine: Engine, recorder: LedgerRecorder) -> None:
    told, late = Told(), "demo:LATE"
    told.collect(late, "BAG-9")
    told.say(late, "LabelIssued", at=LAB, serials=["L-7"])
    told.say(late, "LabelVoided", at=LAB, serial="L-7", reason="smeared")
    told.order(late)
    told.store(recorder)
    Projector(engine, recorder).catch_up()
    assert found(engine) == [("L-7", late, "voided")]
