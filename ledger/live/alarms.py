"""What live readings call people for: excursions, budgets, silence, tilt, battery, clock.

What is found is a function of what is known, whatever the order in which it came: `of_container`
and `of_logger` (and `ledger.live.clocks`) look at all packets and all evidence at once, and judge by
the same rule as the ledger does (`ledger.domain.temperature`). Only silence needs the time of day.

`changes` holds what was found against the alarms that were raised before:

1. What stands and no open alarm covers begins one. What is already over begins one only where no
   alarm, open or over, covers any moment of it. So a reading in band, however late, begins none.
2. An alarm ends when what it is about is over; what is not found again leaves it as it is.
3. A step of the budget is reached once for a container in a phase, and never taken back.

Alarms that were raised can depend on the order in which packets came (a silence, for one, is over
once they are there); which moments out of band they cover in the end does not.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.domain.parts import MAX_INT
from ledger.domain.readings import Series, holds_band, is_of_the_past
from ledger.domain.temperature import judged, tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ledger.domain.intervals import Interval
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.readings import Stretch
    from ledger.domain.temperature import Excursion, Judgement

Kind = Literal["excursion", "budget", "silence", "tilt", "battery", "clock"]

LIVE = MAX_INT  # as a position: behind every entry, for what no entry says yet
STEPS = (50, 80, 100)  # percent of what a container may spend out of band in all
TILT_DEG = 45  # from upright: a dry shipper that lies on its side loses its cold
BATTERY_PCT = 15  # some hours are left, with most loggers, to bring another one
SILENT_MS = 120_000  # one packet that is late, or two, is a radio's ordinary life


class Heard(NamedTuple):
    """What alarms need of one packet. `started_ms`: of its first reading; `packed` as in `Series`."""

    first: int
    started_ms: int
    interval_ms: int
    packed: bytes
    range: Interval
    battery_pct: int | None
    tilt_deg: int | None
    received_ms: int
    recording: bytes = b""

    @property
    def ended_ms(self) -> int:
        return self.started_ms + (len(self.packed) // 2 - 1) * self.interval_ms

    @property
    def has_reading(self) -> bool:
        return any(True for _ in self.series("", "", None).readings)

    def series(self, logger: str, phase: str, calibrated_ms: int | None) -> Series:
        """As if the ledger had recorded it when it came."""
        heard = self.range, calibrated_ms, "valid", self.started_ms, self.interval_ms, self.received_ms
        return Series("", LIVE, phase, logger, *heard, self.packed)


class Alarm(NamedTuple):
    """From `began_ms` to `ended_ms`; None: it stands. It was last seen to stand at `until_ms`.

    `step`: of the budget, else 0. `peak`: centi-degrees, degrees, percent or seconds, the worst of it;
    None where there is no such thing.
    """

    kind: Kind
    began_ms: int
    until_ms: int
    ended_ms: int | None = None
    step: int = 0
    peak: int | None = None

    @property
    def is_over(self) -> bool:
        return self.ended_ms is not None


class Raised(NamedTuple):
    """An alarm that was raised before, by its number."""

    number: int
    alarm: Alarm


class Changes(NamedTuple):
    """What begins; what was raised and goes on otherwise than it was, or ends."""

    begun: list[Alarm]
    changed: list[Raised]


# --- a container -----------------------------------------------------------------------


def of_container(
    evidence: Sequence[Series],
    live: Sequence[Series],
    profile: TemperatureProfile,
    logger: str,
    since_ms: int,
) -> list[Alarm]:
    """Excursions that this logger shows, those of its recording (from `since_ms`) only, and the
    steps of the budget that all evidence and the live readings together have reached."""
    together = (*evidence, *live)
    judgement = judged(together, profile)
    its = {one.position for one in together if one.logger == logger}
    last = _last_stretch(together, profile, logger)
    shown = [one for one in judgement.excursions if one.end_ms >= since_ms and not its.isdisjoint(one.proof)]
    return [*(_excursion(one, last) for one in shown), *(_steps(judgement) if shown else ())]


def _last_stretch(evidence: Sequence[Series], profile: TemperatureProfile, logger: str) -> Stretch | None:
    heard = [one for one in evidence if one.logger == logger and holds_band(one.range, profile)]
    # One that is dated ahead would be the last for as long: only where there is no other.
    past = [one for one in heard if is_of_the_past(one)] or heard
    found = [track.stretches[-1] for track in tracks(past, profile) if track.stretches]
    return max(found, key=lambda one: (one.last_ms, not one.is_in), default=None)


def _excursion(one: Excursion, last: Stretch | None) -> Alarm:
    """It stands while the logger's last reading is part of it."""
    stands = last is not None and not last.is_in and one.start_ms <= last.last_ms <= one.end_ms
    ended_ms = None if stands else one.end_ms
    return Alarm("excursion", one.start_ms, one.end_ms, ended_ms, peak=one.peak_centi_c)


