"""One panel's plot: band, shades, readings, hand-overs, axes.

What is told by colour is told a second time: excursions are striped one way and gaps crossed, edges and
lines have dashes of their own, and each has its name beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from typing import NamedTuple

from ledger.charts.axes import Scale, clock_ticks, degree_ticks, degrees, moment, offset
from ledger.charts.chart import Panel, Trace
from ledger.charts.elements import (
    FAINT,
    INK,
    PAPER,
    SOFT,
    element,
    haloed,
    line,
    path,
    placed,
    rect,
    text,
    width_of,
)
from ledger.charts.thinning import OF_A_COLUMN, strokes, thinned
from ledger.domain.intervals import Interval, holds, union

LEFT, RIGHT, WIDTH = 76, 846, 1000  # of the plot and of the picture
HEIGHT = 220
POINTS = 14_000  # of all lines of a picture: some 150 kB
LEAST_COLUMNS = 40
ROW = 17
MARKS_APART = 36
DAY_MS = 86_400_000
OUT, BAND, EDGE = "#b3261e", "#eaf3ee", "#1f6f4a"
# Okabe and Ito's colours, apart in lightness as well, each with a dash of its own.
STYLES = (
    ("#0072b2", ""),
    ("#000000", "7 3"),
    ("#9c5a00", "2 2.5"),
    ("#7a3b69", "10 3 2 3"),
    ("#00735a", "4 4"),
)
PATTERNS = (
    '<defs><pattern id="out" width="8" height="8" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)">'
    f'<rect width="3" height="8" fill="{OUT}" fill-opacity=".38"/></pattern>'
    '<pattern id="gap" width="9" height="9" patternUnits="userSpaceOnUse">'
    f'<path d="M0 0l9 9M9 0l-9 9" stroke="{SOFT}" stroke-width=".8" stroke-opacity=".75"/></pattern></defs>'
)


class Frame(NamedTuple):
    """Where a panel's values stand in the picture. `columns`: of the time axis, for thinning."""

    x: Scale
    y: Scale
    zone: tzinfo
    columns: int

    @property
    def top(self) -> float:
        return self.y.end

    @property
    def bottom(self) -> float:
        return self.y.start


