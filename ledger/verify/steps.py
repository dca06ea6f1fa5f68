"""The audit's loop: some thousands of entries at a time through steps 3 to 6."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from ledger.collector import seldom_searched
from ledger.verify.checkpoints import Heads, open_all, open_latest
from ledger.verify.entries import Enrolled, Reader
from ledger.verify.replay import Replay
from ledger.verify.report import NOBODY, Findings, Report, told
from ledger.verify.second_key import SecondSigned
from ledger.verify.signatures import Workers, workers
from ledger.verify.time_stamps import Stamped
from ledger.verify.tree import Tree
from ledger.verify.witnesses import Cosigned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography import x509

    from ledger.domain.memory import MemoryWorld
    from ledger.domain.rules import Verdict
    from ledger.domain.world import Entry
    from ledger.proof.ml_dsa import SecondKey
    from ledger.proof.note import VerifierKey
    from ledger.proof.witnesses import Policy
    from ledger.verify.signatures import Envelope, Outcome
    from ledger.verify.source import LogSource

Progress = Callable[[int, int], None]
"""(entries done, entries in all)"""

Slab: TypeAlias = "tuple[Sequence[int], list[bytes | None]]"
"""Positions, and the entry at each: None where it could not be read."""


SMALL = 2_000  # entries; below, starting processes takes longer than they save
BUNDLES = 8  # read, checked and judged together; two such parts are in memory at once


class Judged(NamedTuple):
    """What became of an entry: None where it is no statement, no event, or not as the rules demand.

    `signed`: by a key that the log had enrolled by then, for this log. `rules`: what they say of it:
    `kept`, `refused`, or `not_judged` where it rests on what is not given.
    """

    envelope: Envelope | None
    entry: Entry | None
    verdict: Verdict | None
    signed: bool = False
    rules: str | None = None


@dataclass(frozen=True)
class Outside:
    """What a reader may bring beside the log's key and a witness policy: root certificates of time-stamp
    authorities, with the time that it is now (ms), and the log's second key."""

    roots: tuple[x509.Certificate, ...] = ()
    now_ms: int = 0
    second_key: SecondKey | None = None


NOTHING = Outside()


class Leaves(Protocol):
    """Entries that step 3 holds against the checkpoints while they are read; see `Tree`."""

    bad: set[int]
    committed: int

    def slabs(self, bundles: int) -> Iterator[Slab]:
        """(positions, entries), ascending, some `bundles` times 256 at a time."""


