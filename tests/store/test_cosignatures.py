"""Cosignatures on both databases: kept once, put behind the right head, and looked at by fsck."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, select, update

from ledger.export.cosigned import Cosignatures
from ledger.proof.cosignature import cosign
from ledger.proof.note import parse_note
from ledger.store import cosignatures
from ledger.store.cosignatures import CosignatureStore, cosignature
from ledger.store.fsck import fsck
from ledger.store.recorder import LedgerRecorder
from tests.scenario import open_scenario
from tests.store.log import grow_to
from tests.witness_stage import TIME, key, vkey_of_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenario import Scenario

A, B = str(vkey_of_number(11)), str(vkey_of_number(12))


@pytest.fixture
def kept(recorder: LedgerRecorder) -> CosignatureStore:
    return CosignatureStore(recorder)


def test_a_line_is_kept_once_whoever_keeps_it_again(
    kept: CosignatureStore, other_node: LedgerRecorder
) -> None:
    kept.keep(3, A, TIME, "first\n")
    CosignatureStore(other_node).keep(3, A, TIME + 9, "second\n")
    assert (kept.witnesses_of(3), kept.newest_of(A), kept.newest_of(B)) == ({A}, 3, 0)


def test_each_head_carries_its_own_lines_behind_the_logs(
    kept: CosignatureStore, recorder: LedgerRecorder
) -> None:
    for size in (2, 4, 6):
        grow_to(recorder, size)
    kept.keep(4, B, TIME, "by b\n")
    kept.keep(4, A, TIME, "by a\n")
    kept.keep(6, A, TIME, "a later\n")
    heads = recorder.checkpoints(0, 10)
    assert kept.complete(heads) == [
        heads[0].note,
        heads[1].note + b"by a\nby b\n",
        heads[2].note + b"a later\n",
    ]
    assert kept.complete([]) == []


def test_the_newest_head_with_enough_is_found_behind_any_number_without(
    kept: CosignatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosignatures, "ROWS", 3)
    for size in range(1, 12):
        kept.keep(size, A, TIME, "a\n")
    kept.keep(4, B, TIME, "b\n")
    assert kept.newest_with(lambda by: by == {A, B}) == 4
    assert kept.newest_with(lambda by: by == {A, B}, floor=5) is None
    assert kept.newest_with(lambda by: A in by) == 11
    assert (kept.recent(1), kept.recent(3), kept.recent(11), kept.recent(12)) == (11, 9, 1, 0)


def test_the_best_heads_have_the_newest_that_meets_any_policy(kept: CosignatureStore) -> None:
    """Held against a look at every head, over heads that some of four witnesses cosigned."""
    chance, everybody = Random(6), [str(vkey_of_number(number)) for number in (11, 12, 13, 14)]
    by = {size: set(chance.sample(everybody, chance.randint(1, 3))) for size in range(1, 40)}
    for size, witnesses in by.items():
        for one in witnesses:
            kept.keep(size, one, TIME, "a line\n")
    policies = [
        (set(some), enough)
        for count in (1, 2, 3)
        for some in combinations(everybody, count)
        for enough in range(1, count + 1)
    ]
    for limit in (5, 20, 40):
        below = {size: witnesses for size, witnesses in by.items() if size <= limit}
        best = dict(kept.best(limit, TIME))
        assert [newest(best, *one) for one in policies] == [newest(below, *one) for one in policies]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_best_heads_are_for_policies_that_know_more_witnesses_than_signed_the_newest(
    kept: CosignatureStore, count: int
) -> None:
    """A reader's policy asks for B, too, who left before the newest heads; the node's own may not."""
    for size in range(1, 6):
        kept.keep(size, A, TIME, "by a\n")
        kept.keep(size, B, TIME, "by b\n")
    for size in range(6, 6 + count):
        kept.keep(size, A, TIME, "by a\n")
    assert kept.best(100, TIME) == [(5 + count, {A}), (5, {A, B})]


def test_bundles_of_other_heads_are_in_another_state(
    kept: CosignatureStore, recorder: LedgerRecorder
) -> None:
    """The state stands in the ETag, by which an interrupted download goes on."""
    found = {}
    for size, witnesses in ((3, (A,)), (2, (B,)), (1, (A, B))):
        for one in witnesses:
            kept.keep(size, one, TIME, "a line\n")
        for limit in (1, 2, 3):
            told = Cosignatures(kept, None, limit, TIME * 1000)
            assert found.setdefault(told.state, told.heads) == told.heads
    assert len(found) > 3


def newest(heads: dict[int, set[str]], asked: set[str], enough: int) -> int:
    """The size of the newest head that so many of these witnesses cosigned; 0 for none."""
    return max((size for size, by in heads.items() if len(by & asked) >= enough), default=0)


def test_what_was_cosigned_later_counts_for_nothing(kept: CosignatureStore, recorder: LedgerRecorder) -> None:
    grow_to(recorder, 2)
    kept.keep(2, A, TIME, "by a\n")
    kept.keep(2, B, TIME + 1, "by b\n")
    (head,) = recorder.checkpoints(0, 10)
    assert kept.best(2, TIME) == [(2, {A})]
    assert kept.complete([head], TIME) == [head.note + b"by a\n"]
    assert (kept.count(0, 2, TIME), kept.count(0, 2, TIME + 1), kept.count(2, 2, TIME)) == (1, 2, 0)


@pytest.fixture
def cosigned(database_url: str) -> Iterator[Scenario]:
    """A log whose newest head a witness cosigned."""
    scenario = open_scenario(database_url)
    head = scenario.ledger.store.latest_checkpoint()
    assert head
    line = cosign(parse_note(head.note).text, vkey_of_number(11), key(11), TIME)
    CosignatureStore(scenario.ledger.store).keep(head.size, A, TIME, line)
    yield scenario
    scenario.ledger.close()


def complaints(scenario: Scenario) -> list[str]:
    report = fsck(scenario.ledger.store, str(scenario.ledger.vkey))
    return [str(problem) for step in report.steps for problem in step.problems]


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"time_s": TIME + 1}, "column time_s"),
    ({"witness": B}, "0 signatures by"),
    ({"witness": "nobody"}, "is not an Ed25519 verifier key"),
    ({"line": "— x AAAA\n"}, "is not a signature line"),
    ({"size": 2}, "was not made by this key"),
    ({"size": 10**6}, "the log signed no head of this size"),
]


def test_fsck_names_a_row_that_was_changed(cosigned: Scenario) -> None:
    engine = cosigned.ledger.store.engine
    with engine.connect() as connection:
        row = connection.execute(select(cosignature)).one()._asdict()
    for change, told in CHANGES:
        run(engine, update(cosignature).values(**change))
        (found,) = complaints(cosigned)
        assert "table cosignature, row" in found
        assert told in found
        run(engine, update(cosignature).values(**row))
    assert complaints(cosigned) == []


def run(engine: Engine, statement: Any) -> None:
    with engine.begin() as connection:
        connection.execute(statement)
