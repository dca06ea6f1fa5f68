"""Step 10, for whoever holds a head of the log from elsewhere: it is of the history that the bundle shows.

From a witness, an earlier audit, another bundle, paper. A bundle shows the root at each size at which it
cuts no subtree: at its checkpoints, and around each entry given. At another size it can show nothing, nor
beyond its end: the step is then not done. Two heads of one log's key that are of two histories are
proof against the operator, whoever else is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.proof.checkpoint import open_checkpoint
from ledger.verify.report import told

if TYPE_CHECKING:
    from ledger.proof.checkpoint import Checkpoint
    from ledger.proof.note import VerifierKey
    from ledger.verify.bundle_tree import BundleTree
    from ledger.verify.report import Findings

STEP = 10
NAME = "The head that you hold is of this history"
FORKED = (
    "TWO HISTORIES: the head of {size} entries that you hold has another root than the bundle's tree at that "
    "size, and the log's key signed both. Keep both: they are the proof"
)


class HeldHead:
    """One signed note from outside, which the log's key must open."""

    def __init__(self, note: bytes, vkey: VerifierKey, findings: Findings) -> None:
        self._findings = findings
        self._head: Checkpoint | None = None
        findings.add(STEP, NAME)
        try:
            self._head = open_checkpoint(note, vkey).checkpoint
        except Exception as error:
            findings.wrong(
                STEP, None, f"the log's key did not sign it: {told(error)}", where="the head given"
            )
            findings.stopped(STEP, "no head of this log was given")

    @property
    def size(self) -> int | None:
        """Where its root has to stand."""
        return self._head.size if self._head else None

    def compare(self, tree: BundleTree, size: int) -> None:
        """`size`: entries of the bundle's last checkpoint."""
        if self._head is None:
            return
        held, root = self._head, tree.held_root
        if held.size > size:
            self._not_done(f"it is {held.size - size} entries younger than the bundle, which ends before")
        elif tree.committed < held.size:
            self._not_done("no root at its size came out of the bundle")
        elif root is None:
            self._not_done("the bundle gives one hash for entries on both sides of its end")
        elif root != held.root:
            self._findings.wrong(STEP, None, FORKED.format(size=held.size), where="the head given")
            self._findings.stopped(STEP, f"another root at {held.size} entries")
        else:
            self._findings.done(STEP, f"the same root at {held.size} of {size} entries")

    def _not_done(self, why: str) -> None:
        what = f"it has {self._head.size if self._head else 0} entries: {why}"
        self._findings.stopped(STEP, f"NOT compared: {what}. A copy of the log can show it")
