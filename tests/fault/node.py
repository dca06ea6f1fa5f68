"""A node in trouble: it fails with a fault, and must be whole afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ledger.application import Answer
from ledger.errors import Fault
from ledger.store.fsck import fsck
from tests.fault.stage import Acknowledged, Scanner, Stage, check_kept, now_ms


class Node:
    """A running ledger with one phone, which sends again what was not acknowledged."""

    def __init__(self, stage: Stage) -> None:
        self.shift_ms = 0
        self.stage = stage
        self.ledger = stage.open(lambda: now_ms() + self.shift_ms)
        self._scans = Scanner(stage.phones[0], self.ledger).scans()
        self._next: bytes | None = None
        self.acknowledged: list[Acknowledged] = []

    def scan(self) -> Answer:
        """Record the phone's next statement, or the one that failed before."""
        self._next = self._next or next(self._scans)
        answer = self.ledger.record(self._next)
        self._next = None
        self.acknowledged.append(Acknowledged.of(answer))
        return answer

    def fails(self) -> str:
        """The code of the fault with which the next scan ends."""
        with pytest.raises(Fault) as caught:
            self.scan()
        return caught.value.code

    def must_be_whole(self) -> None:
        """Nothing lost, nothing half, and everything verifies."""
        check_kept(self.ledger, self.acknowledged)
        report = fsck(self.ledger.store, self.stage.vkey)
        assert report.ok, report.text()


@contextmanager
def running(stage: Stage) -> Iterator[Node]:
    node = Node(stage)
    try:
        yield node
    finally:
        node.ledger.close()
