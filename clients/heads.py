"""A device's own fork detector: the log that it saw yesterday must be part of today's.

Every receipt and checkpoint carries a tree head under the log's signature. A log that shows
one history to a courier and another to an auditor must sign two heads of which neither
extends the other. So each head that this device meets is kept, and is believed (`seen`) only
once a consistency proof (RFC 9162 §2.1.4), computed from the log's public hash tiles,
connects it with the newest head before. A head that cannot be checked now, because the
network went away, stays and is checked next time: none is skipped.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import NotFound, ProofInvalid
from ledger.proof.merkle import NodeReader, consistency_proof, root, verify_consistency

if TYPE_CHECKING:
    from clients.disk import Disk

ReaderOf = Callable[[int], NodeReader]  # tree size -> reader of that tree's complete subtrees


@dataclass(frozen=True, slots=True)
class Head:
    """A tree head that the log's key signed; `evidence` is the note or receipt that proves so."""

    size: int
    root: bytes
    evidence: bytes


class Heads:
    """The heads that this device has met, and the newest that fits all before it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def newest(self) -> Head | None:
        """The newest head that was shown to extend every head before it."""
        with self._disk.reading() as db:
            return newest_head(db)

    def unchecked(self) -> list[Head]:
        """Heads whose consistency is still to be shown, smallest first."""
        query = "SELECT size, root, evidence FROM head WHERE checked = 0 ORDER BY size, root"
        with self._disk.reading() as db:
            return [Head(*row) for row in db.execute(query)]

    def meet(self, head: Head) -> None:
        """Keep a head that the log signed (the caller has verified that), unchecked."""
        query = "INSERT OR IGNORE INTO head (size, root, evidence, checked) VALUES (?, ?, ?, 0)"
        with self._disk.writing() as db:
            db.execute(query, (head.size, head.root, head.evidence))

    def check(self, reader_of: ReaderOf) -> Head | None:
        """Connect every unchecked head with the newest, reading tiles; return the newest.

        The first head ever is trusted as it stands: the key is pinned, the history is not
        known yet. Raises `ProofInvalid` `fork_detected`, keeping both heads as evidence, and
        what `reader_of` raises when the tiles are out of reach: call again later.
        """
        for head in self.unchecked():
            known = self.newest()
            if known is not None:
                connect(known, head, reader_of)
            self._mark(head)
        return self.newest()

    def _mark(self, head: Head) -> None:
        """Checked; the older ones are covered by the newest and go."""
        with self._disk.writing() as db:
            db.execute("UPDATE head SET checked = 1 WHERE size = ? AND root = ?", (head.size, head.root))
            db.execute(
                "DELETE FROM head WHERE checked = 1 AND size < (SELECT max(size) FROM head WHERE checked = 1)"
            )


def connect(known: Head, head: Head, reader_of: ReaderOf) -> None:
    """Show that one of two heads extends the other.

    Raises `ProofInvalid`: `fork_detected`; `log_went_back` where the log no longer shows a
    tree that it signed; `tiles_withheld`, which could hide a fork; `wrong_tiles` where the
    tiles, which nobody signs, are at fault and show nothing.
    """
    old, new = sorted((known, head), key=lambda each: each.size)
    if old.size == new.size:
        if old.root != new.root:
            raise _fork(old, new)
        return
    try:
        _prove(old, new, reader_of(new.size))
    except NotFound as error:
        code, what = ("log_went_back", "no longer shows") if new is known else ("tiles_withheld", "hides")
        detail = f"the log {what} its tree of {new.size} entries: {error.detail}"
        raise ProofInvalid(code, detail, heads=_shown(old, new)) from None


def _prove(old: Head, new: Head, read: NodeReader) -> None:
    try:
        proof = consistency_proof(old.size, new.size, read)
        verify_consistency(old.size, old.root, new.size, new.root, proof)
    except ProofInvalid:
        if root(new.size, read) == new.root:
            raise _fork(old, new) from None
        detail = f"the server's hash tiles do not make the tree of {new.size} that it signed"
        raise ProofInvalid("wrong_tiles", detail) from None


def _fork(old: Head, new: Head) -> ProofInvalid:
    return ProofInvalid(
        "fork_detected",
        f"the log signed two histories: its tree of {new.size} entries does not continue its tree of"
        f" {old.size}. Keep this device as it is and tell an auditor",
        heads=_shown(old, new),
    )


def _shown(*heads: Head) -> list[dict[str, int | str]]:
    return [{"size": head.size, "root": head.root.hex()} for head in heads]


def newest_head(db: sqlite3.Connection) -> Head | None:
    """As `Heads.newest`, inside somebody's transaction."""
    query = "SELECT size, root, evidence FROM head WHERE checked = 1 ORDER BY size DESC LIMIT 1"
    row = db.execute(query).fetchone()
    return Head(*row) if row else None
