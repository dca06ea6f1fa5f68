"""SVG elements as text. Attributes are written with `-` for `_`; what people wrote is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
INK, SOFT, FAINT, PAPER = "#111111", "#4a4a4a", "#c9c9c9", "#ffffff"
CHARACTER = 0.56  # a character's width on average, in its size, on the generous side


def element(name: str, *inside: str, **attributes: object) -> str:
    """`element("line", x1=0)` -> `<line x1="0"/>`."""
    written = "".join(f" {key.strip('_').replace('_', '-')}={_value(one)}" for key, one in attributes.items())
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def _value(value: object) -> str:
    return quoteattr(number(value) if isinstance(value, (int, float)) else str(value))


def number(value: float) -> str:
    """At most one decimal: a tenth of a unit is less than anybody sees."""
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, said: str, size: int = 12, **attributes: object) -> str:
    return element("text", escape(said), x=x, y=y, **{"font_size": size, "fill": INK} | attributes)


def haloed(x: float, y: float, said: str, size: int = 12, **attributes: object) -> str:
    """Text that stays legible on lines and stripes."""
    halo = {"stroke": PAPER, "stroke_width": 3, "stroke_linejoin": "round", "paint_order": "stroke"}
    return text(x, y, said, size, **halo | attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"stroke": INK} | attributes)


def rect(x: float, y: float, width: float, height: float, **attributes: object) -> str:
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def path(points: Iterable[tuple[float, float]]) -> str:
    """The `d` of a line through points, in relative tenths; a lone point becomes a dot."""
    found: list[str] = []
    at = (0, 0)
    for x, y in points:
        to = round(x * 10), round(y * 10)
        step = f"{(to[0] - at[0]) / 10:g} {(to[1] - at[1]) / 10:g}"
        found.append(f"{'l' if found else 'm'}{step}".replace(" -", "-"))
        at = to
    return f"M0 0{''.join(found)}" + ("h.1" if len(found) == 1 else "")


def width_of(said: str, size: int = 12) -> float:
    """About how wide a text is; nobody can know without the reader's fonts."""
    return len(said) * size * CHARACTER


Spans = list[tuple[float, float]]


def placed(
    wanted: Iterable[tuple[float, str]], rows: int, left: float, right: float, size: int = 12
) -> list[tuple[float, int] | None]:
    """For texts that want to begin at some x: the left end and row of each, None where no row has room.
    Never do two overlap, nor does one leave the space between `left` and `right`."""
    taken: list[Spans] = [[] for _ in range(rows)]
    found: list[tuple[float, int] | None] = []
    for x, said in wanted:
        start = max(left, min(x, right - width_of(said, size)))
        end = start + width_of(said, size)
        free = (row for row, spans in enumerate(taken) if _has_room(spans, start - size, end + size))
        row = next(free, None) if end <= right + 1 else None
        if row is not None:
            taken[row].append((start, end))
        found.append(None if row is None else (start, row))
    return found


def _has_room(spans: Spans, start: float, end: float) -> bool:
    return all(end < a or b < start for a, b in spans)
