"""The ordinary story with a product that has a temperature profile, and how evidence is said."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from ledger.domain.gates import Gate, infusion_gates, release_gates
from ledger.domain.parts import TemperatureProfile
from ledger.domain.temperature import Judgement
from ledger.domain.temperature_rules import judgement_of
from ledger.domain.world import timestamp
from tests.domain_scene import CLEANROOM, COI, DOSE, FRESH, PRODUCT, Said, Scene, scene_at

MINUTE_MS = 60_000
WARM = [2_500] * 6  # half an hour, five minutes too long once its edges count
GATE = "temperature_in_limits"
FRESH_PROFILE: dict[str, Any] = {  # an hour in all outside 2 to 8 °C, half an hour at once
    "phase": "fresh",
    "low_centi_c": 200,
    "high_centi_c": 800,
    "longest_excursion_s": 1_800,
    "cumulative_excursion_s": 3_600,
    "largest_gap_s": 900,
}
FROZEN_PROFILE: dict[str, Any] = {  # vapour of liquid nitrogen, nothing allowed
    "phase": "frozen",
    "high_centi_c": -15_000,
    "longest_excursion_s": 0,
    "cumulative_excursion_s": 0,
    "largest_gap_s": 900,
}


def warm_scene(stage: str, **fresh: Any) -> Scene:
    """The story up to the stage; `fresh` changes the fresh profile."""
    with patch.dict(PRODUCT, temperature=[FRESH_PROFILE | fresh, FROZEN_PROFILE]):
        return scene_at(stage)


def evidence(scene: Scene, *minutes: int | None, **fields: Any) -> dict[str, Any]:
    """Readings of five minutes each in centi-degrees, the last of them now."""
    values = list(minutes) or [500]
    start_ms = scene.now_ms - 5 * MINUTE_MS * (len(values) - 1)
    return {
        "at": CLEANROOM,
        "containers": [FRESH],
        "phase": "fresh",
        "logger": "LOG-1",
        "range_low_centi_c": -4_000,
        "range_high_centi_c": 8_000,
        "calibrated_until": timestamp(scene.now_ms + 86_400_000),
        "started_at": timestamp(start_ms),
        "interval_s": 300,
        "readings_centi_c": values,
        "raw": "ab" * 32,
        "device_signature": "valid",
    } | fields


def attach(scene: Scene, *values: int | None, **fields: Any) -> Said:
    """The manufacturer reads a logger out."""
    return scene.on_chain("mia", "TemperatureEvidenceAttached", **evidence(scene, *values, **fields))


def release_gate(scene: Scene, name: str = DOSE) -> Gate:
    gates = release_gates(scene.world, COI, [name], "northcell-1", ["GB"], scene.now_ms)
    return {gate.name: gate for gate in gates}[GATE]


def infusion_gate(scene: Scene, name: str = DOSE) -> Gate:
    gates = infusion_gates(scene.world, COI, name, "st-mary", scene.now_ms)
    return {gate.name: gate for gate in gates}[GATE]


def judged(scene: Scene, name: str = FRESH, phase: str = "fresh") -> Judgement:
    profiles = {"fresh": FRESH_PROFILE, "frozen": FROZEN_PROFILE}
    return judgement_of(scene.chain, name, TemperatureProfile.model_validate(profiles[phase]))
