"""The task that seals: what loggers sent goes into the log, as evidence about what they were with.

A look, in order:

1. *What waits*: segments that were claimed and are not all in the log, from before a crash or a fault.
2. *What the log says since*: who was packed with a logger, whose leg has ended.
3. *What is due*: recordings that somebody asked for (`seal_now`), whose leg has ended, or whose oldest
   unsealed packet has been here for `seal_after_s`. For each packing of the logger: claim what is due,
   keep the segment as a file of each therapy, have the ledger say what it shows.
4. Now and then, *what nobody packed*: dropped once it is old.

Each step may be cut off: the next look goes on. On PostgreSQL one node looks at a time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from api.live.legs import Legs
from api.threads import to_its_end
from ledger.errors import Fault, TooMany, UnbrokenError
from ledger.live.sealed import as_of_saying, signed_by
from ledger.live.sealing import statements
from ledger.live.segment import read_segment, write
from ledger.proof.keys import PublicKey
from ledger.store.decode import LazyEntry
from ledger.store.live_seals import SealStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from api.settings import Settings
    from ledger.application import Ledger
    from ledger.application.followed import Followed
    from ledger.domain.placements import Placement
    from ledger.domain.world import World
    from ledger.live.segment import KeyOf
    from ledger.store.evidence import EvidenceStore
    from ledger.store.live import LiveStore
    from ledger.store.live_rows import LiveRecording, Run
    from ledger.store.live_seals import Claimed, Said, Unsealed
    from ledger.views.runner import Projector

SEALS_LOCK = 0x7365616C73  # any number that no other program locks
DROP_EVERY_MS = 3_600_000

log = logging.getLogger("unbroken.sealing")


class Sealer:
    """`look` may be called from any thread; one look at a time."""

    def __init__(
        self,
        ledger: Ledger,
        store: LiveStore,
        followed: Followed,
        evidence: EvidenceStore,
        projector: Projector,
        settings: Settings,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._seals = SealStore(store)
        self._followed = followed
        self._evidence = evidence
        self._settings = settings
        self._legs = Legs(ledger.store, followed, projector)
        self._asked: set[str] = set()  # recordings
        self._packed: set[str] = set()  # loggers; these two wait for a look that succeeds
        self._ended: set[str] = set()
        self._resting: dict[Run, int] = {}  # until when a recording of which nothing was due is left alone
        self._stuck: dict[str, int] = {}  # until when a segment that cannot be said is left alone
        self._drops_ms = 0
        self._began = False
        self._turn = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._closed = False

    def seal_now(self, recording: str) -> None:
        """Seal at once whatever of a recording is with a container. Any thread; returns at once."""
        self._asked.add(recording)
        self._wake()

    async def run(self) -> None:
        """Look again and again until `close`; what fails is logged, and tried again."""
        self._loop = asyncio.get_running_loop()
        while not self._closed:
            self._woken.clear()
            await to_its_end(self._guarded_look)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.seal_every_s):
                    await self._woken.wait()

    def close(self) -> None:
        """End `run` behind the look that it is at. Called in its loop."""
        self._closed = True
        self._woken.set()

    def _wake(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    def _guarded_look(self) -> None:
        try:
            self.look()
        except UnbrokenError as fault:
            log.warning("nothing is sealed for now: %s", fault.code)
        except Exception:
            log.exception("nothing is sealed for now, in a way that nobody expected")

    def look(self) -> int:
        """One look; how many segments it sealed. Raises `Fault`; then the next one goes on."""
        with self._turn, self._leading() as leads:
            return self._look() if leads else 0

    def _look(self) -> int:
        now_ms = self._ledger.config.clock_ms()
        done = self._finish(now_ms)
        packed, ended = self._legs.since()
        self._packed |= packed
        self._ended |= ended
        if not self._began:  # somebody may have said so while no node ran
            lately = self._store.lately(now_ms - self._settings.keep_unpacked_s * 1000, limit=100_000)
            self._packed.update(one.logger for one in lately)
            self._began = True
        done += self._finish(now_ms) if self._claim_all(now_ms) else 0
        if now_ms >= self._drops_ms:
            self._drop(now_ms)
        return done

    def _claim_all(self, now_ms: int) -> int:
        """What was asked for, packed or ended is forgotten only once it is claimed: the log is not read
        for it again. What fails holds up no other."""
        asked, failed = set(self._asked), set[tuple[str, str]]()
        claimed = 0
        self._rested(self._packed)
        due = [(one, False) for one in self._due(asked, self._ended, now_ms)]
        # what is sealed for others may be about these, too
        for one, elsewhere in [*due, *((one, True) for one in self._seals.sealed_of(self._packed))]:
            try:
                claimed += self._claim(one.run, now_ms, elsewhere)
            except Exception as error:
                failed.add((one.recording, one.logger))
                self._failed(one.recording, error)
        self._asked -= asked - {recording for recording, _ in failed}
        loggers = {logger for _, logger in failed}
        self._packed &= loggers
        self._ended &= loggers
        return claimed

    @staticmethod
    def _failed(recording: str, error: Exception) -> None:
        code = error.code if isinstance(error, UnbrokenError) else None
        told = {"recording": recording, "code": code or "internal"}
        log.error("a recording is not sealed for now", extra=told, exc_info=None if code else error)

    @contextmanager
    def _leading(self) -> Iterator[bool]:
        """Only to save work: that each packet is sealed once is for `SealStore.claim` to see to."""
        engine = self._store.engine
        if engine.dialect.name != "postgresql":
            yield True
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            name = f"hashtextextended(current_schema()::text, {SEALS_LOCK})"
            leads = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({name})").scalar())
            try:
                yield leads
            finally:
                if leads:
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({name})")

    def _due(self, asked: set[str], loggers: set[str], now_ms: int) -> list[Unsealed]:
        since_ms = now_ms - self._settings.seal_after_s * 1000
        due = []
        for one in self._seals.unsealed():
            wanted = one.recording in asked or one.logger in loggers
            if wanted or (one.since_ms <= since_ms and self._resting.get(one.run, 0) <= now_ms):
                due.append(one)
        return due

    def _rested(self, loggers: set[str]) -> None:
        """What nothing was due of may be due now."""
        if loggers:
            self._resting.clear()

    # --- one recording -----------------------------------------------------------------

    def _claim(self, run: Run, now_ms: int, elsewhere: bool = False) -> int:
        """Claim what is due of it, for each packing that its logger was with. `elsewhere`: only of
        packings for which something is due that is sealed for another."""
        packings: dict[int, list[Placement]] = defaultdict(list)
        known = self._store.recording(run)
        for one in self._followed.placements(run[0]):
            if known and one.overlaps(known.first_ms, known.last_ms):
                packings[one.position].append(one)
        claimed = 0
        for packing, placed in packings.items():
            spans = list(dict.fromkeys((one.since_ms, one.until_ms) for one in placed))
            if elsewhere and not self._seals.has_missed(run, packing, spans):
                continue
            say = self._sayer(packing, run[0], placed)
            claimed += self._seals.claim(run, packing, spans, write, say, now_ms)
        if not claimed:
            self._resting[run] = now_ms + self._settings.seal_after_s * 1000
        return claimed

    def _sayer(self, packing: int, logger: str, placed: Sequence[Placement]) -> Any:
        (stored,) = self._ledger.store.entries(packing, packing + 1)
        stream = LazyEntry(stored).stream
        carrier = not stream.startswith("chain/")

        def say(raw: bytes) -> Said:
            world = self._ledger.world_at()
            file = read_segment(raw, self._key_of(world))
            equipment = world.equipment(logger)
            return [{"stream": stream, "fields": one} for one in statements(file, placed, equipment, carrier)]

        return say

    def _key_of(self, world: World) -> KeyOf:
        def public(kid: bytes) -> PublicKey | None:
            return self._ledger.keys.get(kid)

        return signed_by(self._ledger.origin, world.key, public)

    # --- into the log ------------------------------------------------------------------

    def _finish(self, now_ms: int) -> int:
        """Whatever waits. One that cannot be said is left alone for a while: it must not stop the others."""
        done = 0
        for one in self._seals.waiting():
            if self._stuck.get(one.about(0), 0) <= now_ms:
                stuck = self._say(one, now_ms)
                if stuck is None:
                    done += 1
                    continue
                log.error("a segment stays unsealed", extra={"code": stuck.code, "recording": one.recording})
                self._stuck[one.about(0)] = now_ms + self._settings.seal_after_s * 1000
        return done

    def _say(self, one: Claimed, now_ms: int) -> UnbrokenError | None:
        """The file first: what the log names is kept by then. What is wrong with it, if anything is.

        Raises `Fault`, `TooMany` where that says nothing about this segment.
        """
        try:
            raw = self._seals.raw(one)
        except Fault as fault:
            if fault.code != "damaged_evidence":
                raise
            return fault
        for coi in sorted(_therapies(one.said)):
            self._evidence.keep(raw, coi, one.said[0]["fields"]["logger"], now_ms)
        words = as_of_saying(raw, [each["fields"] for each in one.said], self._key_of)
        facts = [
            (each["stream"], fields, one.about(number))
            for number, (each, fields) in enumerate(zip(one.said, words, strict=True))
        ]
        for answer in self._ledger.attest(facts):
            if isinstance(answer, Fault | TooMany):
                raise answer
            if isinstance(answer, UnbrokenError):
                return answer
        self._seals.sealed(one, now_ms)
        return None

    def _drop(self, now_ms: int) -> None:
        before_ms = now_ms - self._settings.keep_unpacked_s * 1000
        old = [one for one in self._store.silent(before_ms) if not self._was_packed(one)]
        if old:
            dropped = self._store.drop(before_ms, [one.run for one in old])
            log.info("dropped what nobody packed", extra={"recordings": len(old), "packets": dropped})
        self._drops_ms = now_ms + DROP_EVERY_MS

    def _was_packed(self, one: LiveRecording) -> bool:
        placed = self._followed.placements(one.logger)
        return any(each.overlaps(one.first_ms, one.last_ms) for each in placed)


def _therapies(said: Said) -> Iterable[str]:
    """The therapies that statements are about."""
    found: set[str] = set()
    for each in said:
        kind, _, name = each["stream"].partition("/")
        named = [one["coi"] for one in each["fields"].get("therapies", ())]
        found.update([name] if kind == "chain" else named)
    return found
