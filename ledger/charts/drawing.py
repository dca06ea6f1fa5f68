"""The whole picture: title, the journey at a glance, a panel for each phase, the hand-overs in words.

1,000 units wide and as high as it has to be. Nothing in it runs, and nothing is fetched by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from string import ascii_uppercase
from xml.sax.saxutils import escape

from ledger.charts import beneath, marks, plot
from ledger.charts.axes import Scale, clock, degrees, lasting, offset
from ledger.charts.chart import Chart, HandOver, Panel
from ledger.charts.elements import FONT, INK, PAPER, SOFT, element, line, rect, text
from ledger.charts.plot import LEFT, RIGHT, ROW, WIDTH
from ledger.domain.intervals import rest

MARGIN = 24
HANDOVER_ROWS, SHADE_ROWS = 3, 2
CLOSE = 44  # hand-overs at a glance
WORDS_MOST = 40  # hand-overs in words


def draw(chart: Chart, zone: tzinfo) -> str:
    """The SVG's text. `zone` names the clock of the time axes; UTC stands beside it."""
    letters = {one.position: letter_of(number) for number, one in enumerate(chart.handovers)}
    parts = list(_head(chart, zone))
    y = 92.0 + ROW * max(0, len(_alarms(chart, zone)) - 1)
    if len(chart.panels) != 1 or chart.unproved:
        parts += _glance(chart, zone, letters, y)
        y += 108 + 15 * _bars(chart)
    lines = sum(len(panel.traces) for panel in chart.panels)
    for panel in chart.panels:
        drawn, y = _panel(panel, y, zone, lines, letters)
        parts += drawn
    drawn, y = _handovers(chart, y, zone, letters)
    return _page(chart, zone, [*parts, *drawn], y)


def letter_of(number: int) -> str:
    """`A` to `Z`, then `A2`, `B2` and so on."""
    turn, at = divmod(number, len(ascii_uppercase))
    return ascii_uppercase[at] + (str(turn + 1) if turn else "")


def _page(chart: Chart, zone: tzinfo, parts: list[str], height: float) -> str:
    tall = round(height + MARGIN)
    return element(
        "svg",
        element("title", escape(_title(chart))),
        element("desc", escape(described(chart, zone))),
        plot.PATTERNS,
        rect(0, 0, WIDTH, tall, fill=PAPER),
        *parts,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {tall}", width=WIDTH, height=tall,
        role="img", font_family=FONT,
    )  # fmt: skip


def _title(chart: Chart) -> str:
    return f"Temperature of {chart.subject}"


def _head(chart: Chart, zone: tzinfo) -> Iterator[str]:
    yield text(MARGIN, 34, _title(chart), 21, font_weight="bold")
    yield text(
        MARGIN,
        56,
        f"Therapy {chart.coi}, as the entries before #{chart.as_of} tell it. {_times(chart, zone)}",
        12,
        fill=SOFT,
    )
    for number, (said, fill) in enumerate(_alarms(chart, zone)):
        yield text(MARGIN, 80 + ROW * number, said, 15, font_weight="bold", fill=fill)


def _alarms(chart: Chart, zone: tzinfo) -> list[tuple[str, str]]:
    """What no panel can say, as (words, colour)."""
    nothing = [] if chart.panels else [("No temperature evidence.", INK)]
    return nothing + beneath.not_proved(chart.unproved, zone)


def _times(chart: Chart, zone: tzinfo) -> str:
    offsets = list(dict.fromkeys(offset(ms, zone) for ms in chart.window))
    return f"Times of {zone}" + ("." if offsets == ["UTC"] else f" ({', then '.join(offsets)}).")


# --- a panel ---------------------------------------------------------------------------------