def _steps(judgement: Judgement) -> Iterator[Alarm]:
    """Each step at the moment at which the time out of band, in all, came to it."""
    whole_ms = judgement.profile.cumulative_excursion_s * 1000
    for step in STEPS:
        moment = _spent(judgement.excursions, whole_ms * step // 100)
        if moment is not None:
            yield Alarm("budget", moment, moment, step=step)


def _spent(excursions: Sequence[Excursion], budget_ms: int) -> int | None:
    """When so much was spent; None: it was not."""
    sums = accumulate(one.end_ms - one.start_ms for one in excursions)
    for one, spent_ms in zip(excursions, sums, strict=True):
        if spent_ms >= budget_ms:
            return one.end_ms - (spent_ms - budget_ms)
    return None


def live_series(
    packets: Iterable[Heard], logger: str, phase: str, calibrated_ms: int | None, span: Interval
) -> tuple[Series, ...]:
    """Their readings within the span, as evidence that nobody has sealed yet."""
    found = (
        _within(one.series(logger, phase, calibrated_ms), span)
        for one in sorted(set(packets), key=lambda each: (each.started_ms, each.first, each.packed))
    )
    return tuple(_joined([one for one in found if one]))


def _within(series: Series, span: Interval) -> Series | None:
    skipped = max(0, -((series.started_ms - span[0]) // series.interval_ms))
    packed = series.packed[2 * skipped :]
    later = series._replace(started_ms=series.started_ms + skipped * series.interval_ms, packed=packed)
    return later.until(span[1]) if packed else None


def _joined(found: list[Series]) -> Iterator[Series]:
    """Those that go on where another ended, as one: the judgement is the same, and sooner made."""
    run: list[Series] = []
    for one in found:
        if run and not _goes_on(run[-1], one):
            yield _one(run)
            run = []
        run.append(one)
    if run:
        yield _one(run)


def _goes_on(before: Series, series: Series) -> bool:
    step_ms = before.interval_ms
    goes = series.interval_ms == step_ms and series.started_ms == before.ended_ms + step_ms
    return goes and series.range == before.range


def _one(run: list[Series]) -> Series:
    return run[0]._replace(packed=b"".join(one.packed for one in run), recorded_ms=run[-1].recorded_ms)


# --- a logger --------------------------------------------------------------------------


def of_logger(packets: Sequence[Heard]) -> list[Alarm]:
    """Times at which it lay on its side, or had little battery left, by its own packets."""
    found = sorted(packets, key=lambda one: (one.started_ms, one.first))
    tilted = [(one.ended_ms, one.tilt_deg) for one in found if one.tilt_deg is not None]
    weak = [(one.ended_ms, one.battery_pct) for one in found if one.battery_pct is not None]
    return [
        *runs("tilt", tilted, lambda value: value >= TILT_DEG, max),
        *runs("battery", weak, lambda value: value <= BATTERY_PCT, min),
    ]


def runs(
    kind: Kind, said: list[tuple[int, int]], calls: Callable[[int], bool], worst: Callable[[int, int], int]
) -> Iterator[Alarm]:
    """Consecutive values that call for an alarm are one; it is over with the next that does not."""
    run: Alarm | None = None
    for moment, value in said:
        if calls(value):
            peak = value if run is None or run.peak is None else worst(run.peak, value)
            run = Alarm(kind, run.began_ms if run else moment, moment, peak=peak)
        elif run:
            yield run._replace(ended_ms=moment)
            run = None
    if run:
        yield run


def silent_after_ms(packet: Heard, profiles: Iterable[TemperatureProfile]) -> int:
    """How long one waits for the next packet: three of the times that this one covers, two minutes
    at least, but no longer than a profile bears without a reading; two intervals in any case."""
    covers_ms = len(packet.packed) // 2 * packet.interval_ms
    gaps = [one.largest_gap_s * 1000 for one in profiles]
    return max(2 * packet.interval_ms, min([max(3 * covers_ms, SILENT_MS), *gaps]))


def silence(heard_ms: int, after_ms: int, listening_ms: int, now_ms: int) -> Alarm:
    """`heard_ms`: when its newest reading came that counts; `listening_ms`: since when somebody
    listens. It stands, or is over since it was heard (then it can end an alarm and begins none)."""
    is_silent = now_ms - max(heard_ms, listening_ms) > after_ms
    return Alarm("silence", heard_ms, heard_ms, None if is_silent else heard_ms)


# --- what was raised before ------------------------------------------------------------


def changes(raised: Sequence[Raised], found: Iterable[Alarm]) -> Changes:
    """Rules 1 to 3 above. All are of one logger, and about one container in one phase or none."""
    ordered = sorted(found, key=lambda one: (one.began_ms, one.kind, one.step))
    begun = [one for one in ordered if _begins(one) and not any(_covers(each.alarm, one) for each in raised)]
    after = (Raised(each.number, _after(each.alarm, ordered)) for each in raised)
    return Changes(begun, [new for each, new in zip(raised, after, strict=True) if new != each])


def is_late(alarm: Alarm, after_ms: int, now_ms: int) -> bool:
    """What it is about was last seen longer ago than one waits for a packet."""
    return alarm.kind != "silence" and now_ms - alarm.until_ms > after_ms


def _begins(found: Alarm) -> bool:
    return found.kind != "silence" or not found.is_over


def _covers(raised: Alarm, found: Alarm) -> bool:
    if raised.kind != found.kind or raised.kind == "budget":
        return raised.kind == found.kind and raised.step == found.step
    if found.is_over:
        return _overlap(raised, found)
    if found.kind == "silence":  # since no later: when exactly may be known no more
        return not raised.is_over and found.began_ms <= raised.began_ms
    return not raised.is_over and _overlap(raised, found)


def _after(raised: Alarm, found: Sequence[Alarm]) -> Alarm:
    """The raised alarm, as what was found leaves it. It goes on while any of what it covers stands."""
    if raised.kind == "budget":
        return raised
    if raised.kind == "silence":
        its = [one for one in found if one.kind == "silence" and one.began_ms > raised.began_ms]
        return raised if raised.is_over or not its else raised._replace(ended_ms=its[-1].began_ms)
    its = [one for one in found if _covers(raised, one)]
    over = [one.ended_ms for one in (raised, *its) if one.ended_ms is not None]
    goes_on = not raised.is_over and (not its or not all(one.is_over for one in its))
    return raised._replace(
        began_ms=min(one.began_ms for one in (raised, *its)),
        until_ms=max(one.until_ms for one in (raised, *its)),
        ended_ms=None if goes_on else max(over),
        peak=its[-1].peak if its else raised.peak,
    )


def _overlap(one: Alarm, other: Alarm) -> bool:
    """They share a moment; that one ends where the other begins is not enough, unless it is all
    that one of them has."""
    starts, ends = max(one.began_ms, other.began_ms), min(_end(one), _end(other))
    is_moment = one.began_ms == _end(one) or other.began_ms == _end(other)
    return starts < ends or (starts == ends and (is_moment or one.began_ms == other.began_ms))


def _end(alarm: Alarm) -> int:
    return alarm.until_ms if alarm.ended_ms is None else alarm.ended_ms
