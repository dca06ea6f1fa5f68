"""What a benchmark prints: our figure beside its floor or peer, as a ratio of one run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5


@dataclass(frozen=True)
class Row:
    """`ours` and `other` in the same unit; `wanted` says which ratio is asked for."""

    name: str
    ours: str
    other: str
    ratio: float
    wanted: str
    met: bool


def at_least(name: str, ours: float, other: float, ratio: float, unit: str = "/s") -> Row:
    """A rate that must reach `ratio` times the other rate."""
    got = ours / other
    return Row(name, f"{ours:,.0f}{unit}", f"{other:,.0f}{unit}", got, f">= {ratio}", got >= ratio)


def beside(name: str, ours: float, other: float, unit: str = "/s") -> Row:
    """A figure beside another one, where nobody asked for a ratio."""
    digits = 0 if unit == "/s" else 2
    return Row(name, f"{ours:,.{digits}f}{unit}", f"{other:,.{digits}f}{unit}", ours / other, "", True)


def at_most(name: str, ours: float, other: float, ratio: float, unit: str = " ms") -> Row:
    """A time or size that may be at most `ratio` times the other one."""
    got = ours / other
    return Row(name, f"{ours:,.2f}{unit}", f"{other:,.2f}{unit}", got, f"<= {ratio}", got <= ratio)


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def show(title: str, rows: list[Row]) -> None:
    print(f"\n{title}")
    width = max(len(row.name) for row in rows)
    print(f"  {'':{width}}  {'ours':>14}  {'beside':>14}  {'ratio':>6}  wanted")
    for row in rows:
        mark = "" if row.met else "   NOT MET"
        print(f"  {row.name:{width}}  {row.ours:>14}  {row.other:>14}  {row.ratio:6.2f}  {row.wanted}{mark}")
