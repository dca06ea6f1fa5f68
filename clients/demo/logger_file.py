"""What the demo's temperature loggers keep: files as a logger's own program writes them.

The layout is HOBOware's, with a reading each second. The readings are made up; that nobody altered
them is what the file, kept by its SHA-256, and the statement about it show.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

SERIAL = "20990012"
_HEADING = f'"#","Date Time, GMT+00:00","Temp, °C (LGR S/N: {SERIAL}, SEN S/N: {SERIAL})"'
_FORMAT = "%Y-%m-%d %H:%M:%S"


def write_file(path: Path, title: str, since: float, centi_c: Sequence[int]) -> None:
    """Readings from `since` (seconds since 1970) on, in hundredths of a degree Celsius."""
    started = datetime.datetime.fromtimestamp(int(since), datetime.UTC)
    rows = [
        f"{number},{started + datetime.timedelta(seconds=number - 1):{_FORMAT}},{value / 100:.2f}"
        for number, value in enumerate(centi_c, 1)
    ]
    lines = [f'"Plot Title: {title}"', _HEADING, *rows]
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("utf-8-sig"))


def readings_by_way_of(values: Sequence[int], count: int) -> list[int]:
    """So many readings on straight lines from each value to the next."""
    legs, steps = len(values) - 1, max(count - 1, 1)
    readings = []
    for each in range(count):
        leg, rest = divmod(each * legs, steps)
        ahead = values[min(leg + 1, legs)]
        readings.append(values[leg] + (ahead - values[leg]) * rest // steps)
    return readings
