"""What the registry's views answer: by filter, in pages, and what each name touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config

from ledger.domain.world import timestamp
from ledger.store import engines
from ledger.store.engines import migrate, open_engine
from ledger.store.recorder import LedgerRecorder
from ledger.views import registered, touch
from ledger.views.quarantines import quarantines
from ledger.views.runner import Projector
from ledger.views.search import hits, positions_of_id
from tests.store.log import TIME_MS
from tests.store.test_views_runner import long_story, tables
from tests.store.told import LAB, VAN, WARD, Told

if TYPE_CHECKING:
    from sqlalchemy import Engine

A, B = "demo:CHAIN-A", "demo:CHAIN-B"


@pytest.fixture
def told() -> Told:
    told = Told()
    told.furnish()
    return told


def project(recorder: LedgerRecorder, told: Told) -> Engine:
    told.store(recorder)
    Projector(recorder.engine, recorder).catch_up()
    return recorder.engine


def reached(engine: Engine, kind: str, name: str) -> dict[str, list[str]]:
    """By therapy, the containers."""
    chains = [one.chain for one in touch.reach(engine, [kind], name).items]
    found = touch.reached_containers(engine, [kind], name, chains)
    return {coi: [one.container for one in found if one.chain == coi] for coi in chains}


# --- what touched what --------------------------------------------------------------------


def test_a_lot_reaches_what_was_made_of_what_it_went_into(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1", "BAG-2")
    told.manufacture(A, "BAG-1", "B-1", "lv-1")
    told.derive(A, "BAG-1", "DOSE-1")
    told.derive(A, "DOSE-1", "VIAL-1")
    engine = project(recorder, told)
    assert reached(engine, "lot", "lv-1") == {A: ["BAG-1", "DOSE-1", "VIAL-1"]}
    assert reached(engine, "lot", "media-2") == {}


@pytest.mark.parametrize("joined_first", [True, False])
def test_a_lot_reaches_the_whole_batch_whichever_came_first(
    recorder: LedgerRecorder, told: Told, joined_first: bool
) -> None:
    told.collect(A, "BAG-1", "BAG-2")
    run = {"at": LAB, "batch": "B-1", "step": "harvest"}
    if joined_first:
        told.say(A, "StepCompleted", containers=["BAG-2"], **run)
    told.manufacture(A, "BAG-1", "B-1", "lv-1")
    if not joined_first:
        told.say(A, "StepCompleted", containers=["BAG-2"], **run)
    assert reached(project(recorder, told), "lot", "lv-1") == {A: ["BAG-1", "BAG-2"]}


def test_sites_people_and_equipment_reach_what_they_handled_and_what_became_of_it(
    recorder: LedgerRecorder, told: Told
) -> None:
    told.order(A)
    told.collect(A, "BAG-1", "BAG-2")
    told.release(A, "BAG-1", WARD, VAN)
    told.manufacture(A, "BAG-1", "B-1", "lv-1")
    told.derive(A, "BAG-1", "DOSE-1")
    told.order(B)
    engine = project(recorder, told)
    assert reached(engine, "site", "swift-depot") == {A: ["BAG-1", "DOSE-1"], B: []}
    assert reached(engine, "agent", "mia") == {A: ["BAG-1", "DOSE-1"]}
    assert reached(engine, "platform", "p-1") == {A: ["BAG-1", "DOSE-1"]}
    assert reached(engine, "product", "car-1") == {A: [], B: []}


def test_who_has_no_part_in_a_therapy_touches_nothing(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1")
    told.say(A, "Packed", by="olga", standing=False, at=VAN, containers=["BAG-1"], shipper="BOX-9")
    told.deviate(A, by="ledger", containers=["BAG-1"])
    engine = project(recorder, told)
    assert reached(engine, "agent", "olga") == reached(engine, "shipper", "BOX-9") == {}
    assert reached(engine, "agent", "ledger") == {}


def test_lineage_that_runs_in_a_circle_ends(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1")
    told.derive(A, "BAG-2", "BAG-3")
    told.derive(A, "BAG-3", "BAG-2")
    told.manufacture(A, "BAG-2", "B-1", "lv-1")
    assert reached(project(recorder, told), "lot", "lv-1") == {A: ["BAG-2", "BAG-3"]}


# --- what is registered -------------------------------------------------------------------


def test_lots_are_found_by_what_is_said_of_them(recorder: LedgerRecorder, told: Told) -> None:
    told.register("lot/lv-1", "LotRecalled", reason="contamination")
    engine = project(recorder, told)
    lots = registered.lots
    assert [one.lot for one in lots(engine).items] == ["lv-1", "media-2"]
    assert [one.lot for one in lots(engine, material="media").items] == ["media-2"]
    assert [one.reason for one in lots(engine, status="recalled").items] == ["contamination"]
    assert lots(engine, organisation="faraway").items == []
    first = lots(engine, limit=1)
    assert [one.lot for one in lots(engine, limit=1, after=first.next).items] == ["media-2"]


def test_people_are_shown_with_roles_that_count_and_roles_that_wait(
    recorder: LedgerRecorder, told: Told
) -> None:
    engine = project(recorder, told)
    (quinn,) = registered.agents(engine, agent="quinn").items
    assert quinn.roles == ("cell_lab@northcell-1",)
    assert quinn.waiting_roles == ("quality@northcell-1",)
    assert [one.agent for one in registered.keys(engine, organisation="northcell").items] == ["quinn"]


def test_qualifications_that_end_first_come_first(recorder: LedgerRecorder, told: Told) -> None:
    for days, name in ((9, "late"), (3, "soon")):
        granted = {"qualification": name, "expires_at": timestamp(TIME_MS + days * 86_400_000)}
        told.register("agent/quinn", "QualificationGranted", **granted)
    engine = project(recorder, told)
    found = registered.qualifications(engine).items
    assert [one.qualification for one in found] == ["batch_release", "soon", "late"]
    by = timestamp(TIME_MS + 5 * 86_400_000)
    lapsing = registered.qualifications(engine, expiring_before=by).items
    assert [one.qualification for one in lapsing] == ["batch_release", "soon"]


def test_products_belong_to_whoever_defined_the_first_version(recorder: LedgerRecorder, told: Told) -> None:
    engine = project(recorder, told)
    (version,) = registered.products(engine, organisation="northcell").items
    assert (version.product, version.version, version.countries) == ("car-1", 1, ("GB", "FR"))
    assert registered.products(engine, organisation="faraway").items == []


def test_a_lifted_quarantine_is_no_more_among_those_that_hold(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1", "BAG-2")
    held = [told.say(A, "Quarantined", containers=[name], reason="why") for name in ("BAG-1", "BAG-2")]
    told.say(A, "QuarantineLifted", chain_version=1, quarantine=held[0], reason="why")
    engine = project(recorder, told)
    assert [one.statement_id for one in quarantines(engine).items] == [held[1]]
    assert [one.statement_id for one in quarantines(engine, holding=False).items] == [held[0]]
    assert len(quarantines(engine, holding=None).items) == 2


# --- search -------------------------------------------------------------------------------


def test_what_begins_with_a_text_is_found_and_no_wildcard_is(recorder: LedgerRecorder, told: Told) -> None:
    told.collect(A, "BAG-1", "BAG-10", "CASE-1")
    engine = project(recorder, told)
    assert [one.id for one in hits(engine, "BAG-1", 9)] == ["BAG-1", "BAG-10"]
    assert [one.id for one in hits(engine, "lv", 9)] == ["lv-1"]
    for wild in ("%", "BAG_", "bag-1"):
        assert list(hits(engine, wild, 9)) == []


def test_a_statement_is_found_by_any_beginning_of_its_id(recorder: LedgerRecorder, told: Told) -> None:
    identity = told.collect(A, "BAG-1")
    engine = project(recorder, told)
    for length in (1, 7, 8, 33, 64):
        assert len(told.entries) - 1 in positions_of_id(engine, identity[:length], 500)


# --- an older database --------------------------------------------------------------------


def test_a_database_of_before_is_upgraded_and_its_views_made_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that an older program made are thrown away, so that none of them can be wrong."""
    engine = open_engine(database_url)
    upgrade = command.upgrade

    def to_revision_3(config: Config, _: str) -> None:
        upgrade(config, "0003")

    monkeypatch.setattr(engines.command, "upgrade", to_revision_3)
    migrate(engine)
    monkeypatch.undo()
    recorder = LedgerRecorder(engine)
    long_story(1).store(recorder)
    _pretend(engine, recorder.head()[0])
    migrate(engine)
    projector = Projector(engine, recorder)
    assert projector.lag() == recorder.head()[0]
    projector.catch_up()
    upgraded: dict[str, Any] = tables(engine)
    projector.rebuild()
    assert (tables(engine), upgraded["view_container"] != []) == (upgraded, True)
    recorder.close()
    engine.dispose()


def _pretend(engine: Engine, position: int) -> None:
    """The older program's views stood here, one of their rows wrong."""
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.exec_driver_sql(f"UPDATE view_position SET position = {position}")
        false = "INSERT INTO view_lineage (chain, child, parent) VALUES ('demo:X', 'BAG-X', 'BAG-Y')"
        connection.exec_driver_sql(false)
