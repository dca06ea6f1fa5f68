"""From a logger's file to the members of `TemperatureEvidenceAttached`: on a grid, never resampled.

1. *The channel*: where the file has several, a person says which.
2. *The part*: readings from `since_ms` to `until_ms`, or by their lines in the file, where a clock that
   was set back leaves moments twice. Such a step, or a gap longer than one statement, must be left out
   by that choice: which part belongs to the transport is no guess.
3. *The grid*: readings follow each other by the file's interval. A place of the grid without a reading
   is null. A reading beside the grid begins a new statement with its own grid, and the one before it
   goes on with nulls up to there, so that the time between stays a gap on record.
4. *The size*: a statement carries 8,000 readings at most. The parts of a file are one track again for
   whoever judges them (`ledger/domain/temperature.py`, rule 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise, zip_longest
from typing import Any, NamedTuple

from ledger.cold_chain.logger_file import Channel, LoggerFile
from ledger.cold_chain.refusals import Ambiguous, Unreadable
from ledger.domain.times import milliseconds, timestamp

MOST_READINGS = 8_000  # of one statement, which has 65,535 bytes at most
LONGEST_INTERVAL_S = 86_400
MOST_PLACES = 2_000_000  # of the grid, with or without a reading: more than the longest file has rows
Row = tuple[int, int | None]  # moment, centi-degC


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a person knows of the logger and its use, where the file does not say.

    `range_centi_c`: lowest and highest temperature that it can measure. `calibrated_until_ms` None:
    nobody knows, and then it proves nothing in band.
    """

    range_centi_c: tuple[int, int] | None = None
    calibrated_until_ms: int | None = None
    channel: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    lines: tuple[int, int] | None = None  # first and last, from 1


class Part(NamedTuple):
    """Readings of a channel, one value of each at the same index."""

    times_ms: Sequence[int]
    centi_c: Sequence[int | None]
    lines: Sequence[int]


class Run(NamedTuple):
    """Readings on one grid from `started_ms` on; None is no reading."""

    started_ms: int
    centi_c: list[int | None]


def evidence(file: LoggerFile, instrument: Instrument | None = None) -> list[dict[str, Any]]:
    """The measured members of one or more events, in order of time.

    They lack what the file cannot know: `at`, `phase`, `containers`. Raises `Unreadable` where nothing
    was measured, `Ambiguous` where a person must say more: `serial`, `range_centi_c`, `channel`,
    `interval_s`, `since_ms`.
    """
    known = instrument or Instrument()
    channel = channel_of(file, known.channel)
    interval_ms = _interval_ms(file)
    part = part_of(channel, known)
    _check_order(part, interval_ms)
    members = _constant(file, known, channel)
    runs = _runs(part.times_ms, part.centi_c, interval_ms)
    return [members | _measured(run, interval_ms) for run in runs for run in _pieces(run, interval_ms)]


def channel_of(file: LoggerFile, name: str | None) -> Channel:
    """The named channel, or the only one."""
    if not any(channel.times_ms for channel in file.channels):
        raise Unreadable(
            "the file holds no readings that evidence could carry", "attach what its device logged"
        )
    names = [channel.name for channel in file.channels]
    if name is None and len(names) == 1:
        return file.channels[0]
    if name not in names:
        raise Ambiguous("channel", f"the file has {len(names)} channels of temperature", names)
    return file.channels[names.index(name)]


def _interval_ms(file: LoggerFile) -> int:
    if file.interval_s is None:
        raise Ambiguous("interval_s", "neither the file nor its rows say how long a reading stands for")
    if not 1 <= file.interval_s <= LONGEST_INTERVAL_S:
        raise Unreadable(
            f"{file.interval_s} s between readings", f"a day ({LONGEST_INTERVAL_S} s) is the most"
        )
    return file.interval_s * 1000


def part_of(channel: Channel, known: Instrument) -> Part:
    """Rule 2: the part that was asked for. Raises `Unreadable` where it holds nothing."""
    whole = Part(channel.times_ms, channel.centi_c, channel.lines)
    if known.since_ms is None and known.until_ms is None and known.lines is None:
        return whole
    first, last = known.lines or (0, max(channel.lines))
    kept = [
        row
        for row in zip(*whole, strict=True)
        if first <= row[2] <= last
        and (known.since_ms is None or known.since_ms <= row[0])
        and (known.until_ms is None or row[0] <= known.until_ms)
    ]
    if not kept:
        raise Unreadable("the file has no reading in that part", "choose another since and until, or lines")
    return Part(*zip(*kept, strict=True))


def _check_order(part: Part, interval_ms: int) -> None:
    """Rule 2."""
    moments = part.times_ms
    for number, (earlier, later) in enumerate(pairwise(moments), start=1):
        if 0 < later - earlier <= MOST_READINGS * interval_ms:
            continue
        what = "the clock went back, or stood" if later <= earlier else "readings are missing for long"
        between = f"from {timestamp(earlier)} to {timestamp(later)}, line {part.lines[number]}"
        raise Ambiguous(
            "since_ms", f"{what} ({between}): say which part belongs here with since and until, or its lines"
        )
    places = (moments[-1] - moments[0]) // interval_ms
    if places > MOST_PLACES:
        what = f"a reading each {interval_ms // 1000} s would be {places}, more than {MOST_PLACES}"
        raise Ambiguous("since_ms", f"{what}: say which part belongs here with since and until")


