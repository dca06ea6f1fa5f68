"""A logger's readings, and whether its instrument can say anything about a band.

A chain keeps a statement's readings packed, two bytes each, for it cannot know the band: the
product's profile stands in another stream. Against a profile they shrink to *stretches*, as a
rule a handful, which are remembered.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.times import milliseconds
from ledger.domain.window import PROMPT_MS

if TYPE_CHECKING:
    from ledger.domain.intervals import Interval
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.temperature_events import TemperatureEvidenceAttached
    from ledger.domain.world import Entry

numpy: Any
try:
    import numpy
except ImportError:  # an auditor's machine need not have it: slower, and the same
    numpy = None

NO_READING = -32_768  # below absolute zero
_TYPE = numpy.dtype("h") if numpy else None  # as `array` has it


class Series(NamedTuple):
    """One statement's readings. Times in milliseconds since 1970, the range in centi-degrees."""

    statement_id: str
    position: int
    phase: str
    logger: str
    range: Interval
    calibrated_ms: int | None
    signature: str
    started_ms: int
    interval_ms: int
    recorded_ms: int  # ledger time of the statement
    packed: bytes

    @property
    def ended_ms(self) -> int:
        return self.started_ms + (len(self.packed) // 2 - 1) * self.interval_ms

    @property
    def readings(self) -> Iterator[tuple[int, int]]:
        """Moment and centi-degrees of those that are there."""
        at_ms = self.started_ms
        for value in array("h", self.packed):
            if value != NO_READING:
                yield at_ms, value
            at_ms += self.interval_ms

    def until(self, moment_ms: int) -> Series | None:
        """Its readings up to a moment. None: there are none."""
        count = (moment_ms - self.started_ms) // self.interval_ms + 1
        return self._replace(packed=self.packed[: 2 * count]) if count > 0 else None


class Stretch(NamedTuple):
    """Readings of one series that follow each other without a gap, all in band or all outside it."""

    first_ms: int
    last_ms: int
    is_in: bool
    peak_centi_c: int  # the furthest outside the band
    position: int


def series_of(entry: Entry, event: TemperatureEvidenceAttached) -> Series:
    """The statement's readings, packed."""
    return Series(
        entry.statement_id,
        entry.position,
        event.phase,
        event.logger,
        (event.range_low_centi_c, event.range_high_centi_c),
        milliseconds(event.calibrated_until) if event.calibrated_until else None,
        event.device_signature,
        milliseconds(event.started_at),
        event.interval_s * 1000,
        entry.recorded_ms,
        packed(event.readings_centi_c),
    )


def packed(readings: Iterable[int | None]) -> bytes:
    """Two bytes each; None is no reading."""
    return array("h", (NO_READING if one is None else one for one in readings)).tobytes()


class Band(NamedTuple):
    """Lowest and highest reading in band, and the longest time between two that leaves no gap."""

    low: int
    high: int
    gap_ms: int


def band_of(profile: TemperatureProfile) -> Band:
    """An open edge lies beyond every reading."""
    low, high = profile.low_centi_c, profile.high_centi_c
    edges = (NO_READING + 1 if low is None else low, -NO_READING - 1 if high is None else high)
    return Band(*edges, profile.largest_gap_s * 1000)


def beyond_band(band: Band, centi_c: int) -> int:
    """How far outside the band; zero in band."""
    return max(band.low - centi_c, centi_c - band.high, 0)


@lru_cache(maxsize=1024)  # pure, and asked again at every entry of a therapy
def stretches(series: Series, band: Band) -> tuple[Stretch, ...]:
    """The series in order of time, shrunk to what the band makes of it."""
    return _by_numpy(series, band) if numpy else tuple(one_by_one(series, band))


def one_by_one(series: Series, band: Band) -> Iterator[Stretch]:
    """Reading by reading: what `_by_numpy` must agree with, and what runs where numpy is not installed."""
    run: Stretch | None = None
    for at_ms, centi_c in series.readings:
        beyond = beyond_band(band, centi_c)
        if run and run.is_in == (not beyond) and at_ms - run.last_ms <= band.gap_ms:
            peak = centi_c if beyond > beyond_band(band, run.peak_centi_c) else run.peak_centi_c
            run = run._replace(last_ms=at_ms, peak_centi_c=peak)
            continue
        if run:
            yield run
        run = Stretch(at_ms, at_ms, not beyond, centi_c, series.position)
    if run:
        yield run


def _by_numpy(series: Series, band: Band) -> tuple[Stretch, ...]:
    values = numpy.frombuffer(series.packed, _TYPE)
    lowest, is_near = numpy.minimum.reduce(values), series.interval_ms <= band.gap_ms
    if is_near and lowest >= band.low and numpy.maximum.reduce(values) <= band.high:
        return (Stretch(series.started_ms, series.ended_ms, True, int(values[0]), series.position),)
    if is_near and lowest > NO_READING:
        return tuple(_runs(series, band, values, range(len(values)), ()))
    places = numpy.flatnonzero(values != NO_READING)
    apart = numpy.diff(places) * series.interval_ms > band.gap_ms
    cuts = (numpy.flatnonzero(apart) + 1).tolist()
    return tuple(_runs(series, band, values[places], places.tolist(), cuts))


def _runs(
    series: Series, band: Band, values: Any, places: Sequence[int], cuts: Sequence[int]
) -> Iterator[Stretch]:
    """Readings at these places of the series, cut there, and where the band is left or entered."""
    is_out = (values < band.low) | (values > band.high)
    crossed = numpy.flatnonzero(is_out[1:] != is_out[:-1]).tolist()
    ends = sorted({0, *cuts, *(at + 1 for at in crossed), len(places)})
    for first, end in pairwise(ends):
        out = bool(is_out[first])
        peak = _furthest(band, values[first:end]) if out else int(values[first])
        start_ms, end_ms = (series.started_ms + places[at] * series.interval_ms for at in (first, end - 1))
        yield Stretch(start_ms, end_ms, not out, peak, series.position)


def _furthest(band: Band, run: Any) -> int:
    """The first of those that are furthest outside."""
    low, high = int(numpy.minimum.reduce(run)), int(numpy.maximum.reduce(run))
    below, above = band.low - low, high - band.high
    if below == above:
        return int(run[((run == low) | (run == high)).argmax()])
    return low if below > above else high


# --- the instrument --------------------------------------------------------------------


def holds_band(range_: Interval, profile: TemperatureProfile) -> bool:
    """The instrument can tell in band from out of band."""
    low, high = profile.low_centi_c, profile.high_centi_c
    below = range_[0] <= low if low is not None else high is None or range_[0] < high
    above = range_[1] >= high if high is not None else low is None or range_[1] > low
    return below and above


def telling(series: Series, profile: TemperatureProfile) -> Series | None:
    """What a series tells of the band: all of it, or, where its instrument's range does not hold the
    band, the readings strictly within the range. At its end it may be warmer or colder than it says."""
    if holds_band(series.range, profile):
        return series
    low, high = series.range
    kept = [value if low < value < high else NO_READING for value in array("h", series.packed)]
    found = series._replace(packed=array("h", kept).tobytes())
    return found if any(value != NO_READING for value in kept) else None


def is_calibrated(series: Series) -> bool:
    """Until its last reading."""
    return series.calibrated_ms is not None and series.ended_ms <= series.calibrated_ms


def is_of_the_past(series: Series) -> bool:
    """Nobody has read what is still to come; a clock may differ by a little."""
    return series.ended_ms <= series.recorded_ms + PROMPT_MS


def is_sound(series: Series) -> bool:
    """Apart from the band, nothing is wrong with its instrument."""
    return is_calibrated(series) and is_of_the_past(series)


def is_fit(series: Series, profile: TemperatureProfile) -> bool:
    """It proves what it says."""
    return holds_band(series.range, profile) and is_sound(series)
