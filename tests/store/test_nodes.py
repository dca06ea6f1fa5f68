"""Several nodes on one database: one log, one order, one tree."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from ledger.errors import Fault
from ledger.store.engines import open_engine
from ledger.store.recorder import LedgerRecorder
from ledger.store.schema import tile
from tests.store.log import grow_to, must_be_whole, new, store

if TYPE_CHECKING:
    from sqlalchemy import Engine

BATCHES, EACH = 25, 7


def _write(url: str, _node: int) -> list[int]:
    """What one process does; returns the first positions of its batches."""
    engine = open_engine(url)
    recorder = LedgerRecorder(engine)
    firsts = [store(recorder, *[new() for _ in range(EACH)]).first for _ in range(BATCHES)]
    recorder.close()
    engine.dispose()
    return firsts


def test_two_processes_make_one_log_without_gaps(database_url: str, engine: Engine) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        per_node = list(pool.map(partial(_write, database_url), range(2)))
    firsts = sorted(first for node in per_node for first in node)
    assert firsts == list(range(0, 2 * BATCHES * EACH, EACH))
    must_be_whole(engine)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_a_node_grows_the_tree_that_another_one_left(
    recorder: LedgerRecorder, other_node: LedgerRecorder, engine: Engine, size: int
) -> None:
    grow_to(recorder, 3)
    grow_to(other_node, 3 + size)
    store(recorder, new())
    store(other_node, new())
    must_be_whole(engine)


def test_a_node_that_starts_on_a_filled_log_goes_on_with_its_tree(
    recorder: LedgerRecorder, other_node: LedgerRecorder, engine: Engine
) -> None:
    grow_to(recorder, 65_536 + 256 + 1)
    store(other_node, new())
    must_be_whole(engine)


def test_no_head_is_signed_over_a_damaged_tile(
    recorder: LedgerRecorder, other_node: LedgerRecorder, engine: Engine
) -> None:
    grow_to(recorder, 3)
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.execute(update(tile).values(hashes=bytes(96)))
    with pytest.raises(Fault, match="don't hash to the head"):
        store(other_node, new())


def test_no_head_is_signed_over_a_missing_tile(
    recorder: LedgerRecorder, other_node: LedgerRecorder, engine: Engine
) -> None:
    grow_to(recorder, 3)
    with engine.execution_options(unbroken_write=True).begin() as connection:
        connection.execute(tile.delete())
    with pytest.raises(Fault, match="tile 0/0 lacks hashes"):
        store(other_node, new())


def test_what_another_node_stored_is_seen_at_once(
    recorder: LedgerRecorder, other_node: LedgerRecorder
) -> None:
    one = new("chain/a")
    store(recorder, one)
    assert other_node.head() == recorder.head()
    assert other_node.position_of(one.statement_id) == 0
    with other_node.writing() as writing:
        assert writing.size == 1
