"""The files of an export: whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from clients.tables.columns import CONTAINERS, ENTRIES, Column, Row
from clients.tables.csv_file import CsvTable
from clients.tables.parquet_file import ParquetTable
from clients.tables.rows import Known, container_rows, row_of
from ledger.errors import Conflict, Malformed


class Table(Protocol):
    """Takes rows in order. `close` makes the file whole; a second time it does nothing."""

    def write(self, row: Row) -> None: ...
    def close(self) -> None: ...


FORMS: dict[str, type[CsvTable] | type[ParquetTable]] = {"csv": CsvTable, "parquet": ParquetTable}


class Tables:
    """The table of entries, and perhaps that of containers. `therapy`: only what is about it."""

    def __init__(self, entries: Table, containers: Table | None, therapy: str | None) -> None:
        self.entries = self.names = self.wrong = 0
        self._entries, self._containers, self._therapy = entries, containers, therapy

    def put(self, known: Known) -> None:
        row = row_of(known)
        if self._therapy is not None and self._therapy not in row["therapies"]:
            return
        self._entries.write(row)
        self.entries += 1
        self.wrong += not known.is_signed
        if self._containers is not None and known.entry is not None:
            for one in container_rows(known.entry):
                if self._therapy in (None, one["therapy"]):
                    self._containers.write(one)
                    self.names += 1


@contextmanager
def writing(path: Path, containers: Path | None, form: str, therapy: str | None) -> Iterator[Tables]:
    """Tables under names of their own, which take their places at the end; after an error nothing is there.

    Raises `Conflict` (`file_exists`): a file is never overwritten; `Malformed` (`bad_form`): both are one
    file; `OSError` of a disk that is full.
    """
    if containers is not None and containers.resolve() == path.resolve():
        raise Malformed("bad_form", "entries and containers go into two files")
    wanted = [one for one in (path, containers) if one is not None]
    for one in wanted:
        if one.exists():
            raise Conflict("file_exists", f"{one} is there already; it is not overwritten")
    fresh = [one.with_name(f".{one.name}.part") for one in wanted]
    shapes: list[tuple[Column, ...]] = [ENTRIES, CONTAINERS]
    tables: list[Table] = []
    try:
        for one, shape in zip(fresh, shapes, strict=False):
            tables.append(FORMS[form](one, shape))
        yield Tables(tables[0], tables[1] if containers else None, therapy)
        for table in tables:
            table.close()
        for part, one in zip(fresh, wanted, strict=True):
            part.replace(one)
    finally:
        for table in tables:
            with suppress(OSError):  # of a full disk, for the second time
                table.close()
        for part in fresh:
            part.unlink(missing_ok=True)
