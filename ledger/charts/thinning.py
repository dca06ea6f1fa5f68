"""Which of many readings are drawn, so that no excursion and no gap disappears.

The time axis is divided into columns, as a rule one for each unit of the picture's width. Of each
column at most four readings are drawn: its first, its lowest, its highest and its last. So

1. a reading outside a band lies in a column whose drawn readings reach outside it, too;
2. where readings cross a band's edge, the drawn line crosses it in the same or the next column;
3. no line is drawn across a break;
4. readings that are no more than four to a column are all drawn.

The web app draws by the same rules (`clients/web/src/ui/audit/thinning.ts`); both are held against
`tests/unit/charts_thinning.json`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.domain.intervals import Interval
    from ledger.domain.readings import Series

OF_A_COLUMN = 4


class Line(NamedTuple):
    """One logger's readings in order of time: milliseconds since 1970, centi-degrees.

    `breaks`: numbers of the readings that no line leads to from the one before, ascending.
    """

    moments: Sequence[int]
    values: Sequence[int]
    breaks: Sequence[int]


def line_of(track: Iterable[Series], largest_gap_ms: int) -> Line:
    """Statements of one logger that follow each other. The line breaks where a reading is missing, and
    where two stand further apart than the profile allows."""
    moments: list[int] = []
    values: list[int] = []
    breaks: list[int] = []
    ended_ms: int | None = None
    for series in track:
        due_ms = series.started_ms if moments and moments[-1] == ended_ms else None
        for at_ms, centi_c in series.readings:
            if moments and (at_ms != due_ms or at_ms - moments[-1] > largest_gap_ms):
                breaks.append(len(moments))
            moments.append(at_ms)
            values.append(centi_c)
            due_ms = at_ms + series.interval_ms
        ended_ms = series.ended_ms
    return Line(moments, values, breaks)


def column_of(at_ms: int, window: Interval, columns: int) -> int:
    """The column of a moment within the window; its last moment belongs to the last column."""
    start_ms, end_ms = window
    return min((at_ms - start_ms) * columns // max(1, end_ms - start_ms), columns - 1)


def thinned(line: Line, window: Interval, columns: int) -> list[int]:
    """Numbers of the readings to draw, ascending: those of the window, and one on either side of it."""
    moments, values, _ = line
    first, last = bisect_left(moments, window[0]), bisect_right(moments, window[1])
    kept = [first - 1] if first else []
    at = first
    while at < last:
        end = _column_end(moments, at, last, window, columns)
        kept += _of_column(values, at, end)
        at = end
    return [*kept, last] if last < len(moments) else kept


def _column_end(moments: Sequence[int], at: int, last: int, window: Interval, columns: int) -> int:
    """Number of the first reading beyond the column of reading `at`."""
    column = column_of(moments[at], window, columns)
    if column == columns - 1:
        return last
    start_ms, end_ms = window
    edge_ms = start_ms - (-(column + 1) * max(1, end_ms - start_ms) // columns)  # rounded up
    return bisect_left(moments, edge_ms, at, last)


def _of_column(values: Sequence[int], start: int, end: int) -> Sequence[int]:
    if end - start <= OF_A_COLUMN:
        return range(start, end)
    part = values[start:end]
    extremes = {start + part.index(min(part)), start + part.index(max(part))}
    return sorted({start, end - 1} | extremes)


def strokes(line: Line, kept: Sequence[int]) -> list[list[int]]:
    """What is kept, as runs that a line may lead through: none leads across a break."""
    found: list[list[int]] = []
    before = -1
    for number in kept:
        if found and bisect_right(line.breaks, before) == bisect_right(line.breaks, number):
            found[-1].append(number)
        else:
            found.append([number])
        before = number
    return found