def _constant(file: LoggerFile, known: Instrument, channel: Channel) -> dict[str, Any]:
    range_ = file.range_centi_c or known.range_centi_c
    if range_ is None:
        raise Ambiguous("range_centi_c", "the file does not say which temperatures its logger can measure")
    if range_[0] >= range_[1]:
        raise Unreadable(f"the range {range_} has no width", "say the lowest, then the highest temperature")
    if file.serial is None:
        raise Ambiguous("serial", "the file does not name its logger")
    until = file.calibrated_until_ms if file.calibrated_until_ms is not None else known.calibrated_until_ms
    return {
        "logger": _logger(file, channel),
        "range_low_centi_c": range_[0],
        "range_high_centi_c": range_[1],
        "calibrated_until": None if until is None else timestamp(until),
        "raw": file.raw_sha256,
        "device_signature": file.device_signature.verdict,
    }


def _logger(file: LoggerFile, channel: Channel) -> str:
    return f"{file.serial}/{channel.name}" if len(file.channels) > 1 else str(file.serial)


def _runs(moments: Sequence[int], values: Sequence[int | None], interval_ms: int) -> Iterator[Run]:
    """Rule 3."""
    run: Run | None = None
    for at_ms, value in zip(moments, values, strict=True):
        places, beside = divmod(at_ms - run.started_ms, interval_ms) if run else (0, 1)
        if run and not beside:
            run.centi_c.extend([None] * (places - len(run.centi_c)))
            run.centi_c.append(value)
            continue
        if run:
            run.centi_c.extend([None] * (places + 1 - len(run.centi_c)))
            yield run
        run = Run(at_ms, [value])
    if run:
        yield run


def _pieces(run: Run, interval_ms: int) -> Iterator[Run]:
    """Rule 4."""
    for first in range(0, len(run.centi_c), MOST_READINGS):
        started_ms = run.started_ms + first * interval_ms
        yield Run(started_ms, run.centi_c[first : first + MOST_READINGS])


def _measured(run: Run, interval_ms: int) -> dict[str, Any]:
    return {
        "started_at": timestamp(run.started_ms),
        "interval_s": interval_ms // 1000,
        "readings_centi_c": run.centi_c,
    }


def disagreement(file: LoggerFile, members: dict[str, Any], channel: str | None = None) -> str | None:
    """What in an event's members its file does not bear out; None: they agree.

    For whoever holds both, later: each place of the grid has the file's reading or, where it has none,
    null, and no reading of the file in that time is left out. Where the clock went back in that time,
    moments stand twice: then one stretch of rows between two such steps bears out all.
    """
    if members["raw"] != file.raw_sha256:
        return f"the statement is about another file ({members['raw']})"
    found = channel_of(file, channel)
    for name, (words, stated) in _stated(file, found).items():
        if members[name] != stated:
            return f"its {words} is {stated}, not {members[name]}"
    return _other_reading(found, members)


def _stated(file: LoggerFile, channel: Channel) -> dict[str, tuple[str, Any]]:
    """Members that follow from the file alone, in words and as it states them."""
    stated: dict[str, tuple[str, Any]] = {"device_signature": ("signature", file.device_signature.verdict)}
    if file.serial is not None:
        stated["logger"] = "logger", _logger(file, channel)
    if file.range_centi_c is not None:
        low, high = file.range_centi_c
        stated["range_low_centi_c"] = "lowest temperature, in hundredths of a degree,", low
        stated["range_high_centi_c"] = "highest temperature, in hundredths of a degree,", high
    if file.calibrated_until_ms is not None:
        stated["calibrated_until"] = "end of calibration", timestamp(file.calibrated_until_ms)
    return stated


def _other_reading(channel: Channel, members: dict[str, Any]) -> str | None:
    started_ms, step_ms = milliseconds(members["started_at"]), members["interval_s"] * 1000
    said: dict[int, int | None] = dict(
        zip(count(started_ms, step_ms), members["readings_centi_c"], strict=False)
    )
    measured = [at_ms for at_ms, value in said.items() if value is not None]
    last_ms = max(said)
    rows = zip(channel.times_ms, channel.centi_c, strict=True)
    other = None
    for stretch in _stretches(row for row in rows if started_ms <= row[0] <= last_ms):
        other = _unlike(stretch, said, measured)
        if other is None:
            return None
    return other


def _stretches(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows parted where the clock went back, or stood; one empty stretch where there are none."""
    found: list[list[Row]] = [[]]
    for row in rows:
        if found[-1] and row[0] <= found[-1][-1][0]:
            found.append([])
        found[-1].append(row)
    return found


def _unlike(rows: list[Row], said: dict[int, int | None], measured: list[int]) -> str | None:
    """The first moment of which rows and statement differ, told; None: there is none."""
    for at_ms, value in rows:
        if at_ms not in said:
            return f"the reading at {timestamp(at_ms)} was left out"
        if said[at_ms] != value:
            return f"the file has another reading at {timestamp(at_ms)}"
    held = [at_ms for at_ms, value in rows if value is not None]
    if held == measured:
        return None
    more = next(at_ms for at_ms, found in zip_longest(measured, held) if at_ms != found)
    return f"the file has no reading at {timestamp(more)}"
