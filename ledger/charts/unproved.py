"""Legs that nothing proves: in which panel each of them is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ledger.charts.chart import Unproved
from ledger.domain.temperature_rules import Leg, unproved

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.intervals import Interval
    from ledger.domain.world import World

Shown = tuple[Sequence[str], "Interval"]  # a panel's containers, and from when to when it has evidence
Missing = tuple[str, Leg]


def missing(chain: Chain, world: World, names: Sequence[str], only: Leg | None) -> Iterator[Missing]:
    """Of these containers; of one leg alone where a chart is of one leg."""
    for name in names:
        for leg in unproved(chain, name, world):
            if only is None or leg.began == only.began:
                yield name, leg


def allotted(panels: Sequence[Shown], legs: Iterable[Missing]) -> dict[int | None, tuple[Unproved, ...]]:
    """By the number of the panel that shows the container and is nearest in time; None: no panel does."""
    found: dict[int | None, dict[Leg, list[str]]] = {}
    for name, leg in legs:
        near = [(_apart(span, leg), number) for number, (names, span) in enumerate(panels) if name in names]
        found.setdefault(min(near)[1] if near else None, {}).setdefault(leg, []).append(name)
    return {number: tuple(_named(leg, names) for leg, names in its.items()) for number, its in found.items()}


def _apart(span: Interval, leg: Leg) -> int:
    return max(0, leg.start_ms - span[1], span[0] - leg.end_ms)


def _named(leg: Leg, names: Sequence[str]) -> Unproved:
    carrier = f"{leg.carrier.site}/{leg.carrier.department}"
    return Unproved(tuple(names), carrier, (leg.start_ms, leg.end_ms), (leg.began, leg.ended))
