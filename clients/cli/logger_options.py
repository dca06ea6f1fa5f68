"""Options about a logger's own file, for every command that reads one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from ledger.errors import Malformed

Zone = Annotated[str | None, Option("--zone", help="Of the logger's clock: UTC, +02:00.")]
Unit = Annotated[str | None, Option("--unit", help="C or F.")]
Decimal = Annotated[str | None, Option("--decimal", help="The decimal mark: . or ,")]
DateOrder = Annotated[str | None, Option("--date-order", help="ymd, dmy or mdy.")]
Serial = Annotated[str | None, Option("--serial", help="The logger's serial number.")]
Interval = Annotated[str | None, Option("--interval", help="Seconds between readings.")]
Channel = Annotated[str | None, Option("--channel", help="Which of several temperatures.")]
Range = Annotated[str | None, Option("--range", help="What it can measure: -196..50 (°C).")]
CalibratedUntil = Annotated[str | None, Option(help="A moment; without it nothing is proved.")]
From = Annotated[str | None, Option("--from", help="First moment that belongs here.")]
Until = Annotated[str | None, Option("--until", help="Last moment that belongs here.")]
Lines = Annotated[str | None, Option("--lines", help="Lines of the file that belong here: 10-200.")]
Mapping = Annotated[Path | None, Option(help="A mapping (TOML) for another format.", exists=True)]
BerlingerRoot = Annotated[
    str,
    Option(
        "--berlinger-root", envvar="UNBROKEN_BERLINGER_ROOT", help="The pinned key of Berlinger's signatures."
    ),
]


def pin(text: str) -> str:
    """A root key as it is typed. Raises `Malformed` `bad_value`."""
    try:
        if len(bytes.fromhex(text)) == 64:
            return text.lower()
    except ValueError:
        pass
    raise Malformed("bad_value", "--berlinger-root is a public key of 128 hexadecimal digits (x, then y)")
