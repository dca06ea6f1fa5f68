"""What of a server seals live readings, over a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.live.sealing import Sealer
from api.settings import Settings
from ledger.application.followed import Followed
from ledger.live.packet import parse_packet
from ledger.store.evidence import EvidenceStore
from ledger.store.live import LiveStore
from ledger.views.runner import Projector
from tests.live_stage import (
    COI,
    Recording,
    collected,
    enrol_logger,
    pack,
    profiled,
)
from tests.scenario import Scenario, open_scenario

OTHER, OTHER_BAG = "isbt128:CHA999926000002", "OTHER-F1"


class Node:
    """What of a server seals, over a scenario."""

    def __init__(self, scenario: Scenario, **settings: Any) -> None:
        ledger = scenario.ledger
        self.scenario = scenario
        self.projector = Projector(ledger.store.engine, ledger.store)
        self.evidence = EvidenceStore(ledger.store.engine)
        self.store = LiveStore(ledger.store.engine, ledger.store.turn)
        followed = Followed(ledger.origin, ledger.store)
        told = Settings(**settings)
        self.sealer = Sealer(ledger, self.store, followed, self.evidence, self.projector, told)

    def put(self, *packets: bytes) -> None:
        self.store.put([parse_packet(one) for one in packets], self.scenario.clock())

    def look(self) -> int:
        self.projector.catch_up()
        return self.sealer.look()

    def said(self, coi: str = COI) -> list[Any]:
        """What the ledger attested, in the log's order."""
        entries = self.scenario.ledger.world_at()._entries(f"chain/{coi}")
        found = [one for one in entries if one.type == "TemperatureEvidenceAttached"]
        assert {one.signer for one in found} <= {"ledger"}
        return [one.event for one in found]


def begun(url: str, folder: Path) -> Iterator[Node]:
    scenario = open_scenario(url, folder)
    enrol_logger(scenario)
    profiled(scenario)
    collected(scenario)
    yield Node(scenario)
    scenario.ledger.close()


def packed(node: Node) -> Recording:
    """Packed, and ten minutes of readings."""
    pack(node.scenario)
    recording = Recording(node.scenario)
    node.scenario.clock.forward(600)
    node.put(recording.packet([500] * 5, 0), recording.packet([510] * 5, 5))
    return recording
