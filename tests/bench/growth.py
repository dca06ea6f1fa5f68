"""Growth: is the infusion check as quick in a log of a million entries as in one of ten thousand?

Two ledgers hold the same forty whole therapies, signed and judged as ever. Between every two
statements of a therapy stand others, a hundred times as many in the one as in the other, so
that no two of one therapy share a page in either. They are what the same people signed about
other patients, as real in form as theirs (strict bytes, the next number of their key, the same
tags, a checkpoint with each batch), but without a signature and unjudged. So each person's key
has a history of some 120,000 entries. The tags that a check reads (the therapy, its site and
product, the reader's enrolment) grow with the therapy or the registry in a real log too, not
with its length.

Each question goes to both ledgers in turn, about another therapy each time, with nothing kept
from the one before: the head is read, the world is as of that head, every gate is tried. The
second part asks through the HTTP application, without a socket. On a busy machine the p99 of
the time waited is the wait for a core; so the p99 of the processor time stands beside it.
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import update

from ledger.domain.gates import infusion_gates
from ledger.domain.parts import Commitment
from ledger.domain.world import timestamp
from ledger.proof import canonical, statement
from ledger.proof.keys import PublicKey
from ledger.store.engines import WRITE
from ledger.store.recorder import NewEntry
from ledger.views import schema
from tests.bench.reading import MILLION
from tests.bench.table import Row, at_most
from tests.e2e.api_stage import serving
from tests.scenario import APHERESIS, ORIGIN, PEOPLE, Scenario, open_scenario, patient, therapy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.application import Answer
    from tests.e2e.api_stage import Stage

SMALL = max(2_000, MILLION // 100)
THERAPIES = 40
LENGTH = 22  # statements of one therapy, of this bench's filling too
ASKED = 1_000
SIZES = (SMALL, MILLION)


class Times(NamedTuple):
    """Of each question, in ms, sorted: what the asker waits, and what this process works."""

    whole: list[float]
    processor: list[float]


@dataclass(frozen=True)
class Unsigned:
    """Stands in for a key: its id, and zeros for a signature."""

    public: PublicKey
    alg: int

    def sign(self, _: bytes) -> bytes:
        return bytes(64)


@dataclass
class Crowd(Scenario):
    """A scenario in which others have their say before each statement: `gap` of them."""

    gap: int = 0
    said: int = 0

    def say(self, agent: str, stream: str, event: str, **fields: Any) -> Answer:
        self.fill(self.gap)
        return super().say(agent, stream, event, **fields)

    def fill(self, count: int) -> None:
        """Stand-ins, at most 1,000 in one batch."""
        for start in range(0, count, 1000):
            time_ms = self.clock() // 1000 * 1000
            size, root = self.ledger.store.head()
            seen = {"size": size, "root": root.hex()}
            entries = [self._stand_in(seen) for _ in range(min(1000, count - start))]
            with self.ledger.store.writing() as writing:
                writing.append(entries, time_ms, self.ledger.seal_at(time_ms))

    def _stand_in(self, seen: dict[str, Any]) -> NewEntry:
        self.said += 1
        number, agent = self.said // LENGTH, list(PEOPLE)[self.said % len(PEOPLE)]
        stream, bag, signer = f"chain/bench:{number:07}", f"BENCH-{number:07}", self.signer(agent)
        payload = {
            "type": "Packed", "v": 1, "occurred_at": timestamp(self.clock()), "seen": seen,
            "seq": signer.seq, "prev": signer.prev, "at": APHERESIS, "containers": [bag],
            "shipper": f"SHIPPER-{number % 500}", "seal": f"SEAL-{self.said}", "logger": "LOG-7",
        }  # fmt: skip
        key: Any = Unsigned(signer.key.public, signer.key.alg)
        cti, kid = os.urandom(16), key.public.kid
        raw = statement.sign(
            key, iss=agent, sub=stream, aud=ORIGIN, cti=cti, payload=canonical.encode(payload)
        )
        statement_id = statement.parse(raw).id
        signer.seq, signer.prev = signer.seq + 1, statement_id.hex()
        tags = (stream, f"signer/{kid.hex()}", f"container/{bag}")
        return NewEntry("Packed", statement_id, kid + cti, raw, tags)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory, _both(directory) as ledgers:
        direct = _alternate([_asking(one) for one in ledgers])
        with serving(ledgers[0]) as first, serving(ledgers[1]) as second:
            served = _alternate([_asking_served(first), _asking_served(second)])
    return [*_rows("infusion check", direct), *_rows("infusion check over HTTP", served)]


@contextmanager
def _both(directory: str) -> Iterator[list[Crowd]]:
    ledgers = [_filled(f"sqlite:///{directory}/{size}.db", size) for size in SIZES]
    gc.collect()
    yield ledgers
    for one in ledgers:
        one.ledger.close()


def _filled(url: str, size: int) -> Crowd:
    plain = open_scenario(url)
    begun = plain.ledger.store.head()[0]
    gap = max(0, (size - begun) // (THERAPIES * LENGTH) - 1)
    crowd = Crowd(plain.ledger, plain.clock, plain.signers, gap)
    for number in range(THERAPIES):
        therapy(crowd, *_names(number))
    crowd.fill(size - crowd.ledger.store.head()[0])
    _skip_views(crowd)
    return crowd


def _names(number: int) -> tuple[str, str, str]:
    """Identity, patient and bag of a therapy."""
    return f"bench:REAL-{number:03}", f"patient-{number}", f"BAG-{number}"


def _skip_views(crowd: Crowd) -> None:
    """The check reads no view: the server need not make them while it is timed."""
    store = crowd.ledger.store
    with store.engine.connect().execution_options(**WRITE) as connection, connection.begin():
        connection.execute(update(schema.position).values(position=store.head()[0]))


def _asking(crowd: Crowd) -> Callable[[int], None]:
    """A check of the n-th therapy: what was read on the wristband is this patient's."""
    ledger, now_ms = crowd.ledger, crowd.clock()
    read = [[Commitment(**one) for one in patient(_names(number)[1])] for number in range(THERAPIES)]

    def ask(number: int) -> None:
        coi, _, bag = _names(number)
        world = ledger.world_at(ledger.store.head()[0])
        gates = {
            gate.name: gate.passed
            for gate in infusion_gates(world, coi, f"{bag}-D1", "st-mary", now_ms, read[number])
        }
        assert gates["patient_matched"]
        assert gates["released"]
        assert not gates["not_infused"]

    return ask


