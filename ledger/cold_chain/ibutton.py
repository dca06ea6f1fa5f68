"""iButton (DS1921, DS1922, DS1923) by OneWireViewer: a head of `name: value` lines, then rows.

The head's `Mission Start` names its month in words, which settles the rows' order of day and month. Its
zone is an abbreviation (`CST` is at least three zones), so the offset is asked for.
"""

from __future__ import annotations

import re
from typing import get_args

from ledger.cold_chain.degrees import Degrees, check_marks
from ledger.cold_chain.logger_file import Channel, DateOrder, LoggerFile, Printed, Told, Unit, Zone
from ledger.cold_chain.moments import day_ms, offset_min, orders_of, split, zone_of
from ledger.cold_chain.refusals import Bad, Unreadable
from ledger.cold_chain.table import (
    Table,
    converted,
    interval_of,
    one_serial,
    one_unit,
    table_of,
    times_of,
)
from ledger.cold_chain.text import Text

NAME = "ibutton"
# By part number, from Maxim's data sheets; in hundredths of a degree.
RANGES = {
    "DS1921G": (-4_000, 8_500), "DS1921H": (1_500, 4_600), "DS1921Z": (-500, 2_600),
    "DS1922L": (-4_000, 8_500), "DS1922T": (0, 12_500), "DS1923": (-2_000, 8_500),
}  # fmt: skip
_START = re.compile(r"\w{3} (\w{3}) +([0-9]{1,2}) ([0-9:]{8})(?: (\S+))? ([0-9]{4})")
_RATE = re.compile(r"Every ([0-9]{1,5}) (second|minute|hour)\(?s?\)?", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_HEADER = re.compile(r"Date/Time,Unit,Value\s*", re.IGNORECASE)


def recognise(text: Text) -> str | None:
    """Why this is such a file, or None."""
    for number, line in enumerate(text.lines[:30], start=1):
        if line.startswith("1-Wire/iButton"):
            return f"line {number} begins with 1-Wire/iButton"
    return None


def read(text: Text, told: Told, why: str) -> LoggerFile:
    """Raises `Unreadable`, `Ambiguous`."""
    head, header_line = _head(text)
    start = _START.fullmatch(head.get("Mission Start", ("", 0))[0])
    zone = _zone(told, start)
    table = table_of(text, ",", header_line, header_line + 1)
    known = _with_order(text, told, start, table)
    unit = _unit(table, told)
    times = times_of(text, table.column(0), known, table.lines, "Date/Time", zone.offset_min)
    degrees = Degrees(unit)
    values = converted(table.column(2), degrees.__getitem__, table.lines, "Value")
    check_marks(text, degrees, told.decimal)
    channel = Channel("Value", tuple(times), tuple(values), table.lines)
    part = head.get("1-Wire/iButton Part Number", ("", 0))[0]
    return LoggerFile(
        format=NAME,
        why=why,
        serial=one_serial(told, *head.get("1-Wire/iButton Registration Number", (None, None))),
        model=part or None,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=(channel,),
        interval_s=interval_of(text, [channel], told, _interval(head)),
        started_at_ms=times[0] if times else None,
        printed=Printed(count=_count(text, head, len(times))),
        range_centi_c=RANGES.get(part.partition("-")[0]),
        notes=tuple(text.notes),
    )


def _head(text: Text) -> tuple[dict[str, tuple[str, int]], int]:
    """Names and values with their lines, and the line of the rows' header."""
    head: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.lines[:60], start=1):
        if _HEADER.fullmatch(line):
            return head, number
        name, colon, value = line.partition(":")
        if colon:
            head[name.strip()] = (value.strip(), number)
    raise Unreadable("there is no line Date/Time,Unit,Value", "export the mission as CSV again")


def _zone(told: Told, start: re.Match[str] | None) -> Zone:
    word = start[4] if start else None
    stated = offset_min(word) if word else None
    why = f"the zone {word!r} is an abbreviation of several" if word else "the file names no zone"
    return zone_of(told, stated, f"Mission Start in {word}", why)


def _with_order(text: Text, told: Told, start: re.Match[str] | None, table: Table) -> Told:
    """The order of day and month in which the first row is the mission's first day."""
    if told.date_order or start is None or not len(table):
        return told
    first = split(table.column(0)[:1])[0][0]
    try:
        mission = day_ms(f"{start[2]}-{start[1]}-{start[5]}", "dmy")
        fitting = [order for order in orders_of(first) if day_ms(first, order) == mission]
    except Bad:
        return told
    if len(fitting) != 1:
        return told
    text.decided(f"dates are {fitting[0]}: so the first row is on the day of Mission Start", table.lines[0])
    order: DateOrder = next(order for order in get_args(DateOrder) if order == fitting[0])
    return Told(told.unit, told.zone, told.decimal, order, told.serial, told.interval_s)


def _unit(table: Table, told: Told) -> Unit:
    units = set(map(str.strip, set(table.column(1))))
    if len(units) > 1 or not units <= {"C", "F"}:
        line = next(n for n, cell in zip(table.lines, table.column(1), strict=True) if cell.strip() != "C")
        raise Unreadable(f"units {sorted(units)} in one column", "export it again", line, "Unit")
    stated: Unit | None = None if not units else ("F" if units == {"F"} else "C")
    return one_unit(told, stated, "the column Unit")


def _interval(head: dict[str, tuple[str, int]]) -> int | None:
    match = _RATE.match(head.get("Sample Rate", ("", 0))[0])
    return (int(match[1]) * _SECONDS[match[2].lower()] or None) if match else None


def _count(text: Text, head: dict[str, tuple[str, int]], rows: int) -> int | None:
    """The mission's samples; a note where the rows are not as many."""
    value, line = head.get("Number of Mission Samples", ("", 0))
    if not re.fullmatch(r"[0-9]{1,9}", value):
        return None
    if int(value) != rows:
        text.contradicts(f"the file says {value} samples and holds {rows}", line)
    return int(value)
