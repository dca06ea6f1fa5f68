"""Sends what the ledger does not have, again and again, until it says that it has it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple, Protocol

from clients.logger.answers import Answer, covers
from clients.logger.buffer import Buffer
from clients.logger.packets import Held, Which
from ledger.errors import Fault, UnbrokenError

LONGEST_PAUSE_S = 60.0
ASK_AGAIN_S = 86_400.0  # to the next question whether the ledger has what it said
Tell = Callable[[str], None]


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
    """One buffer's way to the ledger.

    A `have` is believed, and asked for again: at the start and once a day the last packet of each
    recording that is still here goes out once more. It costs the ledger nothing, and the answer says all
    that it has, if somebody forged an earlier one, or its database was restored from a backup.
    """

    def __init__(self, buffer: Buffer, link: Link) -> None:
        self._buffer = buffer
        self._link = link
        self._asked_s: float | None = None

    def send(self, *, everything: bool = False, patient: bool = False) -> Sent:
        """One round: each packet that waits is sent once, those never refused first, the oldest first.

        `everything`: also what the ledger says it has. `patient`: of what it refused only what is due.
        Raises `Fault`, `TooMany` where the ledger is out of reach; what was had before stays had.
        """
        round_ = _Round(self._buffer, self._link)
        round_.send("new")
        if everything or self._asked_s is None or monotonic() - self._asked_s > ASK_AGAIN_S:
            round_.send("had" if everything else "last had")
            round_.send("new")  # what the answer took back
            self._asked_s = monotonic()
        round_.send("due" if patient else "refused")
        return Sent(len(round_.sent), round_.had, round_.refused)

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
            if self.try_to_send(tell):
                pause = pause_s
            else:
                pause = min(2 * pause, LONGEST_PAUSE_S)
                stop.wait(pause)

    def try_to_send(self, tell: Tell) -> bool:
        """A patient round; true if it moved something, or nothing waited. It raises nothing."""
        try:
            sent = self.send(patient=True)
        except UnbrokenError as error:
            tell(error.detail)
            return False
        except Exception as error:
            tell(f"nothing was sent: {error!r}")
            return False
        if sent.refused:
            tell(f"the ledger refused {sent.refused} packets, which stay: see `unbroken logger state`")
        return sent.had > 0 or sent.packets == 0


class _Round:
    """`sent`: the packets of this round, by number. `_left`: those that nobody spoke of yet."""

    def __init__(self, buffer: Buffer, link: Link) -> None:
        self._buffer = buffer
        self._link = link
        self._heard = False
        self._left: list[int] = []
        self.sent: set[int] = set()
        self.had = self.refused = 0

    def send(self, which: Which) -> None:
        last = 0
        while batch := self._buffer.waiting(last, which):
            last = batch[-1].number
            if not self._exchange(batch, which):
                self._look_past(last)

    def _look_past(self, last: int) -> None:
        """Silence is a ledger out of reach, or one that refused them all: the newest packets tell which.
        So these wait for ten seconds at most, however many old ones the ledger will not have."""
        self._exchange(self._buffer.newest(last), "new")
        if not self._heard:
            raise Fault("unreachable", "the readings went out, and the ledger has not answered")

    def _exchange(self, batch: Sequence[Held], which: Which) -> bool:
        """False where packets were sent and nobody answered."""
        batch = [one for one in batch if one.number not in self.sent]
        if not batch:
            return True
        answer = self._link.exchange(batch)
        self.sent |= {one.number for one in batch}
        self._buffer.had(answer.have.items())
        had = {one.number for one in batch if covers(answer.have.get(one.recording, ()), one)}
        refused = {batch[index].number: code for index, code in answer.refused.items()}
        self._buffer.refused(refused.items())
        self.had += len(had)
        self.refused += len(refused) if which != "last had" else 0
        answered = bool(answer.have or answer.refused)
        self._put_off([one.number for one in batch if one.number not in had | refused.keys()], answered)
        return answered

    def _put_off(self, left: list[int], answered: bool) -> None:
        """What nobody speaks of counts as refused, once the ledger has spoken of anything."""
        self._heard |= answered
        self._left += left
        if self._heard and self._left:
            self._buffer.refused((number, None) for number in self._left)
            self._left = []
