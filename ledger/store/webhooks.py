"""What endpoints are still to be told: queued once for each event, kept until it is taken.

Whichever node takes a delivery in hand first has it for a while (a lease); one that dies with it in
hand loses nothing, for then its time comes again. So each is made at least once.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.store.alarm_schema import cursor, delivery
from ledger.store.engines import WRITE
from ledger.store.faults import commit_faults, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine


class Delivery(NamedTuple):
    """`next_ms` None: dead, until somebody sends it again. `told`: what came of the last attempt."""

    endpoint: str
    seq: int
    body: bytes
    created_ms: int
    attempts: int
    next_ms: int | None
    told: str


class DeliveryStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, engine: Engine, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._turn = turn

    def begin(self, endpoint: str, seq: int) -> int:
        """How far events are queued for it. One that is new begins behind those that there are."""
        query = select(cursor.c.seq).where(cursor.c.endpoint == endpoint)
        with faults(), self._engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is not None:
            return int(found)
        with self._writing() as connection:
            with suppress(IntegrityError), connection.begin_nested():  # another node may be first
                connection.execute(insert(cursor).values(endpoint=endpoint, seq=seq))
            return int(connection.execute(query).scalar_one())

    def queue(
        self, endpoint: str, start: int, stop: int, bodies: Sequence[tuple[int, bytes]], now_ms: int
    ) -> bool:
        """Queue the events of `start` to `stop` that it is told of. False: another node has."""
        own = and_(cursor.c.endpoint == endpoint, cursor.c.seq == start)
        with self._writing() as connection:
            if not connection.execute(update(cursor).where(own).values(seq=stop)).rowcount:
                return False
            rows = [
                {"endpoint": endpoint, "seq": seq, "body": body, "created_ms": now_ms, "attempts": 0}
                | {"next_ms": now_ms, "told": ""}
                for seq, body in bodies
            ]
            if rows:
                connection.execute(insert(delivery), rows)
        return True

    def next(self, endpoint: str) -> Delivery | None:
        """The one whose turn is first, due or not."""
        query = select(delivery).where(delivery.c.endpoint == endpoint, delivery.c.next_ms.is_not(None))
        found = self._find(query.order_by(delivery.c.next_ms, delivery.c.seq).limit(1))
        return found[0] if found else None

    def take(self, one: Delivery, until_ms: int) -> bool:
        """Take it in hand until then. False: somebody else has."""
        own = and_(_key(one), delivery.c.next_ms == one.next_ms)
        with self._writing() as connection:
            return bool(connection.execute(update(delivery).where(own).values(next_ms=until_ms)).rowcount)

    def done(self, one: Delivery) -> None:
        with self._writing() as connection:
            connection.execute(delete(delivery).where(_key(one)))

    def failed(self, one: Delivery, told: str, next_ms: int | None) -> None:
        """`next_ms` None: it is not tried again."""
        values = {"attempts": one.attempts + 1, "next_ms": next_ms, "told": told}
        with self._writing() as connection:
            connection.execute(update(delivery).where(_key(one)).values(values))

    def undelivered(self) -> list[Delivery]:
        """All that waits and all that is dead, by endpoint, the oldest first."""
        return self._find(select(delivery).order_by(delivery.c.endpoint, delivery.c.seq))

    def waiting(self) -> dict[str, tuple[int, int]]:
        """Of each endpoint with any: how many wait, how many are dead."""
        count = func.count()
        query = select(delivery.c.endpoint, count, func.count(delivery.c.next_ms))
        with faults(), self._engine.connect() as connection:
            rows = connection.execute(query.group_by(delivery.c.endpoint)).all()
        return {name: (alive, whole - alive) for name, whole, alive in rows}

    def resend(self, endpoint: str, now_ms: int, seq: int | None = None) -> int:
        """Make dead ones wait again: all of an endpoint, or one; how many."""
        dead = and_(delivery.c.endpoint == endpoint, delivery.c.next_ms.is_(None))
        if seq is not None:
            dead = and_(dead, delivery.c.seq == seq)
        with self._writing() as connection:
            again = update(delivery).where(dead).values(next_ms=now_ms, attempts=0)
            return connection.execute(again).rowcount

    def _find(self, query: Any) -> list[Delivery]:
        with faults(), self._engine.connect() as connection:
            return [Delivery(*row) for row in connection.execute(query).all()]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        connecting = self._engine.connect().execution_options(**WRITE)
        with faults(), self._turn(), connecting as connection:
            transaction = connection.begin()
            yield connection
            with commit_faults():
                transaction.commit()


def _key(one: Delivery) -> Any:
    return and_(delivery.c.endpoint == one.endpoint, delivery.c.seq == one.seq)
