"""Dates and clocks as loggers write them, to milliseconds since 1970.

A date whose order of day, month and year is open is settled in this sequence: what the reader knows from
the file, what only one order makes a date of the calendar, and the one order in which the rows go
on across midnight by their own step. If more than one is left, a person is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from operator import add, itemgetter, ne, sub
from typing import get_args

from ledger.cold_chain.degrees import nearest
from ledger.cold_chain.logger_file import DateOrder, Told, Zone
from ledger.cold_chain.refusals import Ambiguous, Bad, Unreadable, bare

DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()
EXCEL_1970 = 25_569  # 1970-01-01 in Excel's 1900 system: its day 0 is 1899-12-30
_FIRST_YEAR, _LAST_YEAR = 1980, 2199
_DATE = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{1,4})\.?")
_NAMED = re.compile(r"([0-9]{1,2})[./ -]([^\W\d_]{3,9})\.?[./ -]([0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"([0-9]{5})(?:[.,]([0-9]{1,12}))?")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6}))?)?\s*(\D*)")
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+\-\u2212])\s*([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "jan january januar janvier enero", "feb february februar february febrero",
            "mar march märz mars marzo", "apr april avril abril", "may mai mayo",
            "jun june juni juin junio", "jul july juli juillet julio", "aug august août agosto",
            "sep sept september septembre septiembre", "oct october okt oktober octobre octubre",
            "nov november novembre noviembre", "dec december dez dezember décembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MORNING = {"am", "a", "dop", "vorm", "上午", "午前", "πμ"}
_AFTERNOON = {"pm", "p", "odp", "nachm", "下午", "午後", "μμ"}


def offset_min(text: str) -> int | None:
    """`+02:00`, `GMT+2`, `UTC` -> minutes east of UTC. None: no offset, for instance `CST`."""
    if text.strip().upper() in ("UTC", "GMT", "Z"):
        return 0
    match = _OFFSET.fullmatch(text.strip())
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return minutes if match[1] == "+" else -minutes


def zone_of(told: Told, stated: int | None, how: str, why_asked: str) -> Zone:
    """The file's own offset, or the told one. Raises `Ambiguous` where neither says."""
    answer = None if told.zone is None else offset_min(told.zone)
    if told.zone is not None and answer is None:
        raise Ambiguous("zone", f"{told.zone!r} is no offset from UTC", ("UTC", "+01:00", "-05:00"))
    if stated is None:
        if answer is None:
            raise Ambiguous("zone", why_asked, ("UTC", "+01:00", "-05:00"))
        return Zone(answer, "told")
    if answer not in (None, stated):
        said = Zone(stated, how)
        raise Unreadable(f"you said zone {told.zone}, the file says {said.name} ({how})", "leave it out")
    return Zone(stated, how)


# --- one cell --------------------------------------------------------------------------


def clock_ms(text: str) -> int:
    """`02:00:00 PM`, `11:15:00 odp.`, `14:26` -> milliseconds since midnight. Raises `Bad`."""
    match = _TIME.fullmatch(bare(text))
    if match is None:
        raise Bad(text, f"{text!r} is no time of day")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    half = "".join(match[5].lower().replace(".", "").split())
    if half and (half not in _MORNING | _AFTERNOON or not 1 <= hour <= 12):
        raise Bad(text, f"{text!r} is no time of day")
    if half:
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Bad(text, f"{text!r} is no time of day")
    return ((hour * 60 + minute) * 60 + second) * 1000 + int((match[4] or "").ljust(3, "0")[:3])


def orders_of(text: str) -> tuple[DateOrder, ...]:
    """In which orders this text is a date. Raises `Bad` where in none."""
    found = tuple(order for order in get_args(DateOrder) if _parts(text, order) is not None)
    if not found:
        raise Bad(text, f"{text!r} is no date")
    return found


def day_ms(text: str, order: DateOrder) -> int:
    """Midnight of the written day, in milliseconds since 1970. Raises `Bad`."""
    found = _parts(text, order)
    if found is None:
        raise Bad(text, f"{text!r} is no date")
    return (found.toordinal() - _EPOCH) * DAY_MS


def _parts(text: str, order: DateOrder) -> date | None:
    match = _DATE.fullmatch(text.strip())
    if match is None:
        named = _NAMED.fullmatch(text.strip())
        month = _MONTHS.get(named[2].lower()) if named else None
        return _date(named[3], month, int(named[1])) if named and month else None
    first, second, third = match.group(1, 3, 4)
    if order == "ymd":
        return _date(first, int(second), int(third)) if len(third) <= 2 else None
    if len(first) > 2:
        return None
    day_month = (int(first), int(second)) if order == "dmy" else (int(second), int(first))
    return _date(third, day_month[1], day_month[0])


def _date(year: str, month: int, day: int) -> date | None:
    """Two digits of a year are of this century."""
    if len(year) not in (2, 4):
        return None
    full = int(year) + (2000 if len(year) == 2 else 0)
    try:
        found = date(full, month, day)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= full <= _LAST_YEAR else None


