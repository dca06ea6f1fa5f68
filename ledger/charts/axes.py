"""Scales and ticks: moments on round times of a named zone, and round degrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from ledger.domain.intervals import Interval
from ledger.domain.times import milliseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS, _LAST_MS = milliseconds("0002-01-01T00:00:00.000Z"), milliseconds("9998-12-31T00:00:00.000Z")
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
_DAYS = tuple(unit * 10**power for power in range(7) for unit in (1, 2, 5))
_DAY = 1440


class Scale(NamedTuple):
    """From a value to a place in the picture."""

    window: Interval
    start: float
    end: float

    def at(self, value: float) -> float:
        low, high = self.window
        return self.start + (value - low) / max(1, high - low) * (self.end - self.start)

    def within(self, value: int) -> float:
        """As `at`, but never outside the picture."""
        return self.at(max(self.window[0], min(value, self.window[1])))


def moment(ms: int, zone: tzinfo) -> datetime:
    """By the zone's clock. What a logger dates outside the years 2 to 9998 stands at their edge."""
    ms = max(_FIRST_MS, min(ms, _LAST_MS))
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def clock(ms: int, zone: tzinfo) -> str:
    """`2026-03-01 09:30`."""
    return moment(ms, zone).strftime("%Y-%m-%d %H:%M")


def offset(ms: int, zone: tzinfo) -> str:
    """`UTC+2`, `UTC+5:30`, `UTC`."""
    minutes = round((moment(ms, zone).utcoffset() or timedelta()) / timedelta(minutes=1))
    if not minutes:
        return "UTC"
    hours, left = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{left:02}" if left else "")


def clock_ticks(window: Interval, zone: tzinfo, most: int) -> list[int]:
    """At most about `most` moments that are round by the zone's clock."""
    minutes = (window[1] - window[0]) / 60_000 / max(1, most)
    step = next(one for one in (*_MINUTES, *(days * _DAY for days in _DAYS)) if one >= minutes)
    return sorted({at for at in _rounded(window, zone, step) if window[0] <= at <= window[1]})


def _rounded(window: Interval, zone: tzinfo, step: int) -> Iterator[int]:
    """Each day anew from its midnight, so that a change of summer time moves no tick off its hour."""
    first, last = (moment(ms, zone).toordinal() for ms in window)
    days = max(1, step // _DAY)
    for ordinal in range(first + -first % days, last + 1, days):
        midnight = datetime.fromordinal(ordinal).replace(tzinfo=zone)
        for minute in range(0, _DAY, step):
            at = (midnight + timedelta(minutes=minute)).astimezone(UTC)
            yield (at - _EPOCH) // timedelta(milliseconds=1)


def degree_ticks(window: Interval, most: int) -> list[int]:
    """Round centi-degrees within the window, at most about `most`."""
    rough = (window[1] - window[0]) / max(1, most)
    step = next(unit * 10**power for power in range(7) for unit in (10, 20, 50) if unit * 10**power >= rough)
    return list(range(-(-window[0] // step) * step, window[1] + 1, step))


def degrees(centi_c: int) -> str:
    """`-150 °C`, `12.5 °C`, with a minus sign that is as wide as a plus."""
    return f"{centi_c / 100:g} °C".replace("-", "\N{MINUS SIGN}")


def lasting(ms: int) -> str:
    """`2 d 3 h`, `1 h 30 min`, `45 s`: the two largest units."""
    left, found = max(0, -(-ms // 1000)), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            found.append(f"{count} {unit}")
    return " ".join(found[:2]) or "0 min"
