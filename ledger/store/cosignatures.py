"""Witnesses' signatures of the log's heads, kept beside the checkpoints.

They are no part of the log: what they prove, they prove by themselves. A head may have none, or
have some added later; what was kept never changes.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, islice
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, func, insert, select
from sqlalchemy.exc import IntegrityError

from ledger.proof.checkpoint import MAX_TIME, with_lines
from ledger.store.engines import WRITE
from ledger.store.faults import faults
from ledger.store.schema import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import ColumnElement

    from ledger.store.reading import StoredCheckpoint
    from ledger.store.recorder import LedgerRecorder

metadata = MetaData()
ROWS = 1_000  # fetched at a time
LOOKED_AT = 1_000  # heads, for the best: whoever left before so many is not asked for any more

cosignature = Table(
    "cosignature",
    metadata,
    Column("size", Position, primary_key=True, autoincrement=False),  # of the head
    Column("witness", Text, primary_key=True),  # its verifier key
    Column("time_s", BigInteger, nullable=False),  # as the witness says
    Column("line", Text, nullable=False),  # of the signed note, with its newline
)


class CosignatureStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, recorder: LedgerRecorder) -> None:
        self._recorder = recorder
        self._engine = recorder.engine

    def keep(self, size: int, witness: str, time_s: int, line: str) -> None:
        """Keep a cosignature that verified, durably when this returns. A second of the same head and
        witness changes nothing: two nodes may ask at once."""
        row = {"size": size, "witness": witness, "time_s": time_s, "line": line}
        with self._recorder.turn(), faults(), self._engine.connect().execution_options(**WRITE) as connection:
            try:
                connection.execute(insert(cosignature), row)
            except IntegrityError:
                connection.rollback()
            else:
                connection.commit()

    def newest_of(self, witness: str) -> int:
        """The size of the newest head that it cosigned, 0 for none."""
        query = select(func.coalesce(func.max(cosignature.c.size), 0)).where(cosignature.c.witness == witness)
        with faults(), self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def witnesses_of(self, size: int) -> set[str]:
        """The verifier keys of those who cosigned the head."""
        query = select(cosignature.c.witness).where(cosignature.c.size == size)
        with faults(), self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def newest_with(self, enough: Callable[[set[str]], bool], floor: int = 0) -> int | None:
        """The size of the newest head, of `floor` entries or more, whose cosigners are enough."""
        columns = select(cosignature.c.size, cosignature.c.witness)
        query = columns.where(cosignature.c.size >= floor).order_by(cosignature.c.size.desc())
        streaming = self._engine.connect().execution_options(yield_per=ROWS)
        with faults(), streaming as connection, connection.execute(query) as found:
            for size, rows in groupby(found, key=lambda row: row.size):
                if enough({row.witness for row in rows}):
                    return int(size)
        return None

    def recent(self, count: int) -> int:
        """The size of the oldest of the `count` newest heads that anybody cosigned; 0: there are fewer."""
        sizes = select(cosignature.c.size).distinct().order_by(cosignature.c.size.desc())
        with faults(), self._engine.connect() as connection:
            found = connection.execute(sizes.offset(count - 1).limit(1)).scalar_one_or_none()
        return int(found or 0)

    def best(self, size: int, until_s: int) -> list[tuple[int, set[str]]]:
        """Heads of at most `size` entries with their cosigners, the newest first: for any policy, whoever's,
        the newest that meets it is among them, as far as `LOOKED_AT` heads reach. Lines whose witness says
        a later time than `until_s` count for nothing."""
        columns = select(cosignature.c.size, cosignature.c.witness)
        query = columns.where(*_by(size, until_s)).order_by(cosignature.c.size.desc())
        found: list[tuple[int, set[str]]] = []
        streaming = self._engine.connect().execution_options(yield_per=ROWS)
        with faults(), streaming as connection, connection.execute(query) as rows:
            for of, some in islice(groupby(rows, key=lambda row: row.size), LOOKED_AT):
                witnesses = {row.witness for row in some}
                if not any(witnesses <= more for _, more in found):
                    found.append((int(of), witnesses))
        return found

    def count(self, after: int, size: int, until_s: int) -> int:
        """How many lines are kept of heads of more than `after` and at most `size` entries."""
        query = select(func.count()).select_from(cosignature).where(*_by(size, until_s))
        with faults(), self._engine.connect() as connection:
            return int(connection.execute(query.where(cosignature.c.size > after)).scalar_one())

    def complete(self, heads: Iterable[StoredCheckpoint], until_s: int = MAX_TIME) -> list[bytes]:
        """The heads' notes, each with the lines of those who cosigned it behind the log's own."""
        found = list(heads)
        lines = self._lines([head.size for head in found], until_s)
        return [with_lines(head.note, lines.get(head.size, ())) for head in found]

    def _lines(self, sizes: list[int], until_s: int) -> dict[int, list[str]]:
        if not sizes:
            return {}
        wanted = (cosignature.c.size.in_(sizes), cosignature.c.time_s <= until_s)
        query = select(cosignature.c.size, cosignature.c.line).where(*wanted).order_by(cosignature.c.witness)
        lines = defaultdict(list)
        with faults(), self._engine.connect() as connection:
            for size, line in connection.execute(query):
                lines[size].append(line)
        return lines


def _by(size: int, until_s: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return cosignature.c.size <= size, cosignature.c.time_s <= until_s
