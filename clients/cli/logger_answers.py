"""What a person says about a logger's file: typed as options, or asked for one by one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from rich.console import Console
from rich.text import Text

from clients.forms import moment
from ledger.cold_chain.degrees import centi_c
from ledger.cold_chain.evidence import Instrument
from ledger.cold_chain.logger_file import LoggerFile, Told
from ledger.cold_chain.refusals import Ambiguous, Bad
from ledger.domain.times import milliseconds
from ledger.errors import Malformed, UnbrokenError

FLAGS = {
    "unit": "--unit", "zone": "--zone", "decimal": "--decimal", "date_order": "--date-order",
    "serial": "--serial", "interval_s": "--interval", "range_centi_c": "--range", "channel": "--channel",
    "since_ms": "--from and --until, or --lines", "lines": "--lines",
}  # fmt: skip
HINTS = {
    "zone": "for instance UTC or +02:00",
    "range_centi_c": "the lowest and the highest temperature, for instance -196..50",
    "since_ms": "the first moment, for instance 2026-03-01T09:30Z",
    "interval_s": "in seconds",
}
_CHOICES = {"unit": ("C", "F"), "decimal": (".", ","), "date_order": ("ymd", "dmy", "mdy")}
_OF_TOLD = ("unit", "zone", "decimal", "date_order", "serial", "interval_s")


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers so far, for the reader (`told`) and for the evidence (`instrument`)."""

    told: Told = field(default_factory=Told)
    instrument: Instrument = field(default_factory=Instrument)

    @classmethod
    def typed(cls, **texts: str | None) -> Answers:
        """From options; those that were not given are None. Raises `Malformed` `bad_value`."""
        answers = cls()
        for question, text in texts.items():
            if text is not None:
                answers = answers.with_(question, text)
        return answers

    def with_(self, question: str, text: str) -> Answers:
        """With one more answer."""
        meaning = {_name(question): _meaning(question, text.strip())}
        if question in _OF_TOLD:
            return replace(self, told=replace(self.told, **meaning))
        return replace(self, instrument=replace(self.instrument, **meaning))

    @property
    def channel(self) -> str | None:
        return self.instrument.channel

    def read_as(self, file: LoggerFile, mapping: list[bytes]) -> dict[str, Any]:
        """The event's member of that name: with it, the file gives the same readings again.

        `mapping`: the mapping's own file, if there was one.
        """
        said: dict[str, Any] = {"format": file.format, "zone": file.zone.name}
        decimal = {".": "point", ",": "comma"}.get(self.told.decimal or "")
        answers = {"unit": self.told.unit, "date_order": self.told.date_order, "decimal": decimal}
        said |= {name: value for name, value in answers.items() if value is not None}
        if self.channel is not None:
            said["channel"] = self.channel
        return said | ({"mapping": hashlib.sha256(mapping[0]).hexdigest()} if mapping else {})


def answered(told: Answers, open_: Ambiguous) -> Answers:
    """Ask for what is open until the answer has a meaning."""
    console = Console(stderr=True, highlight=False)
    console.print(Text(f"{open_.why[:1].upper()}{open_.why[1:]}.", style="yellow"))
    how = HINTS.get(open_.question) or " or ".join(open_.choices)
    name = open_.question.removesuffix("_ms").removesuffix("_centi_c").removesuffix("_s").replace("_", " ")
    while True:
        try:
            return told.with_(
                open_.question, console.input(Text(f"{name} ({how}): " if how else f"{name}: "))
            )
        except UnbrokenError as error:
            console.print(Text(f"  {error.detail}", style="yellow"))


def _name(question: str) -> str:
    return "calibrated_until_ms" if question == "calibrated_until" else question


def _meaning(question: str, text: str) -> Any:
    if question in _CHOICES and text not in _CHOICES[question]:
        raise Malformed(
            "bad_value", f"{FLAGS[question]}: {text!r} is none of {', '.join(_CHOICES[question])}"
        )
    if question in ("since_ms", "until_ms", "calibrated_until"):
        return milliseconds(moment(text))
    if question == "range_centi_c":
        return range_of(text)
    if question == "lines":
        return _lines(text)
    if question == "interval_s":
        if not (text.isascii() and text.isdecimal()):
            raise Malformed("bad_value", f"--interval: {text!r} is not a whole number of seconds")
        return int(text)
    return text


def range_of(text: str) -> tuple[int, int]:
    """`-196..50` -> (-19600, 5000)."""
    low, _, high = text.partition("..")
    try:
        return centi_c(low.strip(), "C"), centi_c(high.strip(), "C")
    except Bad:
        raise Malformed("bad_value", f"--range: {text!r} is not lowest..highest, such as -196..50") from None


def _lines(text: str) -> tuple[int, int]:
    """`10-200` -> (10, 200)."""
    first, dash, last = text.partition("-")
    numbers = [part.strip() for part in (first, last)]
    if not dash or not all(one.isascii() and one.isdecimal() and len(one) < 10 for one in numbers):
        raise Malformed("bad_value", f"--lines: {text!r} is not first-last, such as 10-200")
    return int(numbers[0]), int(numbers[1])
