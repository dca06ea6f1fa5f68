"""Many readings of one logger, for tests and the bench."""

from __future__ import annotations

from docs.chart_samples import FRESH, START_MS, series
from ledger.charts.chart import Panel
from ledger.charts.therapy import panel_of


def many(count: int = 100_000) -> Panel:
    """A reading each half minute in 13 statements, with noise, some excursions and gaps."""
    noise = [(n * 7_919) % 181 - 90 for n in range(count)]
    values: list[int | None] = [500 + one for one in noise]
    for at in range(5_000, count, 23_000):
        values[at : at + 40] = [950] * 40
    for at in range(12_000, count, 31_000):
        values[at : at + 90] = [None] * 90
    statements = tuple(
        series(values[at : at + 8_000], START_MS + at * 30_000, 30_000, position=at)
        for at in range(0, count, 8_000)
    )
    return panel_of(("A9999-F1",), FRESH, "fresh", statements, None, ())
