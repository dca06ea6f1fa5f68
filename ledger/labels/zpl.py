"""ZPL II: the bitmap as one graphic field, so that the printer lays out nothing itself.

A printer keeps what an earlier job has set, until it is set anew or switched off. `RESET` sets
what would turn, mirror, invert, shift, scale or overprint the bitmap. What belongs to the machine
and its media stays as its keeper set it: darkness, speed, label top, sensors.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.labels.picture import Picture

_LEVEL = 1  # of zlib: two thirds of the time of 3 for a twentieth more bytes
_RUN = re.compile(r"(.)\1*")
_ONES, _TWENTIES = " GHIJKLMNOPQRSTUVWXY", " ghijklmnopqrstuvwxyz"  # 1 to 19, 20 to 400 by 20


RESET = (
    "^MCY"  # clear the bitmap of the label before: `^MCN` keeps it "until cleared with ^MCY"
    "^JMA"  # all dots of the head: "the effects of ^JM are persistent"
    "^MUD,300,300"  # lengths in dots, not converted: equal values turn a conversion off
    "^PON"  # not upside down
    "^PMN"  # no mirror image: "active until ^PMN is received"
    "^LRN"  # black on white: "active unless turned off by ^LRN"
    "^LS0"  # no shift to the left
    "^LH0,0"  # home at the corner
)  # the words quoted are those of Zebra's ZPL Programming Guide


def zpl(picture: Picture, compress: bool) -> bytes:
    """One label: the printer as new, `^PW` and `^LL` in dots, one `^GFA`."""
    data = _z64(picture.rows) if compress else "".join(_run_lengths(picture.rows.hex().upper(), picture))
    total, each = len(picture.rows), picture.row_bytes
    return (
        f"^XA{RESET}^PW{picture.width}^LL{picture.height}^FO0,0^GFA,{total},{total},{each},{data}^FS^XZ\n"
    ).encode("ascii")


def _z64(rows: bytes) -> str:
    """zlib, base64, and the CRC-16 (polynomial 0x1021, from 0) of the base64 text."""
    text = base64.b64encode(zlib.compress(rows, _LEVEL))
    return f":Z64:{text.decode()}:{binascii.crc_hqx(text, 0):04X}"


def _run_lengths(digits: str, picture: Picture) -> Iterator[str]:
    """Hex digits with counts before them; `,` fills a row with 0, `!` with 1, `:` repeats it."""
    width, before = picture.row_bytes * 2, ""
    for at in range(0, len(digits), width):
        row = digits[at : at + width]
        yield ":" if row == before else _row(row)
        before = row


def _row(row: str) -> str:
    bare = row.rstrip("0")
    if len(bare) < len(row):
        return "".join(map(_counted, _RUN.finditer(bare))) + ","
    bare = row.rstrip("F")
    return "".join(map(_counted, _RUN.finditer(bare))) + ("!" if len(bare) < len(row) else "")


def _counted(run: re.Match[str]) -> str:
    count, digit = len(run[0]), run[1]
    if count == 1:
        return digit
    twenties, ones = divmod(count, 20)
    most, rest = divmod(twenties, 20)
    return "z" * most + (_TWENTIES[rest] if rest else "") + (_ONES[ones] if ones else "") + digit
