"""Time stamps of the log's heads by authorities outside, kept beside the checkpoints.

They are no part of the log: what they prove, they prove by themselves. A head may have none, or one
record of each of several authorities. A record is begun by its first token and grows when it is
renewed; a token that was kept never changes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text, func, insert, select
from sqlalchemy.exc import IntegrityError

from ledger.errors import Fault
from ledger.proof.evidence_record import Chains, encode, hash_of, renewed
from ledger.proof.time_stamp import claim_of
from ledger.store.engines import WRITE
from ledger.store.faults import faults
from ledger.store.schema import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from sqlalchemy import Select

    from ledger.proof.time_stamp import Stamp
    from ledger.store.recorder import LedgerRecorder

log = logging.getLogger("unbroken.time_stamps")
metadata = MetaData()

time_stamp = Table(
    "time_stamp",
    metadata,
    Column("size", Position, primary_key=True, autoincrement=False),  # of the head
    Column("record", Text, primary_key=True),  # the authority that began it: its URL
    Column("number", Integer, primary_key=True, autoincrement=False),  # 0 is over the head itself
    Column("authority", Text, nullable=False),  # that gave this token: its URL
    Column("at_ms", BigInteger, nullable=False),  # as the token says
    Column("until_ms", BigInteger, nullable=False),  # its certificate holds so long
    Column("kept_ms", BigInteger, nullable=False),  # when it was kept, by this node's clock
    Column("token", LargeBinary, nullable=False),  # DER
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One record: of the head of `size`, begun by the authority at `record`. `at_ms` of its first
    token, `until_ms` of its newest, by `authority`; `chains` as `ledger.proof.evidence_record` has them."""

    size: int
    record: str
    at_ms: int
    until_ms: int
    authority: str
    chains: Chains

    @property
    def by_ms(self) -> int:
        """The head existed by then, if the first authority's clock is as good as it says."""
        return claim_of(self.chains[0][0]).by_ms

    @property
    def count(self) -> int:
        return sum(map(len, self.chains))

    @property
    def hash_name(self) -> str:
        """Of its newest token."""
        return hash_of(self.chains[-1][-1])

    def encode(self) -> bytes:
        """The evidence record (RFC 4998), DER."""
        return encode(self.chains)


class TimeStampStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, recorder: LedgerRecorder) -> None:
        self._recorder = recorder
        self._engine = recorder.engine

    def keep(
        self, size: int, record: str, number: int, authority: str, stamp: Stamp, clock_ms: Callable[[], int]
    ) -> bool:
        """Keep a token that verified, durably when this returns. False where a token of this number is
        there already: two nodes may ask at once, and the first to come stays. The clock is read when the
        row is written: an authority may take long, and what is asked for meanwhile is without it."""
        row = {"size": size, "record": record, "number": number, "authority": authority,
               "at_ms": stamp.at_ms, "until_ms": stamp.until_ms, "token": stamp.token}  # fmt: skip
        with self._recorder.turn(), faults(), self._engine.connect().execution_options(**WRITE) as connection:
            try:
                connection.execute(insert(time_stamp), row | {"kept_ms": clock_ms()})
            except IntegrityError:
                connection.rollback()
                return False
            connection.commit()
            return True

    def newest_of(self, record: str) -> tuple[int, int]:
        """(size, at_ms) of the newest head that this authority stamped; zeros for none."""
        mine = select(time_stamp.c.size, time_stamp.c.at_ms)
        query = mine.where(time_stamp.c.record == record, time_stamp.c.number == 0)
        with faults(), self._engine.connect() as connection:
            row = connection.execute(query.order_by(time_stamp.c.size.desc()).limit(1)).first()
        return (row.size, row.at_ms) if row else (0, 0)

    def records(self, after: int = 0, limit: int = 100) -> list[Kept]:
        """Of the next `limit` heads that have any, of more than `after` entries."""
        sizes = select(time_stamp.c.size).where(time_stamp.c.size > after).distinct()
        some = sizes.order_by(time_stamp.c.size).limit(limit).subquery()
        return self._read(select(time_stamp).where(time_stamp.c.size.in_(select(some.c.size))))

    def of(self, size: int, until_ms: int | None = None) -> list[Kept]:
        """The records of one head; `until_ms`: only of what was kept before."""
        query = select(time_stamp).where(time_stamp.c.size == size)
        return self._read(query if until_ms is None else query.where(time_stamp.c.kept_ms < until_ms))

    def sizes(self, size: int, until_ms: int) -> list[int]:
        """The stamped heads of at most `size` entries, ascending, as of what was kept before."""
        known = (time_stamp.c.size <= size, time_stamp.c.kept_ms < until_ms, time_stamp.c.number == 0)
        query = select(time_stamp.c.size).where(*known).distinct().order_by(time_stamp.c.size)
        with faults(), self._engine.connect() as connection:
            return [int(one) for one in connection.execute(query).scalars()]

    def holding(self, size: int, until_ms: int) -> set[int]:
        """Of `sizes`, as of the same: the heads with a stamp whose certificates end later than that."""
        known = (time_stamp.c.size <= size, time_stamp.c.kept_ms < until_ms, time_stamp.c.until_ms > until_ms)
        query = select(time_stamp.c.size).where(*known).distinct()
        with faults(), self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def count(self, size: int, until_ms: int) -> int:
        """How many tokens are kept of heads of at most `size` entries, as of what was kept before."""
        known = (time_stamp.c.size <= size, time_stamp.c.kept_ms < until_ms)
        query = select(func.count()).select_from(time_stamp).where(*known)
        with faults(), self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def due(self, before_ms: int) -> list[Kept]:
        """Those whose newest token's certificate ends before that, the most pressing first. One that is
        damaged stands in no other's way: the log of this program names it."""
        ends = select(time_stamp.c.size, time_stamp.c.record, func.max(time_stamp.c.number).label("number"))
        last = ends.group_by(time_stamp.c.size, time_stamp.c.record).subquery()
        keys = (time_stamp.c.size, time_stamp.c.record, time_stamp.c.number)
        same = [one == last.c[one.name] for one in keys]
        query = select(time_stamp.c.size).select_from(time_stamp.join(last, onclause=_all(same)))
        sizes = query.where(time_stamp.c.until_ms < before_ms)
        found = []
        for rows in self._grouped(select(time_stamp).where(time_stamp.c.size.in_(sizes))):
            try:
                found.append(_kept(rows))
            except Fault as damage:
                log.error("%s", damage.detail)
        return sorted((kept for kept in found if kept.until_ms < before_ms), key=lambda kept: kept.until_ms)

    def _read(self, query: Select[Any]) -> list[Kept]:
        return [_kept(rows) for rows in self._grouped(query)]

    def _grouped(self, query: Select[Any]) -> list[list[Any]]:
        """The rows of each record, in their order."""
        ordered = query.order_by(time_stamp.c.size, time_stamp.c.record, time_stamp.c.number)
        with faults(), self._engine.connect() as connection:
            rows = connection.execute(ordered).all()
        return [list(some) for _, some in groupby(rows, key=lambda row: (row.size, row.record))]


def _kept(rows: list[Any]) -> Kept:
    """Raises `Fault` (`store_failed`) where a token is none any more."""
    first, last = rows[0], rows[-1]
    tokens: Iterable[bytes] = (row.token for row in rows)
    nothing: Chains = ()
    try:
        chains = reduce(renewed, tokens, nothing)
        hash_of(chains[0][0])  # a lone token was not looked into yet
    except Exception as error:  # whatever damaged bytes provoke
        what = f"the time stamp of the head of {first.size} entries by {first.record} is damaged"
        raise Fault("store_failed", f"{what}: {error}; `unbroken-server fsck` names the row") from error
    return Kept(first.size, first.record, first.at_ms, last.until_ms, last.authority, chains)


def _all(conditions: list[Any]) -> Any:
    return reduce(lambda one, other: one & other, conditions)
