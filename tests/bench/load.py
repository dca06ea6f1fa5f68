"""Signed statements on distinct chains, made before the clock starts."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from api.intake import PART
from ledger.proof.statement import parse
from tests.scenario import APHERESIS, Scenario, b64, patient

if TYPE_CHECKING:
    from ledger.application import Answer, Ledger
    from ledger.errors import UnbrokenError

WRITERS = 64


def chains(scenario: Scenario, count: int = WRITERS, first: int = 0) -> list[tuple[str, str]]:
    """Open `count` therapies, each with a courier device of its own: (coi, agent)."""
    made = []
    for number in range(first, first + count):
        coi, agent = f"bench:CHAIN-{number:05}", f"phone-{number}"
        scenario.order(coi, f"patient-{number}")
        scenario.say(
            "ada",
            f"agent/{agent}",
            "AgentEnrolled",
            organisation="st-mary-trust",
            roles=[{"role": "apheresis", "site": "st-mary"}],
            key=b64(scenario.signer(agent).key.public.spki),
        )
        scenario.say(
            agent, f"chain/{coi}", "CollectionCompleted", at=APHERESIS, ended_at="2026-09-21T12:00:00.000Z",
            containers=[{"container": f"BAG-{number}", "volume_ul": 100_000}],
        )  # fmt: skip
        made.append((coi, agent))
    return made


def statements(scenario: Scenario, chain: tuple[str, str], count: int) -> list[bytes]:
    """`count` facts that follow each other: the bag is packed again and again."""
    coi, agent = chain
    number = agent.removeprefix("phone-")
    signer, made = scenario.signer(agent), []
    for turn in range(count):
        kind = turn % 2
        if kind:
            raw = scenario.sign(
                agent, f"chain/{coi}", "PatientIdentified", site="st-mary", method="scan", outcome="match",
                patient=patient(f"patient-{number}"),
            )  # fmt: skip
        else:
            raw = scenario.sign(
                agent, f"chain/{coi}", "Packed", at=APHERESIS, containers=[f"BAG-{number}"],
                shipper=f"SHIPPER-{turn}", seal=f"SEAL-{turn}", logger="LOG-7",
            )  # fmt: skip
        made.append(raw)
        signer.seq, signer.prev = signer.seq + 1, parse(raw).id.hex()
    return made


def record_from_threads(ledger: Ledger, work: list[list[bytes]]) -> None:
    """One thread per list, each waiting for its answer before it sends the next."""

    def write(raws: list[bytes]) -> None:
        for raw in raws:
            ledger.record(raw)

    with ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(write, work))


def record_from_loop(ledger: Ledger, work: list[list[bytes]]) -> None:
    """The same writers without a thread each, as the HTTP server serves them: every one sends
    its next statement when its last is answered, and those who are ready together go together."""
    answered: SimpleQueue[tuple[list[int], Future[list[Answer | UnbrokenError]]]] = SimpleQueue()
    left = [iter(raws) for raws in work]

    def send(writers: list[int]) -> int:
        ready = [(writer, raw) for writer in writers if (raw := next(left[writer], None)) is not None]
        for at in range(0, len(ready), PART):
            part = ready[at : at + PART]
            future = ledger.submit([raw for _, raw in part])
            future.add_done_callback(partial(_keep, answered, [writer for writer, _ in part]))
        return len(writers) - len(ready)

    busy = len(work) - send(list(range(len(work))))
    while busy:
        busy -= send(_drain(answered))


def _keep(answered: SimpleQueue[Any], writers: list[int], future: Future[Any]) -> None:
    answered.put((writers, future))


def _drain(answered: SimpleQueue[Any]) -> list[int]:
    writers: list[int] = []
    while not writers or not answered.empty():
        some, future = answered.get()
        assert not any(isinstance(result, Exception) for result in future.result())
        writers += some
    return writers
