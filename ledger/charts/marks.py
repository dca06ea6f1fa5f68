"""Hand-overs in a plot: a dotted line down to the axis, and who gave to whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.charts.chart import Panel
from ledger.charts.elements import INK, element, haloed, line, placed
from ledger.charts.plot import LEFT, ROW, WIDTH, Frame


class Named(NamedTuple):
    """A hand-over's words, where they stand, and where its line begins."""

    x: float
    words: str
    left: float
    y: float


def named(panel: Panel, frame: Frame, top: float, rows: int, letters: dict[int, str]) -> list[Named]:
    """Who gave to whom stands beside the letter where there is room, else the letter alone."""
    found = panel.handovers
    said = [f"{letters[one.position]}: {one.giver} \N{RIGHTWARDS ARROW} {one.receiver}" for one in found]
    xs = [frame.x.at(one.at_ms) for one in found]
    wanted = [(x - 4, words) for x, words in zip(xs, said, strict=True)]
    return [
        Named(x, words, at[0], top + at[1] * ROW)
        if at
        else Named(x, letters[one.position], x - 4, top + rows * ROW)
        for one, x, words, at in zip(found, xs, said, placed(wanted, rows, LEFT - 4, WIDTH - 8), strict=True)
    ]


def handover_lines(marks: Iterable[Named], frame: Frame) -> Iterator[str]:
    for one in marks:
        yield line(
            one.x,
            one.y + 4,
            one.x,
            frame.bottom,
            stroke_width=1.3,
            stroke_dasharray="1 3",
            stroke_linecap="round",
        )
        yield element("path", d=f"M{one.x:.1f} {frame.bottom:.1f}l-5 -8h10z", fill=INK)


def handover_names(marks: Iterable[Named]) -> Iterator[str]:
    return (haloed(one.left, one.y, one.words) for one in marks)
