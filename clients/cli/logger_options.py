"""Options about a logger's own file, for every command that reads one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from typer import Option

from clients.cli.logger_answers import Answers
from ledger.errors import Malformed

Zone = Annotated[str | None, Option("--zone", help="Of the logger's clock: UTC, +02:00.")]
Unit = Annotated[str | None, Option("--unit", help="C or F.")]
Decimal = Annotated[str | None, Option("--decimal", help="The decimal mark: . or ,")]
DateOrder = Annotated[str | None, Option("--date-order", help="ymd, dmy or mdy.")]
Serial = Annotated[str | None, Option("--serial", help="The logger's serial number.")]
Interval = Annotated[str | None, Option("--interval", metavar="SECONDS", help="Seconds between readings.")]
Channel = Annotated[str | None, Option("--channel", help="Which of several temperatures.")]
Range = Annotated[
    str | None, Option("--range", metavar="LOW..HIGH", help="What it can measure: -196..50 (°C).")
]
CalibratedUntil = Annotated[str | None, Option(metavar="MOMENT", help="Without it nothing is proved.")]
From = Annotated[str | None, Option("--from", metavar="MOMENT", help="First moment that belongs here.")]
Until = Annotated[str | None, Option("--until", metavar="MOMENT", help="Last moment that belongs here.")]
Lines = Annotated[
    str | None, Option("--lines", metavar="FIRST-LAST", help="Lines of the file that belong here: 10-200.")
]
_ABOUT_A_FILE = {
    "zone": Zone, "unit": Unit, "decimal": Decimal, "date_order": DateOrder, "serial": Serial,
    "interval_s": Interval, "channel": Channel, "range_centi_c": Range, "calibrated_until": CalibratedUntil,
    "since_ms": From, "until_ms": Until, "lines": Lines,
}  # fmt: skip
Mapping = Annotated[Path | None, Option(help="A mapping (TOML) for another format.", exists=True)]
BerlingerRoot = Annotated[
    str,
    Option(
        "--berlinger-root", envvar="UNBROKEN_BERLINGER_ROOT", help="The pinned key of Berlinger's signatures."
    ),
]


def about_a_file(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each question in the place of its parameter `told: Answers`."""
    hints = get_type_hints(command, include_extras=True)
    kept = [one.replace(annotation=hints[name]) for name, one in _parameters(command) if name != "told"]
    place = [name for name, _ in _parameters(command)].index("told")
    kept[place:place] = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in _ABOUT_A_FILE.items()
    ]

    @functools.wraps(command)
    def asked(**given: Any) -> None:
        told = Answers.typed(**{name: given.pop(name) for name in _ABOUT_A_FILE})
        command(told=told, **given)

    asked.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in kept]
    )
    asked.__annotations__ = {one.name: one.annotation for one in kept}
    return asked


def _parameters(command: Callable[..., None]) -> list[tuple[str, inspect.Parameter]]:
    return list(inspect.signature(command).parameters.items())


def pin(text: str) -> str:
    """A root key as it is typed. Raises `Malformed` `bad_value`."""
    try:
        if len(bytes.fromhex(text)) == 64:
            return text.lower()
    except ValueError:
        pass
    raise Malformed("bad_value", "--berlinger-root is a public key of 128 hexadecimal digits (x, then y)")