def serial_ms(text: str) -> int:
    """An Excel serial day (1900 system) to milliseconds, to the nearest second. Raises `Bad`."""
    match = _SERIAL.fullmatch(text.strip())
    if match is None:
        raise Bad(text, f"{text!r} is no serial day of Excel")
    decimals = match[2] or ""
    seconds = nearest(int(decimals or 0) * 86_400, int(f"1{'0' * len(decimals)}"))
    return (int(match[1]) - EXCEL_1970) * DAY_MS + seconds * 1000


# --- a column --------------------------------------------------------------------------


class Clocks(dict[str, int]):
    """Remembers what each time of day means."""

    def __missing__(self, text: str) -> int:
        value = self[text] = clock_ms(text)
        return value


class Days(dict[str, int]):
    """Remembers when each date began for a clock some minutes east of UTC."""

    def __init__(self, order: DateOrder, zone_min: int) -> None:
        super().__init__()
        self.order: DateOrder = order
        self.shift_ms = zone_min * 60_000

    def __missing__(self, text: str) -> int:
        value = self[text] = day_ms(text, self.order) - self.shift_ms
        return value


class Serials(dict[str, int]):
    """Remembers what each serial day means."""

    def __missing__(self, text: str) -> int:
        value = self[text] = serial_ms(text)
        return value


def split(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Each cell to its date and its time.

    All are cut where the first one is, if what parts date and time stands there in each. Else each is
    cut at its own: of `2025/9/10 0:00`, cut as `2025/9/8 10:00` is, another date would be left.
    """
    mark, date_first = _cut(cells[0])
    at = cells[0].find(mark) if date_first else cells[0].rfind(mark)
    marks = map(itemgetter(slice(at, at + 1)), cells)
    if cells[0] != cells[0].strip() or set(marks) != {mark}:
        return _split_each(cells)
    left, right = (list(map(itemgetter(part), cells)) for part in (slice(at), slice(at + 1, None)))
    return (left, right) if date_first else (right, left)


def _split_each(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Each cell to its date and its time. The first says which stands first, and what parts them."""
    mark, date_first = _cut(cells[0])
    if date_first:
        parts = [cell.strip().partition(mark) for cell in cells]
        return [day for day, _, _ in parts], [time for _, _, time in parts]
    parts = [cell.strip().rpartition(mark) for cell in cells]
    return [day for _, _, day in parts], [time for time, _, _ in parts]


def _cut(first: str) -> tuple[str, bool]:
    """What parts date and time, and whether the date stands first."""
    cell = first.strip()
    mark = " " if " " in cell or "T" not in cell else "T"
    return mark, ":" not in cell.partition(mark)[0]


def joined(days: Sequence[str], clocks: Sequence[str], order: DateOrder, zone_min: int = 0) -> list[int]:
    """Milliseconds since 1970, UTC, of the clock that many minutes east of it. Raises `Bad`."""
    midnight, since = Days(order, zone_min), Clocks()
    return list(map(add, map(midnight.__getitem__, days), map(since.__getitem__, clocks)))


def order_of(days: Sequence[str], clocks: Sequence[str], told: Told) -> tuple[DateOrder, str | None]:
    """The one order of day, month and year, and why where it had to be found. Raises `Bad`, `Ambiguous`."""
    dates = list(dict.fromkeys(days))
    if told.date_order:
        if told.date_order not in orders_of(dates[0]):
            raise Unreadable(f"the dates are not in the order {told.date_order}", "leave that answer out")
        return told.date_order, None
    left = orders_of(dates[0])  # all of them, where the month is a word
    for text in dates:
        left = tuple(order for order in left if _parts(text, order))
        if not left:
            orders_of(text)
            raise Bad(text, f"{text!r} and {dates[0]!r} are not dates of one order")
    if len(left) == 1 or _same(dates, left):
        return left[0], None
    steady = [order for order in left if _goes_on(days, clocks, order)]
    if len(steady) == 1:
        return steady[0], "the only order in which the rows go on across midnight by their own step"
    raise Ambiguous("date_order", f"the dates ({dates[0]}) can be read in more than one order", left)


def _same(dates: Iterable[str], orders: Sequence[DateOrder]) -> bool:
    return all(len({day_ms(text, order) for order in orders}) == 1 for text in dates)


def _goes_on(days: Sequence[str], clocks: Sequence[str], order: DateOrder) -> bool:
    """Most steps within a day are equal, and so is every one from a day to the next; there is one."""
    times = joined(days, clocks, order)
    steps = list(map(sub, times[1:], times))
    is_new = list(map(ne, days[1:], days))
    within = Counter(step for step, new in zip(steps, is_new, strict=True) if not new)
    across = {step for step, new in zip(steps, is_new, strict=True) if new}
    if not within or not across:
        return False
    step, count = within.most_common(1)[0]
    return 2 * count > within.total() and across == {step}
