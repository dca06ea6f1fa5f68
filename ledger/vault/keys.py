"""The key database: what opens the vault's rows, outside the ledger's database and its backups.

A SQLite file of its own, 0600. Each key is wrapped by the master key and bound to whose it is, what
it is for and its version. A person has data keys (the newest seals their fields) and one commitment
key; the vault as a whole has the index key. The blind index stands here too, and not with the sealed
rows: from a restored backup of those, and the index key, anybody could guess whose birth date it was.

Destroying a person's keys deletes their rows and leaves a tombstone, which holds nothing personal.
`secure_delete` overwrites what SQLite deletes in the file; the rollback journal, which for the time of
a transaction holds the pages as they were, is kept (`journal_mode=PERSIST`) and overwritten by us while
nobody else can write. What that does not reach stands in docs/threat-model.md.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from ledger.errors import Conflict, Fault, Malformed
from ledger.vault.key_file import TABLES, Standing, connected, standing
from ledger.vault.master import Master, id_of
from ledger.vault.sealing import KEY_SIZE, NONCE_SIZE, seal, unseal
from ledger.vault.whole_file import made_whole

DATA, COMMITMENT, INDEX = "data", "commitment", "index"
WHOLE = b""  # whose the index key is
_LABEL = b"unbroken vault wrap v1\x00"


class PersonKeys(NamedTuple):
    """`data`: by version; the highest seals."""

    data: dict[int, bytes]
    commitment: bytes

    @property
    def newest(self) -> int:
        return max(self.data)


class KeyStore:
    """Safe to use from any thread and process. What a method wrote is durable when it returns.

    Every method raises `Fault`: `keys_unavailable` for the file, `wrong_master_key` where another master
    key wrapped what is read, `vault_damaged`; `master_unavailable` as the master key.
    """

    def __init__(self, path: Path, master: Master) -> None:
        """Raises `Malformed` (`no_vault_here`) and, where the master key is another, `Fault`."""
        if not path.exists():
            raise Malformed("no_vault_here", f"there is no key database {path}")
        self._path, self._master, self._id = path, master, id_of(master)
        self._turn = threading.Lock()
        self.index_key = self._only(WHOLE, INDEX)
        self._scrub()

    @classmethod
    def create(cls, path: Path, master: Master) -> KeyStore:
        """Begin a key database. Raises `Conflict` (`vault_exists`)."""
        wrapped = _wrap(
            master, WHOLE, INDEX, 1, secrets.token_bytes(KEY_SIZE)
        )  # fails before anything is made
        try:
            with made_whole(path) as half, closing(sqlite3.connect(half)) as connection:
                connection.executescript(f"PRAGMA synchronous=EXTRA; BEGIN; {TABLES}")
                connection.execute("INSERT INTO wrapped VALUES (?, ?, ?, ?, ?)", wrapped)
                connection.commit()
        except FileExistsError:
            raise Conflict("vault_exists", f"there is a key database {path} already") from None
        return cls(path, master)

    def begin(self, person: bytes) -> PersonKeys:
        """Draw a person's keys. Raises `Conflict` (`person_erased`) for one whose keys were destroyed."""
        keys = PersonKeys({1: secrets.token_bytes(KEY_SIZE)}, secrets.token_bytes(KEY_SIZE))
        rows = [_wrap(self._master, person, DATA, 1, keys.data[1]),
                _wrap(self._master, person, COMMITMENT, 1, keys.commitment)]  # fmt: skip
        with self._writing() as connection:
            self._must_be_current(connection)
            _must_live(connection, person)
            connection.executemany("INSERT INTO wrapped VALUES (?, ?, ?, ?, ?)", rows)
        return keys

    def of(self, person: bytes) -> PersonKeys | None:
        """None where they were destroyed, or never were."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT purpose, version, master, sealed FROM wrapped WHERE owner = ?", (person,)
            ).fetchall()
        opened = {(purpose, version): self._unwrap(person, purpose, version, master, sealed)
                  for purpose, version, master, sealed in rows}  # fmt: skip
        data = {version: key for (purpose, version), key in opened.items() if purpose == DATA}
        return PersonKeys(data, opened[COMMITMENT, 1]) if data else None

    def is_destroyed(self, person: bytes) -> bool:
        with self._reading() as connection:
            return _is_destroyed(connection, person)

    def destroyed(self) -> list[bytes]:
        """Everybody whose keys were destroyed."""
        with self._reading() as connection:
            return [row[0] for row in connection.execute("SELECT person FROM destroyed ORDER BY person")]

    def add_data_key(self, person: bytes) -> PersonKeys | None:
        """The first step of a re-keying: a newer data key beside the ones that there are. Where a
        re-keying did not end, the one that it drew. None: destroyed meanwhile."""
        known = self.of(person)
        if known is None or len(known.data) > 1:
            return known
        version, key = known.newest + 1, secrets.token_bytes(KEY_SIZE)
        with self._writing() as connection:
            self._must_be_current(connection)
            if _is_destroyed(connection, person):
                return None
            row = _wrap(self._master, person, DATA, version, key)
            connection.execute("INSERT OR IGNORE INTO wrapped VALUES (?, ?, ?, ?, ?)", row)
        return self.of(person)

    def drop_data_keys(self, person: bytes, below: int) -> None:
        """The last step of a re-keying, when nothing is sealed under them any more."""
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM wrapped WHERE owner = ? AND purpose = ? AND version < ?", (person, DATA, below)
            )
        self._scrub()

    def destroy(self, person: bytes, now_ms: int, entry: str) -> None:
        """Delete all keys of a person for good; `entry`: the statement that says so. Idempotent."""
        with self._writing() as connection:
            connection.execute("DELETE FROM wrapped WHERE owner = ?", (person,))
            connection.execute("DELETE FROM found_by WHERE person = ?", (person,))
            connection.execute("INSERT OR IGNORE INTO destroyed VALUES (?, ?, ?)", (person, now_ms, entry))
        self._scrub()

    def index(self, person: bytes, hashes: Iterable[bytes]) -> None:
        """By which values a person is found, in place of those before. Raises `Conflict` as `begin`."""
        rows = [(one, person) for one in hashes]
        with self._writing() as connection:
            _must_live(connection, person)
            connection.execute("DELETE FROM found_by WHERE person = ?", (person,))
            connection.executemany("INSERT INTO found_by VALUES (?, ?)", rows)

    def found_by(self, hashes: Iterable[bytes]) -> Counter[bytes]:
        """Persons, each with how many of these values are theirs."""
        wanted = sorted(set(hashes))
        marks = ", ".join("?" * len(wanted))
        with self._reading() as connection:
            rows = connection.execute(f"SELECT person FROM found_by WHERE hash IN ({marks})", wanted)  # noqa: S608
            return Counter(person for (person,) in rows)

    def rotate(self, new: Master, step: Callable[[], None] = lambda: None) -> int:
        """Wrap every key by another master key, all or none; how many. `step` is called before each.

        From then on only a store that is opened with the new master key works.
        """
        with self._writing() as connection:
            rows = connection.execute(
                "SELECT owner, purpose, version, master, sealed FROM wrapped"
            ).fetchall()
            for owner, purpose, version, master, sealed in rows:
                step()
                key = self._unwrap(owner, purpose, version, master, sealed)
                connection.execute(
                    "UPDATE wrapped SET master = ?4, sealed = ?5"
                    " WHERE owner = ?1 AND purpose = ?2 AND version = ?3",
                    _wrap(new, owner, purpose, version, key),
                )
            step()
        self._scrub()
        return len(rows)

    def standing(self) -> Standing:
        with self._reading() as connection:
            return standing(connection)

    def persons(self) -> list[bytes]:
        """Everybody who has keys."""
        with self._reading() as connection:
            return [row[0] for row in connection.execute(
                "SELECT owner FROM wrapped WHERE purpose = ? ORDER BY owner", (COMMITMENT,)
            )]  # fmt: skip

    # --- the file -------------------------------------------------------------------------

    def _only(self, owner: bytes, purpose: str) -> bytes:
        with self._reading() as connection:
            found = connection.execute(
                "SELECT version, master, sealed FROM wrapped WHERE owner = ? AND purpose = ?",
                (owner, purpose),
            ).fetchone()
        if found is None:
            raise Fault("vault_damaged", f"{self._path} holds no {purpose} key")
        return self._unwrap(owner, purpose, *found)

    def _unwrap(self, owner: bytes, purpose: str, version: int, master: bytes, sealed: bytes) -> bytes:
        self._must_have_wrapped(master)
        label = _label(owner, purpose, version)
        return unseal(self._master.derive(label), sealed, label)

    def _must_have_wrapped(self, master: bytes) -> None:
        if master != self._id:
            raise Fault("wrong_master_key", "the vault's keys are wrapped by another master key")

    def _must_be_current(self, connection: sqlite3.Connection) -> None:
        """Nothing is wrapped by a master key that was rotated away while this process ran."""
        query = "SELECT master FROM wrapped WHERE owner = ? AND purpose = ?"
        self._must_have_wrapped(connection.execute(query, (WHOLE, INDEX)).fetchone()[0])

    def _scrub(self) -> None:
        """Overwrite what the last transaction's journal still says. Its header is zero by then, so
        that SQLite takes it for empty; the lock keeps every other writer out of it meanwhile."""
        journal = Path(f"{self._path}-journal")
        with self._writing():
            if not journal.exists():
                return
            with journal.open("r+b") as file:
                file.write(bytes(journal.stat().st_size))
                file.flush()
                os.fsync(file.fileno())

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn, connected(self._path) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            connection.execute("BEGIN EXCLUSIVE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


def _wrap(master: Master, owner: bytes, purpose: str, version: int, key: bytes) -> tuple[object, ...]:
    """A row of `wrapped`."""
    label = _label(owner, purpose, version)
    sealed = seal(master.derive(label), key, secrets.token_bytes(NONCE_SIZE), label)
    return owner, purpose, version, id_of(master), sealed


def _label(owner: bytes, purpose: str, version: int) -> bytes:
    return _LABEL + version.to_bytes(4) + purpose.encode() + b"\x00" + owner


def _is_destroyed(connection: sqlite3.Connection, person: bytes) -> bool:
    return connection.execute("SELECT 1 FROM destroyed WHERE person = ?", (person,)).fetchone() is not None


def _must_live(connection: sqlite3.Connection, person: bytes) -> None:
    if _is_destroyed(connection, person):
        raise Conflict("person_erased", "this person's keys were destroyed: they are never drawn again")
