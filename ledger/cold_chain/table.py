"""Delimited rows, and columns of them turned into values with the place of what does not parse."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import contains, itemgetter, sub
from typing import TypeVar

from ledger.cold_chain.logger_file import Channel, Told, Unit
from ledger.cold_chain.moments import Serials, joined, order_of, split
from ledger.cold_chain.refusals import Ambiguous, Bad, Unreadable
from ledger.cold_chain.text import MOST_BYTES, Text

DELIMITERS = ("\t", ";", ",")
Value = TypeVar("Value")
QUOTE = '"'
_PLEASE = "look at that line, and export the file again"


@dataclass(frozen=True, slots=True)
class Table:
    """A header and as many columns, all of one length. `lines[i]` is where row i stands in the file."""

    header: list[str]
    columns: list[list[str]]
    lines: Sequence[int]
    delimiter: str

    def column(self, index: int) -> list[str]:
        """One column's cells. Raises `Unreadable` where the header has no such column."""
        if index >= len(self.header):
            raise Unreadable(f"the header has no column {index + 1}", "export it again")
        return self.columns[index]

    def __len__(self) -> int:
        """Rows."""
        return len(self.lines)


def cells(line: str, delimiter: str) -> list[str]:
    """One line's cells, without the blanks around them. Raises `Unreadable`."""
    return [cell.strip() for cell in _parsed([line], delimiter, None)[0]]


def table_of(text: Text, delimiter: str, header_line: int, first_line: int) -> Table:
    """The rows from `first_line` to the end; both lines count from 1. Blank lines don't count.

    A `header_line` of 0: there is none, and the columns are called 1, 2, and so on.

    Raises `Unreadable` where a row is wider than the header, or a quotation mark is not closed.
    """
    header = cells(text.lines[max(header_line, 1) - 1], delimiter)
    if header_line == 0:
        header = [str(number) for number in range(1, len(header) + 1)]
    source = text.lines[first_line - 1 :]
    while source and not source[-1].strip():
        source.pop()
    columns = even_columns(source, delimiter, len(header))
    if columns is None or "" in columns[0] or any(map(any, columns[_named(header) :])):
        return _from_rows(header, _parsed(source, delimiter, first_line), delimiter, first_line)
    return Table(header, columns, range(first_line, first_line + len(source)), delimiter)


def even_columns(source: list[str], delimiter: str, width: int) -> list[list[str]] | None:
    """The cells of lines that all have so many, all of them in quotation marks, or none. Else None.

    All lines are cut at once: a list for each of them would cost more than the rest of reading.
    """
    is_quoted = source[:1] != [] and source[0].startswith(QUOTE)
    mark = f"{QUOTE}{delimiter}{QUOTE}" if is_quoted else delimiter
    if set(map(str.count, source, repeat(mark))) != {width - 1}:
        return None
    found = _unquoted(source, mark) if is_quoted else mark.join(source).split(mark)
    if len(found) != width * len(source) or QUOTE in "".join(found):
        return None
    return [found[at::width] for at in range(width)]


def _unquoted(source: list[str], mark: str) -> list[str]:
    """Cells of lines that begin and end with a quotation mark; others keep theirs in some cell."""
    between, whole = f"{QUOTE}\n{QUOTE}", "\n".join(source)
    return whole.removeprefix(QUOTE).removesuffix(QUOTE).replace(between, mark).split(mark)


def _from_rows(header: list[str], rows: list[list[str]], delimiter: str, first_line: int) -> Table:
    """Of rows that may be blank, short, or wider than the header with nothing in it."""
    while rows and _is_blank(rows[-1]):
        rows.pop()
    lines: Sequence[int] = range(first_line, first_line + len(rows))
    if set(map(len, rows)) != {len(header)} or "" in map(itemgetter(0), rows):
        kept = [(line, row) for line, row in zip(lines, rows, strict=True) if not _is_blank(row)]
        lines = lines if len(kept) == len(rows) else [line for line, _ in kept]
        rows = [row for _, row in kept]
    rows = _of_one_width(rows, header, lines)
    columns = list(map(list, zip(*rows, strict=True))) or [[] for _ in header]
    return Table(header, columns, lines, delimiter)


def _named(header: list[str]) -> int:
    """How many columns there are up to the last with a name."""
    return max((at for at, name in enumerate(header, start=1) if name), default=0)


def _is_blank(row: list[str]) -> bool:
    return not any(map(str.strip, row))