class Audit:
    """One audit of one source. A subclass may look at each entry, and at the end."""

    witnessing = Cosigned  # what step 8 demands of the witnesses

    def __init__(
        self,
        source: LogSource,
        vkey: VerifierKey,
        findings: Findings | None = None,
        policy: Policy | None = None,
        outside: Outside = NOTHING,
    ) -> None:
        self.source = source
        self.vkey = vkey
        self.findings = findings or Findings()
        self.heads = Heads()
        self._cosigned = self.witnessing(policy, vkey, self.findings) if policy else None
        self._stamped = Stamped(outside.roots, outside.now_ms, self.findings)
        self._second = SecondSigned(outside.second_key, self.findings)
        self._enrolled = Enrolled()
        self._checkers = Workers(None)

    def run(self, processes: int = 1, progress: Progress | None = None) -> Report:
        """All steps; what stays proved is said whatever fails."""
        report = Report(self.vkey.name, list(self.findings.steps.values()))
        start = time.perf_counter()
        try:
            self._open()
            last = self.heads.last
            if last is not None:
                report.size, report.root = last.size, last.root.hex()
                report.witnessed = self.witnessed(last.size)
                report.witnessed_size = self._cosigned.size if self._cosigned else 0
                with seldom_searched(), workers(processes if last.size > SMALL else 1) as self._checkers:
                    report.proved = self._walk(last.size, progress or _silent)
                report.stamped, report.stamps = self._stamped.sentence(last.size), self._stamped.to_json()
            self._second.conclude(self.heads)
            report.second = self.second() if last is not None else report.second
        except Exception as error:  # a source that breaks its contract is a finding too
            self.findings.wrong(1, None, f"the audit could not go on: {told(error)}")
        report.seconds = time.perf_counter() - start
        return report

    # --- for subclasses ----------------------------------------------------------------

    def look(self, positions: Sequence[int], judged: Sequence[Judged]) -> None:
        """Entries that went through step 6, in order, with their positions."""

    def ahead(self, entry: Entry, world: MemoryWorld) -> None:
        """Before the entry is judged: the world is what those before it made. Reads only."""

    def finish(self) -> None:
        """After the last entry."""

    def tree(self) -> Leaves:
        """Where step 3 takes the entries from."""
        return Tree(self.source, self.heads, self.findings)

    def replay(self) -> Replay:
        """What step 6 judges with."""
        return Replay(self.vkey.name, self.heads, self._enrolled, self.findings)

    def witnessed(self, size: int) -> str:
        """What witnesses say of the whole."""
        return self._cosigned.sentence(size) if self._cosigned else NOBODY

    def second(self) -> str:
        """What the log's second key says of the whole."""
        return self._second.sentence()

    def proved(self, tree: Leaves, read: int) -> str:
        """What remains proved. `read`: entries before the first that is missing."""
        return proved(self.findings, tree, read)

    # --- the steps ---------------------------------------------------------------------

    def _open(self) -> None:
        latest = open_latest(self.source, self.vkey, self.findings)  # step 1
        self.heads = open_all(self.source, self.vkey, latest, self.findings)  # step 2
        if self._cosigned:
            self._cosigned.check(self.source, self.heads)  # step 8
        self._stamped.check(self.source, self.heads)  # step 11
        self._second.check(self.source, self.heads)  # step 12

    def _walk(self, size: int, progress: Progress) -> str:
        tree = self.tree()
        reader = Reader(self.vkey, self.heads, self._enrolled, self.findings)
        replay = self.replay()
        for positions, checks in self._checks(tree):
            judged = self._judge(positions, checks, reader, replay)
            self._second.follow(one.entry for one in judged if one.entry)
            self.look(positions, judged)
            progress(positions[-1] + 1, size)
        with self.findings.timed(6):
            replay.finish()
        self.finish()
        self._close(size, reader, replay)
        self._stamped.hold_against(min(tree.bad | {tree.committed}))
        return self.proved(tree, size if reader.unread is None else reader.unread)

    def _checks(self, tree: Leaves) -> Iterator[tuple[Sequence[int], list[Outcome]]]:
        """Entries whose envelopes and signatures were checked. The next are read and their checks begun
        before these are handed on, so that processes check while the rules are replayed here."""
        slabs = tree.slabs(BUNDLES)  # step 3
        slab = self._begin(next(slabs, None))
        while slab is not None:
            positions, outcomes = slab
            slab = self._begin(next(slabs, None))
            with self.findings.timed(5):
                checks = list(outcomes)
            yield positions, checks

    def _begin(self, slab: Slab | None) -> tuple[Sequence[int], Iterator[Outcome]] | None:
        """Step 5: keys first, then signatures on all cores. Processes get the keys that are known now."""
        if slab is None:
            return None
        positions, raws = slab
        with self.findings.timed(5):
            self._enrolled.collect(positions, raws)
            return positions, self._checkers.check(self.vkey.name, dict(self._enrolled.spki), raws)

    def _judge(
        self, positions: Sequence[int], checks: list[Outcome], reader: Reader, replay: Replay
    ) -> list[Judged]:
        with self.findings.timed(4):  # step 4: what the checked envelopes hold, in order
            read = [reader.read(position, one) for position, one in zip(positions, checks, strict=True)]
        with self.findings.timed(6):  # step 6
            return [
                self._judged(position, *one, is_sound=outcome[1] is None, replay=replay)
                for position, one, outcome in zip(positions, read, checks, strict=True)
            ]

    def _judged(
        self, position: int, envelope: Envelope | None, entry: Entry | None, *, is_sound: bool, replay: Replay
    ) -> Judged:
        if entry is not None:
            self.ahead(entry, replay.world)
        signed = envelope is not None and is_sound and self._enrolled.in_time(envelope.kid, position)
        before = replay.judged
        verdict = replay.judge(entry)
        rules = "not_judged" if replay.judged == before else "refused" if verdict is None else "kept"
        return Judged(envelope, entry, verdict, signed, rules)

    def _close(self, size: int, reader: Reader, replay: Replay) -> None:
        whole, keys = reader.unread is None, len(self._enrolled.spki)
        self.findings.done(4, f"{reader.entries} of {size} entries read, {keys} keys enrolled", whole=whole)
        self.findings.done(5, f"signatures by {reader.signers} different keys", whole=whole)
        self.findings.done(6, replay.told(), whole=whole and replay.is_whole)


def _silent(_: int, __: int) -> None:
    """Nobody watches."""


def proved(findings: Findings, tree: Leaves, read: int) -> str:
    """What remains proved, in a few sentences. `read`: entries before the first that is missing."""
    if not tree.committed:
        return "Nothing about the entries: no checkpoint's root came out of them."
    whole = min(tree.bad | {tree.committed})
    told = [f"{_entries(whole)} exactly what checkpoint {tree.committed} committed to."]
    others = sum(position < tree.committed for position in tree.bad)
    if others:
        told.append(f"So are all others up to {tree.committed - 1} except {others}, which are named above.")
    signed = findings.first_position((4, 5), read)
    judged = min(findings.first_position((6,), read), signed)
    if whole == signed == judged:
        return f"{told[0]} They are signed with keys that the log itself enrolled, and follow its rules."
    told.append(f"{_entries(signed)} strict statements of this log, signed with keys that it enrolled.")
    told.append(f"{_entries(judged)} as the rules demand.")
    return " ".join(told)


def _entries(count: int) -> str:
    return {0: "No entries are", 1: "Entry 0 is"}.get(count, f"Entries 0 to {count - 1} are")
