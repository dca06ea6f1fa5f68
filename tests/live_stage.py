"""A scenario with a bag, a logger beside it, and readings on the way: what sealing is tried on."""

from __future__ import annotations

import secrets
from array import array
from typing import Any

from ledger.domain.times import timestamp
from tests.live_packets import packet
from tests.scenario import APHERESIS, ORIGIN, PRODUCT, VAN, Scenario, b64, hand_over, ordered

COI, BAG, LOGGER = "isbt128:CHA999926000001", "BAG-F1", "logger-7"
STREAM = f"chain/{COI}"
MINUTE_MS = 60_000
FRESH_PROFILE = {
    "phase": "fresh", "low_centi_c": 200, "high_centi_c": 800, "longest_excursion_s": 1_800,
    "cumulative_excursion_s": 3_600, "largest_gap_s": 900,
}  # fmt: skip
FROZEN_PROFILE = {
    "phase": "frozen", "high_centi_c": -12_000, "longest_excursion_s": 0, "cumulative_excursion_s": 0,
    "largest_gap_s": 900,
}  # fmt: skip


def enrol_logger(scenario: Scenario, logger: str = LOGGER) -> None:
    """A device with a key, and its equipment, calibrated."""
    device = {"organisation": "st-mary-trust", "roles": [{"role": "device", "site": "st-mary"}]}
    key = b64(scenario.signer(logger).key.public.spki)
    scenario.say("ada", f"agent/{logger}", "AgentEnrolled", **device, key=key)
    thing, until = f"equipment/{logger}", timestamp(scenario.clock() + 365 * 86_400_000)
    scenario.say("ada", thing, "EquipmentRegistered", organisation="st-mary-trust", site="st-mary",
                 equipment_kind="logger", model="T-100", serial=logger)  # fmt: skip
    scenario.say("ada", thing, "EquipmentQualified", until=until)
    scenario.say("ada", thing, "EquipmentCalibrated", until=until)


def profiled(scenario: Scenario) -> None:
    """A second version of the product, which has temperature profiles."""
    scenario.say("quinn", "product/decentra-car", "ProductVersionDefined",
                 **PRODUCT | {"version": 2, "temperature": [FRESH_PROFILE, FROZEN_PROFILE]})  # fmt: skip


def collected(scenario: Scenario, coi: str = COI, bag: str = BAG, name: str = "patient-1") -> None:
    """A therapy under the profiled product, with one bag at the collection site."""

    product = {"product": {"product": "decentra-car", "version": 2}}
    scenario.say("carl", f"chain/{coi}", "TherapyOrdered", **ordered(name) | product)
    scenario.say("carl", f"chain/{coi}", "ConsentRecorded", site="st-mary", form="CONSENT v3")
    scenario.say("anna", f"chain/{coi}", "CollectionCompleted", at=APHERESIS,
                 ended_at=timestamp(scenario.clock()),
                 containers=[{"container": bag, "volume_ul": 200_000}])  # fmt: skip


def pack(scenario: Scenario, coi: str = COI, bag: str = BAG, **more: Any) -> int:
    """Into a shipper, with the logger; the position."""
    said = {"at": APHERESIS, "containers": [bag], "shipper": "SHIPPER-1", "logger": LOGGER} | more
    return scenario.say("anna", f"chain/{coi}", "Packed", **said).position


class Recording:
    """One run of the logger, from now on, a reading a minute."""

    def __init__(self, scenario: Scenario, logger: str = LOGGER) -> None:
        self.scenario = scenario
        self.logger = logger
        self.name = secrets.token_hex(16)
        self.started_ms = scenario.clock()

    def packet(self, values: list[int | None], first: int, **more: Any) -> bytes:
        started_at = timestamp(self.started_ms + first * MINUTE_MS)
        plain: dict[str, Any] = {
            "started_at": started_at,
            "range_low_centi_c": -20_000,
            "range_high_centi_c": 8_000,
        }
        key = self.scenario.signer(self.logger).key
        return packet(
            values, first, key=key, logger=self.logger, recording=self.name, origin=ORIGIN, **(plain | more),
        )  # fmt: skip


def values_of(packed: bytes) -> list[int]:
    return array("h", packed).tolist()


def to_van(scenario: Scenario, coi: str = COI, bag: str = BAG) -> None:

    hand_over(scenario, coi, bag, ("anna", APHERESIS), ("kit", VAN))
