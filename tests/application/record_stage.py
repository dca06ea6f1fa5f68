"""One collected bag, and what is said of it."""

from __future__ import annotations

from ledger.application import Answer
from ledger.proof import receipt
from tests.scenario import (
    APHERESIS,
    ORIGIN,
    Scenario,
)

COI = "isbt128:CHA999926000001"
CHAIN = f"chain/{COI}"


def collected(scenario: Scenario) -> None:
    scenario.order(COI)
    scenario.say(
        "anna",
        CHAIN,
        "CollectionCompleted",
        at=APHERESIS,
        ended_at="2026-09-21T12:00:00.000Z",
        containers=[{"container": "BAG-1", "volume_ul": 100_000}],
    )


def packed(scenario: Scenario, agent: str = "anna", shipper: str = "S-1") -> bytes:
    return scenario.sign(agent, CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper=shipper)


def receipt_holds(scenario: Scenario, answer: Answer, raw: bytes) -> bool:
    found = receipt.verify_receipt(answer.receipt, raw, scenario.ledger.config.log_key.public, ORIGIN)
    return bool(found)
