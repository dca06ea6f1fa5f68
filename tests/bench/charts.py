"""A chart of 100,000 readings: how large it is, and its time beside one pass for lowest and highest."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import UTC

import numpy as np

from ledger.charts.chart import Chart, Panel
from ledger.charts.drawing import draw
from ledger.charts.plot import LEFT, RIGHT
from ledger.charts.thinning import thinned
from tests.bench.table import RUNS, Row, at_most, seconds
from tests.charts_stage import many

READINGS = 100_000
LARGEST_KB = 300
COLUMNS = RIGHT - LEFT


def run() -> list[Row]:
    """The readings are judged before: a picture draws a verdict, it makes none."""
    panel = many(READINGS)
    chart = Chart("C1", "A9999-F1", 99, panel.window, (panel,), ())
    size = len(draw(chart, UTC).encode()) / 1000
    line = panel.traces[0].line
    values = np.array(line.values[: len(line.values) // COLUMNS * COLUMNS]).reshape(COLUMNS, -1)
    thin = _ms(lambda: thinned(line, panel.window, COLUMNS))
    return [
        at_most(f"a chart of {READINGS:,} readings as SVG", size, LARGEST_KB, 1.0, " kB"),
        _shown("thinning, beside min and max in plain Python", thin, _ms(lambda: _plain(panel))),
        _shown("thinning, beside min and max of each column in numpy", thin,
               _ms(lambda: (values.min(axis=1), values.max(axis=1)))),
        _shown("the whole picture, beside min and max in plain Python", _ms(lambda: draw(chart, UTC)),
               _ms(lambda: _plain(panel))),
    ]  # fmt: skip


def _plain(panel: Panel) -> tuple[int, int]:
    values = panel.traces[0].line.values
    return min(values), max(values)


def _shown(name: str, ours: float, other: float) -> Row:
    return Row(name, f"{ours:.2f} ms", f"{other:.2f} ms", ours / other, "shown", met=True)


def _ms(action: Callable[[], object]) -> float:
    return statistics.median(seconds(action) for _ in range(RUNS)) * 1000
