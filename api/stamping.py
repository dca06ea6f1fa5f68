"""The log has its heads stamped by authorities, behind everybody's back: no answer waits for it.

One thread for each authority asks for the newest head, at most once in the interval, and only where
the log has grown; and sooner for the head under which somebody asked for evidence, because their
bundle ends with it. It also renews what it gave and what is about to age. An authority that fails
is asked again, later and later, and shown as failing.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.authorities import Authorities, Authority
from api.witnessing import EXPORTS
from ledger.errors import ProofInvalid, UnbrokenError
from ledger.proof.authority_chain import HASHES
from ledger.proof.evidence_record import MAX_STAMPS, to_renew

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ledger.store.reading import StoredCheckpoint
    from ledger.store.recorder import LedgerRecorder
    from ledger.store.time_stamps import Kept, TimeStampStore

FIRST_RETRY_S, LAST_RETRY_S = 5.0, 600.0
NOTHING_RENEWED = "nothing_renewed"
LOOK_S = 2.0  # between two looks at the log
EXPORT_PAUSE_MS = 5_000  # between two stamps, however often people ask for evidence
AT_ONCE = 100  # renewals between two looks at the log

log = logging.getLogger("unbroken.stamps")


@dataclass(frozen=True, slots=True)
class StampStanding:
    """How one authority stands. `size`: of the newest head that it stamped; `at_ms`: its word for when;
    `state`: `new`, `stamps`, or the code of what fails; `failures`: in a row; `due`: records of it that
    should have been renewed by now."""

    url: str
    size: int = 0
    at_ms: int = 0
    state: str = "new"
    failures: int = 0
    due: int = 0


class Stamping:
    """All authorities of one node. Without any it does nothing."""

    def __init__(
        self,
        recorder: LedgerRecorder,
        kept: TimeStampStore,
        authorities: Authorities | None,
        clock_ms: Callable[[], int],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._stopped = threading.Event()
        asked = authorities.urls if authorities else ()
        self.asking = [
            Asking(Authority(url, authorities, transport), authorities, recorder, kept, clock_ms)
            for url in asked
            if authorities
        ]
        self._threads = [
            threading.Thread(target=one.run, args=(self._stopped,), name="stamping", daemon=True)
            for one in self.asking
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """An authority that is being asked right now may take its time-out."""
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def standings(self) -> list[StampStanding]:
        return [one.standing for one in self.asking]


class Asking:
    """One authority, asked again and again."""

    def __init__(
        self,
        authority: Authority,
        asked: Authorities,
        recorder: LedgerRecorder,
        kept: TimeStampStore,
        clock_ms: Callable[[], int],
    ) -> None:
        self._authority = authority
        self._asked = asked
        self._recorder = recorder
        self._kept = kept
        self._clock_ms = clock_ms
        self._renew_at_ms = 0
        self.standing = StampStanding(authority.url)

    def run(self, stopped: threading.Event) -> None:
        """Until stopped."""
        while not stopped.wait(self.pause_s()):
            self.once()
        self._authority.close()

    def once(self) -> None:
        """Stamp the newest head and renew what is due; afterwards `standing` says what became of it."""
        try:
            self._stamp_newest()
            self._renew_due()
        except Exception as error:  # one authority's trouble is nobody else's
            self._failed(error)
        else:
            waits = self.standing.due and self.standing.state == NOTHING_RENEWED  # for another authority
            self.standing = replace(self.standing, state=NOTHING_RENEWED if waits else "stamps", failures=0)

    def pause_s(self) -> float:
        """How long to leave the authority in peace: after a failure less than the interval, at first."""
        failures, every_s = self.standing.failures, self._asked.every_s
        if failures:
            return float(min(FIRST_RETRY_S * 2 ** (failures - 1), LAST_RETRY_S, every_s))
        return LOOK_S if self.standing.state != "new" else 0.0

    def _newest(self) -> tuple[int, int]:
        """Of any node: size and time of the newest head that the authority stamped."""
        size, at_ms = self._kept.newest_of(self._authority.url)
        self.standing = replace(self.standing, size=size, at_ms=at_ms)
        return size, at_ms

    def _stamp_newest(self) -> None:
        now_ms = self._clock_ms()
        head = self._wanted(now_ms)
        if head is None:
            return
        stamp = self._authority.stamp(head.note, now_ms)
        if self._kept.keep(head.size, self._authority.url, 0, self._authority.url, stamp, self._clock_ms):
            log.info("the head of %d entries is stamped by %s", head.size, self._authority.url)
        self._newest()

    def _wanted(self, now_ms: int) -> StoredCheckpoint | None:
        """The newest head, where it is time; else one under which somebody asked for evidence since."""
        head, (size, at_ms) = self._recorder.latest_checkpoint(), self._newest()
        if head is None or head.size <= size:
            return None
        if now_ms >= at_ms + self._asked.every_s * 1000:
            return head
        if now_ms < at_ms + EXPORT_PAUSE_MS:
            return None
        asked = self._recorder.newest_of(size, head.size, *EXPORTS)
        return None if asked is None else self._recorder.checkpoint_covering(asked)

    def _renew_due(self) -> None:
        now_ms = self._clock_ms()
        if now_ms < self._renew_at_ms:
            return
        self._renew_at_ms = now_ms + self._asked.every_s * 1000
        found = self._kept.due(now_ms + self._asked.renew_ms)
        due = [one for one in found if one.until_ms >= now_ms and self._is_mine(one)]
        self.standing = replace(self.standing, due=len(due))
        self._renew(due[:AT_ONCE])

    def _renew(self, due: list[Kept]) -> None:
        """Each in turn: a record that fails stands in no other's way, and is told at the end. Where the
        authority is away or refuses, or its certificate ends too soon, it would for the others, too."""
        failed: ProofInvalid | None = None
        for record in due:
            if failed and failed.code == NOTHING_RENEWED and record.hash_name == self._asked.hash_name:
                continue
            try:
                renew(
                    self._recorder, self._kept, self._authority, self._asked.hash_name, record, self._clock_ms
                )
                self.standing = replace(self.standing, due=self.standing.due - 1)
            except ProofInvalid as error:
                failed = error
                if error.code == "time_stamp_refused":
                    break
        if failed:
            raise failed

    def _is_mine(self, record: Kept) -> bool:
        """Of its own, and of those whose authority this node asks no more: the first here takes them."""
        return record.record == self._authority.url or (
            record.record not in self._asked.urls and self._authority.url == self._asked.urls[0]
        )

    def _failed(self, error: Exception) -> None:
        state = error.code if isinstance(error, UnbrokenError) else "internal"
        failures = 0 if state == NOTHING_RENEWED else self.standing.failures + 1  # it stamps all the same
        if state != self.standing.state:
            log.warning("authority %s: %s", self._authority.url, error, extra={"code": state})
        self.standing = replace(self.standing, state=state, failures=failures)


def renew(
    recorder: LedgerRecorder,
    kept: TimeStampStore,
    authority: Authority,
    hash_name: str,
    record: Kept,
    clock_ms: Callable[[], int],
) -> bool:
    """One more token over a record, by this authority. False where another node was faster. By the hash
    asked for, or the record's own where that is stronger: a renewal weakens nothing.

    Raises as `Authority.stamp`, and `ProofInvalid`: `stamp_expired` where it is too late,
    `nothing_renewed` where the new certificate ends no later than the old one, for the same hash, or
    where the record is as long as one may be.
    """
    now_ms, name = clock_ms(), max(hash_name, record.hash_name, key=HASHES.index)
    _must_be_renewable(record, now_ms)
    head = recorder.checkpoint(record.size)
    if head is None:
        raise ProofInvalid("bad_time_stamp", f"the log signed no head of {record.size} entries")
    stamp = authority.stamp(to_renew(record.chains, head.note, name), now_ms, name)
    if stamp.until_ms <= record.until_ms and name == record.hash_name:
        raise ProofInvalid(NOTHING_RENEWED, "its certificate ends no later than the one to be renewed")
    done = kept.keep(record.size, record.record, record.count, authority.url, stamp, clock_ms)
    if done:
        log.info("the stamp of the head of %d entries is renewed by %s", record.size, authority.url)
    return done


def _must_be_renewable(record: Kept, now_ms: int) -> None:
    if record.count >= MAX_STAMPS:
        raise ProofInvalid(NOTHING_RENEWED, f"it holds {MAX_STAMPS} stamps, and no more are read")
    if record.until_ms < now_ms:
        raise ProofInvalid("stamp_expired", "its newest certificate has expired: nothing can renew it")