def _parsed(source: list[str], delimiter: str, first_line: int | None) -> list[list[str]]:
    """Lines to cells. Without quotation marks there is nothing to parse but the delimiter."""
    if not any(map(contains, source, repeat(QUOTE))):
        return [line.split(delimiter) for line in source]
    try:
        rows = list(csv.reader(source, delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable(f"no rows of cells ({error})", _PLEASE, first_line) from error
    if len(rows) != len(source):
        raise Unreadable("a quotation mark is not closed", _PLEASE, first_line)
    return rows


def _of_one_width(rows: list[list[str]], header: list[str], lines: Sequence[int]) -> list[list[str]]:
    """Short rows are filled with empty cells: programs leave trailing ones out.

    A value behind the last named column may be half of a number with a decimal comma.
    """
    width = len(header)
    if width * len(rows) > MOST_BYTES:  # a cell that is there has at least a delimiter
        raise Unreadable(f"rows without most of the header's {width} columns", "export it again", lines[0])
    named = _named(header)
    is_even = set(map(len, rows)) <= {width}
    if is_even and not any(any(map(itemgetter(at), rows)) for at in range(named, width)):
        return rows
    for line, row in zip(lines, rows, strict=True):
        if any(map(str.strip, row[named:])):
            what = f"the row has {len(row)} cells, the header names {named}"
            hint = "export it with another delimiter if the decimal mark is the same as the delimiter"
            raise Unreadable(what, hint, line)
    return [row[:width] + [""] * (width - len(row)) for row in rows]


def delimiter_of(line: str, has: Callable[[list[str]], bool]) -> str | None:
    """The first delimiter that makes of the header line what `has` looks for."""
    for delimiter in DELIMITERS:
        if delimiter in line:
            try:
                found = cells(line, delimiter)
            except Unreadable:
                continue
            if has(found):
                return delimiter
    return None


def line_of_header(text: Text, most: int, has: Callable[[list[str]], bool]) -> int | None:
    """The first of the first `most` lines (from 1) that some delimiter makes what `has` looks for."""
    lines = enumerate(text.lines[:most], start=1)
    return next((number for number, line in lines if delimiter_of(line, has)), None)


# --- columns to values -----------------------------------------------------------------


def converted(
    texts: Sequence[str], meaning: Callable[[str], Value], lines: Sequence[int], column: str
) -> list[Value]:
    """Each text's meaning. Raises `Unreadable` with the first line of what has none."""
    try:
        return list(map(meaning, texts))
    except Bad:
        for text, line in zip(texts, lines, strict=True):
            try:
                meaning(text)
            except Bad as bad:
                raise Unreadable(bad.what, _PLEASE, line, column) from bad
        raise


def times_of(
    text: Text, moments: Sequence[str], told: Told, lines: Sequence[int], column: str, zone_min: int
) -> list[int]:
    """Date and time in one column to milliseconds, UTC."""
    if not moments:
        return []
    if ":" in moments[0]:
        return joined_times(text, split(moments), told, lines, column, zone_min)
    found = converted(moments, Serials().__getitem__, lines, column)
    text.decided("times are serial days of Excel (1900 system), to the nearest second", lines[0])
    return [at_ms - zone_min * 60_000 for at_ms in found]


def joined_times(
    text: Text,
    parts: tuple[list[str], list[str]],
    told: Told,
    lines: Sequence[int],
    column: str,
    zone_min: int,
) -> list[int]:
    """Dates and times of day (`parts`) to milliseconds, UTC."""
    days, clocks = parts
    try:
        order, why = order_of(days, clocks, told)
        if why:
            text.decided(f"dates are {order}: {why}", lines[0])
        return joined(days, clocks, order, zone_min)
    except Bad as bad:
        rows = enumerate(zip(days, clocks, strict=True))
        index = next((index for index, row in rows if bad.text in row), 0)
        raise Unreadable(bad.what, _PLEASE, lines[index], column) from bad


def interval_of(text: Text, channels: Iterable[Channel], told: Told, stated_s: int | None) -> int | None:
    """Seconds from a reading to the next: the header's, the told one, or the step that most rows keep."""
    times = next((channel.times_ms for channel in channels if len(channel.times_ms) > 1), ())
    steps = _steps(times)
    usual_ms, count = steps.most_common(1)[0] if steps else (0, 0)
    if stated_s is not None:
        if told.interval_s not in (None, stated_s):
            raise Unreadable(f"the file says {stated_s} s between readings", "leave your answer out")
        if 2 * count > steps.total() and usual_ms != stated_s * 1000:
            text.contradicts(f"the file says {stated_s} s between readings, most rows {usual_ms / 1000:g} s")
        return stated_s
    if told.interval_s is not None:
        return told.interval_s
    if 2 * count > steps.total() and usual_ms > 0 and usual_ms % 1000 == 0:
        text.decided(f"{usual_ms // 1000} s between readings: {count} of {steps.total()} steps")
        return usual_ms // 1000
    return None


def _steps(times: Sequence[int]) -> Counter[int]:
    """How often which time lies between two readings."""
    step = times[1] - times[0] if times else 0
    even = range(times[0], times[-1] + 1, step) if step > 0 else range(0)
    if len(even) == len(times) > 0 and list(times) == list(even):
        return Counter({step: len(times) - 1})
    return Counter(map(sub, times[1:], times))


def seconds(text: str) -> int:
    """`00:30:00` -> 1800; an interval, so hours may pass 23. Raises `Bad`."""
    parts = text.strip().split(":")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        raise Bad(text, f"{text!r} is no interval in hours, minutes and seconds")
    hours, minutes, rest = map(int, parts)
    return (hours * 60 + minutes) * 60 + rest


def one_unit(told: Told, stated: Unit | None, where: str) -> Unit:
    """The unit that the file states, or the told one. Raises `Ambiguous` where neither is there."""
    if stated is None and told.unit is None:
        raise Ambiguous("unit", f"{where} names no unit of temperature", ("C", "F"))
    if stated and told.unit not in (None, stated):
        raise Unreadable(f"{where} says degrees {stated}, you said {told.unit}", "leave that answer out")
    return stated or told.unit or "C"  # the last is never reached


def one_serial(told: Told, stated: str | None, line: int | None = None) -> str | None:
    """The logger's, as the file states it, or as told. Raises `Unreadable` where the two differ."""
    if stated and told.serial not in (None, stated):
        raise Unreadable(f"the file is of logger {stated}, not {told.serial}", "take the right file", line)
    return stated or told.serial
