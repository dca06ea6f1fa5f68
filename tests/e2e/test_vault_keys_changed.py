"""Keys are changed under a vault in use: re-keyed, rotated, interrupted, restored. On each engine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.program import _server
from api.vault.vault import Vault
from ledger.errors import Conflict, Fault, NotFound
from ledger.store.engines import migrate, open_engine
from ledger.store.recorder import LedgerRecorder
from ledger.store.vault import Sealed, VaultStore
from ledger.vault.key_file import connected
from ledger.vault.keys import KeyStore
from ledger.vault.master import open_master
from tests.e2e.vault_stage import IDENTIFIERS, OTHERS
from tests.vaulting import new_keys

A, B = "chain/demo:AAAA", "chain/demo:BBBB"


@pytest.fixture
def vault(database_url: str, tmp_path: Path) -> Iterator[Vault]:
    engine = open_engine(database_url)
    migrate(engine)
    vault = Vault(new_keys(tmp_path), VaultStore(engine, LedgerRecorder(engine).turn), lambda: 7)
    vault.enter(A, "st-mary-trust", IDENTIFIERS)
    vault.enter(B, "st-mary-trust", OTHERS)
    yield vault
    engine.dispose()


def person(vault: Vault, subject: str = A) -> bytes:
    return vault.held(subject).person


def test_rekeying_seals_anew_and_leaves_every_value_and_commitment_as_it_was(vault: Vault) -> None:
    committed, sealed = vault.commitments(A, IDENTIFIERS), vault.rows.fields(person(vault))
    old = vault.keys.of(person(vault))
    for _ in range(3):
        assert vault.rekey(person(vault))
    assert vault.read(A) == IDENTIFIERS
    assert vault.read(B) == OTHERS
    assert vault.commitments(A, IDENTIFIERS) == committed
    assert vault.match(IDENTIFIERS) == [A]
    now = vault.keys.of(person(vault))
    assert old is not None
    assert now is not None
    assert list(now.data) == [4]
    assert not {one.sealed for one in sealed.values()} & {
        one.sealed for one in vault.rows.fields(person(vault)).values()
    }


@pytest.mark.parametrize("step", ["put_fields", "drop_data_keys"])
def test_a_rekeying_that_breaks_off_loses_nothing_and_is_taken_up_again(
    vault: Vault, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is sealed anew, and when all is but the old key is still there."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(vault.rows if step == "put_fields" else vault.keys, step, die)
        with pytest.raises(KeyboardInterrupt):
            vault.rekey(person(vault))
    assert vault.read(A) == IDENTIFIERS
    assert vault.keys.standing().waiting == 1
    vault.enter(A, "st-mary-trust", IDENTIFIERS)  # whoever writes meanwhile takes the newer key
    assert vault.read(A) == IDENTIFIERS
    assert vault.rekey(person(vault))
    assert vault.keys.standing().waiting == 0
    assert vault.read(A) == IDENTIFIERS


def test_whoever_writes_while_all_is_rekeyed_is_never_sealed_under_a_key_that_is_gone(vault: Vault) -> None:
    stopped = threading.Event()

    def rekey() -> None:
        while not stopped.is_set():
            with contextlib.suppress(Conflict):
                vault.rekey(person(vault))

    thread = threading.Thread(target=rekey)
    thread.start()
    for number in range(25):
        mine = IDENTIFIERS | {"given_name": f"number {number}"}
        try:
            vault.enter(A, "st-mary-trust", mine)
        except Conflict:
            mine = {}
        found = vault.read(A)
        assert not mine or found == mine
    stopped.set()
    thread.join()
    assert vault.read(A).keys() == IDENTIFIERS.keys()


@pytest.mark.parametrize("what", ["read", "enter", "rekey"])
def test_who_looks_at_rows_just_before_they_are_sealed_anew_looks_again(
    vault: Vault, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old keys are gone between the look at the rows and the look at the keys."""
    rows, mine, fields = vault.rows, person(vault), vault.rows.fields

    def then_rekeyed(who: bytes) -> dict[str, Sealed]:
        found = fields(who)
        if looks_left and looks_left.pop():
            monkeypatch.setattr(rows, "fields", fields)
            vault.rekey(who)
            monkeypatch.setattr(rows, "fields", then_rekeyed)
        return found

    for skipped in range(3):
        looks_left = [True] + [False] * skipped
        monkeypatch.setattr(rows, "fields", then_rekeyed)
        with contextlib.suppress(Conflict):
            if what == "enter":
                vault.enter(A, "st-mary-trust", IDENTIFIERS)
            else:
                assert vault.read(A) == IDENTIFIERS if what == "read" else vault.rekey(mine)
        monkeypatch.undo()
        assert vault.read(A) == IDENTIFIERS


def test_a_row_moved_to_another_person_or_field_or_altered_is_found_out(vault: Vault) -> None:
    mine, theirs = person(vault), person(vault, B)
    was, other = vault.rows.fields(mine), vault.rows.fields(theirs)
    swapped = was | {"birth_date": was["record_number"], "record_number": was["birth_date"]}
    flipped = bytearray(was["birth_date"].sealed)
    flipped[-1] ^= 1
    altered = was | {"birth_date": was["birth_date"]._replace(sealed=bytes(flipped))}
    for wrong in (other, swapped, altered):
        assert vault.rows.put_fields(mine, wrong, vault.rows.fields(mine))
        with pytest.raises(Fault, match="vault_damaged"):
            vault.read(A)
    assert vault.rows.put_fields(mine, was, vault.rows.fields(mine))
    assert vault.read(A) == IDENTIFIERS


