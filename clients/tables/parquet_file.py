"""Rows as Parquet, with real types. Needs `pyarrow`, which is not installed with the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clients.tables.columns import Column, Kind, Row
from ledger.errors import Malformed

ROWS = 4_096  # of a row group: bounds the memory


def _pyarrow() -> Any:
    """Raises `Malformed` (`no_pyarrow`)."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        how = "install it with: pip install 'unbroken[tables]', or write --csv"
        raise Malformed("no_pyarrow", f"Parquet is written by pyarrow, which is not here; {how}") from None
    return pyarrow


class ParquetTable:
    """Writes a row group at a time. `close` it, or the file is not whole."""

    def __init__(self, path: Path, columns: tuple[Column, ...]) -> None:
        self._pyarrow = _pyarrow()
        self._columns = columns
        self._rows: list[Row] = []
        self._schema = self._schema_of(columns)
        parquet = self._pyarrow.parquet
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._flush()

    def close(self) -> None:
        try:
            self._flush()
        finally:
            self._rows = []
            self._writer.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        names = [one.name for one in self._columns]
        rows = [{name: row.get(name) for name in names} for row in self._rows]
        self._writer.write_table(self._pyarrow.Table.from_pylist(rows, schema=self._schema))
        self._rows = []

    def _schema_of(self, columns: tuple[Column, ...]) -> Any:
        arrow = self._pyarrow
        types: dict[Kind, Any] = {
            "int": arrow.int64(),
            "bool": arrow.bool_(),
            "text": arrow.string(),
            "texts": arrow.list_(arrow.string()),
            "time": arrow.timestamp("ms", tz="UTC"),
            "json": arrow.string(),
        }
        fields = [
            arrow.field(one.name, types[one.kind], one.name != "position", {"says": one.says})
            for one in columns
        ]
        return arrow.schema(fields, {"unbroken": json.dumps({"table": len(columns)})})
