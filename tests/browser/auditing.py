"""A therapy with everything that an auditor looks for, and a browser enrolled as an auditor's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from ledger.domain.world import timestamp
from tests.browser.people import enrolled
from tests.e2e.api_stage import enrol
from tests.e2e.house import House, RealClock
from tests.scenario import (
    APHERESIS,
    CLEANROOM,
    PRODUCT,
    VAN,
    Scenario,
    hand_over,
    open_scenario,
    ordered,
    patient,
)

COI = "isbt128:CHA999926000009"
CHAIN = f"chain/{COI}"
FRESH, OTHER, POOL, DOSE = "A9999-F1", "A9999-F2", "A9999-P1", "A9999-D1"
LATE_S = 3 * 3600
PROFILE = {"phase": "fresh", "low_centi_c": 200, "high_centi_c": 800, "longest_excursion_s": 600,
           "cumulative_excursion_s": 600, "largest_gap_s": 600}  # fmt: skip


def audited(folder: Path) -> Scenario:
    """Collected in two bags, driven too warm and with a gap, pooled, filled, and corrected afterwards."""
    clock = RealClock(behind=True)
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, clock)
    scenario.say(
        "quinn",
        "product/decentra-car",
        "ProductVersionDefined",
        **PRODUCT | {"version": 2, "temperature": [PROFILE]},
    )
    product = {"product": "decentra-car", "version": 2}
    scenario.say("carl", CHAIN, "TherapyOrdered", **ordered("patient-9") | {"product": product})
    scenario.say("carl", CHAIN, "ConsentRecorded", site="st-mary", form="CONSENT v3")
    scenario.say("anna", CHAIN, "PatientIdentified", site="st-mary", patient=patient("patient-9"),
                 method="scan", outcome="match")  # fmt: skip
    fresh = [{"container": name, "volume_ul": 100_000} for name in (FRESH, OTHER)]
    scenario.say(
        "anna", CHAIN, "CollectionCompleted", at=APHERESIS, containers=fresh, ended_at=timestamp(clock())
    )
    for name in (FRESH, OTHER):
        hand_over(scenario, COI, name, ("anna", APHERESIS), ("kit", VAN))
        hand_over(scenario, COI, name, ("kit", VAN), ("mia", CLEANROOM))
    _evidence(scenario)
    _made(scenario)
    clock.behind = False
    return scenario


def _evidence(scenario: Scenario) -> None:
    """Two hours of readings every five minutes, said late: 11 degrees for a while, then none for a while."""
    start = scenario.clock() - LATE_S * 1000
    readings: list[int | None] = [500] * 8 + [900, 1100, 1000] + [500] * 6 + [None] * 3 + [500] * 4
    logger = {"logger": "LOG-1", "range_low_centi_c": -20_000, "range_high_centi_c": 5_000,
              "calibrated_until": "2099-01-01T00:00:00.000Z", "device_signature": "absent"}  # fmt: skip
    scenario.say("kit", CHAIN, "TemperatureEvidenceAttached", at=VAN, containers=[FRESH, OTHER],
                 occurred_at=timestamp(start + 7_200_000), started_at=timestamp(start), phase="fresh",
                 interval_s=300, readings_centi_c=readings, raw="ab" * 32, **logger)  # fmt: skip


def _made(scenario: Scenario) -> None:
    parents = [{"container": name, "volume_ul": 100_000} for name in (FRESH, OTHER)]
    scenario.say("mia", CHAIN, "ContainersDerived", at=CLEANROOM, how="pool", parents=parents,
                 children=[{"container": POOL, "volume_ul": 200_000}])  # fmt: skip
    filled = scenario.say("mia", CHAIN, "ContainersDerived", at=CLEANROOM, how="fill",
                          parents=[{"container": POOL, "volume_ul": 200_000}],
                          children=[{"container": DOSE, "volume_ul": 50_000, "bag": 1, "of": 1}])  # fmt: skip
    scenario.say("mia", CHAIN, "Corrected", corrects=filled.statement_id.hex(), reason="misread",
                 member="children.0.volume_ul", was="50000", right="48000")  # fmt: skip
    excursion = next(iter(scenario.ledger.world_at().chain(COI).deviations.values()))
    scenario.say("quinn", CHAIN, "DeviationDispositioned", chain_version=scenario.version(COI),
                 deviation=excursion.id, disposition="accepted", reason="stability_data")  # fmt: skip


def positions(scenario: Scenario) -> dict[str, list[int]]:
    """Event type to where such entries of the therapy stand."""
    found: dict[str, list[int]] = {}
    for stored in scenario.ledger.store.by_tag(CHAIN):
        found.setdefault(stored.type, []).append(stored.position)
    return found


def auditor(context: BrowserContext, house: House, agent: str) -> Page:
    """A page of a new device, enrolled as the auditor of this name; it has looked at nothing yet."""
    enrol(house.scenario, agent, "auditor", "ada", "st-mary-trust", "st-mary")
    return enrolled(house, context, agent, by="ada")


def flipped(body: bytes, at: int) -> bytes:
    """The same with one bit of one byte turned round."""
    altered = bytearray(body)
    altered[at] ^= 1
    return bytes(altered)


def without(entries: list[dict[str, Any]], position: int) -> list[dict[str, Any]]:
    return [one for one in entries if one["position"] != position]