def test_erased_never_opens_again_whichever_of_the_two_databases_is_restored(
    vault: Vault, tmp_path: Path
) -> None:
    mine, rows = person(vault), vault.rows.fields(person(vault))
    kept = (tmp_path / "keys.db").read_bytes()
    vault.erase(A, "ab" * 32)
    with pytest.raises(NotFound, match="personal_data_erased"):
        vault.read(A)
    with pytest.raises(NotFound, match="personal_data_erased"):
        vault.enter(A, "st-mary-trust", IDENTIFIERS)
    assert not vault.rekey(mine)
    (tmp_path / "keys.db").write_bytes(kept)  # the key database comes back...
    assert vault.heal() == 1
    assert vault.keys.of(mine) is None
    assert vault.heal() == 0
    assert not vault.rows.put_fields(mine, rows, {})
    assert vault.read(B) == OTHERS
    assert not vault.erase("chain/demo:NOBODY", "ab" * 32)


def test_a_key_database_that_lacks_a_living_person_is_a_fault_and_no_erasure(
    vault: Vault, tmp_path: Path
) -> None:
    (tmp_path / "keys.db").unlink()
    bare = Vault(KeyStore.create(tmp_path / "keys.db", open_master(f"file:{tmp_path}/master.key")),
                 vault.rows, lambda: 7)  # fmt: skip
    with pytest.raises(Fault, match="lacks this person's keys"):
        bare.read(A)


def test_who_is_entered_again_after_the_keys_were_lost_is_another_person_and_the_lost_one_stays_gone(
    vault: Vault, tmp_path: Path
) -> None:
    before, lost = vault.commitments(A, IDENTIFIERS), person(vault)
    vault.rows.bind("chain/demo:CCCC", lost)
    kept = (tmp_path / "keys.db").read_bytes()
    with connected(tmp_path / "keys.db") as connection:
        connection.execute("DELETE FROM wrapped WHERE owner = ?", (lost,))
    vault.enter(A, "st-mary-trust", IDENTIFIERS)
    assert vault.read(A) == vault.read("chain/demo:CCCC") == IDENTIFIERS
    assert vault.commitments(A, IDENTIFIERS) != before
    assert vault.match(IDENTIFIERS) == [A, "chain/demo:CCCC"]
    (tmp_path / "keys.db").write_bytes(kept)
    vault.heal()
    assert vault.keys.is_destroyed(lost)
    assert not vault.rows.fields(lost)


def test_a_database_from_before_a_rekeying_stops_no_other_and_is_healed_by_entering_again(
    vault: Vault, database_url: str, tmp_path: Path
) -> None:
    old = vault.rows.fields(person(vault))
    assert vault.rekey_all() == (2, 0)
    vault.rows.put_fields(person(vault), old, vault.rows.fields(person(vault)))  # restored
    said = run(tmp_path, "rekey", "--data", str(tmp_path), "--database-url", database_url)
    assert "The identifiers of 1 persons" in said
    assert "Back up both databases now" in said
    assert "1 persons were left" in said
    with pytest.raises(Fault, match="vault_damaged"):
        vault.read(A)
    before = vault.commitments(A, IDENTIFIERS)
    vault.enter(A, "st-mary-trust", IDENTIFIERS)
    assert (vault.read(A), vault.commitments(A, IDENTIFIERS)) == (IDENTIFIERS, before)


# --- by what a person is found -------------------------------------------------------------


def test_a_refused_entry_is_found_by_nothing_of_it(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault.rows, "put_fields", lambda *_: False)
    with pytest.raises(Conflict, match="vault_moved_on"):
        vault.enter(A, "st-mary-trust", OTHERS)
    monkeypatch.undo()
    assert (vault.match(IDENTIFIERS), vault.match(OTHERS)) == ([A], [B])


def test_rekeying_finds_a_person_again_whose_index_was_lost(vault: Vault) -> None:
    vault.keys.index(person(vault), ())
    assert vault.match(IDENTIFIERS) == []
    vault.rekey(person(vault))
    assert vault.match(IDENTIFIERS) == [A]


# --- the program -------------------------------------------------------------------------


def run(folder: Path, *words: str, master: str = "master.key") -> str:
    env = {"UNBROKEN_VAULT_KEYS": f"{folder}/keys.db", "UNBROKEN_VAULT_MASTER": f"file:{folder}/{master}"}
    result = CliRunner(env=env).invoke(_server(), ["vault", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_vault_is_begun_shown_and_its_master_key_changed_by_commands(tmp_path: Path) -> None:
    assert f"Its master key is {tmp_path}/master.key" in run(tmp_path, "init")
    with pytest.raises(Conflict, match="vault_exists"):
        run(tmp_path, "init")
    assert "persons    0" in run(tmp_path, "state")
    before = run(tmp_path, "state").splitlines()[-1]
    said = run(tmp_path, "rotate-master", "--next", f"file:{tmp_path}/next.key")
    assert f"--vault-master file:{tmp_path}/next.key" in said
    assert run(tmp_path, "state").splitlines()[-1] != before
    with pytest.raises(Fault, match="wrong_master_key"):
        KeyStore(tmp_path / "keys.db", open_master(f"file:{tmp_path}/master.key"))
    assert oct((tmp_path / "next.key").stat().st_mode & 0o777) == "0o600"


def test_everybody_is_rekeyed_by_a_command_beside_a_running_server(
    vault: Vault, database_url: str, tmp_path: Path
) -> None:
    said = run(tmp_path, "rekey", "--data", str(tmp_path), "--database-url", database_url)
    assert "The identifiers of 2 persons" in said
    assert (vault.read(A), vault.read(B)) == (IDENTIFIERS, OTHERS)
    assert vault.keys.standing().waiting == 0
