"""Cold chain: a logger's file beside `csv.reader`, a million readings beside one numpy pass."""

from __future__ import annotations

import csv
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import Told
from ledger.domain.parts import TemperatureProfile
from ledger.domain.readings import Series, stretches
from ledger.domain.temperature import judged
from tests.bench.table import RUNS, Row, at_most
from tests.logger_files import MAKERS

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 10_000
STATEMENT = 8_000  # readings of one statement
MILLION = 125 * STATEMENT
PROFILE = TemperatureProfile(
    phase="fresh", low_centi_c=200, high_centi_c=800, longest_excursion_s=1_800, cumulative_excursion_s=3_600,
    largest_gap_s=900,
)  # fmt: skip
TOLD = {
    "hobo": Told(date_order="ymd"), "rotronic": Told(zone="UTC", date_order="dmy"), "berlinger": Told(),
}  # fmt: skip


def run() -> list[Row]:
    return [*imports(), *judgements()]


def imports() -> list[Row]:
    """Each maker's file of 10,000 rows."""
    values: list[int | None] = [400 + (number * 7) % 300 for number in range(ROWS)]
    return [_import(name, make(values)) for name, make in MAKERS.items()]


def _import(name: str, raw: bytes) -> Row:
    told = TOLD.get(name, Told(zone="UTC"))
    text = raw.decode("utf-8-sig" if name == "hobo" else "latin-1")
    mark = "\t" if "\t" in text else ","
    ours, other = _in_turn(
        lambda: read(raw, told), lambda: list(csv.reader(text.splitlines(), delimiter=mark))
    )
    return at_most(f"{name}: {ROWS:,} rows, beside csv.reader", ours, other, 3)


def judgements() -> list[Row]:
    """A million readings in statements of 8,000, with an excursion now and then."""
    numbers = np.arange(MILLION)
    values = (450 + 100 * np.sin(numbers / 500) + 600 * (numbers % 40_000 < 5)).astype("<i2")
    evidence = _evidence(values)
    packed = values.tobytes()

    def fresh() -> object:
        stretches.cache_clear()
        judged.cache_clear()
        return judged(evidence, PROFILE)

    ours, other = _in_turn(fresh, lambda: _one_pass(packed))
    return [at_most(f"{MILLION:,} readings judged, beside one numpy pass", ours, other, 3)]


def _one_pass(packed: bytes) -> object:
    """The least that a judgement needs: what is missing, what is out of band, and where either changes."""
    values = np.frombuffer(packed, "<i2")
    state = (values < PROFILE.low_centi_c) | (values > PROFILE.high_centi_c)
    missing = values == -32_768
    return np.flatnonzero((state[1:] != state[:-1]) | (missing[1:] != missing[:-1]))


def _evidence(values: np.ndarray) -> tuple[Series, ...]:
    return tuple(
        Series(
            f"{first:064x}", first, "fresh", "LOG-1", (-4_000, 8_000), 2**50, "valid",
            60_000 * first, 60_000, 2**50, values[first : first + STATEMENT].tobytes(),
        )
        for first in range(0, MILLION, STATEMENT)
    )  # fmt: skip


def _in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Medians in milliseconds of processor time; what disturbs one disturbs the other."""
    pairs = [(_seconds(one), _seconds(other)) for _ in range(8 * RUNS + 1)]
    return statistics.median(a for a, _ in pairs) * 1000, statistics.median(b for _, b in pairs) * 1000


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start
