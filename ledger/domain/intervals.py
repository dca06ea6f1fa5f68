"""Stretches of time, in milliseconds, both ends included: join, subtract, intersect.

All take and give stretches in order; what they give never overlaps.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def union(stretches: Iterable[Interval]) -> list[Interval]:
    """What touches or overlaps becomes one."""
    joined: list[Interval] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def rest(whole: Interval, taken: Sequence[Interval]) -> list[Interval]:
    """What is left of `whole` beside `taken` (a union). A moment that is taken leaves nothing."""
    start, end = whole
    left: list[Interval] = []
    for first, last in taken:
        if last < start:
            continue
        if first > end:
            break
        if first > start:
            left.append((start, first))
        start = last
        if start >= end:
            return left
    return [*left, (start, end)]


def holds(stretches: Sequence[Interval], one: Interval) -> bool:
    """Whether one of a union has all of it."""
    at = bisect_right(stretches, one[0], key=lambda each: each[0]) - 1
    return at >= 0 and one[1] <= stretches[at][1]


def common(ones: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """What lies in both of two unions."""
    found: list[Interval] = []
    one = other = 0
    while one < len(ones) and other < len(others):
        start = max(ones[one][0], others[other][0])
        end = min(ones[one][1], others[other][1])
        if start <= end:
            found.append((start, end))
        if ones[one][1] < others[other][1]:
            one += 1
        else:
            other += 1
    return found
