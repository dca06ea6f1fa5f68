"""Berlinger Fridge-tag and Q-tag: indented `key: value` lines, then readings by tab, then a signature.

Fridge-tag 2 keeps only a minimum and maximum of each day, no readings. Fridge-tag 2 L, Ultra Low and
Q-tag CLm doc have a `Data:` section. `--.-` is no reading, `x` marks a reading out of limits.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from ledger.cold_chain.berlinger_signature import ROOT, device_signature
from ledger.cold_chain.berlinger_summary import printed
from ledger.cold_chain.degrees import Degrees, check_marks
from ledger.cold_chain.logger_file import Channel, DateOrder, LoggerFile, Told, Unit, Zone
from ledger.cold_chain.moments import offset_min
from ledger.cold_chain.refusals import Ambiguous, Unreadable
from ledger.cold_chain.table import converted, even_columns, interval_of, one_serial, one_unit, times_of
from ledger.cold_chain.text import Text

NAME = "berlinger"
_MOST_LINES = 20_000  # beside the readings; a day takes some ten, and 60 days are kept
_MOST_DEPTH = 16  # blanks before a name
_PAIR = re.compile(r"([^:#]{1,64}):\s?(.*)")
_HEADER = re.compile(r"\t(\S+ \S+)\tT(?:\t.*)?")
_PICTURES: dict[str, DateOrder] = {
    "yyyy-MM-dd": "ymd",
    "dd.MM.yyyy": "dmy",
    "dd/MM/yyyy": "dmy",
    "MM/dd/yyyy": "mdy",
}


class Said(NamedTuple):
    """One value of the file's head, and where it stands."""

    value: str
    line: int


def recognise(text: Text) -> str | None:
    """Why this is such a file, or None."""
    first = text.lines[0]
    if first.startswith("Device:") and any(name in first for name in ("Q-tag", "Fridge-tag")):
        return f"its first line is {first!r}"
    return None


def read(text: Text, told: Told, why: str, root: str = ROOT) -> LoggerFile:
    """Raises `Unreadable`, `Ambiguous`."""
    said = _head(text)
    zone = _zone(text, said, told)
    unit = _unit(text, said, told)
    channels = _channels(text, told, unit, zone)
    minutes = said.get("Conf/Logging Interval")
    return LoggerFile(
        format=NAME,
        why=why,
        serial=_serial(said, told),
        model=said["Device"].value,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=channels,
        interval_s=interval_of(text, channels, told, _whole(minutes, "minutes") * 60 if minutes else None),
        started_at_ms=_started(said, channels, zone, text),
        device_signature=device_signature(text.raw, root),
        printed=printed(text, said, unit, channels),
        notes=tuple(text.notes),
    )


def _head(text: Text) -> dict[str, Said]:
    """Every value outside the tables, by its path: `Conf/Alarm/1/T AL`."""
    said: dict[str, Said] = {}
    path: list[str] = []
    times: Counter[str] = Counter()
    for number in _numbers(text):
        line = text.lines[number - 1]
        words = line.lstrip(" ")
        depth = len(line) - len(words)
        pairs = _pairs(words) if depth <= _MOST_DEPTH else []
        if not pairs:
            raise Unreadable(f"{line[:40]!r} is no line of such a file", "export it again", number)
        del path[depth:]
        for name, value in pairs:
            _keep(said, times, "/".join((*path, name)), Said(value, number))
        path.append(pairs[0][0])
    return said


def _numbers(text: Text) -> list[int]:
    """The lines with values: neither blank nor a reading. Raises `Unreadable` for too many."""
    rows = _rows_at(text)
    numbers = (*range(1, rows.start), *range(rows.stop, len(text.lines) + 1))
    found = [at for at in numbers if text.lines[at - 1].strip(" ") and not _by_tab(text, at)]
    if len(found) > _MOST_LINES:
        what = f"{len(found)} lines beside the readings, more than {_MOST_LINES}"
        raise Unreadable(what, "export it again")
    return found


def _rows_at(text: Text) -> range:
    """The numbers of the lines with readings: from behind `Data:` and its header to the last by tab."""
    at = text.lines.index("Data:") if "Data:" in text.lines else None
    if at is None:
        return range(1, 1)
    last = next(
        number for number in range(len(text.lines), at, -1) if number == at + 1 or _by_tab(text, number)
    )
    return range(at + 3, max(last + 1, at + 3))


def _by_tab(text: Text, number: int) -> bool:
    return text.lines[number - 1].startswith("\t")


def _keep(said: dict[str, Said], times: Counter[str], name: str, value: Said) -> None:
    """A name that stands more than once (an alarm that went off again) is numbered: `t A`, `t A#2`."""
    times[name] += 1
    said[name if times[name] == 1 else f"{name}#{times[name]}"] = value


