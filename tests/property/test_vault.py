"""Laws of the vault's sealing and keys: what opens, and what never does."""

from __future__ import annotations

import hmac
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.patients import commit, normalise
from ledger.errors import Conflict, Fault
from ledger.vault.keys import KeyStore
from ledger.vault.master import HeldMaster
from ledger.vault.sealing import NONCE_SIZE, about_field, field_key, index_of, seal, unseal

KEYS = st.binary(min_size=32, max_size=32)
PERSONS = st.binary(min_size=16, max_size=16)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
VERSIONS = st.integers(1, 2**32 - 1)
PLACES = st.tuples(PERSONS, NAMES, VERSIONS)
NONCES = st.binary(min_size=NONCE_SIZE, max_size=NONCE_SIZE)
COMMITMENT = "5d92ff716b4185582cc942ab59b29c90755dccbb4b45d118420dd7b3870e36ed"  # under 00 01 02 …


def opens(key: bytes, sealed: bytes, about: bytes) -> bool:
    try:
        unseal(key, sealed, about)
    except Fault:
        return False
    return True


@given(KEYS, st.binary(max_size=300), NONCES, PLACES)
def test_what_was_sealed_opens_again(
    key: bytes, plain: bytes, nonce: bytes, place: tuple[bytes, str, int]
) -> None:
    about = about_field(*place)
    assert unseal(key, seal(key, plain, nonce, about), about) == plain


@given(KEYS, st.binary(max_size=80), NONCES, PLACES, PLACES)
def test_a_field_never_opens_as_another_person_s_field_or_version(
    key: bytes, plain: bytes, nonce: bytes, place: tuple[bytes, str, int], other: tuple[bytes, str, int]
) -> None:
    sealed = seal(key, plain, nonce, about_field(*place))
    mixed = [(other[0], *place[1:]), (place[0], other[1], place[2]), (*place[:2], other[2]), other]
    assert [opens(key, sealed, about_field(*one)) for one in mixed] == [one == place for one in mixed]


@given(KEYS, st.binary(max_size=40), NONCES, PLACES, st.data())
def test_one_flipped_bit_never_opens(
    key: bytes, plain: bytes, nonce: bytes, place: tuple[bytes, str, int], data: st.DataObject
) -> None:
    about = about_field(*place)
    sealed = bytearray(seal(key, plain, nonce, about))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert not opens(key, bytes(sealed), about)


@given(KEYS, KEYS, NONCES, PLACES)
def test_it_never_opens_under_another_key_nor_cut_short(
    key: bytes, other: bytes, nonce: bytes, place: tuple[bytes, str, int]
) -> None:
    about = about_field(*place)
    sealed = seal(key, b"1961-04-23", nonce, about)
    assert opens(other, sealed, about) == (key == other)
    assert not any(opens(key, sealed[:end], about) for end in range(len(sealed)))


@given(KEYS, NAMES, NAMES)
def test_each_field_of_each_person_has_a_key_of_its_own(key: bytes, field: str, other: str) -> None:
    assert (field_key(key, field) == field_key(key, other)) == (field == other)
    assert field_key(key, field) != key
    assert (index_of(key, field, "x") == index_of(key, other, "x")) == (field == other)


def test_the_derivation_is_fixed_for_ever() -> None:
    """A commitment in a log of today must be found again in thirty years. By hand: RFC 5869 with
    an empty salt is HMAC(0^32, key) and then HMAC(that, info | 01)."""

    key = bytes(range(32))
    prk = hmac.digest(bytes(32), key, "sha256")
    info = b"unbroken patient field key v1\x00birth_date"
    assert field_key(key, "birth_date") == hmac.digest(prk, info + b"\x01", "sha256")
    assert commit("birth_date", "1961-04-23", field_key(key, "birth_date")) == COMMITMENT
    assert index_of(key, "birth_date", normalise("birth_date", "1961-04-23")) == hmac.digest(
        key, b"unbroken vault index v1\x00birth_date\x001961-04-23", "sha256"
    )


@contextmanager
def store(key: bytes = b"m" * 32) -> Iterator[tuple[KeyStore, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        yield KeyStore.create(Path(folder) / "keys.db", HeldMaster(key)), Path(folder)


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "rekey", "half", "rotate", "destroy", "again"]), st.integers(0, 3)),
    max_size=14,
)


@settings(max_examples=40)
@given(STEPS)
def test_rekeying_and_rotating_keep_all_readable_and_what_is_erased_never_opens(
    steps: list[tuple[str, int]],
) -> None:
    """A model: each living person has one commitment key for ever, and data keys of which the newest
    seals; a destroyed one has nothing, whatever comes."""
    with store() as (keys, folder):
        master, living, dead = b"m" * 32, {}, set()
        for number, (step, who) in enumerate(steps):
            person = bytes([who]) * 16
            if step == "begin" and person not in living and person not in dead:
                living[person] = keys.begin(person).commitment
            elif step == "begin" and person in dead:
                with pytest.raises(Conflict, match="person_erased"):
                    keys.begin(person)
            elif step in ("rekey", "half"):
                known = keys.add_data_key(person)
                assert (known is None) == (person not in living)
                if known and step == "rekey":
                    keys.drop_data_keys(person, known.newest)
            elif step == "rotate":
                master = bytes([number]) * 32
                keys.rotate(HeldMaster(master))
                keys = KeyStore(folder / "keys.db", HeldMaster(master))
            elif step == "destroy":
                keys.destroy(person, number, "ab" * 32)
                living.pop(person, None)
                dead.add(person)
            keys = KeyStore(folder / "keys.db", HeldMaster(master)) if step == "again" else keys
        for who in range(4):
            found = keys.of(bytes([who]) * 16)
            assert (found.commitment if found else None) == living.get(bytes([who]) * 16)
        assert keys.standing().persons == len(living)
        assert keys.standing().destroyed == len(dead)
