"""The read model that leads from commitments to the therapies ordered under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.views.patients import candidates
from ledger.views.runner import Projector
from tests.scenario import patient
from tests.store.told import Told

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.store.recorder import LedgerRecorder

A, B = "demo:CHAIN-A", "demo:CHAIN-B"


def found(engine: Engine, *names: str) -> list[str]:
    asked = [one["commitment"] for name in names for one in patient(name)]
    return candidates(engine, asked).chains


def test_an_order_is_found_by_its_commitments_and_after_a_rebuild_too(
    engine: Engine, recorder: LedgerRecorder
) -> None:
    told = Told()
    told.order(A, patient("patient-1"))
    told.say(B, "ConsentRecorded", site="st-mary", form="CONSENT v3")
    told.store(recorder)
    projector = Projector(engine, recorder)
    assert projector.catch_up() == candidates(engine, []).position
    for _ in range(2):
        assert found(engine, "patient-1") == [A]
        assert found(engine, "patient-2") == []
        projector.rebuild()


def test_who_has_more_identifiers_in_common_comes_first(engine: Engine, recorder: LedgerRecorder) -> None:
    told = Told()
    told.order(A, [patient("patient-1")[0], patient("patient-2")[1]])
    told.order(B, patient("patient-1"))
    told.store(recorder)
    Projector(engine, recorder).catch_up()
    assert found(engine, "patient-1") == [B, A]