def _panel(
    panel: Panel, y: float, zone: tzinfo, lines: int, letters: dict[int, str]
) -> tuple[list[str], float]:
    """Its elements, and where it ends."""
    names = y + 40 + _rows(panel) * ROW
    frame = plot.frame_of(panel, names + SHADE_ROWS * ROW - 8, zone, lines)
    strip = frame.bottom + 14
    foot = strip + (beneath.STRIP if panel.judgement else 0)
    handed = marks.named(panel, frame, y + 40, _rows(panel), letters)
    found = [
        *_heading(panel, y), *plot.ground(panel, frame), *plot.axis(panel.window, zone, frame.top, foot),
        *plot.shades(panel, frame), *beneath.budget(panel, frame, strip), *plot.readings(panel, frame),
        *plot.outlines(panel, frame), *marks.handover_lines(handed, frame), *marks.handover_names(handed),
        *plot.edge_names(panel, frame), *plot.shade_names(panel, frame, names + 4, SHADE_ROWS),
        *plot.logger_names(panel, frame),
    ]  # fmt: skip
    words = beneath.in_words(panel, zone)
    y = foot + plot.AXIS_HEIGHT + 14
    found += [text(LEFT, y + n * ROW, said, fill=fill) for n, (said, fill) in enumerate(words)]
    return found, y + len(words) * ROW + 22


def _rows(panel: Panel) -> int:
    return min(HANDOVER_ROWS, max(1, len(panel.handovers)))


def _heading(panel: Panel, y: float) -> Iterator[str]:
    verdict = verdict_of(panel)
    fill = plot.OUT if verdict.isupper() else INK
    yield line(MARGIN, y - 4, WIDTH - MARGIN, y - 4, stroke_width=0.8)
    yield text(WIDTH - MARGIN, y + 18, verdict, 14, text_anchor="end", font_weight="bold", fill=fill)
    name = f"{', '.join(panel.containers)}, {panel.phase}"
    title = element("tspan", escape(name), font_size=16, font_weight="bold", fill=INK)
    spent = element("tspan", escape(_spent(panel)), dx=16, font_size=12, fill=SOFT)
    yield element("text", title, spent, x=MARGIN, y=y + 18)


def _spent(panel: Panel) -> str:
    if panel.judgement is None:
        return ""
    left = panel.judgement.left_ms
    said = f"{lasting(left)} left" if left >= 0 else f"{lasting(-left)} more than allowed"
    return f"out of band {lasting(panel.judgement.spent_ms)} in the worst case, {said}"


def verdict_of(panel: Panel) -> str:
    """In capitals where it is out of limits."""
    if panel.judgement is None:
        return "not judged: no profile"
    if not panel.judgement.is_within_limits:
        return "OUT OF LIMITS"
    return "in limits where known" if panel.unknown or not panel.judgement.covered else "in limits"


# --- the journey at a glance -----------------------------------------------------------------


def _glance(chart: Chart, zone: tzinfo, letters: dict[int, str], y: float) -> Iterator[str]:
    """A bar for each panel over the whole time, crossed where nothing is known; hand-overs above."""
    if chart.window[0] == chart.window[1]:
        return
    air = (chart.window[1] - chart.window[0]) // 50
    window = chart.window[0] - air, chart.window[1] + air
    x = Scale(window, LEFT, RIGHT)
    bottom = y + 34 + 15 * _bars(chart)
    yield line(MARGIN, y - 4, WIDTH - MARGIN, y - 4, stroke_width=0.8)
    yield from plot.axis(window, zone, y + 28, bottom)
    for number, panel in enumerate(chart.panels):
        yield from _bar(panel, x, y + 30 + 15 * number)
    yield from _bar_of_unproved(chart, x, bottom - 19)
    yield from _letters(chart, letters, x, y + 20, bottom)


