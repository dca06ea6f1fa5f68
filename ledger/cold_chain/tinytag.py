"""TinyTag Explorer's CSV: rows `S/N`, `Type`, `Description`, `Property` over the columns, then readings.

A value may carry its unit (`17.4 °C`). Where none does and no row names one, the unit is asked for.
"""

from __future__ import annotations

from ledger.cold_chain.degrees import Degrees, check_divided, check_marks, unit_in, unit_of_cell
from ledger.cold_chain.headings import is_temperature
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Unit
from ledger.cold_chain.moments import offset_min, zone_of
from ledger.cold_chain.refusals import Unreadable
from ledger.cold_chain.table import (
    Table,
    cells,
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

NAME = "tinytag"
_HEAD_LINES = 12


def recognise(text: Text) -> str | None:
    """Why this is such a file, or None."""
    number = _serials_line(text)
    return f"line {number} lists serial numbers (S/N) over the columns" if number else None


def _serials_line(text: Text) -> int | None:
    return line_of_header(text, _HEAD_LINES, _is_serials)


def _is_serials(found: list[str]) -> bool:
    return len(found) > 2 and found[:2] == ["S/N", ""]


def read(text: Text, told: Told, why: str) -> LoggerFile:
    """Raises `Unreadable`, `Ambiguous`."""
    table, head = _parted(text)
    columns = [at for at, name in enumerate(head.get("property", [])) if at > 1 and is_temperature(name)]
    if not columns:
        raise Unreadable("no column's Property is a temperature", "export the temperature, too")
    if not len(table):
        text.ignored("the file holds no readings")
    zone = zone_of(told, offset_min(_zone_word(table)), "heading", "TinyTag files name no zone")
    times = times_of(text, table.column(1), told, table.lines, "Time", zone.offset_min)
    channels = tuple(_channel(text, table, head, at, told, times) for at in columns)
    return LoggerFile(
        format=NAME,
        why=why,
        serial=_serial(head, columns, told),
        model=_under(head.get("type", []), columns[0]) or None,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=channels,
        interval_s=interval_of(text, channels, told, None),
        started_at_ms=times[0] if times else None,
        notes=tuple(text.notes),
    )


def _parted(text: Text) -> tuple[Table, dict[str, list[str]]]:
    """The rows of readings, and the head's rows by the word in their first cell."""
    at = (_serials_line(text) or 1) - 1
    delimiter = delimiter_of(text.lines[at], _is_serials) or ","
    if at == 0:
        raise Unreadable("the row of column numbers is missing", "export it again", 1)
    head: dict[str, list[str]] = {}
    number = at
    while number < len(text.lines) and not text.lines[number].lstrip('"')[:1].isdigit():
        row = cells(text.lines[number], delimiter)
        if any(":" in cell for cell in row[1:2]):
            raise Unreadable("a row with a time has no number before it", "export it again", number + 1)
        head[row[0].lower()] = row
        number += 1
    return table_of(text, delimiter, at, number + 1), head


def _zone_word(table: Table) -> str:
    """`Time (UTC+01:00)`, if ever a version writes it."""
    heading = table.header[1] if len(table.header) > 1 else ""
    return heading.partition("(")[2].rstrip(")")


def _under(row: list[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _channel(
    text: Text, table: Table, head: dict[str, list[str]], at: int, told: Told, times: list[int]
) -> Channel:
    name = table.header[at] if at < len(table.header) else ""
    if not name:
        raise Unreadable("a column of temperatures has no number", "export it again", 1)
    column = table.column(at)
    check_divided(column, table.delimiter, told.decimal, name)
    unit: Unit = one_unit(told, _stated(column, head, at), f"column {name!r}")
    degrees = Degrees(unit)
    values = converted(column, degrees.__getitem__, table.lines, name)
    check_marks(text, degrees, told.decimal)
    described = _under(head.get("description", []), at)
    return Channel(f"{name} {described}".strip(), tuple(times), tuple(values), table.lines)


def _stated(column: list[str], head: dict[str, list[str]], at: int) -> Unit | None:
    """From the first value that carries one, else from a row `Units`, `Property` or `Type`."""
    carried = next((unit for unit in map(unit_of_cell, dict.fromkeys(column)) if unit), None)
    rows = (head.get(name, []) for name in ("units", "unit", "property"))
    return carried or next((unit for unit in (unit_in(_under(row, at)) for row in rows) if unit), None)


def _serial(head: dict[str, list[str]], columns: list[int], told: Told) -> str | None:
    found = {_under(head["s/n"], at) for at in columns} - {""}
    if len(found) > 1:
        raise Unreadable(f"the file holds {len(found)} loggers", "export one logger at a time")
    stated = found.pop() if found else None
    return one_serial(told, stated)
