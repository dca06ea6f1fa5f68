"""Rows as CSV: RFC 4180, UTF-8, a header, CRLF.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and one that expects `;`
cuts there. No fact of the log can look like that: every name and code in the events begins with a letter
or a digit. What an envelope says that breaks the schema could. Nothing is altered or left out for it:
such a text stands as a JSON string, its quotes included, in which `;` is written as `\\u003b`. So whoever
reads a cell that begins with `"` reads JSON, and has the text as it was. A payload that is no JSON object
stands as such a string too. In lists and payloads, which
are JSON anyway, `;` is written the same way.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from clients.tables.columns import Column, Kind, Row
from ledger.domain.times import timestamp

# OWASP, CSV Injection: = + - @ tab CR, their full-width forms, and the separators of other locales.
_RISKY = re.compile("^$|^[\\s=+\\-@\"'\uff1d\uff0b\uff0d\uff20]|[;\t\r\n]")


def cell(kind: Kind, value: Any) -> str:
    """One value as text."""
    if value is None:
        return ""
    if kind == "time":
        return timestamp(value)
    if kind == "json":
        return str(value).replace(";", "\\u003b") if _is_object(value) else _json(value)
    if kind == "texts":
        return _json(value)
    if kind == "bool":
        return "true" if value else "false"
    text = str(value)
    return _json(text) if kind == "text" and _RISKY.search(text) else text


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace(";", "\\u003b")


class CsvTable:
    """Writes rows as they come. `close` it, or the file is not whole."""

    def __init__(self, path: Path, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow([one.name for one in columns])

    def write(self, row: Row) -> None:
        self._writer.writerow([cell(one.kind, row.get(one.name)) for one in self._columns])

    def close(self) -> None:
        self._file.close()
