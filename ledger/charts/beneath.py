"""What stands beneath a plot: the budget running down, and what the marks mean, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from ledger.charts.axes import Scale, clock, degrees, lasting
from ledger.charts.chart import Panel, Unproved
from ledger.charts.elements import INK, SOFT, element, line, number, text
from ledger.charts.plot import BAND, LEFT, OUT, RIGHT, Frame

if TYPE_CHECKING:
    from ledger.domain.temperature import Excursion, Gap, Judgement

STRIP = 48
ROOM = 30  # below this height, the marks go without their names
MARKS = (50, 80)  # per cent of the budget spent; all of it is the bold line at 0
MOST = 8  # excursions and gaps in words; the others are counted
Point = tuple[int, int]  # moment, milliseconds left


def remaining(judgement: Judgement) -> list[Point]:
    """How much of the time out of band was left, and when: level in band, running down outside it."""
    left = judgement.profile.cumulative_excursion_s * 1000
    points: list[Point] = []
    for one in judgement.excursions:
        points.append((one.start_ms, left))
        left -= one.end_ms - one.start_ms
        points.append((one.end_ms, left))
    return points


def budget(panel: Panel, frame: Frame, top: float) -> Iterator[str]:
    """A strip with the panel's time axis; what is beyond the budget hangs below the bold line."""
    if panel.judgement is None:
        return
    whole_ms = panel.judgement.profile.cumulative_excursion_s * 1000
    if not whole_ms:
        yield text(LEFT, top + 20, "No time out of band is allowed: there is no budget.", fill=SOFT)
        return
    most_beyond = max(panel.judgement.left_ms, -whole_ms)  # further beyond, the strip is full
    y = Scale((min(0, most_beyond), whole_ms), top + STRIP, top)
    yield from _strip(panel.judgement, frame, y)
    yield from _budget_marks(y, whole_ms)


def _budget_marks(y: Scale, whole_ms: int) -> Iterator[str]:
    """How much of it is spent at which height; all of it is the bold line."""
    top, zero = y.at(whole_ms), y.at(0)
    for spent in MARKS:
        at = y.at(whole_ms * (100 - spent) // 100)
        yield line(LEFT, at, RIGHT, at, stroke=SOFT, stroke_width=0.6, stroke_dasharray="2 4")
        if zero - top > ROOM:
            yield text(RIGHT + 6, at + 3, f"{spent} % spent", 10, fill=SOFT)
    yield line(LEFT, zero, RIGHT, zero, stroke_width=1.4)
    yield text(LEFT - 8, top + 6, lasting(whole_ms), 11, text_anchor="end", fill=SOFT)
    yield text(LEFT - 8, max(zero + 4, top + 19), "0 left", 11, text_anchor="end", fill=SOFT)


def _strip(judgement: Judgement, frame: Frame, y: Scale) -> Iterator[str]:
    """Filled down to nothing left, and striped beyond. Two points at most for each unit of width."""
    whole_ms, zero = judgement.profile.cumulative_excursion_s * 1000, y.at(0)
    points = [(frame.x.window[0], whole_ms), *remaining(judgement), (frame.x.window[1], judgement.left_ms)]
    seen: dict[int, list[float]] = {}
    for at, left in points:
        seen.setdefault(round(frame.x.within(at)), []).append(y.within(left))
    levels = [
        (x, level) for x, found in sorted(seen.items()) for level in dict.fromkeys((found[0], found[-1]))
    ]
    for fill, beyond in ((BAND, min), ("url(#out)", max)):
        tops = _points((x, beyond(level, zero)) for x, level in levels)
        yield element("polygon", points=f"{LEFT},{zero:.1f} {tops} {RIGHT},{zero:.1f}", fill=fill)
    yield element("polyline", points=_points(levels), fill="none", stroke=INK, stroke_width=1.8)


def _points(levels: Iterable[tuple[int, float]]) -> str:
    return " ".join(f"{x},{number(level)}" for x, level in levels)


def in_words(panel: Panel, zone: tzinfo) -> list[tuple[str, str]]:
    """Unproved legs, excursions, gaps, loggers that prove nothing, as (words, colour)."""
    found = not_proved(panel.unproved, zone)
    if panel.judgement:
        excursions, gaps = panel.judgement.excursions, panel.judgement.gaps
        found += [(_excursion(n, one, zone), OUT) for n, one in enumerate(excursions[:MOST], 1)]
        found += [(_gap(n, one, zone), INK) for n, one in enumerate(gaps[:MOST], 1)]
        for count, name in ((len(excursions) - MOST, "excursions"), (len(gaps) - MOST, "gaps")):
            found += [(f"and {count} more {name}", INK)] if count > 0 else []
    return [
        *found,
        *((f"{one.logger} proves nothing: {one.doubt}", INK) for one in panel.traces if one.doubt),
    ]


def not_proved(legs: Sequence[Unproved], zone: tzinfo) -> list[tuple[str, str]]:
    """As (words, colour): who had which containers, from when to when, between which entries."""
    found = [
        f"NOT PROVED: {', '.join(one.containers)} with {one.carrier},"
        f" {_span(*one.span, zone)} ({_entries(one.proof)})"
        for one in legs[:MOST]
    ]
    more = len(legs) - MOST
    found += [f"NOT PROVED: {more} more legs"] if more > 0 else []
    return [(said, OUT) for said in found]


def _excursion(n: int, one: Excursion, zone: tzinfo) -> str:
    peak = degrees(one.peak_centi_c)
    return f"Excursion {n}: {_span(one.start_ms, one.end_ms, zone)}, peak {peak} ({_entries(one.proof)})"


def _gap(n: int, one: Gap, zone: tzinfo) -> str:
    return f"Gap {n}: {_span(one.start_ms, one.end_ms, zone)}, unknown ({_entries(one.proof)})"


def _span(start_ms: int, end_ms: int, zone: tzinfo) -> str:
    start, end = clock(start_ms, zone), clock(end_ms, zone)
    shown = end[11:] if start[:10] == end[:10] else end
    return f"{start} to {shown}, {lasting(end_ms - start_ms)}"


def _entries(proof: tuple[int, ...]) -> str:
    return ", ".join(f"#{one}" for one in proof[:4]) + (", ..." if len(proof) > 4 else "")
