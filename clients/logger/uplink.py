"""Sends what the ledger does not have, again and again, until it says that it has it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from clients.logger.buffer import Buffer, Held, Ranges
from ledger.domain.parts import MAX_INT
from ledger.errors import Fault, UnbrokenError

LONGEST_PAUSE_S = 60.0
Tell = Callable[[str], None]


class Answer(NamedTuple):
    """`have`: for each recording what the ledger has of it. `refused`: index among those sent, and code."""

    have: dict[str, Ranges]
    refused: dict[int, str]


class Link(Protocol):
    """A way to the ledger. `exchange` raises `Fault` or `TooMany` where it learnt nothing."""

    def exchange(self, packets: Sequence[Held]) -> Answer: ...
    def close(self) -> None: ...


class Sent(NamedTuple):
    """What one round did: packets sent, those that the ledger has, those that it refused."""

    packets: int
    had: int
    refused: int


class Uplink:
    """One buffer's way to the ledger."""

    def __init__(self, buffer: Buffer, link: Link) -> None:
        self._buffer = buffer
        self._link = link

    def send(self) -> Sent:
        """One round: each packet that waits is sent once, the oldest first.

        Raises `Fault`, `TooMany` where the ledger is out of reach; what was had before stays had.
        """
        total = Sent(0, 0, 0)
        last = 0
        while batch := self._buffer.waiting(last):
            answer = self._link.exchange(batch)
            self._buffer.had(answer.have.items())
            known = {index: code for index, code in answer.refused.items() if index < len(batch)}
            self._buffer.refused((batch[index].number, code) for index, code in known.items())
            had = sum(covers(answer.have.get(one.recording, ()), one) for one in batch)
            total = Sent(total.packets + len(batch), total.had + had, total.refused + len(known))
            last = batch[-1].number
        return total

    def keep_sending(
        self, wake: threading.Event, stop: threading.Event, tell: Tell, pause_s: float = 1.0
    ) -> None:
        """Send whenever woken, until `stop`; after a round that moved nothing, wait longer each time.

        `tell` hears of a round that failed, or was refused in part. The readings stay.
        """
        pause = pause_s
        while not stop.is_set():
            wake.wait(pause)
            wake.clear()
            if self._moved(tell):
                pause = pause_s
            else:
                pause = min(2 * pause, LONGEST_PAUSE_S)
                stop.wait(pause)

    def _moved(self, tell: Tell) -> bool:
        try:
            sent = self.send()
        except UnbrokenError as error:
            tell(error.detail)
            return False
        if sent.refused:
            tell(f"the ledger refused {sent.refused} packets, which stay: see `unbroken logger state`")
        return sent.had > 0 or sent.packets == 0


def covers(ranges: Ranges, held: Held) -> bool:
    """True if the ledger has all of the packet."""
    return any(first <= held.first and held.last <= last for first, last in ranges)


def ranges_of(document: Any) -> Ranges:
    """Ranges as an answer says them, joined and in order. Raises `Fault` `bad_answer`."""
    try:
        spans = sorted((first, last) for first, last in document)
        sound = all(
            type(first) is type(last) is int and 0 <= first <= last <= MAX_INT for first, last in spans
        )
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise Fault("bad_answer", f"these are no ranges of readings: {document!r:.80}")
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined
