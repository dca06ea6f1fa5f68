"""The temperature charts of a report: a page takes one panel, or two."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from ledger.charts.drawing import described, draw
from ledger.charts.therapy import chart_of
from ledger.export.report import Picture

if TYPE_CHECKING:
    from ledger.charts.chart import Chart
    from ledger.domain.chain import Chain
    from ledger.domain.world import World

_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')


def pictures(chain: Chain, world: World, as_of: int) -> tuple[Picture, ...]:
    """One for each panel of the therapy's chart; the legs that none of them shows come last."""
    whole = chart_of(chain, world, as_of)
    found = [
        replace(whole, subject=", ".join(one.containers), panels=(one,), handovers=one.handovers, unproved=())
        for one in whole.panels
    ]
    if whole.unproved:
        found.append(replace(whole, panels=()))
    return tuple(map(_picture, found))


def _picture(chart: Chart) -> Picture:
    svg = draw(chart, UTC)
    size = _SIZE.search(svg)
    assert size
    return Picture(svg, int(size[2]) / int(size[1]), described(chart, UTC))
