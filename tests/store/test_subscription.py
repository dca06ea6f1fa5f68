"""Subscriptions: all that matches, in order, as it comes, and an end when asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from eventsourcing.dcb.api import DCBEvent, DCBQuery, DCBQueryItem

from ledger.store.recorder import LedgerRecorder
from tests.store.log import new, store

ONLY_A = DCBQuery([DCBQueryItem(tags=["chain/a"])])


def test_only_what_matches_is_delivered(recorder: LedgerRecorder) -> None:
    store(recorder, *[new("chain/a" if number % 700 == 699 else "chain/b") for number in range(1_500)])
    with recorder.subscribe(ONLY_A) as subscription:
        assert [next(subscription).position for _ in range(2)] == [700, 1_400]


def test_a_subscription_begins_after_the_position_named(recorder: LedgerRecorder) -> None:
    store(recorder, *[new("chain/a") for _ in range(5)])
    with recorder.subscribe(after=3) as subscription:
        assert next(subscription).position == 4


def test_stop_ends_an_iteration_that_waits(recorder: LedgerRecorder) -> None:
    subscription = recorder.subscribe()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: list(subscription))
        subscription.stop()
        assert waiting.result(timeout=30) == []


def test_closing_the_recorder_ends_what_waits_on_it(recorder: LedgerRecorder) -> None:
    subscription = recorder.subscribe()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: list(subscription))
        recorder.close()
        assert waiting.result(timeout=30) == []


@pytest.mark.parametrize("by_other_node", [False, True])
def test_what_comes_later_is_delivered(
    recorder: LedgerRecorder, other_node: LedgerRecorder, by_other_node: bool
) -> None:
    writer = other_node if by_other_node else recorder
    with ThreadPoolExecutor(1) as pool, recorder.subscribe(ONLY_A) as subscription:
        waiting = pool.submit(next, subscription)
        writer.append([DCBEvent("Noted", b"x", ["chain/b"])])
        writer.append([DCBEvent("Noted", b"x", ["chain/a"])])
        assert waiting.result(timeout=30).position == 2


def test_waiting_ends_when_the_log_is_longer(recorder: LedgerRecorder) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(recorder.arrivals.wait, 0)
        store(recorder, new())
        assert waiting.result(timeout=30) is True
    assert recorder.arrivals.wait(0) is True
    assert recorder.arrivals.wait(1, lambda: True) is False
