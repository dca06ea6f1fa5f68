"""What a label's DataMatrix says: a deployer's format, filled with what the ledger knows.

A format is text with `{fields}`. What stands in `[ ]` is left out where one of its fields is
not known; outside of brackets an unknown field leaves the whole symbol out: a label never
carries a guess. `{n}` is how many bracketed parts are there, in two digits.

`ISBT128` is made after ISBT 128's compound message (data structure 023) of donation
identification number (001), product code (003), divisions (032) and chain of identity (040).
It has no expiry: structure 005 carries a local time without its zone, and the ledger's times
are UTC. Nothing here looks into ICCBBA's tables. A GS1 element string is written with its
application identifiers in parentheses: `(01)09506000134352(21){container}`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ledger.errors import Malformed

if TYPE_CHECKING:
    from ledger.domain.container import Container

ISBT128 = "=+{n}000[={din}00][=<{product_code}][=,{division}][&/{chain_of_identity}]"

_PART = re.compile(r"\[([^][]*)\]")
_FIELDS: dict[str, Callable[[Container, str, str], str | None]] = {
    "din": lambda one, coi, serial: one.din,
    "product_code": lambda one, coi, serial: _of_length(one.product_code, 8),
    "division": lambda one, coi, serial: _of_length(one.division, 6),
    "chain_of_identity": lambda one, coi, serial: _of_length(coi.removeprefix("isbt128:"), 15),
    "coi": lambda one, coi, serial: coi,
    "container": lambda one, coi, serial: one.id,
    "serial": lambda one, coi, serial: serial,
    "expiry_utc_date": lambda one, coi, serial: _expiry(one, "%y%m%d"),
    "expiry_utc_time": lambda one, coi, serial: _expiry(one, "%y%m%d%H%M"),
}


def check_format(text: str) -> str:
    """The format, if it can be filled. Raises `Malformed` (`bad_label_message`)."""
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise Malformed("bad_label_message", f"the DataMatrix format {text!r:.80}: {error}") from None
    unknown = sorted(names - _FIELDS.keys() - {"n"})
    if unknown or not text.isascii() or not text:
        known = ", ".join([*_FIELDS, "n"])
        raise Malformed("bad_label_message", f"the DataMatrix format {text!r:.80} takes ASCII and {known}")
    return text


def message(template: str, container: Container, coi: str, serial: str) -> str | None:
    """The format with what is known of this container; None where that makes no message."""
    known = {name: read(container, coi, serial) for name, read in _FIELDS.items()}
    count = 0

    def part(found: re.Match[str]) -> str:
        nonlocal count
        said = _filled(found[1], known)
        count += said is not None
        return said or ""

    whole = _PART.sub(part, template)
    if not count and not _fields_in(_PART.sub("", template)):
        return None  # it would say nothing
    return _filled(whole.replace("{n}", f"{count:02}"), known)


def _fields_in(text: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(text) if name and name != "n"]


def _filled(text: str, known: dict[str, str | None]) -> str | None:
    names = _fields_in(text)
    if any(known.get(name) is None for name in names):
        return None
    return text.format_map({name: known[name] for name in names} | {"n": "{n}"})


def _of_length(text: str | None, length: int) -> str | None:
    """A field of another length is another field: it would shift what follows."""
    return text if text is not None and len(text) == length else None


def _expiry(container: Container, form: str) -> str | None:
    return datetime.fromisoformat(container.expires_at).strftime(form) if container.expires_at else None