def _pairs(line: str) -> list[tuple[str, str]]:
    """`Min T: +4.0, TS Min T: 00:42` -> two pairs. A comma within a value stays where it is."""
    found: list[tuple[str, list[str]]] = []
    for part in line.split(", "):
        match = _PAIR.fullmatch(part)
        if match:
            found.append((match[1].strip(), [match[2].strip()]))
        elif found:
            found[-1][1].append(part)
    return [(name, ", ".join(parts)) for name, parts in found]


def _serial(said: dict[str, Said], told: Told) -> str | None:
    found = said.get("Conf/Serial")
    return one_serial(told, found.value, found.line) if found else told.serial


def _zone(text: Text, said: dict[str, Said], told: Told) -> Zone:
    """The device's clock is set by hand: `Zone: 0.00` is what it was told, and a person may know better."""
    found = said.get("Conf/Zone")
    hours = re.fullmatch(r"([+-]?)([0-9]{1,2})[.,]([0-9]{2})", found.value) if found else None
    answer = offset_min(told.zone) if told.zone is not None else None
    if told.zone is not None and answer is None:
        raise Ambiguous("zone", f"{told.zone!r} is no offset from UTC", ("UTC", "+01:00", "-05:00"))
    if answer is not None:
        if found:
            text.decided(f"zone {told.zone} was told; the file says Zone: {found.value}", found.line)
        return Zone(answer, "told")
    if found is None or hours is None or int(hours[2]) > 14:
        raise Ambiguous("zone", "the file names no zone", ("UTC", "+01:00", "-05:00"))
    minutes = int(hours[2]) * 60 + int(hours[3]) * 60 // 100
    text.decided("the device's clock is set by hand: compare it with the hand-over scans", found.line)
    return Zone(-minutes if hours[1] == "-" else minutes, f"Zone: {found.value}")


def _unit(text: Text, said: dict[str, Said], told: Told) -> Unit:
    found = said.get("Conf/Temp unit")
    if found is None and told.unit is None:
        text.decided("the file has no line for the unit: this device's exports are in degrees Celsius")
        return "C"
    if found is not None and found.value not in ("C", "F"):
        raise Unreadable(f"unit {found.value!r} is not known", "export it again", found.line, "Temp unit")
    stated: Unit | None = None if found is None else ("C" if found.value == "C" else "F")
    return one_unit(told, stated, "the file")


def _channels(text: Text, told: Told, unit: Unit, zone: Zone) -> tuple[Channel, ...]:
    lines = _rows_at(text)
    if lines.start == 1:
        text.ignored("the file holds no readings, only each day's minimum and maximum")
        return ()
    header = _HEADER.fullmatch(text.lines[lines.start - 2]) if lines.start - 2 < len(text.lines) else None
    if header is None:
        raise Unreadable("the readings have no header", "export it again", lines.start - 1)
    moments, cells, marked = _columns(text, lines)
    order = _PICTURES.get(header[1].partition(" ")[0])
    known = replace(told, date_order=order) if order else told
    times = times_of(text, moments, known, lines, header[1], zone.offset_min)
    degrees = Degrees(unit)
    values = converted(cells, degrees.__getitem__, lines, "T")
    check_marks(text, degrees, told.decimal)
    marks = {index: mark for index, mark in enumerate(marked) if mark} if any(marked) else {}
    return (Channel("T", tuple(times), tuple(values), lines, marks),)


def _columns(text: Text, lines: range) -> tuple[list[str], list[str], list[str]]:
    """Moments, temperatures and marks: there is nothing before a line's first tab, perhaps no mark."""
    source = text.lines[lines.start - 1 : lines.stop - 1]
    columns = even_columns(source, "\t", source[0].count("\t") + 1) if source else None
    if columns and len(columns) in (3, 4) and not any(columns[0]):
        return columns[1], columns[2], columns[3] if len(columns) > 3 else []
    rows = [line.split("\t") for line in source]
    for number, row in zip(lines, rows, strict=True):
        if len(row) not in (3, 4) or row[0]:
            raise Unreadable("this is no reading: a moment, a temperature, a mark", "export it again", number)
    return [row[1] for row in rows], [row[2] for row in rows], [row[3] if row[3:] else "" for row in rows]


def _started(said: dict[str, Said], channels: tuple[Channel, ...], zone: Zone, text: Text) -> int | None:
    """The first reading's moment, or what the head says where there is none."""
    if channels and channels[0].times_ms:
        return channels[0].times_ms[0]
    found = said.get("Res/TS Start") or said.get("Hist/TS Actv")
    if found is None or not found.value:
        return None
    return times_of(text, [found.value], Told(), [found.line], "TS", zone.offset_min)[0]


def _whole(said: Said, what: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", said.value) or int(said.value) == 0:
        raise Unreadable(f"{said.value!r} is no number of {what}", "export it again", said.line)
    return int(said.value)
