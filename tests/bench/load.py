"""Signed statements on distinct chains, made before the clock starts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ledger.proof.statement import parse
from tests.scenario import APHERESIS, Scenario, b64, patient

if TYPE_CHECKING:
    from ledger.application import Ledger

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


def record_all(ledger: Ledger, work: list[list[bytes]]) -> None:
    """One thread per list, each waiting for its answer before it sends the next."""

    def write(raws: list[bytes]) -> None:
        for raw in raws:
            ledger.record(raw)

    with ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(write, work))
