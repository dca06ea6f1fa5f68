"""The checks of labels that were issued here and are not printed yet, and what is being printed.

A check is what makes a label's link: no entry holds it, and the server keeps none. It lies in
this device's store from before the issue is signed until the label is printed:

    kept ──▶ printing ──▶ printed (the check is forgotten)
               │  what will be said is kept before the first byte goes to the printer
               └──▶ kept again, when somebody looked and nothing had come out

A process that dies while it prints leaves `printing`: nobody can know from here whether the
label came out, so the next one asks a person before it prints or says anything.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clients.disk import Disk
from ledger.errors import NotFound

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
SERIAL_LENGTH, CHECK_LENGTH = 10, 16  # 50 and 80 bits
SCHEMA = """
CREATE TABLE IF NOT EXISTS label (
  serial TEXT PRIMARY KEY, coi TEXT NOT NULL, container TEXT, site TEXT NOT NULL,
  department TEXT NOT NULL, secret TEXT NOT NULL, printing TEXT
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A label that can be printed from here. `printing`: `LabelPrinted` as it will be said, if begun."""

    serial: str
    coi: str
    container: str | None
    site: str
    department: str
    check: str
    printing: dict[str, Any] | None = None


def new_serial() -> str:
    return "L" + _drawn(SERIAL_LENGTH)


def new_check() -> str:
    return _drawn(CHECK_LENGTH)


def _drawn(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class LabelStore:
    """The labels of one device. Every method is one durable transaction of its `Disk`."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        with disk.reading() as db:
            db.executescript(SCHEMA)
            db.execute("PRAGMA secure_delete = ON")  # a check that is forgotten is gone

    def keep(self, labels: Iterable[Kept]) -> None:
        query = "INSERT INTO label VALUES (?, ?, ?, ?, ?, ?, NULL)"
        rows = [(one.serial, one.coi, one.container, one.site, one.department, one.check) for one in labels]
        with self.disk.writing() as db:
            db.executemany(query, rows)

    def find(self, serial: str) -> Kept:
        """Raises `NotFound` `no_label_check`."""
        found = [one for one in self.all() if one.serial == serial]
        if not found:
            raise NotFound(
                "no_label_check",
                f"this device keeps no check of label {serial}: it was printed, or issued on another device;"
                " issue a new label",
            )
        return found[0]

    def all(self) -> list[Kept]:
        """What can be printed from here, or was being printed."""
        columns = "serial, coi, container, site, department, secret, printing"
        with self.disk.reading() as db:
            rows = db.execute(f"SELECT {columns} FROM label ORDER BY serial").fetchall()  # noqa: S608
        return [_kept(row) for row in rows]

    def begin(self, serial: str, printing: dict[str, Any]) -> None:
        """Durable before the first byte goes to the printer."""
        self._set(serial, json.dumps(printing))

    def nothing_came(self, serial: str) -> None:
        """Somebody looked: it can be printed again."""
        self._set(serial, None)

    def forget(self, serial: str) -> None:
        """It is printed, or will never be: its check is of no use any more."""
        with self.disk.writing() as db:
            db.execute("DELETE FROM label WHERE serial = ?", (serial,))

    def _set(self, serial: str, printing: str | None) -> None:
        with self.disk.writing() as db:
            db.execute("UPDATE label SET printing = ? WHERE serial = ?", (printing, serial))


def _kept(row: Sequence[Any]) -> Kept:
    *known, begun = row
    members: tuple[Any, ...] = (*known, json.loads(begun) if begun else None)
    return Kept(*members)
