"""Laws of the audit: any change is found, and nothing that it reads makes it raise."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.proof import statement
from ledger.proof.merkle import EMPTY_ROOT, leaf_hash
from ledger.proof.tiles import EMPTY_EDGE, edge_root, grow
from ledger.verify import DirectorySource, Report, audit
from ledger.verify.frontier import Frontier
from tests.property.mangled import ITEMS
from tests.scenario import ORIGIN, open_scenario
from tests.unit.verify_book import CHAIN, Book, tell_story

relaxed = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class Copy:
    """A log on disk to be spoiled: `spoil` starts from the whole one each time."""

    book: Book
    whole: Path
    spoilt: Path

    def fresh(self) -> list[str]:
        shutil.rmtree(self.spoilt, ignore_errors=True)
        shutil.copytree(self.whole, self.spoilt)
        return sorted(str(path.relative_to(self.whole)) for path in self.whole.rglob("*") if path.is_file())

    def audit(self) -> Report:
        return audit(DirectorySource(self.spoilt), self.book.vkey)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("told")
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db")
    tell_story(scenario)
    scenario.ledger.close()
    book = Book.of(scenario)
    return Copy(book, book.write(folder / "whole"), folder / "spoilt")


def spoil(draw: st.DataObject, data: bytes) -> bytes:
    """Some other bytes: altered, cut, spliced or replaced."""
    at = draw.draw(st.integers(0, max(0, len(data) - 1)), "at")
    piece = draw.draw(st.binary(min_size=0, max_size=40), "piece")
    end = draw.draw(st.integers(at, len(data)), "end")
    return data[:at] + piece + data[end:]


@relaxed
@given(draw=st.data())
def test_whatever_is_done_to_a_file_is_found(copy: Copy, draw: st.DataObject) -> None:
    name = draw.draw(st.sampled_from(copy.fresh()), "file")
    path = copy.spoilt / name
    whole = path.read_bytes()
    changed = spoil(draw, whole)
    path.write_bytes(changed)
    assert copy.audit().ok == (changed == whole)


@relaxed
@given(draw=st.data())
def test_two_files_swapped_are_found(copy: Copy, draw: st.DataObject) -> None:
    names = copy.fresh()
    one, other = (copy.spoilt / draw.draw(st.sampled_from(names)) for _ in range(2))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert copy.audit().ok == (first == second)


@relaxed
@given(raw=st.binary(max_size=200) | ITEMS.map(repr).map(str.encode), at=st.integers(0, 36))
def test_no_entry_makes_the_audit_raise(copy: Copy, raw: bytes, at: int) -> None:
    """The tree and its checkpoints are in order: the later steps meet the bytes."""
    copy.fresh()
    book = copy.book.with_entry(at, raw) if at < 36 else copy.book.appended(raw)
    book.write(copy.spoilt)
    report = copy.audit()
    assert not report.ok
    assert [step.ok for step in report.steps[:4]] == [True, True, True, False]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@relaxed
@given(draw=st.data())
def test_no_payload_makes_the_audit_raise(copy: Copy, draw: st.DataObject) -> None:
    """A member of a recorded event replaced by anything, signed by the ledger itself."""
    copy.fresh()
    position = draw.draw(st.integers(0, len(copy.book.raws) - 1))
    payload = copy.book.says(position)
    member = draw.draw(st.sampled_from(sorted(payload)))
    payload[member] = draw.draw(JSON)
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    raw = statement.sign(
        copy.book.event_key, iss="ledger", sub=CHAIN, aud=ORIGIN, cti=os.urandom(16), payload=text.encode()
    )
    copy.book.appended(raw).write(copy.spoilt)
    report = copy.audit()
    assert report.size == len(copy.book.raws) + 1
    assert [step.ok for step in report.steps[:3]] == [True, True, True]


@given(batches=st.lists(st.integers(1, 400), max_size=6))
@settings(deadline=None, max_examples=40)
def test_the_verifiers_tree_is_the_writers_tree(batches: list[int]) -> None:
    assert_same_tree(batches)


def test_the_verifiers_tree_is_the_writers_tree_beyond_a_full_second_level() -> None:
    assert_same_tree([65_535, 1, 1, 300])


def assert_same_tree(batches: list[int]) -> None:
    edge, frontier, start = EMPTY_EDGE, Frontier(), 0
    tiles: dict[tuple[int, int], bytes] = {}
    assert frontier.root() == EMPTY_ROOT
    for count in batches:
        leaves = [leaf_hash(b"%d" % at) for at in range(start, start + count)]
        start += count
        edge, changed = grow(edge, leaves)
        tiles |= changed
        frontier.extend(leaves)
        assert frontier.root() == edge_root(edge)
    above = {key: hashes for key, hashes in tiles.items() if key[0] > 0}
    assert dict(frontier.full) | dict(frontier.partial()) == above
