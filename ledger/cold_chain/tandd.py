"""T&D's CSV: rows of numbers (`No.1`), names and units over the columns, then readings.

The time stands twice, in words and as a serial day of Excel: the two must agree. The file names neither
logger nor zone.
"""

from __future__ import annotations

import math

from ledger.cold_chain.degrees import Degrees, check_marks, unit_in
from ledger.cold_chain.headings import is_temperature
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Unit
from ledger.cold_chain.moments import DAY_MS, EXCEL_1970, serial_ms, zone_of
from ledger.cold_chain.refusals import Ambiguous, Bad, Unreadable
from ledger.cold_chain.table import (
    Table,
    cells,
    converted,
    delimiter_of,
    interval_of,
    line_of_header,
    one_unit,
    table_of,
    times_of,
)
from ledger.cold_chain.text import Text

NAME = "tandd"
TIME = "Date/Time"
_HEAD_LINES = 6
_NEAR_DAYS = 1.5 / 86_400  # a serial day with five decimals is good to 0.43 s


def recognise(text: Text) -> str | None:
    """Why this is such a file, or None."""
    number = _numbers_line(text)
    return f"line {number} numbers its columns No.1 and on, after Date/Time" if number else None


def _numbers_line(text: Text) -> int | None:
    return line_of_header(text, _HEAD_LINES, _is_numbers)


def _is_numbers(found: list[str]) -> bool:
    return TIME in found[:2] and any(cell.startswith(("No.", "CH", "Ch.")) for cell in found[1:4])


def read(text: Text, told: Told, why: str) -> LoggerFile:
    """Raises `Unreadable`, `Ambiguous`."""
    number = _numbers_line(text) or 1
    delimiter = delimiter_of(text.lines[number - 1], _is_numbers) or ","
    names, units = _under(text, number, delimiter), _units(text, number + 1, delimiter)
    table = table_of(text, delimiter, number, number + 3)
    columns = _temperatures(table, names, units, told)
    zone = zone_of(told, None, "", "T&D files name no zone")
    times = _times(text, table, told, zone.offset_min)
    text.ignored("the file names no logger: its serial is at most in the file's name")
    channels = tuple(_channel(text, table, at, names[at], units[at], told, times) for at in columns)
    return LoggerFile(
        format=NAME,
        why=why,
        serial=told.serial,
        model=None,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=channels,
        interval_s=interval_of(text, channels, told, None),
        started_at_ms=times[0] if times else None,
        notes=tuple(text.notes),
    )


def _under(text: Text, number: int, delimiter: str) -> list[str]:
    """The head's row in the line after `number`, as wide as the row of numbers."""
    if number >= len(text.lines):
        raise Unreadable("the head ends too early", "export it again", number)
    width = len(cells(text.lines[number - 1], delimiter))
    row = cells(text.lines[number], delimiter)
    return (row + [""] * width)[:width]


def _units(text: Text, number: int, delimiter: str) -> list[str]:
    """The row of units. Raises `Unreadable` where a reading stands there: it would be lost."""
    row = _under(text, number, delimiter)
    if row[0] or any(map(_is_number, row)):
        what = "a row of units should be here, with nothing under Date/Time"
        raise Unreadable(what, "export it again, with names and units", number + 1)
    return row


def _is_number(cell: str) -> bool:
    return cell.lstrip("+-").replace(",", ".").replace(".", "", 1).isdecimal()


def _temperatures(table: Table, names: list[str], units: list[str], told: Told) -> list[int]:
    found = [at for at in range(1, len(table.header)) if at < len(units) and unit_in(units[at])]
    found = found or [at for at, name in enumerate(names) if is_temperature(name)]
    if not found and not any(units) and told.unit is None:
        raise Ambiguous("unit", "the head has no row of units", ("C", "F"))
    if not found:
        raise Unreadable("no column is a temperature", "export the temperature, too")
    return found


def _times(text: Text, table: Table, told: Told, zone_min: int) -> list[int]:
    """From the words; the serial days beside them must say the same."""
    times = times_of(text, table.column(0), told, table.lines, TIME, zone_min)
    column = table.column(1)
    looked_at = column if table.header[1] == TIME else column[:1]
    if not times or ":" not in table.column(0)[0] or not any(map(_is_serial, looked_at)):
        return times
    near = _agree(times, column, zone_min)
    if not all(near):
        raise Unreadable(
            "the two times of the row do not agree", "export it again", table.lines[near.index(False)]
        )
    return times


def _agree(times: list[int], cells: list[str], zone_min: int) -> list[bool]:
    """Which cells are the same moment as a serial day. A check alone, so floats are good enough."""
    offset = EXCEL_1970 + zone_min / 1440
    try:
        days = list(map(float, cells))
    except ValueError:
        days = list(map(_days, cells))
    found = [day - at_ms / DAY_MS - offset for at_ms, day in zip(times, days, strict=True)]
    return list(map(_NEAR_DAYS.__ge__, map(abs, found)))


def _days(cell: str) -> float:
    """With either decimal mark. NaN for what is no number: it is near to nothing."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return math.nan


def _is_serial(text: str) -> bool:
    try:
        serial_ms(text)
    except Bad:
        return False
    return True


def _channel(
    text: Text, table: Table, at: int, name: str, unit_cell: str, told: Told, times: list[int]
) -> Channel:
    heading = table.header[at]
    unit: Unit = one_unit(told, unit_in(unit_cell), f"column {heading!r}")
    degrees = Degrees(unit)
    values = converted(table.column(at), degrees.__getitem__, table.lines, heading)
    check_marks(text, degrees, told.decimal)
    return Channel(f"{heading} {name}".strip(), tuple(times), tuple(values), table.lines)
