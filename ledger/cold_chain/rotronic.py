"""Rotronic's text export (an `.xls` that is none, by tab, or CSV): sections headed `[#I]`, `[#S]`, ...

`[#S]` holds serial and interval, `[#1]` and on one channel each with its unit, `[#H]` the columns'
names, `[#D]` the rows. A logger that lost its battery begins again in 2013: its rows stay as they are,
with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from operator import le

from ledger.cold_chain.degrees import Degrees, check_marks, unit_in
from ledger.cold_chain.headings import is_date, is_temperature, is_time
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Unit
from ledger.cold_chain.moments import zone_of
from ledger.cold_chain.refusals import Bad, Unreadable
from ledger.cold_chain.table import (
    Table,
    converted,
    delimiter_of,
    interval_of,
    joined_times,
    one_serial,
    one_unit,
    seconds,
    table_of,
)
from ledger.cold_chain.text import Text

NAME = "rotronic"
_SECTION = re.compile(r'"?\[#(\w)\]')
_HEAD_LINES = 200


def recognise(text: Text) -> str | None:
    """Why this is such a file, or None."""
    sections = dict(_sections(text))
    return "its sections are headed [#S], [#H] and [#D]" if {"S", "H", "D"} <= set(sections) else None


def read(text: Text, told: Told, why: str) -> LoggerFile:
    """Raises `Unreadable`, `Ambiguous`."""
    sections = dict(_sections(text))
    pairs = _pairs(text, sections)
    table = _table(text, sections)
    columns = [at for at, name in enumerate(table.header) if is_temperature(name)]
    if not columns:
        raise Unreadable("no column is a temperature", "export the temperature, too", sections["H"])
    zone = zone_of(told, None, "", "Rotronic files name no zone")
    times = _times(text, table, told, zone.offset_min)
    channels = tuple(_channel(text, table, at, pairs, told, times) for at in columns)
    _say_breaks(text, table, times)
    return LoggerFile(
        format=NAME,
        why=why,
        serial=_serial(pairs, told),
        model=None,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=channels,
        interval_s=interval_of(text, channels, told, _interval(pairs)),
        started_at_ms=times[0] if times else None,
        notes=tuple(text.notes),
    )


def _sections(text: Text) -> Iterator[tuple[str, int]]:
    """Each section's letter and line, the first of each, up to the rows."""
    seen: set[str] = set()
    for number, line in enumerate(text.lines[:_HEAD_LINES], start=1):
        match = _SECTION.match(line)
        if match and match[1] not in seen:
            seen.add(match[1])
            yield match[1], number
        if "D" in seen:
            return


def _pairs(text: Text, sections: dict[str, int]) -> dict[str, tuple[str, int]]:
    """`name = value` lines before the rows' header."""
    pairs: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.lines[: sections["H"]], start=1):
        name, mark, value = line.rstrip(",;\t ").partition("=")
        if name and mark:
            pairs.setdefault(name.strip(' \t"'), (value.strip(' \t"'), number))
    return pairs


def _table(text: Text, sections: dict[str, int]) -> Table:
    number = sections["H"] + 1
    header = text.lines[number - 1] if number <= len(text.lines) else ""
    delimiter = delimiter_of(header, lambda found: is_date(found[0]) and len(found) > 2)
    if delimiter is None:
        raise Unreadable("under [#H] there are no names of columns", "export it again", number)
    return table_of(text, delimiter, number, sections["D"] + 1)


def _times(text: Text, table: Table, told: Told, zone_min: int) -> list[int]:
    clocks = next((at for at, name in enumerate(table.header) if at and is_time(name)), None)
    if clocks is None:
        raise Unreadable("there is no column Time", "export it again")
    if not len(table):
        text.ignored("the file holds no readings")
        return []
    parts = list(map(str.strip, table.column(0))), table.column(clocks)
    return joined_times(text, parts, told, table.lines, "Date", zone_min)


def _channel(
    text: Text, table: Table, at: int, pairs: dict[str, tuple[str, int]], told: Told, times: list[int]
) -> Channel:
    name = table.header[at]
    stated, line = pairs.get(name, ("", 0))
    unit: Unit = one_unit(told, unit_in(stated) or unit_in(name), f"{name} (line {line})")
    degrees = Degrees(unit)
    values = converted(table.column(at), degrees.__getitem__, table.lines, name)
    check_marks(text, degrees, told.decimal)
    return Channel(name, tuple(times), tuple(values), table.lines)


def _say_breaks(text: Text, table: Table, times: list[int]) -> None:
    if not any(map(le, times[1:], times)):
        return
    for line, (earlier, later) in zip(table.lines[1:], pairwise(times), strict=True):
        if later <= earlier:
            text.contradicts("the logger's clock went back: it lost its time", line)


def _serial(pairs: dict[str, tuple[str, int]], told: Told) -> str | None:
    stated, line = pairs.get("Serial Number", ("", 0))
    return one_serial(told, stated, line)


def _interval(pairs: dict[str, tuple[str, int]]) -> int | None:
    stated, line = pairs.get("Log Interval", ("", 0))
    try:
        return seconds(stated) or None if stated else None
    except Bad as bad:
        raise Unreadable(bad.what, "export it again", line, "Log Interval") from bad
