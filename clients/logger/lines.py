"""Readings as lines of text: `[MOMENT] CELSIUS [BATTERY [TILT]]`.

    2026-03-01T12:00:00Z -190.12 83 4
    -190.1
    none 83

A moment carries its zone; without one it is now. `none`: nothing could be measured. Battery in percent,
tilt in degrees from upright, whole numbers; `-` where the next one is given and this one is not.
"""

from __future__ import annotations

from clients.forms import moment
from clients.logger.buffer import Measured
from ledger.cold_chain.degrees import centi_c
from ledger.cold_chain.refusals import Bad
from ledger.domain.times import milliseconds
from ledger.errors import Malformed

NOTHING = "none"


def measured_of(line: str, now_ms: int) -> Measured | None:
    """The reading of a line; None for an empty one or a comment (`#`). Raises `Malformed` `bad_reading`."""
    words = line.partition("#")[0].split()
    if not words:
        return None
    at_ms = now_ms
    if "T" in words[0]:
        at_ms = milliseconds(moment(words.pop(0)))
    if not 1 <= len(words) <= 3:
        raise Malformed("bad_reading", f"{line.strip()[:80]!r}: write [MOMENT] CELSIUS [BATTERY [TILT]]")
    battery, tilt = (_whole(word) for word in (*words[1:], "-", "-")[:2])
    return Measured(at_ms, _celsius(words[0]), battery, tilt)


def _celsius(word: str) -> int | None:
    if word == NOTHING:
        return None
    try:
        return centi_c(word, "C")
    except Bad as bad:
        raise Malformed("bad_reading", f"{word[:40]!r} is no temperature in °C: {bad}") from None


def _whole(word: str) -> int | None:
    if word == "-":
        return None
    if not (word.isascii() and word.isdecimal() and len(word) <= 3):
        raise Malformed("bad_reading", f"{word[:40]!r}: battery and tilt are whole numbers")
    return int(word)
