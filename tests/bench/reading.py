"""Reading: an aggregate without a cache, and proofs from a log of a million entries."""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from ledger.application import node_reader
from ledger.proof import canonical, merkle
from ledger.proof.statement import parse
from ledger.store.engines import migrate, open_engine
from ledger.store.recorder import LedgerRecorder, NewEntry
from tests.bench.load import chains, statements
from tests.bench.table import Row, at_most, beside, seconds
from tests.scenario import open_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 200  # events of one chain
LOADS = 21
TURNS = 15  # so many that a core that slows down for half a second decides nothing
MILLION = int(os.environ.get("UNBROKEN_BENCH_ENTRIES", "1000000"))
PROOFS = 2_000


class Stream(Aggregate):
    """The stock aggregate, with the same two events and the same members in turn."""

    @event("Packed")
    def pack(self, envelope: dict[str, Any], said: dict[str, Any]) -> None:
        self.last, self.shipper = envelope, said["shipper"]

    @event("PatientIdentified")
    def identify(self, envelope: dict[str, Any], said: dict[str, Any]) -> None:
        self.last, self.outcome = envelope, said["outcome"]


def chain_load() -> list[Row]:
    """A chain of 200 events, folded from the store without a cache."""
    with tempfile.TemporaryDirectory() as directory:
        scenario = open_scenario(f"sqlite:///{directory}/ledger.db", Path(directory))
        (chain,) = chains(scenario, 1)
        raws = statements(scenario, chain, LONG - 3)  # behind order, consent and collection
        for result in scenario.ledger.submit(raws).result():
            assert not isinstance(result, Exception), result
        load_stock = _stock_load(f"{directory}/stock.db", raws)

        def load_ours() -> float:
            return seconds(lambda: _fold(scenario.ledger.world_at().chain, chain[0])) * 1000

        running = _in_turn(load_ours, load_stock, TURNS, LOADS)
        singly = _in_turn(load_ours, load_stock, LOADS, 1)
        scenario.ledger.close()
    name = f"a chain of {LONG} events, no cache, beside the stock aggregate"
    return [at_most(name, *running, 0.25), beside("each load right behind one of the other", *singly, " ms")]


def _in_turn(
    ours: Callable[[], float], stock: Callable[[], float], turns: int, running: int
) -> tuple[float, float]:
    """Medians of all loads, so many running in each turn: what disturbs one disturbs the other. The
    first of a turn find the processor's cache full of the other's code and data."""
    made = [([ours() for _ in range(running)], [stock() for _ in range(running)]) for _ in range(turns)]
    mine, other = ([one for turn in made for one in turn[side]] for side in (0, 1))
    return statistics.median(mine), statistics.median(other)


def _fold(load: Callable[[str], object], coi: str) -> None:
    assert load(coi).version == LONG  # type: ignore[attr-defined]


def _stock_load(path: str, raws: list[bytes]) -> Callable[[], float]:
    app: Application[UUID] = Application(
        env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}
    )
    stream = Stream()
    for signed in map(parse, raws):
        envelope = {"signer": signed.iss, "stream": signed.sub, "kid": signed.kid.hex(), "log": signed.aud}
        said = canonical.decode(signed.payload)
        (stream.pack if said["type"] == "Packed" else stream.identify)(envelope=envelope, said=said)
    app.save(stream)
    return lambda: seconds(lambda: app.repository.get(stream.id)) * 1000


def proofs() -> list[Row]:
    """Inclusion proofs at p99, and the memory that a log of a million costs."""
    with tempfile.TemporaryDirectory() as directory:
        engine = open_engine(f"sqlite:///{directory}/ledger.db")
        migrate(engine)
        recorder = LedgerRecorder(engine)
        _fill(recorder, MILLION // 2)
        half = _resident()
        _fill(recorder, MILLION)
        grown = (_resident() - half) / (MILLION - MILLION // 2)
        times = sorted(_proof_ms(recorder, 7919 * turn % MILLION) for turn in range(PROOFS))
        size = Path(directory, "ledger.db").stat().st_size / MILLION
        engine.dispose()
    p99 = times[int(PROOFS * 0.99)]
    return [
        at_most(f"inclusion proof, {MILLION:,} entries, p99 (beside: 3 ms)", p99, 3.0, 1.0),
        at_most("memory that an entry adds, second half (beside: 1 byte)", grown, 1.0, 16.0, " B"),
        at_most("database bytes per entry of 1,000 (beside: 1,000)", size, 1000.0, 2.0, " B"),
    ]


def _fill(recorder: LedgerRecorder, size: int) -> None:
    """Stand-in statements of 1,000 bytes: only the store and the tree are measured."""
    while (start := recorder.head()[0]) < size:
        count = min(1000, size - start)
        entries = [_stand_in(position) for position in range(start, start + count)]
        with recorder.writing() as writing:
            writing.append(entries, 0, lambda size, root: (b"%d %s" % (size, root.hex().encode()), 0))


def _stand_in(position: int) -> NewEntry:
    data = position.to_bytes(8, "big") * 125
    cti = merkle.leaf_hash(data)
    tags = (f"chain/bench:{position // 200}", f"signer/{position % 5000}")
    return NewEntry("Packed", cti, cti + data[:16], data, tags)


def _proof_ms(recorder: LedgerRecorder, position: int) -> float:
    start = time.perf_counter()
    size, root = recorder.head()
    proof = merkle.inclusion_proof(position, size, node_reader(recorder))
    took = (time.perf_counter() - start) * 1000
    (stored,) = recorder.entries(position, position + 1)
    merkle.verify_inclusion(merkle.leaf_hash(stored.data), position, size, proof, root)
    return took


def _resident() -> int:
    """Bytes of memory in use now, not the peak."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
