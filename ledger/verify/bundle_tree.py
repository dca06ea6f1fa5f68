"""Step 3 for a bundle: what is given and the hashes of the rest give the root of every checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.proof.merkle import leaf_hash
from ledger.proof.pruned import Fold, Hidden, Record, decode_records
from ledger.proof.tiles import TILE_WIDTH
from ledger.verify.report import told

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from ledger.verify.bundle_file import BundleFile
    from ledger.verify.checkpoints import Head, Heads
    from ledger.verify.report import Findings


class BundleTree:
    """As `Tree`: `bad`, `committed`. `shown` entries are given, `hidden` stand as hashes. `held_root`: the
    root at `held` entries, None where a subtree is cut there. `leaves`: hashes of the entries at `kept`."""

    def __init__(
        self,
        bundle: BundleFile,
        heads: Heads,
        findings: Findings,
        held: int | None = None,
        kept: Container[int] = (),
    ) -> None:
        self.bad: set[int] = set()
        self.committed = 0
        self.shown = self.hidden = 0
        self._bundle = bundle
        self._heads = iter(heads.heads)
        self._head = next(self._heads, None)
        self._size = heads.last.size if heads.last else 0
        self._findings = findings
        self._fold = Fold()
        self._held = held
        self._kept = kept
        self.leaves: dict[int, bytes] = {}
        self.held_root = self._fold.root() if held == 0 else None
        self._roots = 0
        self._positions: list[int] = []
        self._entries: list[bytes | None] = []

    def slabs(self, bundles: int) -> Iterator[tuple[Sequence[int], list[bytes | None]]]:
        """(positions, entries), ascending, at least `bundles` times 256 of them but for the last."""
        for name in self._bundle.named("entries"):
            with self._findings.timed(3):
                sound = self._take(name)
            if self._positions and (len(self._positions) >= bundles * TILE_WIDTH or not sound):
                yield self._flush()
            if not sound:
                return
        if self._positions:
            yield self._flush()
        with self._findings.timed(3):
            self._finish()

    def _flush(self) -> tuple[list[int], list[bytes | None]]:
        positions, entries = self._positions, self._entries
        self._positions, self._entries = [], []
        return positions, entries

    def _take(self, name: str) -> bool:
        """Read a file of records. False: nothing behind it can be placed any more."""
        try:
            for record in decode_records(self._bundle.file(name)):
                self._add(record)
        except Exception as error:  # whatever a source provokes is a finding about it
            self._lost(f"from entry {self._fold.size} on it cannot be read: {told(error)}", name)
            return False
        return True

    def _add(self, record: Record) -> None:
        at = self._fold.size
        if isinstance(record, Hidden):
            self._fold.add(*record)
            self.hidden += self._fold.size - at
        else:
            leaf = leaf_hash(record)
            self._fold.add(0, leaf)
            if at in self._kept:
                self.leaves[at] = leaf
            self._positions.append(at)
            self._entries.append(record)
            self.shown += 1
        if self._fold.size == self._held:
            self.held_root = self._fold.root()
        while self._head is not None and self._head.size <= self._fold.size:
            self._settle(self._head)
            self._head = next(self._heads, None)

    def _settle(self, head: Head) -> None:
        """Hold all so far against the next checkpoint. After the first that differs, none can agree."""
        if self.bad:
            return
        if self._fold.size == head.size and self._fold.root() == head.root:
            self.committed = head.size
            self._roots += 1
            return
        span = f"the entries and hashes from {self.committed} to {head.size - 1}"
        self._lost(f"{span} are not what checkpoint {head.size} committed to", f"checkpoint {head.size}")

    def _lost(self, what: str, where: str) -> None:
        self.bad.add(self.committed)
        self._findings.wrong(3, self.committed, what, where=where)
        self._findings.stopped(3, f"nothing is proved from entry {self.committed} on")

    def _finish(self) -> None:
        if self._fold.size != self._size:
            self._lost(f"it holds a tree of {self._fold.size}, not of {self._size} entries", "entries")
        self._findings.done(
            3, f"{self.shown} entries and the hashes of {self.hidden} others give {self._roots} roots"
        )
