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
4. An instrument whose range does not hold the band, whose calibration is not known to have
   held to the last reading, whose clock is ahead of the ledger's, or whose signature fails,
   covers no time; what it shows outside the band counts all the same. Of one whose range does
   not hold the band, readings at the end of its range, or beyond, say nothing.

The order in which evidence arrives makes no difference. Times are milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.intervals import Interval, common, rest, union
from ledger.domain.readings import (
    Series,
    Stretch,
    band_of,
    beyond_band,
    holds_band,
    is_sound,
    stretches,
    telling,
)

if TYPE_CHECKING:
    from ledger.domain.parts import TemperatureProfile


class Track(NamedTuple):
    """Statements of one logger in order, and what the profile makes of their readings."""

    series: list[Series]
    stretches: list[Stretch]


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
    def broken(self) -> tuple[str, ...]:
        """The limits that do not hold, by the profile's names. Zero forbids every excursion."""
        spent = {
            "longest_excursion_s": self.longest_ms,
            "cumulative_excursion_s": self.spent_ms,
            "excursions": len(self.excursions) * 1000,
        }
        limits = {name: getattr(self.profile, name) for name in spent}
        return tuple(
            name
            for name, limit in limits.items()
            if self.excursions and limit is not None and (limit == 0 or spent[name] > limit * 1000)
        )

    @property
    def is_within_limits(self) -> bool:
        return not self.broken


# --- one track -------------------------------------------------------------------------


def tracks(evidence: Iterable[Series], profile: TemperatureProfile) -> list[Track]:
    """Statements of one logger that go on where another ended, as one."""
    band = band_of(profile)
    found: list[list[Series]] = []
    for series in sorted(evidence, key=lambda one: (one.logger, one.started_ms, one.ended_ms, one.packed)):
        for track in found:
            if _goes_on(track[-1], series, band.gap_ms):
                track.append(series)
                break
        else:
            found.append([series])
    return [Track(track, [each for one in track for each in stretches(one, band)]) for track in found]


def _goes_on(before: Series, series: Series, gap_ms: int) -> bool:
    if series.logger != before.logger:
        return False
    apart = series.started_ms - before.ended_ms
    return apart > 0 and (apart <= gap_ms or apart <= max(before.interval_ms, series.interval_ms))


def _excursions(track: Track, profile: TemperatureProfile) -> Iterator[Excursion]:
    gap_ms = profile.largest_gap_s * 1000
    run: list[Stretch] = []  # out of band
    before: Stretch | None = None  # the last one in band, where it bounds the run
    last: Stretch | None = None
    for stretch in track.stretches:
        if last and stretch.first_ms - last.last_ms > gap_ms:
            yield from _excursion(profile, before, run, None)
            run, before = [], None
        if stretch.is_in:
            if run:
                yield from _excursion(profile, before, run, stretch)
                run = []
            before = stretch
        else:
            run.append(stretch)
        last = stretch
    yield from _excursion(profile, before, run, None)


def _excursion(
    profile: TemperatureProfile, before: Stretch | None, run: list[Stretch], after: Stretch | None
) -> Iterator[Excursion]:
    """Between the readings in band that bound the run, where there are any."""
    if run:
        start_ms = before.last_ms if before else run[0].first_ms
        end_ms = after.first_ms if after else run[-1].last_ms
        band = band_of(profile)
        peak = max((one.peak_centi_c for one in run), key=lambda value: beyond_band(band, value))
        showing = {one.position for one in (before, *run, after) if one}
        yield Excursion(start_ms, end_ms, peak, tuple(sorted(showing)))


def _known(track: Track, profile: TemperatureProfile) -> list[Interval]:
    """From each reading to the next that is near enough; a lone one is known for its moment."""
    gap_ms = profile.largest_gap_s * 1000
    found: list[Interval] = []
    for one in track.stretches:
        if found and one.first_ms - found[-1][1] <= gap_ms:
            found[-1] = found[-1][0], one.last_ms
        else:
            found.append((one.first_ms, one.last_ms))
    return found


def _side(track: Track, profile: TemperatureProfile, is_in: bool) -> list[Interval]:
    """From one reading in band to the next (or of those outside it)."""
    found = track.stretches
    gap_ms = profile.largest_gap_s * 1000
    pairs = [(a, b) for a, b in pairwise(found) if a.is_in == b.is_in == is_in]
    links = [(a.last_ms, b.first_ms) for a, b in pairs if b.first_ms - a.last_ms <= gap_ms]
    return union([*((one.first_ms, one.last_ms) for one in found if one.is_in == is_in), *links])


def _gaps(
    track: Track, known: Sequence[Interval], profile: TemperatureProfile, covered: Sequence[Interval]
) -> Iterator[Gap]:
    """Beside what the track knows. One without any reading is one gap, however short."""
    least = profile.largest_gap_s * 1000 if known else -1
    for gap in rest((track.series[0].started_ms, track.series[-1].ended_ms), known):
        left = rest(gap, covered) if gap[1] - gap[0] > least else []
        leaving = [
            one.position for one in track.series if one.started_ms <= gap[1] and gap[0] <= one.ended_ms
        ]
        yield from (Gap(*one, tuple(sorted(leaving))) for one in left if one[1] - one[0] > least)


# --- all tracks ------------------------------------------------------------------------


@lru_cache(maxsize=256)  # pure, and asked again at every entry of a therapy
def judged(evidence: tuple[Series, ...], profile: TemperatureProfile) -> Judgement:
    """All evidence about one container in the profile's phase, whatever its order."""
    heard = [one for one in evidence if holds_band(one.range, profile)]
    partly = [one for one in evidence if not holds_band(one.range, profile)]
    whole = tracks(heard, profile)
    # Tracks of their own: they join and part no other.
    speaking = [*whole, *tracks(filter(None, (telling(one, profile) for one in partly)), profile)]
    fit = [one for one in heard if is_sound(one) and one.signature != "failed"]
    proving = whole if len(fit) == len(heard) else tracks(fit, profile)
    known = [_known(track, profile) for track in proving]
    covered = union(stretch for each in known for stretch in each)
    gaps = (
        gap for track, its in zip(proving, known, strict=True) for gap in _gaps(track, its, profile, covered)
    )
    return Judgement(
        profile,
        tuple(_together(profile, [one for track in speaking for one in _excursions(track, profile)])),
        tuple(_joined(gaps)),
        tuple(covered),
        tuple(_disagreements(speaking, profile)),
    )


def _together(profile: TemperatureProfile, excursions: list[Excursion]) -> list[Excursion]:
    """What overlaps is one event. Two that only share a reading in band are two."""
    band = band_of(profile)
    found: list[Excursion] = []
    for one in sorted(excursions):
        last = found[-1] if found else None
        if last and (one.start_ms < last.end_ms or one.start_ms == last.start_ms):
            peak = max(last.peak_centi_c, one.peak_centi_c, key=lambda value: beyond_band(band, value))
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
    if len(speaking) < 2:
        return []
    inside = [_side(track, profile, is_in=True) for track in speaking]
    outside = [_side(track, profile, is_in=False) for track in speaking]
    pairs = ((o, i) for o in range(len(speaking)) for i in range(len(speaking)) if o != i)
    return union(stretch for o, i in pairs for stretch in common(outside[o], inside[i]))


def holes(whole: Interval, covered: Sequence[Interval], profile: TemperatureProfile) -> list[Interval]:
    """What `covered` leaves of `whole`, apart from what is no gap."""
    return [one for one in rest(whole, covered) if one[1] - one[0] > profile.largest_gap_s * 1000]
