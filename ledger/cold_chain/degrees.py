"""Temperatures as written to hundredths of a degree Celsius, exactly.

The decimal is never a float. Rounding: to the nearest hundredth of a degree Celsius, a tie to the even
one; Fahrenheit is converted by (F - 32) * 5 / 9 as a fraction first and rounded once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ledger.cold_chain.logger_file import Unit
from ledger.cold_chain.refusals import MOST_OF_A_VALUE, Ambiguous, Bad, Unreadable, bare
from ledger.cold_chain.text import Text

LOWEST, HIGHEST = -27_300, 20_000  # what an event can say (`CentiC`)
_NUMBER = re.compile(r"([+\-\u2212]?)([0-9]{1,6})(?:([.,])([0-9]{1,12}))?")
_NO_READING = re.compile(r"[-.*_\u2013]*|n/?a|nan", re.IGNORECASE)
_SUFFIX = re.compile(r"(.*[0-9])\s*[^\w\s.,+-]{0,3}\s*([CF])", re.ASCII)
_UNIT = re.compile(r"(?<![A-Za-z0-9%])(?:deg(?:rees)?\.?\s*)?([CF])(?![A-Za-z0-9])", re.ASCII)
_NAMED = {"celsius": "C", "centigrade": "C", "fahrenheit": "F"}


def nearest(numerator: int, denominator: int) -> int:
    """The nearest integer of a fraction, a tie to the even one. `denominator` is above zero."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))


def centi_c(text: str, unit: Unit) -> int:
    """`+18.771` -> 1877. Either decimal mark. Raises `Bad`."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise Bad(text, f"{text!r} is no temperature")
    sign, whole, _, decimals = match.groups("")
    scale = 10 ** len(decimals)
    number = int(whole + decimals) * (-1 if sign in ("-", "\u2212") and sign else 1)
    celsius = (number * 100, scale) if unit == "C" else ((number - 32 * scale) * 500, 9 * scale)
    found = nearest(*celsius)
    if not LOWEST <= found <= HIGHEST:
        raise Bad(text, f"{text!r} degrees {unit} is outside -273 to 200 degrees Celsius")
    return found


def unit_in(text: str) -> Unit | None:
    """The unit that a heading names: `Temp, °C`, `Temperature (F)`, a damaged `?C`. None: none, or two."""
    words = {_NAMED[word] for word in _NAMED if word in text.lower()}
    found = words | set(_UNIT.findall(text))
    if found == {"C"}:
        return "C"
    return "F" if found == {"F"} else None


class Degrees(dict[str, int | None]):
    """Remembers what each text means, so that a column costs one look-up a row. None: no reading.

    `nothing`: further words for no reading.
    """

    def __init__(self, unit: Unit, nothing: Sequence[str] = ()) -> None:
        super().__init__()
        self.unit, self.nothing = unit, frozenset(nothing)

    def __missing__(self, text: str) -> int | None:
        cell = bare(text)
        if cell in self.nothing or _NO_READING.fullmatch(cell):
            value = None
        else:
            value = centi_c(self._without_unit(text, cell), self.unit)
        self[text] = value
        return value

    def _without_unit(self, text: str, cell: str) -> str:
        match = _SUFFIX.fullmatch(cell)
        if match is None:
            return cell
        if match[2] != self.unit:
            raise Bad(text, f"{cell!r} is in degrees {match[2]}, the column in degrees {self.unit}")
        return match[1]


def unit_of_cell(text: str) -> Unit | None:
    """`17.4 °C` -> C."""
    match = _SUFFIX.fullmatch(text.strip()[:MOST_OF_A_VALUE])
    if match is None:
        return None
    return "C" if match[2] == "C" else "F"


def check_divided(column: Sequence[str], delimiter: str, told: str | None, name: str) -> None:
    """For makers who always write decimals: whole degrees between commas may be halves of `4,9`.

    Raises `Ambiguous` unless somebody told that the decimal mark is a point.
    """
    if delimiter != "," or told == ".":
        return
    filled = set(map(str.strip, set(column))) - {""}
    if filled and not any("." in cell or "," in cell for cell in filled):
        why = f"column {name!r} has whole degrees only, and cells are parted by commas"
        raise Ambiguous("decimal", why, (".", ","))


def check_marks(text: Text, degrees: Degrees, told: str | None) -> None:
    """One decimal mark in the whole file, and the one that was told. Notes a decimal comma."""
    marks = {mark for cell in degrees for mark in ".," if mark in cell and degrees[cell] is not None}
    if len(marks) > 1:
        what = "some temperatures have a decimal point, others a comma"
        raise Unreadable(what, "export the file again with one of them")
    if told and marks - {told}:
        raise Unreadable(f"you said decimal {told!r}, the file has {marks.pop()!r}", "leave that answer out")
    if marks == {","}:
        text.decided("the decimal mark is a comma: as a thousands separator no logger could reach the values")
