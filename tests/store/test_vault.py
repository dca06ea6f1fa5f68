"""The vault's rows, on each engine: whose they are, that nothing is lost between two writers, who looked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Conflict
from ledger.store.vault import Access, Sealed, VaultStore

if TYPE_CHECKING:
    from ledger.store.recorder import LedgerRecorder

P, Q = b"p" * 16, b"q" * 16
ONE, TWO = {"birth_date": Sealed(1, b"one")}, {"birth_date": Sealed(1, b"two")}
LOOK = Access(
    0, 5, "nora", "ab", "chain/c:AAAA", "read", "bedside_check", "", ("birth_date", "record_number")
)


@pytest.fixture
def rows(recorder: LedgerRecorder) -> VaultStore:
    return VaultStore(recorder.engine, recorder.turn)


@pytest.fixture
def elsewhere(other_node: LedgerRecorder) -> VaultStore:
    return VaultStore(other_node.engine, other_node.turn)


def test_a_person_is_found_under_every_subject_and_nobody_else_takes_one(rows: VaultStore) -> None:
    rows.add("chain/A", P, "st-mary-trust", 1)
    rows.bind("chain/B", P)
    rows.bind("chain/B", P)
    assert rows.find("chain/A") == rows.find("chain/B") == (P, "st-mary-trust", False)
    assert rows.subjects(P) == ["chain/A", "chain/B"]
    assert rows.find("chain/C") is None
    rows.add("chain/C", Q, "elsewhere", 2)
    for take in (lambda: rows.add("chain/A", b"r" * 16, "x", 3), lambda: rows.bind("chain/A", Q)):
        with pytest.raises(Conflict, match="vault_subject_taken"):
            take()


def test_a_person_has_two_subjects_at_most_and_keeps_the_last(rows: VaultStore) -> None:
    rows.add("chain/A", P, "st-mary-trust", 1)
    assert not rows.unbind("chain/A", P)
    rows.bind("chain/B", P)
    with pytest.raises(Conflict, match="vault_person_shared"):
        rows.bind("chain/C", P)
    assert not rows.unbind("chain/C", P)
    assert rows.unbind("chain/B", P)
    assert rows.subjects(P) == ["chain/A"]


def test_what_stands_below_a_subject_is_found_and_nothing_that_only_begins_like_it(rows: VaultStore) -> None:
    for name, who in (("chain/A/x_y", P), ("chain/AB/x", Q)):
        rows.add(name, who, "o", 1)
    assert rows.under("chain/A") == rows.under("chain/A/x_y") == ["chain/A/x_y"]
    assert rows.under("chain/A/x") == []


def test_fields_are_replaced_as_a_whole_and_only_where_nobody_changed_them_since(
    rows: VaultStore, elsewhere: VaultStore
) -> None:
    rows.add("chain/A", P, "o", 1)
    assert rows.put_fields(P, ONE, {})
    assert elsewhere.fields(P) == ONE
    assert elsewhere.put_fields(P, TWO, ONE)
    assert not rows.put_fields(P, ONE, ONE)
    assert rows.fields(P) == TWO
    assert not rows.put_fields(Q, ONE, {})  # whom nobody entered
    assert rows.fields(Q) == {}


def test_an_erased_person_has_no_fields_and_never_gets_any(rows: VaultStore) -> None:
    rows.add("chain/A", P, "o", 1)
    rows.put_fields(P, ONE, {})
    for _ in range(2):
        rows.erase(P, 7)
    assert rows.fields(P) == {}
    assert rows.find("chain/A") == (P, "o", True)
    assert rows.erased() == [P]
    assert not rows.put_fields(P, ONE, {})


def test_accesses_are_numbered_without_a_gap_whoever_writes_them(
    rows: VaultStore, elsewhere: VaultStore
) -> None:
    def look(store: VaultStore) -> None:
        for _ in range(10):
            store.note(LOOK)

    threads = [threading.Thread(target=look, args=(store,)) for store in (rows, elsewhere, rows)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.number for one in rows.accesses(None, 100)] == list(range(29, -1, -1))


def test_accesses_are_read_back_as_they_were_the_newest_first_and_by_page(rows: VaultStore) -> None:
    for at in range(5):
        rows.note(LOOK._replace(at_ms=at, subject=f"chain/{at % 2}", fields=() if at == 4 else LOOK.fields))
    first = rows.accesses(None, 2)
    assert [one.at_ms for one in first] == [4, 3]
    assert first[0].fields == ()
    assert first[1] == LOOK._replace(number=3, at_ms=3, subject="chain/1")
    assert [one.at_ms for one in rows.accesses(first[-1].number, 9)] == [2, 1, 0]
    assert [one.at_ms for one in rows.accesses(None, 9, "chain/1")] == [3, 1]
