"""A verdict on loggers' own files, by the rules that the ledger judges with: no server is needed.

in_limits       every moment from the first to the last is known, and the profile's limits hold
out_of_limits   a limit does not hold, whatever else is unknown
not_judged      no fit instrument says how warm it was for some of the time
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ledger.cold_chain.evidence import Instrument, Part, channel_of, evidence, part_of
from ledger.cold_chain.logger_file import LoggerFile
from ledger.domain.intervals import Interval, union
from ledger.domain.kinetic import kinetic_mean
from ledger.domain.parts import TemperatureProfile
from ledger.domain.readings import (
    Series,
    band_of,
    beyond_band,
    holds_band,
    is_calibrated,
    is_of_the_past,
    packed,
)
from ledger.domain.temperature import Excursion, Judgement, holes, judged
from ledger.domain.times import milliseconds, timestamp

Document = dict[str, Any]
IN_LIMITS, OUT_OF_LIMITS, NOT_JUDGED = "in_limits", "out_of_limits", "not_judged"


class Judged(NamedTuple):
    """One file: as it was read, the part that belongs here, and that as the rules take it."""

    name: str
    file: LoggerFile
    part: Part
    series: tuple[Series, ...]


def read_for(name: str, file: LoggerFile, known: Instrument, phase: str, number: int, now_ms: int) -> Judged:
    """`number` stands for the file in every proof. Raises `Unreadable`, `Ambiguous`."""
    members = evidence(file, known)
    series = tuple(_series(one, phase, number, now_ms) for one in members)
    return Judged(name, file, part_of(channel_of(file, known.channel), known), series)


def _series(members: Document, phase: str, number: int, now_ms: int) -> Series:
    until = members["calibrated_until"]
    return Series(
        members["raw"],
        number,
        phase,
        members["logger"],
        (members["range_low_centi_c"], members["range_high_centi_c"]),
        None if until is None else milliseconds(until),
        members["device_signature"],
        milliseconds(members["started_at"]),
        members["interval_s"] * 1000,
        now_ms,
        packed(members["readings_centi_c"]),
    )


def verdict_document(files: Sequence[Judged], profile: TemperatureProfile, known: Instrument) -> Document:
    """What is said of them together, with the readings and the rule behind each word of it."""
    series = tuple(one for file in files for one in file.series)
    judgement = judged(series, profile)
    start_ms = min(one.started_ms for one in series) if known.since_ms is None else known.since_ms
    end_ms = max(one.ended_ms for one in series) if known.until_ms is None else known.until_ms
    unknown = union(holes((start_ms, end_ms), judgement.covered, profile)) or _all_of(
        judgement, start_ms, end_ms
    )
    return {
        "verdict": _verdict(judgement, unknown),
        "phase": profile.phase,
        "profile": profile.model_dump(mode="json", exclude_none=True),
        "started_at": timestamp(start_ms),
        "ended_at": timestamp(end_ms),
        "broken": list(judgement.broken),
        "spent_s": _seconds(judgement.spent_ms),
        "left_s": -_seconds(-judgement.left_ms),
        "longest_s": _seconds(judgement.longest_ms),
        "mean_kinetic_centi_c": kinetic_mean(series, profile),
        "excursions": [_excursion(one, files, profile) for one in judgement.excursions],
        "unknown": [_span(one) for one in unknown],
        "disagreements": [_span(one) for one in judgement.disagreements],
        "files": [_file(one, profile) for one in files],
    }


def _verdict(judgement: Judgement, unknown: Sequence[Interval]) -> str:
    if judgement.broken:
        return OUT_OF_LIMITS
    return NOT_JUDGED if unknown else IN_LIMITS


def _all_of(judgement: Judgement, start_ms: int, end_ms: int) -> list[Interval]:
    """A time too short for a gap is unknown all the same where nothing proves any of it."""
    return [] if judgement.covered else [(start_ms, end_ms)]


def _seconds(ms: int) -> int:
    """Upwards: spent time is never rounded away."""
    return -(-ms // 1000)


def _span(one: Interval) -> Document:
    return {"started_at": timestamp(one[0]), "ended_at": timestamp(one[1])}


def _excursion(one: Excursion, files: Sequence[Judged], profile: TemperatureProfile) -> Document:
    """`breaks`: limits that it breaks alone. `readings`: of each file, those outside the band."""
    alone = Judgement(profile, (one,), (), (), ())
    shown = (_outside(files[number], one, profile) for number in one.proof)
    return {
        **_span((one.start_ms, one.end_ms)),
        "lasted_s": _seconds(one.end_ms - one.start_ms),
        "peak_centi_c": one.peak_centi_c,
        "breaks": list(alone.broken),
        "readings": [each for each in shown if each["count"]],
    }


def _outside(file: Judged, one: Excursion, profile: TemperatureProfile) -> Document:
    band = band_of(profile)
    rows = [
        (at_ms, centi_c, line)
        for at_ms, centi_c, line in zip(*file.part, strict=True)
        if one.start_ms <= at_ms <= one.end_ms and centi_c is not None and beyond_band(band, centi_c)
    ]
    peak = max(rows, key=lambda row: beyond_band(band, row[1]), default=(0, 0, 0))
    return {
        "file": file.name,
        "logger": file.series[0].logger,
        "count": len(rows),
        "first_line": rows[0][2] if rows else None,
        "last_line": rows[-1][2] if rows else None,
        "peak_line": peak[2],
        "peak_centi_c": peak[1],
    }


def _file(one: Judged, profile: TemperatureProfile) -> Document:
    doubts = list(_doubts(one.series, profile))
    return {
        "file": one.name,
        "format": one.file.format,
        "logger": one.series[0].logger,
        "sha256": one.file.raw_sha256,
        "readings": sum(value is not None for value in one.part.centi_c),
        **_span((one.series[0].started_ms, one.series[-1].ended_ms)),
        "device_signature": one.file.device_signature.verdict,
        "fit": not doubts,
        "unfit_because": doubts,
    }


def _doubts(series: Sequence[Series], profile: TemperatureProfile) -> Iterator[str]:
    """Why it proves nothing in band. What it shows outside counts, as `readings.telling` has it."""
    if not holds_band(series[0].range, profile):
        yield "its range does not hold the band"
    if series[0].calibrated_ms is None:
        yield "nobody says until when it is calibrated"
    elif not all(map(is_calibrated, series)):
        yield "its calibration ended before its last reading"
    if not all(map(is_of_the_past, series)):
        yield "its clock is ahead: some readings are still to come"
    if series[0].interval_ms > profile.largest_gap_s * 1000:
        yield "its readings are further apart than the profile allows"
    if series[0].signature == "failed":
        yield "its own signature does not fit the file"
