"""An audit that somebody watches: what the replay's world was on the way answers what was shown then.

What a watcher is told is as good as the audit's report, which goes with every answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ProofInvalid
from ledger.proof.note import VerifierKey
from ledger.verify.bundle import BundleAudit
from ledger.verify.bundle_file import BundleFile
from ledger.verify.steps import NOTHING, Audit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.domain.memory import MemoryWorld
    from ledger.domain.world import Entry
    from ledger.proof.archive import Read
    from ledger.verify.checkpoints import Heads
    from ledger.verify.replay import Replay
    from ledger.verify.report import Report
    from ledger.verify.source import LogSource
    from ledger.verify.steps import Judged, Progress


class Watch:
    """What a watcher is told, in this order. A subclass overrides what it needs; it changes nothing.

    What it raises is no finding about the evidence: the audit ends, and whoever asked is told of it.
    `is_finished`: the audit came to its end; else what was watched is cut.
    """

    is_finished = False

    def require_finished(self) -> None:
        """Raises `ProofInvalid` (`audit_broke_off`)."""
        if not self.is_finished:
            raise ProofInvalid("audit_broke_off", "the audit broke off: nothing can be told from these files")

    def begin(self, heads: Heads) -> None:
        """All checkpoints that opened, before the first entry."""

    def ahead(self, entry: Entry, world: MemoryWorld) -> None:
        """Before an entry is judged: the world is what those before it made."""

    def judged(self, position: int, judged: Judged) -> None:
        """After it; entries that cannot be read, too."""

    def finish(self, world: MemoryWorld) -> None:
        """After the last entry."""


class _Watched(Audit):
    _watch: Watch
    _replayed: Replay
    _failed: Exception | None

    def watched(self, watch: Watch, progress: Progress | None) -> Report:
        """Raises what the watcher raised."""
        self._watch, self._failed = watch, None
        report = self.run(1, progress)
        if self._failed is not None:
            raise self._failed
        return report

    def _tell(self, told: Callable[..., None], *what: object) -> None:
        try:
            told(*what)
        except Exception as error:
            self._failed = self._failed or error
            raise

    def replay(self) -> Replay:
        self._tell(self._watch.begin, self.heads)
        self._replayed = super().replay()
        return self._replayed

    def ahead(self, entry: Entry, world: MemoryWorld) -> None:
        self._tell(self._watch.ahead, entry, world)

    def look(self, positions: Sequence[int], judged: Sequence[Judged]) -> None:
        super().look(positions, judged)
        for position, one in zip(positions, judged, strict=True):
            self._tell(self._watch.judged, position, one)

    def finish(self) -> None:
        super().finish()
        self._tell(self._watch.finish, self._replayed.world)
        self._watch.is_finished = True


class _WatchedBundle(_Watched, BundleAudit):
    """As `BundleAudit`."""


def watch_log(
    source: LogSource, log_vkey: VerifierKey, watch: Watch, progress: Progress | None = None
) -> Report:
    """Audit a whole log as `audit` does, watched."""
    return _Watched(source, log_vkey).watched(watch, progress)


def watch_bundle(
    read: Read,
    length: int,
    log_vkey: VerifierKey | None,
    watch: Watch,
    progress: Progress | None = None,
    *,
    berlinger_root: str,
) -> Report:
    """Audit a bundle as `audit_bundle` does, watched. Raises `Malformed` (`malformed_archive`,
    `malformed_manifest`), `NotFound` (`missing_file`): what cannot be opened shows nothing."""
    bundle = BundleFile(read, length)
    vkey = log_vkey or VerifierKey.parse(bundle.manifest.log_key)
    audit = _WatchedBundle(bundle, vkey, berlinger_root, None, None, NOTHING, pinned=log_vkey is not None)
    return audit.watched(watch, progress)
