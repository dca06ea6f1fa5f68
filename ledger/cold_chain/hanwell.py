"""Hanwell's CSV: `Database Valid`, a head of `name:,value` lines, then rows `00:30:00 21/Nov/2025,18.5`."""

from __future__ import annotations

import re

from ledger.cold_chain.degrees import Degrees, check_marks, unit_in
from ledger.cold_chain.headings import is_temperature, is_time
from ledger.cold_chain.logger_file import Channel, LoggerFile, Printed, Told, Unit
from ledger.cold_chain.moments import zone_of
from ledger.cold_chain.table import (
    Table,
    converted,
    delimiter_of,
    interval_of,
    line_of_header,
    one_serial,
    one_unit,
    table_of,
    times_of,
)
from ledger.cold_chain.text import Text

NAME = "hanwell"
_PAIR = re.compile(r"\s*([A-Za-z][^:,;\t]*):[,;\t]\s*(.*)")
_BEHIND = " \t,;"  # what programs leave behind a line's last cell
_HEAD_LINES = 60


def recognise(text: Text) -> str | None:
    """Why this is such a file, or None."""
    for number, line in enumerate(text.lines[:6], start=1):
        if line.strip(" ,;").startswith("Database "):
            return f"line {number} is {line.strip()!r}" if _header(text) else None
    return None


def _header(text: Text) -> int | None:
    """The line (from 1) of the columns' names."""
    return line_of_header(text, _HEAD_LINES, _is_heading)


def _is_heading(found: list[str]) -> bool:
    return is_time(found[0]) and any(map(is_temperature, found[1:]))


def read(text: Text, told: Told, why: str) -> LoggerFile:
    """Raises `Unreadable`, `Ambiguous`."""
    number = _header(text) or 1
    head = _head(text, number)
    table = table_of(text, delimiter_of(text.lines[number - 1], _is_heading) or ",", number, number + 1)
    if not len(table):
        text.ignored("the file holds no readings")
    zone = zone_of(told, None, "", "Hanwell files name no zone")
    times = times_of(text, table.column(0), told, table.lines, "Time", zone.offset_min)
    channels = tuple(
        _channel(text, table, at, told, times) for at, name in enumerate(table.header) if is_temperature(name)
    )
    return LoggerFile(
        format=NAME,
        why=why,
        serial=_serial(head, told),
        model=head.get("Sensor", ("", 0))[0] or None,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=channels,
        interval_s=interval_of(text, channels, told, None),
        started_at_ms=times[0] if times else None,
        printed=Printed(count=_count(text, head, len(times))),
        notes=tuple(text.notes),
    )


def _head(text: Text, number: int) -> dict[str, tuple[str, int]]:
    """Names and values of the lines before the header, with their lines."""
    matches = ((at, _PAIR.fullmatch(line)) for at, line in enumerate(text.lines[: number - 1], start=1))
    return {match[1].strip(): (match[2].rstrip(_BEHIND), at) for at, match in matches if match}


def _channel(text: Text, table: Table, at: int, told: Told, times: list[int]) -> Channel:
    name = table.header[at]
    unit: Unit = one_unit(told, unit_in(name), f"the heading {name!r}")
    degrees = Degrees(unit)
    values = converted(table.column(at), degrees.__getitem__, table.lines, name)
    check_marks(text, degrees, told.decimal)
    return Channel(name, tuple(times), tuple(values), table.lines)


def _serial(head: dict[str, tuple[str, int]], told: Told) -> str | None:
    stated, line = head.get("Serial No", ("", 0))
    return one_serial(told, stated, line)


def _count(text: Text, head: dict[str, tuple[str, int]], rows: int) -> int | None:
    """The number of readings that the head tells; a note where the rows are not as many."""
    stated, line = head.get("No. of Readings", ("", 0))
    if not re.fullmatch(r"[0-9]{1,9}", stated):
        return None
    if int(stated) != rows:
        text.contradicts(f"the file says {stated} readings and holds {rows}", line)
    return int(stated)
