"""Temperature: readings, and what they say against a product's profile.

The conventions, each on the safe side:

1. *Out of band* is a reading below the band's low or above its high edge. An *excursion* lasts
   from the last reading in band before it to the first in band after it: between two readings
   the worst is assumed. Where no reading bounds it, it ends with its own last reading.
2. Two readings further apart than the profile's `largest_gap_s` leave a *gap*: unknown, never
   in range. No reading (null) is none. What another logger covers is no gap.
3. Statements of one logger that follow each other without a gap are one *track*, however they
   were divided. All else stands side by side: excursions add up, and a reading in band never
   takes away what another record shows outside it. Where they contradict, they *disagree*.
4. An instrument whose range does not hold the band says nothing. One whose calibration is not
   known to have held to the last reading, or whose signature fails, covers no time; what it
   shows outside the band counts all the same.

The order in which evidence arrives makes no difference. Times are milliseconds since 1970.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.intervals import Interval, common, rest, union
from ledger.domain.times import milliseconds

if TYPE_CHECKING:
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.temperature_events import TemperatureEvidenceAttached
    from ledger.domain.world import Entry

_NO_READING = -32_768  # below absolute zero


class Reading(NamedTuple):
    at_ms: int
    centi_c: int
    position: int  # of the entry that says it


class Series(NamedTuple):
    """One statement's readings, two bytes each: a chain keeps them for as long as it lives."""

    position: int
    phase: str
    logger: str
    range: Interval  # centi-degrees
    calibrated_ms: int | None
    signature: str
    started_ms: int
    interval_ms: int
    packed: bytes

    @property
    def ended_ms(self) -> int:
        return self.started_ms + (len(self.packed) // 2 - 1) * self.interval_ms

    @property
    def readings(self) -> Iterator[Reading]:
        """Those that are there."""
        for number, value in enumerate(array("h", self.packed)):
            if value != _NO_READING:
                yield Reading(self.started_ms + number * self.interval_ms, value, self.position)

    def until(self, moment_ms: int) -> Series | None:
        """Its readings up to a moment. None: there are none."""
        count = (moment_ms - self.started_ms) // self.interval_ms + 1
        return self._replace(packed=self.packed[: 2 * count]) if count > 0 else None


class Excursion(NamedTuple):
    """`proof`: positions of the entries that show it or bound it, in log order."""

    start_ms: int
    end_ms: int
    peak_centi_c: int
    proof: tuple[int, ...]


class Gap(NamedTuple):
    """`proof`: positions of the entries that leave it."""

    start_ms: int
    end_ms: int
    proof: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all evidence together says of one container in one phase."""

    profile: TemperatureProfile
    excursions: tuple[Excursion, ...]
    gaps: tuple[Gap, ...]
    covered: tuple[Interval, ...]
    disagreements: tuple[Interval, ...]

    @property
    def spent_ms(self) -> int:
        """Time outside the band, in all."""
        return sum(one.end_ms - one.start_ms for one in self.excursions)

    @property
    def longest_ms(self) -> int:
        return max((one.end_ms - one.start_ms for one in self.excursions), default=0)

    @property
    def left_ms(self) -> int:
        """What is left of the stability budget; below zero where more was spent."""
        return self.profile.cumulative_excursion_s * 1000 - self.spent_ms

    @property
    def is_within_limits(self) -> bool:
        profile, count = self.profile, len(self.excursions)
        longest, most = profile.longest_excursion_s, profile.excursions
        if count and 0 in (longest, profile.cumulative_excursion_s, most):
            return False
        return self.longest_ms <= longest * 1000 and self.left_ms >= 0 and (most is None or count <= most)


# --- the instrument --------------------------------------------------------------------


def holds_band(range_: Interval, profile: TemperatureProfile) -> bool:
    """The instrument can tell in band from out of band."""
    low, high = profile.low_centi_c, profile.high_centi_c
    below = range_[0] <= low if low is not None else high is None or range_[0] < high
    above = range_[1] >= high if high is not None else low is None or range_[1] > low
    return below and above


def is_calibrated(series: Series) -> bool:
    """Until its last reading."""
    return series.calibrated_ms is not None and series.ended_ms <= series.calibrated_ms


def is_fit(series: Series, profile: TemperatureProfile) -> bool:
    return holds_band(series.range, profile) and is_calibrated(series)


# --- one track -------------------------------------------------------------------------

Track = list[Series]


def series_of(entry: Entry, event: TemperatureEvidenceAttached) -> Series:
    """The statement's readings, packed."""
    values = (_NO_READING if one is None else one for one in event.readings_centi_c)
    return Series(
        entry.position,
        event.phase,
        event.logger,
        (event.range_low_centi_c, event.range_high_centi_c),
        milliseconds(event.calibrated_until) if event.calibrated_until else None,
        event.device_signature,
        milliseconds(event.started_at),
        event.interval_s * 1000,
        array("h", values).tobytes(),
    )


def tracks(evidence: Iterable[Series], profile: TemperatureProfile) -> list[Track]:
    """Statements of one logger that go on where another ended, as one."""
    found: list[Track] = []
    for series in sorted(evidence, key=lambda one: (one.logger, one.started_ms, one.ended_ms, one.packed)):
        track = next((one for one in found if _goes_on(one[-1], series, profile)), None)
        if track is None:
            found.append([series])
        else:
            track.append(series)
    return found


def _goes_on(before: Series, series: Series, profile: TemperatureProfile) -> bool:
    apart = series.started_ms - before.ended_ms
    largest = max(profile.largest_gap_s * 1000, before.interval_ms, series.interval_ms)
    return series.logger == before.logger and 0 < apart <= largest


def _present(track: Track) -> list[Reading]:
    return [reading for series in track for reading in series.readings]


def _linked(profile: TemperatureProfile, one: Reading, other: Reading) -> bool:
    return other.at_ms - one.at_ms <= profile.largest_gap_s * 1000


def _beyond(profile: TemperatureProfile, centi_c: int) -> int:
    """How far outside the band; zero in band."""
    low, high = profile.low_centi_c, profile.high_centi_c
    if low is not None and centi_c < low:
        return low - centi_c
    return max(0, centi_c - high) if high is not None else 0


def _excursions(track: Track, profile: TemperatureProfile) -> Iterator[Excursion]:
    run: list[Reading] = []  # with the reading in band before it, if one bounds it
    before: Reading | None = None
    for reading in _present(track):
        if before and not _linked(profile, before, reading):
            yield from _excursion(profile, run)
            run, before = [], None
        if _beyond(profile, reading.centi_c):
            run = run or ([before] if before else [])
            run.append(reading)
        elif run:
            yield from _excursion(profile, [*run, reading])
            run = []
        before = reading
    yield from _excursion(profile, run)


def _excursion(profile: TemperatureProfile, run: Sequence[Reading]) -> Iterator[Excursion]:
    """From the first reading of the run to the last; of none, nothing."""
    if run:
        peak = max((one.centi_c for one in run), key=lambda value: _beyond(profile, value))
        proof = tuple(sorted({one.position for one in run}))
        yield Excursion(run[0].at_ms, run[-1].at_ms, peak, proof)


def _known(track: Track, profile: TemperatureProfile) -> list[Interval]:
    """From each reading to the next that is near enough; a lone one is known for its moment."""
    present = _present(track)
    moments = [(one.at_ms, one.at_ms) for one in present]
    links = [(a.at_ms, b.at_ms) for a, b in pairwise(present) if _linked(profile, a, b)]
    return union([*moments, *links])


def _in_band(track: Track, profile: TemperatureProfile) -> list[Interval]:
    """From one reading in band to the next."""
    present = [(one, not _beyond(profile, one.centi_c)) for one in _present(track)]
    pairs = pairwise(present)
    links = [(a.at_ms, b.at_ms) for (a, is_in), (b, too) in pairs if is_in and too and _linked(profile, a, b)]
    return union([*links, *((one.at_ms, one.at_ms) for one, is_in in present if is_in)])


def _gaps(track: Track, profile: TemperatureProfile, covered: Sequence[Interval]) -> Iterator[Gap]:
    """A track without any reading is one gap, however short."""
    known = _known(track, profile)
    least = profile.largest_gap_s * 1000 if known else -1
    for gap in rest((track[0].started_ms, track[-1].ended_ms), known):
        left = rest(gap, covered) if gap[1] - gap[0] > least else []
        leaving = [one.position for one in track if one.started_ms <= gap[1] and gap[0] <= one.ended_ms]
        yield from (Gap(*one, tuple(sorted(leaving))) for one in left if one[1] - one[0] > least)


# --- all tracks ------------------------------------------------------------------------


@lru_cache(maxsize=256)  # pure, and asked again at every entry of a therapy
def judged(evidence: tuple[Series, ...], profile: TemperatureProfile) -> Judgement:
    """All evidence about one container in the profile's phase, whatever its order."""
    speaking = tracks((one for one in evidence if holds_band(one.range, profile)), profile)
    fit = (one for one in evidence if is_fit(one, profile) and one.signature != "failed")
    proving = tracks(fit, profile)
    covered = union(stretch for track in proving for stretch in _known(track, profile))
    return Judgement(
        profile,
        tuple(_together(profile, [one for track in speaking for one in _excursions(track, profile)])),
        tuple(_joined(gap for track in proving for gap in _gaps(track, profile, covered))),
        tuple(covered),
        tuple(_disagreements(speaking, profile)),
    )


def _together(profile: TemperatureProfile, excursions: list[Excursion]) -> list[Excursion]:
    """What overlaps is one event. Two that only share a reading in band are two."""
    found: list[Excursion] = []
    for one in sorted(excursions):
        last = found[-1] if found else None
        if last and (one.start_ms < last.end_ms or one.start_ms == last.start_ms):
            peak = max(last.peak_centi_c, one.peak_centi_c, key=lambda value: _beyond(profile, value))
            proof = tuple(sorted({*last.proof, *one.proof}))
            found[-1] = Excursion(last.start_ms, max(last.end_ms, one.end_ms), peak, proof)
        else:
            found.append(one)
    return found


def _joined(gaps: Iterable[Gap]) -> list[Gap]:
    found: list[Gap] = []
    for one in sorted(gaps):
        last = found[-1] if found else None
        if last and one.start_ms <= last.end_ms:
            proof = tuple(sorted({*last.proof, *one.proof}))
            found[-1] = Gap(last.start_ms, max(last.end_ms, one.end_ms), proof)
        else:
            found.append(one)
    return found


def _disagreements(speaking: list[Track], profile: TemperatureProfile) -> list[Interval]:
    """Where readings out of band of one track fall among readings in band of another."""
    inside = [_in_band(track, profile) for track in speaking]
    outside = [_out_of_band(track, profile) for track in speaking]
    pairs = ((o, i) for o in range(len(speaking)) for i in range(len(speaking)) if o != i)
    return union(stretch for o, i in pairs for stretch in common(outside[o], inside[i]))


def _out_of_band(track: Track, profile: TemperatureProfile) -> list[Interval]:
    return [(one.at_ms, one.at_ms) for one in _present(track) if _beyond(profile, one.centi_c)]


def holes(whole: Interval, judgement: Judgement) -> list[Interval]:
    """Where no evidence covers `whole`, apart from what is no gap."""
    least = judgement.profile.largest_gap_s * 1000
    return [one for one in rest(whole, judgement.covered) if one[1] - one[0] > least]
