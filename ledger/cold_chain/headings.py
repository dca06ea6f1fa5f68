"""What a column's heading says, in the languages in which makers' programs are sold."""

from __future__ import annotations

import re

_TEMPERATURE = re.compile(
    r"temp(?!o)|teplota|hőmérséklet|lämpötila|θερμοκρασ|температур|温度|気温|온도", re.IGNORECASE
)
_NOT_THE_AIR = re.compile(
    r"dew|tau(?!\w*t)|ros[ée]e|roc[ií]o|rugiada|rosy|rosn|dauw|daggpunkt|wet|bulb|heat index|setpoint|alarm"
    r"|露点",
    re.IGNORECASE,
)
_DATE = re.compile(r"date|datum|fecha|data|дата|日期|日付|날짜|timestamp", re.IGNORECASE)
_TIME = re.compile(
    r"time|zeit|uhr|heure|hora|ora|czas|godzina|čas|tijd|tid|klockslag|время|时间|時刻|時間|시간",
    re.IGNORECASE,
)


def is_temperature(heading: str) -> bool:
    """The temperature itself: no dew point, no set point."""
    return bool(_TEMPERATURE.search(heading)) and not _NOT_THE_AIR.search(heading)


def is_date(heading: str) -> bool:
    """`Date Time, GMT+02:00`, `Datum`, `Data`."""
    return bool(_DATE.match(heading.strip()))


def is_time(heading: str) -> bool:
    """`Time, GMT+02:00`, `Zeit`, `Godzina`."""
    return bool(_TIME.match(heading.strip()))
