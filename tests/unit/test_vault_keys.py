"""The key database as a file: who may read it, what is left in it, and what happens where it fails."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ledger.errors import Conflict, Fault, Malformed
from ledger.vault.key_file import connected
from ledger.vault.keys import KeyStore
from ledger.vault.master import HeldMaster, open_master
from tests.vaulting import OTHER, PERSON, master_in, new_keys


def bytes_of(folder: Path) -> bytes:
    """Of the key database, and of whatever SQLite left beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("keys.db*")))


def wrapped(folder: Path, person: bytes) -> list[bytes]:
    with connected(folder / "keys.db") as connection:
        return [row[0] for row in connection.execute("SELECT sealed FROM wrapped WHERE owner = ?", (person,))]


def test_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    new_keys(tmp_path)
    for name in ("keys.db", "master.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_no_key_stands_in_it_as_it_is(tmp_path: Path) -> None:
    keys = new_keys(tmp_path)
    drawn = keys.begin(PERSON)
    for key in (drawn.data[1], drawn.commitment, keys.index_key):
        assert key not in bytes_of(tmp_path)
    assert PERSON in bytes_of(tmp_path)  # so the search can find something


@pytest.mark.parametrize("others", [0, 1, 400])
def test_of_a_destroyed_person_no_wrapped_key_is_left_in_any_byte(tmp_path: Path, others: int) -> None:
    """Whatever page they stood on, and in the journal of every transaction before."""
    keys = new_keys(tmp_path)
    for number in range(others):
        keys.begin(number.to_bytes(16))
    keys.begin(PERSON)
    keys.index(PERSON, [b"h" * 32, b"i" * 32])
    keys.add_data_key(PERSON)
    stood = wrapped(tmp_path, PERSON)
    assert len(stood) == 3
    assert all(one in bytes_of(tmp_path) for one in stood)
    keys.destroy(PERSON, 1, "ab" * 32)
    left = bytes_of(tmp_path)
    assert not any(one in left for one in (*stood, b"h" * 32, b"i" * 32))
    assert keys.of(PERSON) is None
    assert keys.found_by([b"h" * 32]) == {}
    assert keys.standing()[:2] == (others, 1)


def test_after_a_rotation_nothing_that_the_old_master_key_opens_is_left(tmp_path: Path) -> None:
    keys = new_keys(tmp_path)
    keys.begin(PERSON)
    keys.begin(OTHER)
    stood = wrapped(tmp_path, PERSON) + wrapped(tmp_path, OTHER) + wrapped(tmp_path, b"")
    assert keys.rotate(HeldMaster(b"n" * 32)) == len(stood) == 5
    assert not any(one in bytes_of(tmp_path) for one in stood)


def test_a_destroyed_person_s_keys_come_back_with_an_old_file_and_are_destroyed_again(tmp_path: Path) -> None:
    keys = new_keys(tmp_path)
    keys.begin(PERSON)
    backup = (tmp_path / "keys.db").read_bytes()
    keys.destroy(PERSON, 1, "ab" * 32)
    (tmp_path / "keys.db").write_bytes(backup)
    assert keys.of(PERSON) is not None
    keys.destroy(PERSON, 2, "ab" * 32)
    keys.destroy(PERSON, 3, "ab" * 32)
    assert keys.of(PERSON) is None


def test_another_master_key_is_found_out_before_anything_is_read(tmp_path: Path) -> None:
    keys = new_keys(tmp_path)
    with pytest.raises(Fault, match="wrong_master_key"):
        KeyStore(tmp_path / "keys.db", HeldMaster(b"x" * 32))
    keys.rotate(HeldMaster(b"n" * 32))
    with pytest.raises(Fault, match="wrong_master_key"):  # a server that still runs with the old one
        keys.begin(PERSON)
    assert KeyStore(tmp_path / "keys.db", HeldMaster(b"n" * 32)).of(PERSON) is None


def test_a_wrapped_key_does_not_open_in_another_s_place(tmp_path: Path) -> None:
    keys = new_keys(tmp_path)
    keys.begin(PERSON)
    keys.begin(OTHER)
    with connected(tmp_path / "keys.db") as connection:
        connection.execute(
            "UPDATE wrapped SET sealed = (SELECT sealed FROM wrapped WHERE owner = ? AND purpose = 'data')"
            " WHERE owner = ? AND purpose = 'data'", (OTHER, PERSON),
        )  # fmt: skip
    with pytest.raises(Fault, match="vault_damaged"):
        keys.of(PERSON)
    assert keys.of(OTHER)


def test_it_is_never_overwritten_and_never_made_by_the_way(tmp_path: Path) -> None:
    word = master_in(tmp_path)
    with pytest.raises(Malformed, match="no_vault_here"):
        KeyStore(tmp_path / "keys.db", open_master(word))
    KeyStore.create(tmp_path / "keys.db", open_master(word))
    with pytest.raises(Conflict, match="vault_exists"):
        KeyStore.create(tmp_path / "keys.db", open_master(word))


def test_a_file_that_is_no_database_is_a_fault(tmp_path: Path) -> None:
    keys = new_keys(tmp_path)
    (tmp_path / "keys.db").write_bytes(b"no database" * 500)
    with pytest.raises(Fault, match="keys_unavailable"):
        keys.of(PERSON)
