"""Alarms: what was raised, told and answered, once, whichever node noticed.

Whoever changes them holds one lock, so that an alarm is raised once and events have no gap. What
is found is held against what was raised before by `ledger.live.alarms.changes`; the same found
again changes nothing, so a node that begins anew looks at everything again, and tells nothing twice.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import and_, func, insert, or_, select, text, update

from ledger.errors import NotFound
from ledger.live.alarms import Alarm, Kind, Raised, changes, is_late
from ledger.store.alarm_schema import alarm, event
from ledger.store.engines import WRITE
from ledger.store.faults import commit_faults, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from ledger.live.alarms import Changes

LOCK = 0x616C61726D  # PostgreSQL's advisory lock: any number that no other program locks
What = Literal["begun", "ended", "acknowledged"]


class Subject(NamedTuple):
    """What alarms are about: a container in a phase, as one logger sees it; both empty: the logger
    itself, while it is with a therapy's containers. `recording`: 32 hex digits."""

    chain: str
    container: str
    phase: str
    logger: str
    recording: str

    def concerns(self, one: Noted) -> bool:
        """Of the budget by every logger, of all else by this one."""
        about = (one.chain, one.container, one.phase) == (self.chain, self.container, self.phase)
        return about and (one.kind == "budget" or one.logger == self.logger)


class Noted(NamedTuple):
    """An alarm as it is stored. Moments in ms; `closed_ms` None: it is open."""

    number: int
    chain: str
    container: str
    phase: str
    kind: Kind
    step: int
    logger: str
    recording: bytes
    began_ms: int
    until_ms: int
    ended_ms: int | None
    peak: int | None
    late: bool
    raised_ms: int
    closed_ms: int | None
    acknowledged_by: str | None
    acknowledged_ms: int | None

    @property
    def raised(self) -> Raised:
        """Closed is over, whatever the readings said last."""
        ended_ms = self.ended_ms
        if ended_ms is None and self.closed_ms is not None:
            ended_ms = self.until_ms
        return Raised(
            self.number, Alarm(self.kind, self.began_ms, self.until_ms, ended_ms, self.step, self.peak)
        )


class Told(NamedTuple):
    """An event, and the alarm as it is now."""

    seq: int
    what: What
    at_ms: int
    alarm: Noted


class AlarmStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails.

    `turn`: this process's writers take turns where the database lets only one write.
    """

    def __init__(self, engine: Engine, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self.engine = engine
        self._turn = turn

    def note(self, subject: Subject, found: Sequence[Alarm], after_ms: int, now_ms: int) -> list[Noted]:
        """Raise and end what is to be; those that were raised. `after_ms`: how old is late."""
        with self._locked() as connection:
            changed = changes(_raised(connection, subject), found)
            return _write(connection, subject, changed, after_ms, now_ms)

    def close(self, numbers: Collection[int], ended_ms: int, now_ms: int) -> None:
        """Nobody watches any more what these are about."""
        if not numbers:
            return
        with self._locked() as connection:
            open_ = and_(alarm.c.number.in_(numbers), alarm.c.closed_ms.is_(None))
            for number in connection.execute(select(alarm.c.number).where(open_)).scalars().all():
                ended = func.coalesce(alarm.c.ended_ms, ended_ms)
                values = {"closed_ms": now_ms, "ended_ms": ended}
                connection.execute(update(alarm).where(alarm.c.number == number).values(values))
                _tell(connection, number, "ended", now_ms)

    def acknowledge(self, number: int, agent: str, now_ms: int) -> Noted:
        """Say that somebody saw it; the first to say so stays. Raises `NotFound` (`no_such_alarm`)."""
        with self._locked() as connection:
            values = {"acknowledged_by": agent, "acknowledged_ms": now_ms}
            fresh = and_(alarm.c.number == number, alarm.c.acknowledged_by.is_(None))
            if connection.execute(update(alarm).where(fresh).values(values)).rowcount:
                _tell(connection, number, "acknowledged", now_ms)
        return self.find(number)

    def find(self, number: int) -> Noted:
        """Raises `NotFound` (`no_such_alarm`)."""
        with self._reading() as connection:
            row = connection.execute(select(alarm).where(alarm.c.number == number)).first()
        if row is None:
            raise NotFound("no_such_alarm", "there is no such alarm that you may know of")
        return Noted(*row)

    def known(self, logger: str, chains: Collection[str], since_ms: int) -> list[Noted]:
        """What may concern a look at a logger: its own alarms that are open or reach beyond `since_ms`,
        and the steps of these therapies' budgets, whichever logger told them."""
        recent = or_(
            alarm.c.closed_ms.is_(None), func.coalesce(alarm.c.ended_ms, alarm.c.until_ms) >= since_ms
        )
        budgets = and_(alarm.c.kind == "budget", alarm.c.chain.in_(chains))
        query = select(alarm).where(or_(and_(alarm.c.logger == logger, recent), budgets))
        with self._reading() as connection:
            return [Noted(*row) for row in connection.execute(query.order_by(alarm.c.number)).all()]

    def loggers(self) -> list[str]:
        """Those with an open alarm."""
        with self._reading() as connection:
            query = select(alarm.c.logger).where(alarm.c.closed_ms.is_(None)).distinct()
            return sorted(connection.execute(query).scalars())

    def length(self) -> int:
        """How many events there are: the number of the next."""
        with self._reading() as connection:
            return _length(connection)

    def events(self, start: int, limit: int) -> list[Told]:
        """From this number on."""
        query = select(event.c.seq, event.c.what, event.c.at_ms, alarm)
        query = query.join_from(event, alarm, alarm.c.number == event.c.number)
        with self._reading() as connection:
            found = connection.execute(
                query.where(event.c.seq >= start).order_by(event.c.seq).limit(limit)
            ).all()
        return [Told(row[0], row[1], row[2], Noted(*row[3:])) for row in found]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with faults(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        """One transaction, alone among those that change alarms; durable when this ends."""
        connecting = self.engine.connect().execution_options(**WRITE)
        with faults(), self._turn(), connecting as connection:
            transaction = connection.begin()
            if self.engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            yield connection
            with commit_faults():
                transaction.commit()


def _raised(connection: Connection, subject: Subject) -> list[Raised]:
    about = (alarm.c.chain == subject.chain, alarm.c.container == subject.container)
    rows = connection.execute(select(alarm).where(*about).order_by(alarm.c.number)).all()
    return [one.raised for one in (Noted(*row) for row in rows) if subject.concerns(one)]


def _write(
    connection: Connection, subject: Subject, changed: Changes, after_ms: int, now_ms: int
) -> list[Noted]:
    for one in changed.changed:
        _update(connection, one, now_ms)
    begun = []
    for found in changed.begun:
        late = is_late(found, after_ms, now_ms)
        number = _length(connection)
        noted = _noted(number, subject, found, late, now_ms)
        connection.execute(insert(alarm).values(tuple(noted)))
        _tell(connection, number, "begun", now_ms)
        if noted.closed_ms is not None:
            _tell(connection, number, "ended", now_ms)
        begun.append(noted)
    return begun


def _noted(number: int, subject: Subject, found: Alarm, late: bool, now_ms: int) -> Noted:
    chain, container, phase, logger, recording = subject
    closed_ms = now_ms if found.is_over else None
    return Noted(
        number, chain, container, phase, found.kind, found.step, logger, bytes.fromhex(recording),
        found.began_ms, found.until_ms, found.ended_ms, found.peak, late, now_ms, closed_ms, None, None,
    )  # fmt: skip


def _update(connection: Connection, raised: Raised, now_ms: int) -> None:
    """Tell that it is over where it was open."""
    new = raised.alarm
    own = alarm.c.number == raised.number
    values = {"began_ms": new.began_ms, "until_ms": new.until_ms, "ended_ms": new.ended_ms, "peak": new.peak}
    connection.execute(update(alarm).where(own).values(values))
    closing = update(alarm).where(own, alarm.c.closed_ms.is_(None)).values(closed_ms=now_ms)
    if new.is_over and connection.execute(closing).rowcount:
        _tell(connection, raised.number, "ended", now_ms)


def _tell(connection: Connection, number: int, what: What, now_ms: int) -> None:
    values = {"seq": _length(connection), "number": number, "what": what, "at_ms": now_ms}
    connection.execute(insert(event).values(values))


def _length(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(event.c.seq), -1))).scalar_one()) + 1
