"""Whose file is this? By its content alone, with the reason; a file's name proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ledger.cold_chain import berlinger, hanwell, hobo, ibutton, mapped, rotronic, tandd, tinytag
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.cold_chain.logger_file import LoggerFile, Told
from ledger.cold_chain.mapped import Mapping
from ledger.cold_chain.refusals import Ambiguous, Unreadable
from ledger.cold_chain.text import Text, text_of


class Format(NamedTuple):
    """One maker's format: its name, why a text is in it (None: it isn't), and its reader."""

    name: str
    recognise: Callable[[Text], str | None]
    read: Callable[[Text, Told, str], LoggerFile]


FORMATS = tuple(
    Format(module.NAME, module.recognise, module.read)
    for module in (berlinger, hobo, ibutton, tinytag, tandd, rotronic, hanwell)
)


def detect(text: Text) -> tuple[Format, str]:
    """The one format that the text is in. Raises `Unreadable` for none, `Ambiguous` for several."""
    found = [(each, why) for each in FORMATS if (why := each.recognise(text))]
    if not found:
        names = ", ".join(each.name for each in FORMATS)
        raise Unreadable(f"no known format ({names})", "read it with a mapping")
    if len(found) > 1:
        whys = "; ".join(f"{each.name}: {why}" for each, why in found)
        raise Ambiguous("format", f"more than one format fits ({whys})", [each.name for each, _ in found])
    return found[0]


def read(
    raw: bytes,
    told: Told | None = None,
    mapping: Mapping | None = None,
    berlinger_root: str = ROOT,
) -> LoggerFile:
    """A logger's file, from its bytes.

    `told`: what a person answered. `mapping` reads any other delimited file. `berlinger_root`: the pin,
    128 hexadecimal digits. Raises `Unreadable`, `Ambiguous`, and nothing else.
    """
    text = text_of(raw)
    if mapping:
        return mapped.read(text, mapping, told or Told())
    found, why = detect(text)
    if found.name == berlinger.NAME:
        return berlinger.read(text, told or Told(), why, berlinger_root)
    return found.read(text, told or Told(), why)
