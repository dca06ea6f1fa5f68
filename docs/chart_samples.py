"""The pictures of `docs/how-to/charts.md`: `python -m docs.chart_samples` draws them anew.

Made-up journeys: what a tense day looks like, and what three weeks in the cold look like.
"""

from __future__ import annotations

import math
from array import array
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ledger.charts.chart import Chart, HandOver
from ledger.charts.drawing import draw
from ledger.charts.therapy import panel_of
from ledger.domain.parts import TemperatureProfile
from ledger.domain.readings import Series
from ledger.domain.times import milliseconds

FOLDER = Path(__file__).parent / "images" / "temperature"
MINUTE = 60_000
START_MS = milliseconds("2026-03-27T07:00:00.000Z")
NONE = -32_768
FRESH = TemperatureProfile(
    phase="fresh", low_centi_c=200, high_centi_c=800, longest_excursion_s=1_800,
    cumulative_excursion_s=3_600, largest_gap_s=900,
)  # fmt: skip
FROZEN = TemperatureProfile(
    phase="frozen", high_centi_c=-15_000, longest_excursion_s=600, cumulative_excursion_s=5_400,
    largest_gap_s=1_800,
)  # fmt: skip


def series(
    values: list[int | None], start_ms: int = START_MS, interval_ms: int = 5 * MINUTE, **fields: Any
) -> Series:
    """A fit logger's statement; None is no reading."""
    packed = array("h", [NONE if value is None else value for value in values]).tobytes()
    plain = Series(
        "", 7, "fresh", "LOG-1", (-4_000, 8_000), 10**15, "valid", start_ms, interval_ms, 10**15, packed
    )
    return plain._replace(**fields)


def a_fresh_journey() -> Chart:
    """Twelve hours with two couriers: a warm hour, a gap, a second logger that goes to its end."""
    calm = [round(500 + 90 * math.sin(n / 5)) for n in range(145)]
    warm = [*calm[:40], *(860 + 45 * n for n in range(8)), *(1_150 - 90 * n for n in range(5)), *calm[53:]]
    first: list[int | None] = [*warm[:124], *[None] * 7, *warm[131:]]
    second: list[int | None] = [value - 70 for value in warm[6:120]]
    second[60:64] = [60, 0, 0, 90]
    evidence = (
        series(first),
        series(second, START_MS + 30 * MINUTE, logger="LOG-22 (lid)", position=9, range=(0, 3_000)),
    )
    given = [
        HandOver(START_MS + 25 * MINUTE, "st-mary/apheresis", "swift/van", 12),
        HandOver(START_MS + 220 * MINUTE, "swift/van", "swift/hub", 18),
        HandOver(START_MS + 250 * MINUTE, "swift/hub", "nordair/flight", 21),
        HandOver(START_MS + 690 * MINUTE, "nordair/flight", "northcell-1/cleanroom", 30),
    ]
    panel = panel_of(("A9999-F1",), FRESH, "fresh", evidence, None, given)
    return Chart("isbt128:CHA999926000001", "A9999-F1", 44, panel.window, (panel,), tuple(given))


def a_whole_journey() -> Chart:
    """Fresh to the cleanroom, frozen for three weeks, with days that nobody measured."""
    fresh = a_fresh_journey()
    day = 1440 * MINUTE
    begun = START_MS + 9 * day
    cold = [round(-17_500 + 500 * math.sin(n / 40)) for n in range(900)]
    cold[640:644] = [-14_800, -14_200, -13_900, -14_700]
    evidence = (
        series(
            list(cold[:400]),
            begun,
            20 * MINUTE,
            phase="frozen",
            logger="TANK-3",
            position=61,
            range=(-20_000, 0),
        ),
        series(
            list(cold[400:]),
            begun + 8 * day,
            20 * MINUTE,
            phase="frozen",
            logger="SHIP-8",
            position=80,
            range=(-20_000, 0),
        ),
        series(
            [-9_500] * 300,
            begun + 8 * day,
            30 * MINUTE,
            phase="frozen",
            logger="OLD-1",
            position=81,
            range=(-9_500, 5_000),
        ),
    )
    given = [
        *fresh.handovers,
        HandOver(begun + 8 * day, "northcell-1/cleanroom", "swift/van", 70),
        HandOver(begun + 15 * day, "swift/van", "st-mary/cell-lab", 77),
    ]
    frozen = panel_of(("A9999-D1", "A9999-D2"), FROZEN, "frozen", evidence, None, given)
    window = fresh.window[0], frozen.window[1]
    return Chart(fresh.coi, "A9999-D1", 91, window, (*fresh.panels, frozen), tuple(given))


def pictures() -> dict[str, str]:
    """File name and content."""
    made = {"a-fresh-journey.svg": a_fresh_journey(), "a-whole-journey.svg": a_whole_journey()}
    return {name: draw(chart, ZoneInfo("Europe/Berlin")) for name, chart in made.items()}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, svg in pictures().items():
        (FOLDER / name).write_text(svg, encoding="utf-8")
