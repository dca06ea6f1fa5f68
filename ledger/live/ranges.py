"""Which numbers of a recording are there: ranges of them, both ends included, in order and apart."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import itemgetter

Range = tuple[int, int]
_FIRST, _LAST = itemgetter(0), itemgetter(1)


def with_range(ranges: Sequence[Range], first: int, last: int) -> list[Range]:
    """The ranges and one more; what touches or overlaps becomes one."""
    start = bisect_left(ranges, first - 1, key=_LAST)
    stop = bisect_right(ranges, last + 1, key=_FIRST)
    if start < stop:
        first, last = min(first, ranges[start][0]), max(last, ranges[stop - 1][1])
    return [*ranges[:start], (first, last), *ranges[stop:]]


def touches(ranges: Sequence[Range], first: int, last: int) -> bool:
    """True if any number from `first` to `last` is there."""
    at = bisect_left(ranges, first, key=_LAST)
    return at < len(ranges) and ranges[at][0] <= last


def count(ranges: Sequence[Range]) -> int:
    """How many numbers are there."""
    return sum(last - first + 1 for first, last in ranges)
