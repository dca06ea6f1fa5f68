"""Deliveries in the database: queued once, in one hand at a time, kept until they are taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.store.recorder import LedgerRecorder
from ledger.store.webhooks import Delivery, DeliveryStore

NAME = "northcell-alerts"


@pytest.fixture
def store(recorder: LedgerRecorder) -> DeliveryStore:
    return DeliveryStore(recorder.engine, recorder.turn)


def due(store: DeliveryStore, endpoint: str = NAME) -> Delivery:
    found = store.next(endpoint)
    assert found is not None
    return found


def test_a_new_endpoint_begins_behind_what_there_is_and_keeps_its_place(store: DeliveryStore) -> None:
    assert store.begin(NAME, 7) == 7
    assert store.begin(NAME, 9) == 7
    assert store.queue(NAME, 7, 9, [(8, b"{}")], 100)
    assert store.begin(NAME, 50) == 9


def test_events_are_queued_once_whichever_node_is_first(
    recorder: LedgerRecorder, other_node: LedgerRecorder
) -> None:
    nodes = [DeliveryStore(one.engine, one.turn) for one in (recorder, other_node)]

    def queue(number: int) -> bool:
        start = nodes[number % 2].begin(NAME, 0)
        return start == 0 and nodes[number % 2].queue(NAME, 0, 3, [(0, b"a"), (2, b"c")], 100)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(queue, range(16))) == 1
    assert [(one.seq, one.body) for one in nodes[0].undelivered()] == [(0, b"a"), (2, b"c")]


def test_one_hand_at_a_time_has_it_and_a_hand_that_dies_gives_it_back(store: DeliveryStore) -> None:
    store.begin(NAME, 0)
    store.queue(NAME, 0, 1, [(0, b"a")], 100)
    one = due(store)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: store.take(one, 60_100), range(8))) == 1
    assert due(store).next_ms == 60_100  # nobody settled it: its time comes again
    assert store.take(due(store), 120_000)


def test_a_delivery_that_was_taken_is_gone_and_one_that_failed_waits(store: DeliveryStore) -> None:
    store.begin(NAME, 0)
    store.queue(NAME, 0, 2, [(0, b"a"), (1, b"b")], 100)
    store.failed(due(store), "it answered 500", 5_100)
    assert due(store).seq == 1
    store.done(due(store))
    again = due(store)
    assert (again.seq, again.attempts, again.next_ms, again.told) == (0, 1, 5_100, "it answered 500")
    assert store.waiting() == {NAME: (1, 0)}


def test_a_dead_one_lies_until_somebody_sends_it_again(store: DeliveryStore) -> None:
    for name in (NAME, "other"):
        store.begin(name, 0)
        store.queue(name, 0, 2, [(0, b"a"), (1, b"b")], 100)
        for one in [each for each in store.undelivered() if each.endpoint == name]:
            store.failed(one, "no answer", None)
    assert store.next(NAME) is None
    assert store.waiting() == {NAME: (0, 2), "other": (0, 2)}
    assert store.resend(NAME, 900, 1) == 1
    assert (due(store).seq, due(store).attempts, due(store).next_ms) == (1, 0, 900)
    assert store.resend(NAME, 900) == 1
    assert store.resend(NAME, 900) == 0