def _letters(chart: Chart, letters: dict[int, str], x: Scale, y: float, bottom: float) -> Iterator[str]:
    """Hand-overs that stand close together go by their first and last letter."""
    near: list[tuple[float, str]] = []
    for one in chart.handovers:
        at, letter = x.at(one.at_ms), letters[one.position]
        if LEFT <= at <= RIGHT:
            yield line(at, y + 4, at, bottom, stroke_dasharray="1 3", stroke_width=1.2)
            first = near.pop() if near and at - near[-1][0] < CLOSE else None
            near.append((first[0], f"{first[1].split(' ')[0]} to {letter}") if first else (at, letter))
    yield from (text(at - 4, y, name, 11, font_weight="bold") for at, name in near)


def _bar(panel: Panel, x: Scale, y: float) -> Iterator[str]:
    for a, b in plot.spans(rest(panel.window, panel.unknown), x):
        yield rect(a, y, b - a, 9, fill=SOFT)
    for a, b in plot.spans(panel.unknown, x):
        yield rect(a, y, b - a, 9, fill="url(#gap)", stroke=SOFT, stroke_width=0.6)
    for a, b in plot.spans(plot.excursions(panel), x):
        yield rect(a, y - 1, b - a, 11, fill=plot.OUT, stroke=INK, stroke_width=0.8)
    yield text(RIGHT + 30, y + 9, f"{panel.containers[0]}, {panel.phase}"[:20], 11, fill=SOFT)


def _bars(chart: Chart) -> int:
    """Rows of the glance: the panels, and all legs together that no panel shows."""
    return len(chart.panels) + bool(chart.unproved)


def _bar_of_unproved(chart: Chart, x: Scale, y: float) -> Iterator[str]:
    for a, b in plot.spans((one.span for one in chart.unproved), x):
        yield rect(a, y, b - a, 9, fill="url(#gap)", stroke=plot.OUT, stroke_width=1)
    if chart.unproved:
        yield text(RIGHT + 30, y + 9, "NOT PROVED", 11, fill=plot.OUT, font_weight="bold")


# --- in words --------------------------------------------------------------------------------


def _handovers(chart: Chart, y: float, zone: tzinfo, letters: dict[int, str]) -> tuple[list[str], float]:
    """When, who to whom, and which entry says so."""
    if not chart.handovers:
        return [], y
    found = [line(MARGIN, y - 12, WIDTH - MARGIN, y - 12, stroke_width=0.8)]
    found.append(text(MARGIN, y + 8, "Hand-overs", 14, font_weight="bold"))
    rows = [(letters[one.position], _said(one, zone)) for one in chart.handovers[:WORDS_MOST]]
    more = len(chart.handovers) - WORDS_MOST
    rows += [("", f"and {more} more")] if more > 0 else []
    for number, (letter, said) in enumerate(rows):
        at = y + 28 + number * ROW
        found += [text(LEFT - 20, at, letter, font_weight="bold"), text(LEFT, at, said)]
    return found, y + 28 + len(rows) * ROW


def _said(one: HandOver, zone: tzinfo) -> str:
    return f"{clock(one.at_ms, zone)}  {one.giver} \N{RIGHTWARDS ARROW} {one.receiver} (#{one.position})"


def described(chart: Chart, zone: tzinfo) -> str:
    """For those who cannot see it: what the picture shows, in words."""
    found = [f"Therapy {chart.coi}, as the entries before {chart.as_of} tell it. {_times(chart, zone)}"]
    found += [f"{words.rstrip('.')}." for words, _ in _alarms(chart, zone)]
    for panel in chart.panels:
        low, high = panel.edges
        band = [f"from {degrees(low)}"] if low is not None else []
        band += [f"up to {degrees(high)}"] if high is not None else []
        loggers = ", ".join(panel.loggers)
        names = ", ".join(panel.containers)
        found.append(f"{names}, {panel.phase}: {verdict_of(panel)}.")
        found.append(f"Band {' '.join(band) or 'not known'}. Loggers: {loggers}.")
        found += [f"{words}." for words, _ in beneath.in_words(panel, zone)]
    found += [f"Hand-over: {_said(one, zone)}." for one in chart.handovers[:WORDS_MOST]]
    return " ".join(found)
