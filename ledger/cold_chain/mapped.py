"""Any other delimited file, by a mapping that a person wrote: every meaning explicit, none guessed.

The mapping is a small TOML table; `Mapping` says its members. Fields that the readers of makers' files
find out (unit, zone, decimal mark, serial, interval, order of the date) have no defaults here.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.cold_chain.degrees import Degrees, check_marks
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Unit
from ledger.cold_chain.moments import offset_min, zone_of
from ledger.cold_chain.refusals import Bad, Unreadable
from ledger.cold_chain.table import Table, converted, interval_of, table_of
from ledger.cold_chain.text import Text

NAME = "mapped"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Mapping(BaseModel):
    """How one kind of file is read. Columns are named as in the header line, exactly.

    `header_line` counts from 1; 0 is a file without a header, whose columns are called 1, 2, and so on.

    `moment_format` is of `strptime`, for the column `moment`, or for `date` and `time` with a blank
    between. `no_reading` lists the words that stand for a missing value. `calibrated_until` is a day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: Literal[",", ";", "\t"]
    header_line: Annotated[int, Field(ge=0, le=1000)]
    moment: str | None = None
    date: str | None = None
    time: str | None = None
    moment_format: Annotated[str, Field(min_length=2, max_length=60)]
    temperature: Annotated[list[str], Field(min_length=1, max_length=16)]
    unit: Unit
    zone: str
    decimal: Literal[".", ","]
    serial: str
    interval_s: Annotated[int, Field(ge=1, le=86_400)]
    range_centi_c: tuple[int, int] | None = None
    calibrated_until: datetime | None = None
    no_reading: Annotated[list[str], Field(max_length=32)] = []

    @model_validator(mode="after")
    def _names_its_moment(self) -> Mapping:
        if bool(self.moment) == bool(self.date and self.time):
            raise ValueError("name either the column moment, or the columns date and time")
        if offset_min(self.zone) is None:
            raise ValueError(f"zone {self.zone!r} is no offset from UTC, such as +02:00")
        return self


def mapping_of(toml: str) -> Mapping:
    """Raises `Unreadable` for what is no mapping; every fault is named."""
    try:
        return Mapping.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"the mapping is no TOML: {error}", "mend it") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'mapping'}: {one['msg']}" for one in error.errors()
        )
        raise Unreadable(f"the mapping is wrong: {faults}", "mend it") from error


def read(text: Text, mapping: Mapping, told: Told) -> LoggerFile:
    """Raises `Unreadable`, also for an answer (`told`) that the mapping contradicts."""
    _check_told(told, mapping)
    if mapping.header_line > len(text.lines):
        raise Unreadable(f"the file has no line {mapping.header_line}", "mend header_line in the mapping")
    table = table_of(text, mapping.delimiter, mapping.header_line, mapping.header_line + 1)
    zone = zone_of(Told(), offset_min(mapping.zone), "mapping", "")
    shift = zone.offset_min * 60_000
    moments = _moments(table, mapping)
    found = converted(moments, lambda cell: _at(cell, mapping), table.lines, mapping.moment or "date")
    times = [at_ms - shift for at_ms in found]
    channels = tuple(_channel(text, table, name, mapping, times) for name in mapping.temperature)
    until = mapping.calibrated_until
    return LoggerFile(
        format=NAME,
        why="a mapping was given",
        serial=mapping.serial,
        model=None,
        raw_sha256=text.sha256,
        encoding=text.encoding,
        zone=zone,
        channels=channels,
        interval_s=interval_of(text, channels, Told(), mapping.interval_s),
        started_at_ms=times[0] if times else None,
        range_centi_c=mapping.range_centi_c,
        calibrated_until_ms=_ms(until if until.tzinfo else until.replace(tzinfo=UTC)) if until else None,
        notes=tuple(text.notes),
    )


def _check_told(told: Told, mapping: Mapping) -> None:
    for name in ("unit", "decimal", "serial", "interval_s"):
        answer, mapped = getattr(told, name), getattr(mapping, name)
        if answer not in (None, mapped):
            raise Unreadable(f"you said {name} {answer}, the mapping says {mapped}", "leave that answer out")
    if told.zone is not None and offset_min(told.zone) != offset_min(mapping.zone):
        what = f"you said zone {told.zone}, the mapping says {mapping.zone}"
        raise Unreadable(what, "leave that answer out, or mend the mapping")


def _moments(table: Table, mapping: Mapping) -> list[str]:
    if mapping.moment:
        return [cell.strip() for cell in table.column(_index(table, mapping.moment))]
    dates, times = (table.column(_index(table, name or "")) for name in (mapping.date, mapping.time))
    return [f"{day.strip()} {time.strip()}" for day, time in zip(dates, times, strict=True)]


def _index(table: Table, name: str) -> int:
    if table.header.count(name) != 1:
        what = f"{table.header.count(name)} columns are called {name!r}"
        raise Unreadable(what, f"the header has {', '.join(table.header)}: mend the mapping")
    return table.header.index(name)


def _at(cell: str, mapping: Mapping) -> int:
    try:
        found = datetime.strptime(cell, mapping.moment_format)  # noqa: DTZ007  the zone is the mapping's
    except ValueError as error:
        raise Bad(cell, f"{cell!r} is no moment in the form {mapping.moment_format!r}") from error
    if found.tzinfo is not None:
        raise Bad(cell, "the moments name their own zone: leave %z out of the form")
    return _ms(found.replace(tzinfo=UTC))


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _channel(text: Text, table: Table, name: str, mapping: Mapping, times: list[int]) -> Channel:
    degrees = Degrees(mapping.unit, mapping.no_reading)
    column = table.column(_index(table, name))
    values = converted(column, degrees.__getitem__, table.lines, name)
    check_marks(text, degrees, mapping.decimal)
    return Channel(name, tuple(times), tuple(values), table.lines)
