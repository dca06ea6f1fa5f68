"""Identifiers in, commitments out; and what an entry says is erased is destroyed.

A person in the vault is one patient as one therapy knows them. Another therapy of the same patient
is another person with other keys: erasing one leaves the other whole, and nobody can tell from the
log that the two are one patient's. Who may ask stands in `rights.py`.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypeVar

from clients.patients import commitments, normalise
from ledger.domain.chain import MATCHING_IDENTIFIERS
from ledger.errors import Conflict, Fault, NotFound
from ledger.store.vault import Held, Sealed
from ledger.vault.sealing import (
    NONCE_SIZE,
    PERSON_SIZE,
    about_field,
    field_key,
    index_of,
    seal,
    unseal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.store.vault import VaultStore
    from ledger.vault.keys import KeyStore, PersonKeys

Identifiers = dict[str, str]
Keys = TypeVar("Keys", bound="PersonKeys | None")
TURNS = 5  # somebody else's change between a look and a write, so many times in a row


class Vault:
    """Safe to use from any thread. Every method raises `Fault` as the two stores do."""

    def __init__(self, keys: KeyStore, rows: VaultStore, clock_ms: Callable[[], int]) -> None:
        self.keys, self.rows, self._clock_ms = keys, rows, clock_ms

    def enter(self, subject: str, organisation: str, identifiers: Mapping[str, str]) -> None:
        """Keep these, in place of any before; whoever stands under the subject keeps their keys.

        Raises `Malformed` `bad_patient_field`, `bad_patient_value`; `Conflict` `vault_subject_taken`,
        `vault_moved_on`; `NotFound` `personal_data_erased`.
        """
        for name, text in identifiers.items():
            normalise(name, text)  # before anybody is made
        held = self.rows.find(subject)
        person = self._living(held) if held else self._new(subject, organisation)
        was = self.rows.fields(person)  # before the keys: see `rekey`
        keys = self._keys_of(person)
        if not self.rows.put_fields(person, _sealed(person, keys, identifiers), was):
            raise _moved_on()
        self._index(person)

    def bind(self, subject: str, known: str) -> None:
        """The same patient under a second subject. Raises as `held`, `VaultStore.bind`."""
        self.rows.bind(subject, self.held(known).person)

    def held(self, subject: str) -> Held:
        """Raises `NotFound`: `no_such_person`, `personal_data_erased`."""
        found = self.rows.find(subject)
        if found is None:
            raise NotFound("no_such_person", "the vault knows nobody under this name, or not for you")
        if found.erased:
            raise _erased()
        return found

    def read(self, subject: str) -> Identifiers:
        """What was entered, as it was entered. Raises as `held`."""
        person = self.held(subject).person
        rows, keys = self._fitting(person, self._keys_of)
        return {name: _opened(person, keys, name, row) for name, row in sorted(rows.items())}

    def field_names(self, subject: str) -> list[str]:
        """What was entered of whoever stands under the subject; empty of nobody."""
        held = self.rows.find(subject)
        return sorted(self.rows.fields(held.person)) if held else []

    def field_keys(self, subject: str) -> dict[str, bytes]:
        """The keys of this person's commitments, for each field that was entered. Raises as `held`."""
        person = self.held(subject).person
        keys = self._keys_of(person)
        return {name: field_key(keys.commitment, name) for name in sorted(self.rows.fields(person))}

    def commitments(self, subject: str, identifiers: Mapping[str, str]) -> list[dict[str, str]]:
        """Under this person's keys, whoever's identifiers these are. Raises as `held`, `normalise`."""
        keys = self._keys_of(self.held(subject).person)
        return commitments(identifiers, {name: field_key(keys.commitment, name) for name in identifiers})

    def is_theirs(self, subject: str, identifiers: Mapping[str, str]) -> bool:
        """At least two equal those that were entered, and none differs. Raises as `held`."""
        return self._matches(self.held(subject).person, self._hashes(identifiers))

    def match(self, identifiers: Mapping[str, str]) -> list[str]:
        """Under which subjects persons stand whose these identifiers are. Raises as `normalise`."""
        hashes = self._hashes(identifiers)
        found = self.keys.found_by(hashes.values())
        persons = [one for one, equal in found.items() if equal >= MATCHING_IDENTIFIERS]
        return sorted(
            subject for one in persons if self._matches(one, hashes) for subject in self.rows.subjects(one)
        )

    def erase(self, subject: str, entry: str, is_kept: Callable[[str], bool] = lambda _: False) -> bool:
        """Destroy what whoever stands under the subject sealed, and their keys; of whom another subject is
        kept, only this name goes. `entry`: the statement that says so. Idempotent; False where nobody
        stands there. Raises `Conflict` `vault_moved_on`."""
        held = self.rows.find(subject)
        if held is None:
            return False
        there = self.rows.subjects(held.person)
        if held.erased or not any(is_kept(other) for other in there if other != subject):
            self._destroy(held.person, entry, there)
        elif not self.rows.unbind(subject, held.person):
            raise _moved_on()
        return True

    def _destroy(
        self, person: bytes, entry: str, there: list[str], last_look: Callable[[], None] = lambda: None
    ) -> None:
        """For good, if these are still the subjects under which a person stands. The row first, which
        nobody is bound to any more then: `heal` finds what this was interrupted in."""
        if not self.rows.erase(person, self._clock_ms(), there, last_look):
            raise _moved_on()
        self.keys.destroy(person, self._clock_ms(), entry)

    def withdraw(self, subject: str, last_look: Callable[[], None]) -> None:
        """Take a subject from a person who has another; else destroy the keys, and the name is used up.
        `last_look` raises where that must not be. Raises as `held`; `Conflict` `vault_moved_on`."""
        person = self.held(subject).person
        if not self.rows.unbind(subject, person, last_look):
            self._destroy(person, "", [subject], last_look)

    def forget(self, subject: str) -> None:
        """Destroy whoever stands under it, and leave the name free. Idempotent."""
        held = self.rows.find(subject)
        if held is not None:
            self.rows.erase(held.person, self._clock_ms())
            self.keys.destroy(held.person, self._clock_ms(), "")
            self.rows.release(subject, held.person)

    def heal(self) -> int:
        """Destroy again what either database says is erased: the other was restored from a backup."""
        rows, keys = set(self.rows.erased()), set(self.keys.destroyed())
        for person in rows - keys:
            self.keys.destroy(person, self._clock_ms(), "")
        for person in keys - rows:
            self.rows.erase(person, self._clock_ms())
        return len(rows ^ keys)

    def rekey(self, person: bytes) -> bool:
        """Seal a person's fields under a new data key, and drop the old one. False: nothing is sealed.

        Whatever it is interrupted by, every field opens, for the new key is kept before it seals and
        the old one is dropped after; done again, it goes on where it was.
        """
        if not self.rows.fields(person):
            return False
        for _ in range(TURNS):
            was, keys = self._fitting(person, self.keys.add_data_key)
            if keys is None:
                return False
            plain = {name: _opened(person, keys, name, row) for name, row in was.items()}
            if self.rows.put_fields(person, _sealed(person, keys, plain), was):
                self.keys.drop_data_keys(person, keys.newest)
                self._index(person)
                return True
        raise _moved_on()

    def rekey_all(self) -> tuple[int, int]:
        """How many were sealed anew; and how many cannot be, for they name a key that is not there."""
        sealed = damaged = 0
        for person in self.keys.persons():
            try:
                sealed += self.rekey(person)
            except Fault as error:
                if error.code != "vault_damaged":
                    raise
                damaged += 1
        return sealed, damaged

    # --- one person -----------------------------------------------------------------------

    def _new(self, subject: str, organisation: str) -> bytes:
        person = secrets.token_bytes(PERSON_SIZE)
        self.keys.begin(person)
        self.rows.add(subject, person, organisation, self._clock_ms())
        return person

    def _living(self, held: Held) -> bytes:
        """The person; another in their place whose keys are lost, with a key database older than they are.
        Nothing of theirs would ever open, and must not where the keys come back and an entry erased them."""
        if self.keys.of(held.person) is not None or self.keys.is_destroyed(held.person):
            return held.person
        person = secrets.token_bytes(PERSON_SIZE)
        self.keys.begin(person)
        self.rows.replace(held.person, person, held.organisation, self._clock_ms())
        self.keys.destroy(held.person, self._clock_ms(), "")
        return person

    def _index(self, person: bytes) -> None:
        """By what is sealed now, whoever sealed it. Raises `Conflict` (`vault_moved_on`)."""
        for _ in range(TURNS):
            rows, keys = self._fitting(person, self.keys.of)
            if keys is None:  # erased meanwhile, and found by nothing
                return
            plain = {name: _opened(person, keys, name, row) for name, row in rows.items()}
            self.keys.index(person, self._hashes(plain).values())
            if self.rows.fields(person) == rows:
                return
        raise _moved_on()

    def _fitting(self, person: bytes, keys_of: Callable[[bytes], Keys]) -> tuple[dict[str, Sealed], Keys]:
        """A person's rows, and keys that open each: between the two looks somebody may have sealed all of
        them anew. Raises `Fault` (`vault_damaged`) where nobody did and a key is not there."""
        rows = self.rows.fields(person)
        while True:
            keys = keys_of(person)
            if keys is None or all(row.version in keys.data for row in rows.values()):
                return rows, keys
            before, rows = rows, self.rows.fields(person)
            if rows == before:
                raise Fault("vault_damaged", "a sealed row of the vault names a key that is not there")

    def _keys_of(self, person: bytes) -> PersonKeys:
        keys = self.keys.of(person)
        if keys is not None:
            return keys
        if self.keys.is_destroyed(person):  # the rows came out of a backup
            raise _erased()
        raise Fault("vault_damaged", "the key database lacks this person's keys: enter the person again")

    def _hashes(self, identifiers: Mapping[str, str]) -> dict[str, bytes]:
        key = self.keys.index_key
        return {name: index_of(key, name, normalise(name, text)) for name, text in identifiers.items()}

    def _matches(self, person: bytes, hashes: Mapping[str, bytes]) -> bool:
        asked = {name: hashes[name] for name in hashes.keys() & self.rows.fields(person).keys()}
        equal = self.keys.found_by(asked.values())[person]
        return equal >= MATCHING_IDENTIFIERS and equal == len(asked)


def _sealed(person: bytes, keys: PersonKeys, identifiers: Mapping[str, str]) -> dict[str, Sealed]:
    version = keys.newest
    return {
        name: Sealed(version, seal(keys.data[version], text.encode(), secrets.token_bytes(NONCE_SIZE),
                                   about_field(person, name, version)))
        for name, text in identifiers.items()
    }  # fmt: skip


def _opened(person: bytes, keys: PersonKeys, name: str, row: Sealed) -> str:
    key = keys.data.get(row.version)
    if key is None:
        raise Fault("vault_damaged", "a sealed row of the vault names a key that is not there")
    return unseal(key, row.sealed, about_field(person, name, row.version)).decode()


def _moved_on() -> Conflict:
    return Conflict("vault_moved_on", "somebody changed this entry meanwhile: look, and do it again")


def _erased() -> NotFound:
    return NotFound("personal_data_erased", "these identifiers were erased, and nobody can bring them back")
