"""Laws of the read models: replay equals increment, and the views are the fold, at every position."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger.domain.chain import Chain
from ledger.domain.materials import used_in
from ledger.domain.world import new_aggregate
from ledger.store.decode import entry_of
from ledger.store.engines import migrate, open_engine
from ledger.store.recorder import LedgerRecorder
from ledger.views import chains, schema
from ledger.views.folding import rows_of
from ledger.views.registering import rows_of as registered_rows
from ledger.views.runner import Projector
from ledger.views.temperature import Rulebook
from ledger.views.touch import Touches, reach, reached_containers
from tests.store.told import LAB, VAN, WARD, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

CHAINS = ("demo:CHAIN-A", "demo:CHAIN-B", "demo:CHAIN-C")
LOTS = ("lv-1", "lv-2", "media-1")
REGISTRY = ("lot/lv-1", "lot/lv-2", "lot/media-1", "agent/anna", "agent/quinn", "product/car-1",
            *(f"key/{number:064x}" for number in range(3)))  # fmt: skip
BAGS = tuple(f"BAG-{number}" for number in range(4))
PARTIES = (WARD, VAN, LAB)
KINDS = (
    "order",
    "collect",
    "release",
    "accept",
    "claim",
    "derive",
    "deviate",
    "dispose",
    "infuse",
    "attach",
    "stranger",
    "correct",
    "consume",
    "step",
    "hold",
    "recall",
    "rename",
    "key",
    "label",
)

steps = st.tuples(
    st.sampled_from(KINDS), st.sampled_from(CHAINS), st.sampled_from(BAGS), st.integers(0, 10_000)
)
histories = st.lists(steps, min_size=1, max_size=60)
cuts = st.lists(st.integers(1, 9), max_size=30)


def tell(history: list[tuple[str, str, str, int]]) -> Told:
    """Whatever comes, in any order: facts contradict one another, and decisions name nothing."""
    told = Told()
    told.define()
    said: list[str] = ["ab" * 32]
    for kind, coi, bag, number in history:
        said.append(_say(told, kind, coi, bag, number, said[number % len(said)]))
    return told


def _say(told: Told, kind: str, coi: str, bag: str, number: int, earlier: str) -> str:
    giver, receiver = PARTIES[number % 3], PARTIES[(number + 1) % 3]
    code = ("late_by_retired_key", "role_not_permitted", "seal_differs")[number % 3]
    ways: dict[str, Callable[[], str]] = {
        "order": lambda: told.order(coi),
        "collect": lambda: told.collect(coi, bag, at=giver),
        "release": lambda: told.release(coi, bag, giver, receiver),
        "accept": lambda: told.accept(coi, bag, giver, receiver, earlier),
        "claim": lambda: told.accept(coi, bag, giver, receiver, None),
        "derive": lambda: told.derive(coi, bag, BAGS[number % 4], volume_ul=number % 150),
        "deviate": lambda: told.deviate(coi, code, earlier, by="ledger", containers=[bag]),
        "dispose": lambda: told.dispose(coi, earlier, ("accepted", "rejected")[number % 2]),
        "infuse": lambda: told.infuse(coi, bag),
        "attach": lambda: told.attach(coi, bag, 500, 900, (500, 2_500)[number % 2], minutes=number % 60),
        "correct": lambda: told.correct(coi, earlier),
        "consume": lambda: told.say(
            coi,
            "MaterialConsumed",
            at=LAB,
            containers=[bag],
            batch=f"B-{number % 2}",
            lots=[LOTS[number % 3]],
            equipment=["p-1"],
        ),
        "step": lambda: told.say(
            coi, "StepCompleted", at=LAB, containers=[bag], batch=f"B-{number % 2}", step="harvest"
        ),
        "hold": lambda: told.say(coi, "Quarantined", containers=[bag], reason="why"),
        "recall": lambda: _of_lot(told, LOTS[number % 3], number),
        "rename": lambda: _of_agent(told, ("anna", "quinn")[number % 2], number),
        "key": lambda: told.register("agent/anna", "KeyRevoked", kid=f"{number % 3:064x}", reason="why"),
        "label": lambda: _of_label(told, coi, bag, number),
        "stranger": lambda: told.say(
            coi, "Packed", standing=False, at=giver, containers=[bag], shipper="BOX"
        ),
    }
    return ways[kind]()


def _of_label(told: Told, coi: str, bag: str, number: int) -> str:
    serials = [f"L-{number % 3}"]
    ways: list[tuple[str, dict[str, Any]]] = [
        ("LabelIssued", {"serials": serials, "container": bag}),
        ("LabelIssued", {"serials": ["L-9"], "replaces": {"serial": serials[0], "reason": "smeared"}}),
        ("LabelApplied", {"serial": "L-9", "container": bag}),
        ("LabelVoided", {"serial": serials[0], "reason": "smeared"}),
        ("LabelDestroyed", {"serials": serials, "fate": "returned_unused"}),
    ]
    kind, members = ways[number % 5]
    return told.say(coi, kind, by=("anna", "quinn")[number % 2], at=PARTIES[number % 3], **members)


def _of_lot(told: Told, lot: str, number: int) -> str:
    said = {"organisation": "northcell", "site": "northcell-1", "material": "vector", "supplier_lot": "S 1"}
    ways: list[tuple[str, dict[str, str]]] = [
        ("LotReceived", said),
        ("LotReleased", {}),
        ("LotRecalled", {"reason": "why"}),
    ]
    kind, members = ways[number % 3]
    return told.register(f"lot/{lot}", kind, **members)


def _of_agent(told: Told, agent: str, number: int) -> str:
    roles = [{"role": role, "site": "st-mary"} for role in ("quality", "nurse")[: number % 3]]
    if number % 5 == 0:
        granted = {"qualification": "bedside", "expires_at": f"2030-01-0{1 + number % 9}T00:00:00.000Z"}
        return told.register(f"agent/{agent}", "QualificationGranted", **granted)
    return told.register(f"agent/{agent}", "AgentRolesChanged", roles=roles, reason="why")


@contextmanager
def log() -> Iterator[LedgerRecorder]:
    with tempfile.TemporaryDirectory() as directory:
        engine = open_engine(f"sqlite:///{directory}/ledger.db")
        migrate(engine)
        recorder = LedgerRecorder(engine)
        yield recorder
        recorder.close()
        engine.dispose()


def tables(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in schema.ALL
        } | {"view_timeline": sorted(map(tuple, connection.execute(select(schema.timeline))))}


@settings(max_examples=60, deadline=None)
@given(history=histories, cuts=cuts)
def test_views_grown_with_the_log_equal_views_made_from_nothing(
    history: list[tuple[str, str, str, int]], cuts: list[int]
) -> None:
    told = tell(history)
    with log() as recorder:
        projectors = [Projector(recorder.engine, recorder, batch) for batch in (1, 4)]
        stop = 0
        for number, cut in enumerate(cuts):
            told.store(recorder, stop := stop + cut)
            projectors[number % 2].catch_up()
        told.store(recorder)
        projectors[0].catch_up()
        grown = tables(recorder.engine)
        projectors[1].rebuild()
        assert tables(recorder.engine) == grown


@settings(max_examples=60, deadline=None)
@given(history=histories, share=st.floats(0, 1))
def test_views_as_of_a_position_are_the_fold_of_the_entries_before_it(
    history: list[tuple[str, str, str, int]], share: float
) -> None:
    told = tell(history)
    with log() as recorder:
        told.store(recorder)
        stop = round(share * len(told.entries))
        Projector(recorder.engine, recorder, 7).catch_up(stop)
        assert _of_chains(tables(recorder.engine)) == _folded(recorder, stop)


def _of_chains(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, set[tuple[Any, ...]]]:
    return {name: set(rows) for name, rows in found.items() if name != "view_timeline"}


def _folded(recorder: LedgerRecorder, stop: int) -> dict[str, set[tuple[Any, ...]]]:
    """Each therapy folded whole, by itself, from the entries with its tag."""
    expected: dict[str, set[tuple[Any, ...]]] = {
        table.name: set() for table in schema.ALL if table is not schema.timeline
    }
    for tag in REGISTRY:
        aggregate, found = new_aggregate(tag), list(recorder.by_tag(tag, before=stop))
        for stored in found:
            aggregate.apply(entry_of(stored.position, stored.data, stored.recorded_ms))
        for name, registered in registered_rows(tag, aggregate).items() if found else ():
            expected[name] |= set(registered)
    for coi in CHAINS:
        chain, last = Chain(coi), -1
        touches = Touches(coi)
        for stored in recorder.by_tag(f"chain/{coi}", before=stop):
            entry = entry_of(stored.position, stored.data, stored.recorded_ms)
            chain.apply(entry)
            touches.apply(entry)
            last = stored.position
        if last >= 0:
            expected["view_chain"].add(chains.row(chain, last))
        for name, rows in rows_of(chain, Rulebook(recorder).profiles(chain)).items():
            expected[name] |= set(rows.values())
        expected["view_touch"] |= set(touches.take())
    return expected


class Registry:
    """A world of which only the lots are asked."""

    @staticmethod
    def lot(_: str) -> None:
        return None


@settings(max_examples=60, deadline=None)
@given(history=histories)
def test_what_a_lot_reaches_is_what_the_gate_stops(history: list[tuple[str, str, str, int]]) -> None:
    """The recall list and the gate answer the same question, by two ways."""
    told = tell(history)
    with log() as recorder:
        told.store(recorder)
        Projector(recorder.engine, recorder).catch_up()
        for lot in LOTS:
            chains = [one.chain for one in reach(recorder.engine, ["lot"], lot).items]
            found = reached_containers(recorder.engine, ["lot"], lot, chains)
            made = {(one.chain, one.container) for one in found if one.status is not None}
            assert made == set(_stopped_by(recorder, lot))


def _stopped_by(recorder: LedgerRecorder, lot: str) -> Iterator[tuple[str, str]]:
    world: Any = Registry()
    for coi in CHAINS:
        chain = Chain(coi)
        for stored in recorder.by_tag(f"chain/{coi}"):
            chain.apply(entry_of(stored.position, stored.data, stored.recorded_ms))
        for name in chain.containers:
            if lot in [used.name for used in used_in(chain, name, world)]:
                yield coi, name
