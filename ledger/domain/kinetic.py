"""Mean kinetic temperature, USP <1079.2>: what a varying warmth did, as one steady one.

T = (ΔH/R) / -ln(Σ e^(-ΔH/(R·Tᵢ)) / n), in kelvin, with ΔH 83.144 kJ/mol. It is shown, never
judged by, and only for fresh cells kept at 2 to 8 °C: for frozen ones it means nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ledger.domain.readings import holds_band

if TYPE_CHECKING:
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.readings import Series

_KELVIN = 273.15
_R = 8.3144  # J/(mol K)
USP_ENERGY_J_MOL = 83_144
_REFRIGERATED = (200, 800)


def mean_kinetic_centi_c(
    readings: Iterable[tuple[int, int]], energy_j_mol: int = USP_ENERGY_J_MOL
) -> int | None:
    """In hundredths of a degree, of (hundredths of a degree, weight) pairs. None: of nothing.

    The weight is the time that a reading stands for: with equal intervals USP's own formula. A device
    may count with another activation energy, and says so in its file.
    """
    over_r = energy_j_mol / _R
    pairs = [(-over_r / (centi_c / 100 + _KELVIN), weight) for centi_c, weight in readings]
    if not pairs:
        return None
    warmest = max(power for power, _ in pairs)  # taken out of the sum, which would underflow
    total = sum(weight * math.exp(power - warmest) for power, weight in pairs)
    mean = math.log(total / sum(weight for _, weight in pairs)) + warmest
    return round((over_r / -mean - _KELVIN) * 100)


def kinetic_mean(evidence: Sequence[Series], profile: TemperatureProfile) -> int | None:
    """The warmest logger's. None where it means nothing, or there are no readings."""
    if profile.phase != "fresh" or (profile.low_centi_c, profile.high_centi_c) != _REFRIGERATED:
        return None
    by_logger: dict[str, list[tuple[int, int]]] = {}
    for series in evidence:
        if holds_band(series.range, profile):
            weighed = [(centi_c, series.interval_ms) for _, centi_c in series.readings]
            by_logger.setdefault(series.logger, []).extend(weighed)
    means = (mean_kinetic_centi_c(pairs) for pairs in by_logger.values())
    return max((mean for mean in means if mean is not None), default=None)