def frame_of(panel: Panel, top: float, zone: tzinfo, lines: int) -> Frame:
    """`lines`: how many tracks the whole picture has, for they share its size in bytes."""
    columns = max(LEAST_COLUMNS, min(RIGHT - LEFT, POINTS // (OF_A_COLUMN * max(1, lines))))
    return Frame(
        Scale(panel.window, LEFT, RIGHT), Scale(_degrees_of(panel), top + HEIGHT, top), zone, columns
    )


def _degrees_of(panel: Panel) -> Interval:
    """All readings and the band, with room for names above."""
    read = [value for trace in panel.traces if trace.line.values for value in _extremes(trace, panel.window)]
    found = [*read, *(edge for edge in panel.edges if edge is not None)] or [0, 1000]
    low, high = min(found), max(found)
    air = max(100, (high - low) // 8)
    return low - air, high + air


def _extremes(trace: Trace, window: Interval) -> Interval:
    values = [trace.line.values[number] for number in thinned(trace.line, window, 1)]
    return min(values), max(values)


# --- the ground ------------------------------------------------------------------------------


def ground(panel: Panel, frame: Frame) -> Iterator[str]:
    """The band, the grid of degrees, and the band's edges with their names."""
    low, high = panel.edges
    if panel.judgement:
        top = frame.top if high is None else frame.y.at(high)
        bottom = frame.bottom if low is None else frame.y.at(low)
        yield rect(LEFT, top, RIGHT - LEFT, max(0, bottom - top), fill=BAND)
    for value in degree_ticks(frame.y.window, 6):
        y = frame.y.at(value)
        yield line(LEFT, y, RIGHT, y, stroke=FAINT, stroke_width=0.6)
        yield text(LEFT - 8, y + 4, degrees(value), text_anchor="end", fill=SOFT)
    for edge in (low, high):
        if edge is not None:
            y = frame.y.at(edge)
            yield line(LEFT, y, RIGHT, y, stroke=EDGE, stroke_width=1.4, stroke_dasharray="9 4")


def edge_names(panel: Panel, frame: Frame) -> Iterator[str]:
    low, high = panel.edges
    for edge, name, shift in ((high, "upper limit", -5), (low, "lower limit", 14)):
        if edge is not None:
            said = f"{name} {degrees(edge)}"
            yield haloed(LEFT + 6, frame.y.at(edge) + shift, said, fill=EDGE, font_weight="bold")


def axis(window: Interval, zone: tzinfo, top: float, bottom: float) -> Iterator[str]:
    """Ticks at `bottom`, with faint lines up to `top`: the zone's clock, UTC where it differs, the days."""
    x = Scale(window, LEFT, RIGHT)
    ticks = clock_ticks(window, zone, 9)
    daily = len(ticks) > 1 and ticks[1] - ticks[0] > DAY_MS * 0.9
    yield line(LEFT, bottom, RIGHT, bottom, stroke_width=1.2)
    for ms in ticks:
        yield line(x.at(ms), top, x.at(ms), bottom, stroke=FAINT, stroke_width=0.6)
        yield line(x.at(ms), bottom, x.at(ms), bottom + 5)
    yield from _clock(x, ticks, zone, bottom + 19, "%-d %b" if daily else "%H:%M", INK, 12)
    below = bottom + 36
    if any(offset(ms, zone) != "UTC" for ms in window):
        yield from _clock(x, ticks, UTC, bottom + 34, "%-d %b %H:%M" if daily else "%H:%M", SOFT, 11)
        below += 15
    yield from _days(x, zone, ticks, below, "%Y" if daily else "%a %-d %b %Y")


def _clock(
    x: Scale, ticks: Sequence[int], zone: tzinfo, y: float, how: str, fill: str, size: int
) -> Iterator[str]:
    """One row of times, with the zone's name at its end."""
    yield text(RIGHT + 30, y, str(zone), size, fill=fill)
    for ms in ticks:
        yield text(x.at(ms), y, moment(ms, zone).strftime(how), size, text_anchor="middle", fill=fill)


AXIS_HEIGHT = 58


def _days(x: Scale, zone: tzinfo, ticks: Sequence[int], y: float, how: str) -> Iterator[str]:
    """Under the first tick of each day (or year)."""
    said = [moment(ms, zone).strftime(how) for ms in ticks]
    firsts = [n for n, day in enumerate(said) if not n or day != said[n - 1]]
    wanted = [(x.at(ticks[n]) - 16, said[n]) for n in firsts]
    for (_, day), at in zip(wanted, placed(wanted, 1, LEFT - 16, RIGHT + 60, 11), strict=True):
        if at:
            yield text(at[0], y, day, 11, fill=SOFT)


# --- shades ----------------------------------------------------------------------------------


def spans(stretches: Iterable[Interval], x: Scale) -> list[tuple[float, float]]:
    """Where they stand; at least two units wide, and what touches there is one."""
    seen = [one for one in stretches if one[0] <= x.window[1] and x.window[0] <= one[1]]
    tenths = ((round(x.within(a) * 10), round(x.within(b) * 10)) for a, b in seen)
    return [(a / 10, b / 10) for a, b in union((a, max(b, a + 20)) for a, b in tenths)]


def shades(panel: Panel, frame: Frame) -> Iterator[str]:
    tall = frame.bottom - frame.top
    for a, b in spans(panel.unknown, frame.x):
        yield rect(a, frame.top, b - a, tall, fill=PAPER)
        yield rect(a, frame.top, b - a, tall, fill="url(#gap)")
    for a, b in spans(excursions(panel), frame.x):
        yield rect(a, frame.top, b - a, tall, fill="url(#out)")


def outlines(panel: Panel, frame: Frame) -> Iterator[str]:
    """On top of the readings: however narrow, it is seen."""
    tall = frame.bottom - frame.top
    legs = [one.span for one in panel.unproved]
    kinds = (panel.unknown, INK, "3 3"), (legs, OUT, "3 3"), (excursions(panel), OUT, "none")
    for stretches, stroke, dash in kinds:
        for a, b in spans(stretches, frame.x):
            yield rect(
                a, frame.top, b - a, tall, fill="none", stroke=stroke, stroke_width=1, stroke_dasharray=dash
            )


def excursions(panel: Panel) -> list[Interval]:
    return [(one.start_ms, one.end_ms) for one in panel.judgement.excursions] if panel.judgement else []


Label = tuple[Interval, str, str]  # what it names, words, colour


def shade_names(panel: Panel, frame: Frame, top: float, rows: int) -> Iterator[str]:
    """Above what they name. Those without room stand in the words beneath."""
    window = frame.x.window
    named = [one for one in sorted(_labels(panel)) if one[0][0] <= window[1] and window[0] <= one[0][1]]
    middles = [(frame.x.within(a) + frame.x.within(b)) / 2 for (a, b), _, _ in named]
    wanted = [(x - width_of(said) / 2, said) for x, (_, said, _) in zip(middles, named, strict=True)]
    for at, (_, said, fill) in zip(placed(wanted, rows, LEFT, RIGHT), named, strict=True):
        if at:
            yield haloed(at[0], top + at[1] * ROW, said, fill=fill, font_weight="bold")


def _labels(panel: Panel) -> Iterator[Label]:
    """`Excursion 1: 12 °C`, `Gap 1`, `NOT PROVED` for a leg, and `no evidence` for what else is unknown."""
    gaps: list[Interval] = []
    if panel.judgement:
        for n, one in enumerate(panel.judgement.excursions, 1):
            yield (one.start_ms, one.end_ms), f"Excursion {n}: {degrees(one.peak_centi_c)}", OUT
        gaps = [(gap.start_ms, gap.end_ms) for gap in panel.judgement.gaps]
    yield from ((gap, f"Gap {n}", INK) for n, gap in enumerate(gaps, 1))
    legs = union(one.span for one in panel.unproved)
    yield from ((leg, "NOT PROVED", OUT) for leg in legs)
    for stretch in panel.unknown:
        if not any(holds(named, stretch) for named in (gaps, legs)):
            yield stretch, "no evidence", INK


# --- readings --------------------------------------------------------------------------------


def readings(panel: Panel, frame: Frame) -> Iterator[str]:
    for trace in panel.traces:
        kept = thinned(trace.line, panel.window, frame.columns)
        runs = strokes(trace.line, kept)
        drawn = "".join(path(_places(trace, run, frame)) for run in runs)
        colour, dash = style(panel.loggers.index(trace.logger))
        yield element(
            "path", d=drawn, fill="none", stroke=colour, stroke_width=1.8, stroke_linejoin="round",
            stroke_linecap="round" if not dash else "butt", **({"stroke_dasharray": dash} if dash else {}),
        )  # fmt: skip
        yield from _beyond_instrument(trace, kept, frame)


def style(number: int) -> tuple[str, str]:
    return STYLES[number % len(STYLES)]


def _places(trace: Trace, run: Sequence[int], frame: Frame) -> list[tuple[float, float]]:
    return [(frame.x.at(trace.line.moments[one]), frame.y.at(trace.line.values[one])) for one in run]


def _beyond_instrument(trace: Trace, kept: Sequence[int], frame: Frame) -> Iterator[str]:
    """A triangle where the instrument was at its end: it may have been colder, or warmer, still."""
    low, high = trace.range
    ends = (
        (9, [n for n in kept if trace.line.values[n] <= low]),
        (-9, [n for n in kept if trace.line.values[n] >= high]),
    )
    for tip, numbers in ends:
        marked = float(-MARKS_APART)
        for n in numbers:
            x, y = frame.x.at(trace.line.moments[n]), frame.y.at(trace.line.values[n])
            if x - marked >= MARKS_APART and LEFT <= x <= RIGHT:
                marked = x
                d = f"M{x - 4:.1f} {y:.1f}h8l-4 {tip}z"
                yield element("path", d=d, fill=PAPER, stroke=INK, stroke_width=1.2)


def logger_names(panel: Panel, frame: Frame) -> Iterator[str]:
    """Beside the end of each line, pushed apart where they would overlap."""
    ends = [(frame.y.at(value), panel.loggers.index(name), name) for name, value in _last_values(panel)]
    y = frame.top - 4.0
    for n, (wanted, number, name) in enumerate(sorted(ends)):
        y = max(min(wanted + 4, frame.bottom - 14 * (len(ends) - n - 1)), y + 14)
        if y > frame.bottom - 10 and n < len(ends) - 1:
            yield text(RIGHT + 6, y, f"and {len(ends) - n} more", fill=SOFT)
            return
        yield from _logger_name(name, number, y)


def _last_values(panel: Panel) -> Iterator[tuple[str, int]]:
    """Of each logger, what it showed last in the picture."""
    lasts: dict[str, tuple[int, int]] = {}
    for trace in panel.traces:
        for n in thinned(trace.line, panel.window, 1)[-1:]:
            last = trace.line.moments[n], trace.line.values[n]
            lasts[trace.logger] = max(lasts.get(trace.logger, last), last)
    return ((name, value) for name, (_, value) in lasts.items())


def _logger_name(name: str, number: int, y: float) -> Iterator[str]:
    colour, dash = style(number)
    dashes = {"stroke_dasharray": dash} if dash else {}
    yield line(RIGHT + 6, y - 4, RIGHT + 26, y - 4, stroke=colour, stroke_width=2, **dashes)
    yield text(RIGHT + 30, y, _short(name, 17), fill=colour, font_weight="bold")


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
