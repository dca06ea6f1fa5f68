"""The cases that the server's and the app's thinning are both held against; run it to write them anew.

`PYTHONPATH=. python -m tests.charts_vectors > tests/unit/charts_thinning.json`
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ledger.charts.thinning import Line, strokes, thinned

T0 = 1_774_594_800_000


def _case(name: str, line: Line, window: tuple[int, int], columns: int) -> dict[str, Any]:
    kept = thinned(line, window, columns)
    return {
        "name": name, "moments": list(line.moments), "values": list(line.values), "breaks": list(line.breaks),
        "window": list(window), "columns": columns, "kept": kept, "strokes": strokes(line, kept),
    }  # fmt: skip


def _even(values: list[int], breaks: tuple[int, ...] = (), step: int = 60_000) -> Line:
    return Line([T0 + n * step for n in range(len(values))], values, list(breaks))


def cases() -> list[dict[str, Any]]:
    noise = [500 + (n * 7_919) % 181 for n in range(300)]
    spike = [*[500] * 123, 2_000, *[500] * 76]
    minute = 60_000
    uneven = Line([T0, T0 + 1, T0 + 2, T0 + 3, T0 + 4, T0 + 10**9], [1, 2, 9, 0, 5, 3], [5])
    whole = T0, T0 + 299 * minute
    return [
        _case("few readings are all drawn", _even([500, 510, 490]), (T0, T0 + 2 * minute), 10),
        _case("four to a column are all drawn", _even(list(range(40))), (T0, T0 + 39 * minute), 10),
        _case("noise keeps its extremes", _even(noise), whole, 7),
        _case("one reading out of band", _even(spike), (T0, T0 + 199 * minute), 8),
        _case("equal extremes: the first of them", _even([5, 1, 9, 9, 1, 5, 5, 5]), (T0, T0 + 7 * minute), 1),
        _case("breaks stay breaks", _even(noise[:60], (7, 8, 30, 59)), (T0, T0 + 59 * minute), 5),
        _case("a break outside what is kept", _even([5] * 20, (10,)), (T0, T0 + 19 * minute), 1),
        _case("zoomed in, one on either side", _even(noise), (T0 + 100 * minute, T0 + 120 * minute), 4),
        _case("zoomed in between two readings", _even(noise), (T0 + 61_000, T0 + 62_000), 4),
        _case("a column's edge that is no whole millisecond", _even(noise, step=1), (T0, T0 + 299), 97),
        _case("uneven moments", uneven, (T0, T0 + 10**9), 100),
        _case("one moment", Line([T0], [1], []), (T0, T0), 10),
        _case("nothing read", Line([], [], []), (T0, T0 + minute), 10),
    ]  # fmt: skip


if __name__ == "__main__":
    json.dump({"cases": cases()}, sys.stdout, separators=(",", ":"))
