"""What a logger's file says, and how it is known.

Times are milliseconds since 1970, UTC; temperatures hundredths of a degree Celsius (centi-degC).
A channel is kept by columns: one value of each at the same index is one reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["valid", "absent", "failed"]
Unit = Literal["C", "F"]
DateOrder = Literal["ymd", "dmy", "mdy"]
Weight = Literal["decided", "ignored", "contradicts"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a person answered because a file left it open. None: not asked, or not known.

    `zone` is an offset from UTC (`+02:00`, `UTC`): that of the logger's clock, which seldom follows
    summer time.
    """

    unit: Unit | None = None
    zone: str | None = None
    decimal: Literal[".", ","] | None = None
    date_order: DateOrder | None = None
    serial: str | None = None
    interval_s: int | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """Minutes east of UTC, and how that is known."""

    offset_min: int
    how: str

    @property
    def name(self) -> str:
        """`+02:00`."""
        sign = "-" if self.offset_min < 0 else "+"
        hours, minutes = divmod(abs(self.offset_min), 60)
        return f"{sign}{hours:02}:{minutes:02}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was decided or ignored in reading, or that the file says against itself."""

    weight: Weight
    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceSignature:
    """`checked`: each check that was made, in order, with its outcome. `root` is the pin."""

    verdict: Verdict
    checked: tuple[str, ...] = ()
    root: str | None = None


ABSENT = DeviceSignature("absent", ("this format carries no signature",))


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm line: a limit, whether it is passed above or below, and the minutes counted."""

    name: str
    side: Literal["above", "below"] | None
    limit_centi_c: int | None
    minutes: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Day:
    """What a device prints of one day (its own local day)."""

    date: str
    min_centi_c: int | None
    max_centi_c: int | None
    average_centi_c: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Printed:
    """The summary that the file itself prints. None: it prints none.

    `truncates`: the device cuts averages and kinetic means to a tenth instead of rounding.
    `kinetic_energy_j_mol` is the activation energy of its mean kinetic temperature.
    """

    min_centi_c: int | None = None
    max_centi_c: int | None = None
    average_centi_c: int | None = None
    mean_kinetic_centi_c: int | None = None
    kinetic_energy_j_mol: int | None = None
    truncates: bool = False
    count: int | None = None
    alarms: tuple[Alarm, ...] = ()
    days: tuple[Day, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of temperatures. `marks`: what the file says beside a reading, by index."""

    name: str
    times_ms: tuple[int, ...]
    centi_c: tuple[int | None, ...]
    lines: Sequence[int]
    marks: Mapping[int, str] = field(default_factory=dict)

    @property
    def readings(self) -> Iterator[tuple[int, int | None, str | None]]:
        """Moment, centi-degC (None: no reading), mark."""
        for index, (at_ms, value) in enumerate(zip(self.times_ms, self.centi_c, strict=True)):
            yield at_ms, value, self.marks.get(index)


@dataclass(frozen=True, slots=True)
class LoggerFile:
    """One file, read. `range_centi_c` and `calibrated_until` are None where it does not say.

    `raw_sha256` is of the file's bytes, taken before anything read them. `interval_s` is the
    header's, or the step that most rows keep; None where neither says.
    """

    format: str
    why: str
    serial: str | None
    model: str | None
    raw_sha256: str
    encoding: str
    zone: Zone
    channels: tuple[Channel, ...]
    interval_s: int | None
    started_at_ms: int | None
    device_signature: DeviceSignature = ABSENT
    printed: Printed = Printed()
    range_centi_c: tuple[int, int] | None = None
    calibrated_until_ms: int | None = None
    notes: tuple[Note, ...] = ()
