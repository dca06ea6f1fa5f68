"""The vault's rows: sealed, and meaningless without the keys, which this module never sees."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.errors import Conflict
from ledger.store.engines import WRITE
from ledger.store.faults import faults
from ledger.store.vault_schema import access, field, person, subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

_ACCESS_LOCK = 0x7661756C  # any number that no other program locks: numbers have no gap
TAKEN = "the vault holds another person under {}"
SHARED = "another therapy has this patient's entry already: enter the patient for this one"


class Sealed(NamedTuple):
    """A field under the data key of this version."""

    version: int
    sealed: bytes


class Access(NamedTuple):
    """Who did what with whose identifiers, and why. `fields`: names; never values."""

    number: int
    at_ms: int
    agent: str
    kid: str
    subject: str
    what: str
    reason: str
    reference: str
    fields: tuple[str, ...]


class Held(NamedTuple):
    """A person as the rows have them."""

    person: bytes
    organisation: str
    erased: bool


class VaultStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, engine: Engine, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._turn = turn

    def find(self, of: str) -> Held | None:
        """Who stands under a subject."""
        query = (
            select(person.c.person, person.c.organisation, person.c.erased_ms.is_not(None))
            .join(subject, subject.c.person == person.c.person)
            .where(subject.c.subject == of)
        )
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return Held(bytes(row[0]), row[1], bool(row[2])) if row else None

    def under(self, of: str) -> list[str]:
        """A subject and those below it, as far as somebody stands there; sorted."""
        below = subject.c.subject.startswith(f"{of}/", autoescape=True)
        query = select(subject.c.subject).where((subject.c.subject == of) | below)
        with self._reading() as connection:
            return sorted(connection.execute(query).scalars())

    def subjects(self, of: bytes) -> list[str]:
        """Under which a person stands; sorted."""
        query = select(subject.c.subject).where(subject.c.person == of).order_by(subject.c.subject)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def add(self, of: str, who: bytes, organisation: str, now_ms: int) -> None:
        """A new person under a new subject. Raises `Conflict` (`vault_subject_taken`)."""
        row = {"person": who, "organisation": organisation, "created_ms": now_ms}
        try:
            with self._writing() as connection:
                connection.execute(insert(person), row)
                connection.execute(insert(subject), {"subject": of, "person": who})
        except _Taken:
            raise Conflict("vault_subject_taken", TAKEN.format(of)) from None

    def bind(self, of: str, who: bytes) -> None:
        """A second subject for a person, and never a third. Again changes nothing. Raises `Conflict`
        (`vault_subject_taken`, `vault_person_shared`, `vault_moved_on`)."""
        try:
            with self._writing() as connection:
                there = _subjects_locked(connection, who)
                if of in there:
                    return
                if len(there) != 1:
                    raise Conflict("vault_person_shared", SHARED)
                connection.execute(insert(subject), {"subject": of, "person": who})
        except _Taken:
            raise Conflict("vault_subject_taken", TAKEN.format(of)) from None

    def unbind(self, of: str, who: bytes, last_look: Callable[[], None] = lambda: None) -> bool:
        """Take a subject from a person who has another. False: changed nothing, for it is the only one.
        `last_look` as for `erase`."""
        with self._writing() as connection:
            last_look()
            there = _subjects_locked(connection, who)
            if of in there and len(there) > 1:
                connection.execute(delete(subject).where(subject.c.subject == of))
                return True
        return False

    def release(self, of: str, who: bytes) -> None:
        """Nobody stands under the subject any more, where this person did. Idempotent."""
        with self._writing() as connection:
            connection.execute(delete(subject).where(subject.c.subject == of, subject.c.person == who))

    def replace(self, was: bytes, who: bytes, organisation: str, now_ms: int) -> None:
        """A new person under all subjects of another, of whom what was sealed goes."""
        row = {"person": who, "organisation": organisation, "created_ms": now_ms}
        with self._writing() as connection:
            connection.execute(insert(person), row)
            connection.execute(update(subject).where(subject.c.person == was).values(person=who))
            _erase(connection, was, now_ms)

    def fields(self, who: bytes) -> dict[str, Sealed]:
        """By name."""
        query = select(field.c.name, field.c.version, field.c.sealed).where(field.c.person == who)
        with self._reading() as connection:
            return {
                name: Sealed(version, bytes(sealed)) for name, version, sealed in connection.execute(query)
            }

    def put_fields(self, who: bytes, fields: Mapping[str, Sealed], was: Mapping[str, Sealed]) -> bool:
        """All of a person's fields, in place of those that were read. False: somebody changed them since."""
        rows = [{"person": who, "name": name, **one._asdict()} for name, one in fields.items()]
        with self._writing() as connection:
            lock = update(person).where(person.c.person == who, person.c.erased_ms.is_(None))
            lives = connection.execute(lock.values(organisation=person.c.organisation)).rowcount
            query = select(field.c.name, field.c.version, field.c.sealed).where(field.c.person == who)
            there = {name: Sealed(version, bytes(one)) for name, version, one in connection.execute(query)}
            if not lives or there != dict(was):
                return False
            connection.execute(delete(field).where(field.c.person == who))
            if rows:
                connection.execute(insert(field), rows)
        return True

    def erase(
        self,
        who: bytes,
        now_ms: int,
        subjects: list[str] | None = None,
        last_look: Callable[[], None] = lambda: None,
    ) -> bool:
        """What was sealed goes; that there was somebody stays. Idempotent. False: changed nothing, for a
        living person stands under others than `subjects`. `last_look` is called when nobody else changes
        entries (in SQLite: nor records any); where it raises, all stays."""
        with self._writing() as connection:
            last_look()
            there = _subjects_locked(connection, who)
            if subjects is not None and there and sorted(there) != subjects:
                return False
            _erase(connection, who, now_ms)
        return True

    def erased(self) -> list[bytes]:
        """Everybody whose keys must not exist."""
        with self._reading() as connection:
            return [bytes(one) for one in connection.execute(
                select(person.c.person).where(person.c.erased_ms.is_not(None))
            ).scalars()]  # fmt: skip

    def note(self, one: Access) -> int:
        """Keep who looked, durably when this returns; the number that it got, whatever `one` says."""
        with self._writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ACCESS_LOCK})")
            last = connection.execute(select(func.max(access.c.number))).scalar_one()
            number = 0 if last is None else int(last) + 1
            row = one._replace(number=number)._asdict() | {"fields": " ".join(one.fields)}
            connection.execute(insert(access), row)
        return number

    def accesses(self, before: int | None, limit: int, of: str | None = None) -> list[Access]:
        """Those with a smaller number, the newest first."""
        query = select(access).order_by(access.c.number.desc()).limit(limit)
        query = query if before is None else query.where(access.c.number < before)
        query = query if of is None else query.where(access.c.subject == of)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [Access(*row)._replace(fields=tuple(row.fields.split())) for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with faults(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _faults_but_taken(), self._turn():
            connecting = self._engine.connect().execution_options(**WRITE)
            with connecting as connection, connection.begin():
                yield connection


def _erase(connection: Connection, who: bytes, now_ms: int) -> None:
    first = update(person).where(person.c.person == who, person.c.erased_ms.is_(None))
    connection.execute(first.values(erased_ms=now_ms))
    connection.execute(delete(field).where(field.c.person == who))


def _subjects_locked(connection: Connection, who: bytes) -> list[str]:
    """Of a living person, whom nobody else changes until the transaction ends; empty of an erased one."""
    lock = update(person).where(person.c.person == who, person.c.erased_ms.is_(None))
    if not connection.execute(lock.values(organisation=person.c.organisation)).rowcount:
        return []
    return list(connection.execute(select(subject.c.subject).where(subject.c.person == who)).scalars())


@contextmanager
def _faults_but_taken() -> Iterator[None]:
    """As `faults`; that a key is taken is no fault."""
    with faults():
        try:
            yield
        except IntegrityError:
            raise _Taken from None


class _Taken(Exception):
    """Somebody stands there already."""
