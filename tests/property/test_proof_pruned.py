"""Some leaves and hashes for the rest: they give the root at every size that was asked for."""

from __future__ import annotations

import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed, ProofInvalid
from ledger.proof import merkle
from ledger.proof.merkle import leaf_hash, node_hash
from ledger.proof.pruned import Fold, Hidden, Record, decode_records, encode_records, subtrees


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[bytes], set[int], list[int]]:
    """Entries, which of them are shown, and sizes at which the root is wanted."""
    entries = [b"entry %d" % number for number in range(draw(st.integers(1, 70)))]
    positions = st.integers(0, len(entries) - 1)
    shown = draw(st.sets(positions))
    sizes = draw(st.sets(st.integers(1, len(entries)))) | {len(entries)}
    return entries, shown, sorted(sizes)


def node(entries: list[bytes], level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(entries[index])
    return node_hash(node(entries, level - 1, 2 * index), node(entries, level - 1, 2 * index + 1))


def root(entries: list[bytes], size: int) -> bytes:
    return merkle.root(size, lambda level, index: node(entries, level, index))


def pruned(entries: list[bytes], shown: set[int], sizes: list[int]) -> list[Record]:
    records: list[Record] = []
    at = 0
    for stop, is_shown in heapq.merge(((one, 1) for one in sorted(shown)), ((one, 0) for one in sizes)):
        records += [Hidden(height, node(entries, height, index)) for height, index in subtrees(at, stop)]
        at = stop
        if is_shown:
            records.append(entries[stop])
            at += 1
    return records


def roots(records: list[Record]) -> dict[int, bytes]:
    fold, found = Fold(), {}
    for one in records:
        fold.add(*one) if isinstance(one, Hidden) else fold.add(0, leaf_hash(one))
        found[fold.size] = fold.root()
    return found


@given(trees())
def test_the_records_give_the_root_at_every_size_that_was_wanted(
    tree: tuple[list[bytes], set[int], list[int]],
) -> None:
    entries, shown, sizes = tree
    found = roots(list(decode_records(encode_records(pruned(entries, shown, sizes)))))
    assert {size: found[size] for size in sizes} == {size: root(entries, size) for size in sizes}


@given(trees(), st.data())
def test_an_altered_bit_gives_other_roots_or_is_no_record(
    tree: tuple[list[bytes], set[int], list[int]], data: st.DataObject
) -> None:
    entries, shown, sizes = tree
    raw = bytearray(encode_records(pruned(entries, shown, sizes)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = roots(list(decode_records(bytes(raw))))
    except (Malformed, ProofInvalid):
        return
    assert found.get(len(entries)) != root(entries, len(entries)) or max(found) != len(entries)


@given(st.integers(0, 500), st.integers(0, 500))
def test_subtrees_cover_exactly_what_is_asked_and_begin_where_they_may(start: int, width: int) -> None:
    at = start
    for height, index in subtrees(start, start + width):
        assert index << height == at
        at += 1 << height
    assert at == start + width


def test_a_subtree_that_cannot_begin_there_is_refused() -> None:
    fold = Fold()
    fold.add(0, bytes(32))
    with pytest.raises(ProofInvalid, match="no subtree"):
        fold.add(1, bytes(32))


@pytest.mark.parametrize("raw", [b"\0", b"\0\5abc", b"\0\0", b"\0\0\1" + bytes(31), b"\0\0\x3f" + bytes(32)])
def test_what_is_no_record_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        list(decode_records(raw))
