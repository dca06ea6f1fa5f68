"""What a write stores, and what can be asked of it afterwards."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from eventsourcing.dcb.api import DCBQuery, DCBQueryItem

from ledger.errors import Fault, NotFound
from ledger.proof.merkle import leaf_hash, verify_inclusion
from ledger.store.recorder import LedgerRecorder, NewEntry
from tests.store.log import TIME_MS, grow_to, must_be_whole, new, seal, store

if TYPE_CHECKING:
    from sqlalchemy import Engine


def test_a_new_log_is_empty(recorder: LedgerRecorder, engine: Engine) -> None:
    assert recorder.head()[0] == 0
    assert recorder.latest_checkpoint() is None
    must_be_whole(engine)


@pytest.mark.parametrize("sizes", [[1], [1, 1, 1], [255, 1, 1], [256], [300, 300], [511, 2]])
def test_tree_tags_and_checkpoints_follow_every_batch(
    recorder: LedgerRecorder, engine: Engine, sizes: list[int]
) -> None:
    for size in sizes:
        store(recorder, *[new("chain/a", f"site/{number % 3}") for number in range(size)])
    must_be_whole(engine)
    assert recorder.head()[0] == sum(sizes)


def test_a_batch_across_two_levels_of_tiles_is_whole(recorder: LedgerRecorder, engine: Engine) -> None:
    grow_to(recorder, 65_535)
    store(recorder, new(), new())
    must_be_whole(engine)
    assert len(recorder.tile(1, 0) or b"") == 256 * 32
    assert len(recorder.tile(2, 0) or b"") == 32


def test_every_entry_of_a_batch_is_proved_from_memory(recorder: LedgerRecorder, engine: Engine) -> None:
    grow_to(recorder, 1_000)
    entries = [new() for _ in range(300)]
    sealed = store(recorder, *entries)
    engine.dispose()
    for position, one in enumerate(entries, sealed.first):
        proof = sealed.inclusion(position)
        verify_inclusion(leaf_hash(one.data), position, sealed.size, proof, sealed.root)


def test_bytes_come_back_exactly(recorder: LedgerRecorder) -> None:
    samples = [b"\x00", bytes(range(256)), os.urandom(65_535), b"'; DROP TABLE entry --", "é".encode()]
    store(recorder, *[new(data=data) for data in samples])
    assert [one.data for one in recorder.entries(0, 99)] == samples


def test_entries_are_a_half_open_range(recorder: LedgerRecorder) -> None:
    grow_to(recorder, 5)
    assert [one.position for one in recorder.entries(1, 3)] == [1, 2]
    assert recorder.entries(5, 9) == []


def test_by_tag_is_bounded_on_both_sides_and_ordered(recorder: LedgerRecorder) -> None:
    store(recorder, *[new("chain/a" if number % 2 else "chain/b") for number in range(10)])
    found = recorder.by_tag("chain/a", after=1, before=9)
    assert [one.position for one in found] == [3, 5, 7]
    assert [one.position for one in recorder.by_tag("chain/a", limit=2)] == [1, 3]
    assert recorder.by_tag("chain/") == []


def test_last_by_tag_is_the_newest_before_a_position(recorder: LedgerRecorder) -> None:
    store(recorder, new("key/k"), new("key/k"), new("key/other"))
    newest, first = recorder.last_by_tag("key/k"), recorder.last_by_tag("key/k", before=1)
    assert newest is not None
    assert first is not None
    assert (newest.position, first.position) == (1, 0)
    assert recorder.last_by_tag("key/k", before=0) is None


def test_tags_whose_hashes_collide_are_told_apart(
    recorder: LedgerRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("writing", "reading", "query"):
        monkeypatch.setattr(f"ledger.store.{module}.tag_hash", lambda _: 7)
    store(recorder, new("chain/a"), new("chain/b", "site/x"), new("chain/aa", "xchain/a"), new("CHAIN/A"))
    assert [one.position for one in recorder.by_tag("chain/a", limit=9)] == [0]
    assert [one.position for one in recorder.by_tag("site/x")] == [1]
    last = recorder.last_by_tag("chain/b")
    assert last is not None
    assert last.position == 1
    query = DCBQuery([DCBQueryItem(tags=["chain/a"])])
    assert [one.position for one in recorder.read(query)] == [1]


def test_tags_since_names_what_later_entries_touched(recorder: LedgerRecorder) -> None:
    store(recorder, new("chain/a"), new("chain/b", "site/x"), new("chain/c"))
    assert recorder.tags_since(0) == {"chain/b", "site/x", "chain/c"}
    assert recorder.tags_since(2) == set()


def test_a_statement_is_found_by_its_id_and_by_its_cti(recorder: LedgerRecorder) -> None:
    entries = [new() for _ in range(700)]  # more than one look-up's worth
    store(recorder, *entries)
    assert recorder.position_of(entries[41].statement_id) == 41
    assert recorder.position_of(b"\x00" * 32) is None
    unused = [os.urandom(48) for _ in range(9)]
    found = recorder.positions_of_cti([one.kid_cti for one in entries] + unused)
    assert found == {one.kid_cti: position for position, one in enumerate(entries)}
    assert recorder.positions_of_cti([]) == {}


def test_checkpoints_cover_what_they_say(recorder: LedgerRecorder) -> None:
    for size in (2, 5, 9):
        grow_to(recorder, size)
    assert [recorder.checkpoint_covering(position).size for position in range(9)] == [
        2,
        2,
        5,
        5,
        5,
        9,
        9,
        9,
        9,
    ]
    assert [one.size for one in recorder.checkpoints(2, 10)] == [5, 9]
    assert recorder.checkpoint(3) is None
    for missing in (9, -1):
        with pytest.raises(NotFound, match="no_such_entry"):
            recorder.checkpoint_covering(missing)


def test_the_state_at_a_moment_is_the_largest_tree_up_to_it(recorder: LedgerRecorder) -> None:
    for second, size in ((10, 1), (10, 2), (12, 3)):
        with recorder.writing() as writing:
            writing.append([new()], second * 1000, lambda size, _: (b"", second * 1000))  # noqa: B023
            assert writing.size == size
    moments = {9_999: None, 10_000: 2, 11_999: 2, 12_000: 3, 99_000: 3}
    for moment, size in moments.items():
        found = recorder.checkpoint_before_ms(moment)
        assert (found.size if found else None) == size


def test_a_writing_sees_what_it_has_appended(recorder: LedgerRecorder) -> None:
    grow_to(recorder, 3)
    with recorder.writing() as writing:
        one = new("chain/z")
        writing.append([one], TIME_MS, seal)
        assert writing.size == 4
        assert [found.position for found in writing.by_tag("chain/z")] == [3]
        assert writing.positions_of_cti([one.kid_cti]) == {one.kid_cti: 3}
        assert writing.tags_since(2) == {"chain/z"}
        assert recorder.by_tag("chain/z") == [], "nobody else does, before the commit"


def test_two_appends_in_one_writing_are_two_heads(recorder: LedgerRecorder, engine: Engine) -> None:
    with recorder.writing() as writing:
        writing.append([new(), new()], TIME_MS, seal)
        writing.append([new()], TIME_MS, seal)
    assert [one.size for one in recorder.checkpoints(0, 9)] == [2, 3]
    must_be_whole(engine)


def test_time_never_runs_backwards(recorder: LedgerRecorder, engine: Engine) -> None:
    grow_to(recorder, 1)
    with recorder.writing() as writing:
        assert writing.last_time_ms == TIME_MS
    with pytest.raises(Fault), recorder.writing() as writing:
        writing.append([new()], TIME_MS - 1000, lambda size, root: (b"", TIME_MS - 1000))
    must_be_whole(engine)
    assert recorder.head()[0] == 1


def test_a_head_sealed_at_another_time_than_its_batch_is_refused(recorder: LedgerRecorder) -> None:
    with pytest.raises(Fault, match="sealed at"), recorder.writing() as writing:
        writing.append([new()], TIME_MS + 1000, seal)
    assert recorder.head()[0] == 0


@pytest.mark.parametrize("tags", [("chain/a\nsite/b",), ("chain/a", "site/b\n")])
def test_a_tag_with_a_line_break_is_refused(recorder: LedgerRecorder, tags: tuple[str, ...]) -> None:
    with pytest.raises(Fault, match="line break"):
        store(recorder, new(*tags))
    assert recorder.head()[0] == 0


def test_a_tag_named_twice_counts_once(recorder: LedgerRecorder) -> None:
    store(recorder, new("agent/a", "agent/a"))
    assert len(recorder.by_tag("agent/a")) == 1


@pytest.mark.parametrize("column", ["statement_id", "kid_cti"])
def test_an_identity_is_stored_once(recorder: LedgerRecorder, engine: Engine, column: str) -> None:
    first, second = new(), new()
    store(recorder, first)
    double = NewEntry(
        "Noted",
        first.statement_id if column == "statement_id" else second.statement_id,
        first.kid_cti if column == "kid_cti" else second.kid_cti,
        second.data,
        second.tags,
    )
    with pytest.raises(Fault, match="store_failed"):
        store(recorder, new(), double)
    assert recorder.head()[0] == 1
    must_be_whole(engine)


def test_tags_that_have_entries_are_told_from_those_that_have_none(recorder: LedgerRecorder) -> None:
    used = [f"key/{number}" for number in range(20)]
    store(recorder, *[new(tag) for tag in used])
    unused = [f"key/{number}" for number in range(20, 700)]
    assert recorder.used_tags([*used, *unused]) == set(used)
    assert recorder.used_tags(unused[:3]) == set()
    assert recorder.used_tags([]) == set()