def _asking_served(stage: Stage) -> Callable[[int], None]:
    headers = stage.bearer("nora")

    def ask(number: int) -> None:
        coi, name, bag = _names(number)
        question = {"container": f"{bag}-D1", "site": "st-mary", "patient": patient(name)}
        answer = stage.ask("POST", f"/v1/chains/{coi}/infusion-check", json=question, headers=headers)
        assert answer.status_code == 200, answer.text

    return ask


def _alternate(asking: list[Callable[[int], None]]) -> list[Times]:
    """In turn: what disturbs one disturbs the other. The first look at each is a warm-up."""
    times: list[list[tuple[float, float]]] = [[] for _ in asking]
    for turn, number in enumerate(islice(cycle(range(THERAPIES)), THERAPIES + ASKED)):
        for ask, taken in list(zip(asking, times, strict=True))[:: 1 if turn % 2 else -1]:
            start, used = time.perf_counter(), time.process_time()
            ask(number)
            taken.append((time.perf_counter() - start, time.process_time() - used))
    return [Times(*map(_sorted_ms, zip(*taken[THERAPIES:], strict=True))) for taken in times]


def _sorted_ms(seconds: tuple[float, ...]) -> list[float]:
    return sorted(one * 1000 for one in seconds)


def _rows(name: str, times: list[Times]) -> list[Row]:
    small, large = times
    return [
        _row(f"{name}, p99", large.whole, small.whole, 99),
        _row("the same, p50", large.whole, small.whole, 50),
        _row("processor time alone, p99", large.processor, small.processor, 99),
    ]


def _row(name: str, large: list[float], small: list[float], percent: int) -> Row:
    at = ASKED * percent // 100
    return at_most(f"{name}, {MILLION:,} entries beside {SMALL:,}", large[at], small[at], 1.3)
