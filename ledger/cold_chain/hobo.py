"""HOBOware and HOBOconnect exports: a heading that says unit, zone and serials, then rows.

Delimiter comma, semicolon or tab; date and time in one column or two; event columns with `Logged`;
one or more temperature columns. -888.88 is what HOBOware writes where no sensor answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress

from ledger.cold_chain.degrees import Degrees, check_divided, check_marks, unit_in
from ledger.cold_chain.headings import is_date, is_temperature, is_time
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Unit, Zone
from ledger.cold_chain.moments import offset_min, zone_of
from ledger.cold_chain.refusals import Unreadable
from ledger.cold_chain.table import (
    Table,
    converted,
    delimiter_of,
    interval_of,
    joined_times,
    line_of_header,
    one_serial,
    one_unit,
    table_of,
    times_of,
)
from ledger.cold_chain.text import Text

NAME = "hobo"
NO_SENSOR = ("-888.88", "-888,88", "-888.880", "-888,880")
_TITLE = re.compile(r'^"?(?:Plot Title|Titre|Diagrammtitel|T[ií]tulo)\b', re.IGNORECASE)
_LOGGER = re.compile(r"LGR S/N:\s*([0-9A-Za-z-]+)")
_CHANNEL = re.compile(r"\bc:\s*\d+\b|\bCh[.:]?\s*(?::\s*)?\d+\s*-", re.IGNORECASE)
_ZONE = re.compile(r"(?:GMT|UTC)\s*[+\-\u2212]\s*[0-9]{1,2}(?::?[0-9]{2})?|\b(?:GMT|UTC)\b")
_DATE_TIME = re.compile(r"Date Time, GMT[+-]")
_HEAD_LINES = 5


def recognise(text: Text) -> str | None:
    """Why this is such a file, or None."""
    number = _header(text)
    if number is None:
        return None
    header = text.lines[number - 1]
    if "S/N:" in header:
        return f"line {number} names a logger's serial (LGR S/N) beside date and temperature"
    if _DATE_TIME.search(header):
        return f"line {number} is headed Date Time with an offset, as HOBOware does"
    if _CHANNEL.search(header):
        return f"line {number} numbers its channels as HOBO programs do"
    titled = number > 1 and any(_TITLE.match(line) for line in text.lines[: number - 1])
    return f"a plot title stands before the header in line {number}" if titled else None


def _header(text: Text) -> int | None:
    """The line (from 1) of the heading: within the first few."""
    return line_of_header(text, _HEAD_LINES, _is_heading)


def _is_heading(found: list[str]) -> bool:
    return any(map(is_date, found[:3])) and any(is_temperature(cell) for cell in found[1:])


def read(text: Text, told: Told, why: str) -> LoggerFile:
    """Raises `Unreadable`, `Ambiguous`."""
    number = _header(text) or 1
    table = table_of(text, delimiter_of(text.lines[number - 1], _is_heading) or ",", number, number + 1)
    columns = [at for at, heading in enumerate(table.header) if is_temperature(heading)]
    readings = _without_events(text, table, columns)
    zone = _zone(table, told)
    times = _times(text, readings, told, zone.offset_min)
    channels = tuple(_channel(text, readings, at, columns, told, times) for at in columns)
    if not len(readings):
        text.ignored("the file holds no readings")
    return LoggerFile(
        format=NAME,
        why=why,
        serial=_serial(text, table, number, told),
        model=None,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=channels,
        interval_s=interval_of(text, channels, told, None),
        started_at_ms=times[0] if times else None,
        notes=tuple(text.notes),
    )


def _zone(table: Table, told: Told) -> Zone:
    heading = next(cell for cell in table.header if is_date(cell) or is_time(cell))
    both = ", ".join(cell for cell in table.header[:4] if is_date(cell) or is_time(cell))
    match = _ZONE.search(both)
    stated = offset_min(match[0]) if match else None
    return zone_of(told, stated, f"heading {both!r}", f"the heading {heading!r} names no offset from UTC")


def _without_events(text: Text, table: Table, columns: list[int]) -> Table:
    """Rows without any temperature but with words in another column are events, not readings."""
    blank = {cell for cell in set(table.column(columns[0])) if not cell.strip()}
    found = enumerate(table.column(columns[0])) if blank else ()
    empty = [
        index
        for index, cell in found
        if cell in blank and not any(table.column(at)[index].strip() for at in columns)
    ]
    others = [at for at, name in enumerate(table.header) if at not in columns and not is_date(name)]
    events = {index for index in empty if _say_events(text, table, index, others)}
    if not events:
        return table
    kept = [True] * len(table)
    for index in events:
        kept[index] = False
    left = [list(compress(column, kept)) for column in table.columns]
    return Table(table.header, left, list(compress(table.lines, kept)), table.delimiter)


def _say_events(text: Text, table: Table, index: int, others: list[int]) -> bool:
    """A note for each event of the row; False if it holds none."""
    line = table.lines[index]
    found = [table.header[at] for at in others if table.column(at)[index].strip().isalpha()]
    for event in found:
        text.ignored(f"an event, no reading: {event.partition(' (')[0].partition(' LGR')[0]}", line)
    return bool(found)


def _times(text: Text, table: Table, told: Told, zone_min: int) -> list[int]:
    """From one column of date and time, or from two."""
    dates = next(at for at, heading in enumerate(table.header) if is_date(heading))
    clocks = [at for at, cell in enumerate(table.header) if is_time(cell) and not is_date(cell)]
    moments = table.column(dates)
    if not moments or ":" in moments[0] or not clocks:
        return times_of(text, moments, told, table.lines, table.header[dates], zone_min)
    parts = list(map(str.strip, moments)), table.column(clocks[0])
    return joined_times(text, parts, told, table.lines, table.header[dates], zone_min)


def _channel(
    text: Text, table: Table, at: int, columns: list[int], told: Told, times: Sequence[int]
) -> Channel:
    heading = table.header[at]
    unit: Unit = one_unit(told, unit_in(_before_serials(heading)), f"the heading {heading!r}")
    check_divided(table.column(at), table.delimiter, told.decimal, heading)
    degrees = Degrees(unit, NO_SENSOR)
    values = converted(table.column(at), degrees.__getitem__, table.lines, heading)
    check_marks(text, degrees, told.decimal)
    if any(word in degrees for word in NO_SENSOR):
        text.decided("-888.88 is no reading: no sensor answered")
    return Channel(_name(table, at, columns), tuple(times), tuple(values), table.lines)


def _before_serials(heading: str) -> str:
    """`Temp, °C (LGR S/N: 1, ...)` -> `Temp, °C`."""
    return re.split(r"\(?LGR S/N", heading)[0]


def _name(table: Table, at: int, columns: list[int]) -> str:
    """`Temp`, or `Temp 2` for the second of several."""
    return "Temp" if len(columns) == 1 else f"Temp {columns.index(at) + 1}"


def _serial(text: Text, table: Table, number: int, told: Told) -> str | None:
    """The logger's, from the heading; never the plot's title, which people choose."""
    found: set[str] = set(_LOGGER.findall(" ".join(table.header)))
    if len(found) > 1:
        raise Unreadable(f"the heading names {len(found)} loggers", "export one logger at a time", number)
    stated = found.pop() if found else None
    if stated is None:
        text.ignored("the heading names no logger's serial; a plot's title is none", number)
    return one_serial(told, stated, number)
