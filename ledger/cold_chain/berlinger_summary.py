"""What a Berlinger device prints of its own readings: extremes, averages, alarms, days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from ledger.cold_chain.degrees import Degrees, nearest
from ledger.cold_chain.logger_file import Alarm, Channel, Day, Printed, Unit
from ledger.cold_chain.refusals import Bad, Unreadable
from ledger.cold_chain.text import Text

# Q-tag CLm: types 1 and 3 look below the limit, 2 and 4 above it; 3 and 4 add the minutes up.
_SIDES: dict[str, Literal["above", "below"]] = {"1": "below", "3": "below", "2": "above", "4": "above"}


class Value(Protocol):
    """One value of the file's head, and where it stands."""

    @property
    def value(self) -> str: ...
    @property
    def line(self) -> int: ...


Said = Mapping[str, Value]


def printed(text: Text, said: Said, unit: Unit, channels: tuple[Channel, ...]) -> Printed:
    """The summary; adds a note where readings lie outside the extremes that it prints."""
    degrees = Degrees(unit)
    found = Printed(
        min_centi_c=_centi(said.get("Res/Min T"), degrees),
        max_centi_c=_centi(said.get("Res/Max T"), degrees),
        average_centi_c=_centi(said.get("Res/Avrg T"), degrees),
        mean_kinetic_centi_c=_centi(said.get("Res/MKT"), degrees),
        kinetic_energy_j_mol=_energy(said.get("Conf/MKT Energy")),
        truncates="Res/MKT" in said,
        alarms=tuple(_alarms(said, degrees)),
        days=tuple(_days(said, degrees)),
    )
    _compare(text, found, channels)
    return found


def _centi(said: Value | None, degrees: Degrees) -> int | None:
    if said is None:
        return None
    try:
        return degrees[said.value]
    except Bad as bad:
        raise Unreadable(bad.what, "export it again", said.line) from bad


def _energy(said: Value | None) -> int | None:
    """`83.0` kJ/mol -> 83000."""
    match = re.fullmatch(r"([0-9]{1,4})[.,]([0-9]{1,3})", said.value) if said else None
    return nearest(int(match[1] + match[2]) * 1000, 10 ** len(match[2])) if match else None


def _minutes(said: Said, name: str) -> int | None:
    """Added up where the alarm went off more than once."""
    found = [each.value for path, each in said.items() if path.partition("#")[0] == name]
    numbers = [int(value) for value in found if re.fullmatch(r"[0-9]{1,7}", value)]
    return sum(numbers) if numbers else None


def _alarms(said: Said, degrees: Degrees) -> Iterator[Alarm]:
    """Each limit that is set, with the minutes counted beyond it (Q-tag: of the whole transport)."""
    for slot in range(6):
        limit = said.get(f"Conf/Alarm/{slot}/T AL")
        if limit is None:
            continue
        kind = said.get(f"Conf/Alarm/{slot}/Type")
        side = _SIDES.get(kind.value) if kind else ("below" if slot == 0 else "above")
        counted = _minutes(said, f"Res/Alarm/{slot}/t A")
        yield Alarm(str(slot), side, _centi(limit, degrees), counted, limit.line)


def _days(said: Said, degrees: Degrees) -> Iterator[Day]:
    for number in range(1, 1000):
        date = said.get(f"Hist/{number}/Date")
        if date is None:
            return
        low, high, mean = (
            _centi(said.get(f"Hist/{number}/{name}"), degrees) for name in ("Min T", "Max T", "Avrg T")
        )
        yield Day(date.value, low, high, mean, date.line)


def _compare(text: Text, found: Printed, channels: tuple[Channel, ...]) -> None:
    """A device samples more often than it logs: its extremes hold those of the readings."""
    if found.min_centi_c is None and found.max_centi_c is None:
        return
    values = [value for channel in channels for value in channel.centi_c if value is not None]
    if not values:
        return
    if found.min_centi_c is not None and min(values) < found.min_centi_c:
        text.contradicts("a reading is below the minimum that the file prints")
    if found.max_centi_c is not None and max(values) > found.max_centi_c:
        text.contradicts("a reading is above the maximum that the file prints")
