"""Steps 1 and 2: the log key opens the checkpoints, and they only grow."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.errors import ProofInvalid
from ledger.proof.checkpoint import open_checkpoint
from ledger.verify.report import moment, told

if TYPE_CHECKING:
    from ledger.proof.checkpoint import SignedCheckpoint
    from ledger.proof.note import VerifierKey
    from ledger.verify.report import Findings
    from ledger.verify.source import LogSource


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint that opened: tree size, root (32 bytes), time (s since the epoch)."""

    size: int
    root: bytes
    time_s: int


@dataclass(slots=True)
class Heads:
    """All checkpoints that opened, strictly growing."""

    heads: list[Head] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)

    def add(self, head: Head) -> None:
        self.heads.append(head)
        self._sizes.append(head.size)

    @property
    def last(self) -> Head | None:
        return self.heads[-1] if self.heads else None

    def covering(self, position: int) -> Head | None:
        """The first checkpoint that contains the entry."""
        at = bisect_right(self._sizes, position)
        return self.heads[at] if at < len(self.heads) else None

    def before(self, position: int) -> Head | None:
        """The last checkpoint that does not contain the entry."""
        at = bisect_right(self._sizes, position)
        return self.heads[at - 1] if at else None


def open_latest(source: LogSource, vkey: VerifierKey, findings: Findings) -> SignedCheckpoint | None:
    """Step 1. None where the latest checkpoint does not open."""
    with findings.timed(1):
        try:
            signed = _open(source.latest(), vkey)
        except Exception as error:
            findings.wrong(1, None, told(error), where="checkpoint")
            findings.stopped(1, "the latest checkpoint does not open with the key that was given")
            return None
        head = signed.checkpoint
        findings.done(1, f"size {head.size}, root {head.root.hex()}, signed at {moment(signed.time_s)}")
        return signed


def open_all(
    source: LogSource, vkey: VerifierKey, latest: SignedCheckpoint | None, findings: Findings
) -> Heads:
    """Step 2. Those that open and grow; the others are named and left out."""
    heads = Heads()
    with findings.timed(2):
        seen = _walk(source, vkey, heads, findings)
        if latest is not None:
            _must_be_last(latest, heads, findings)
        if heads.last is None:
            findings.wrong(2, None, "there is no checkpoint that opens", where="checkpoints")
        findings.done(2, f"{len(heads.heads)} of {seen} stored checkpoints open and grow")
    return heads


def _walk(source: LogSource, vkey: VerifierKey, heads: Heads, findings: Findings) -> int:
    seen = 0
    try:
        for stored_as, note in source.checkpoints():
            seen += 1
            _add(stored_as, note, vkey, heads, findings)
    except Exception as error:
        findings.wrong(2, None, f"the checkpoints cannot all be read: {told(error)}", where="checkpoints")
    return seen


def _add(stored_as: int, note: bytes, vkey: VerifierKey, heads: Heads, findings: Findings) -> None:
    try:
        signed = _open(note, vkey)
        _must_grow(stored_as, signed, heads.last)
    except Exception as error:
        findings.wrong(2, None, told(error), where=f"checkpoints/{stored_as}")
    else:
        heads.add(Head(signed.checkpoint.size, signed.checkpoint.root, signed.time_s))


def _open(note: bytes, vkey: VerifierKey) -> SignedCheckpoint:
    signed = open_checkpoint(note, vkey)
    if signed.checkpoint.origin != vkey.name:
        raise ProofInvalid("bad_checkpoint", f"it is of another log: {signed.checkpoint.origin!r}")
    return signed


def _must_grow(stored_as: int, signed: SignedCheckpoint, before: Head | None) -> None:
    size = signed.checkpoint.size
    if size != stored_as:
        raise ProofInvalid("bad_checkpoint", f"it is stored under size {stored_as}, but says {size}")
    if before is not None and size <= before.size:
        raise ProofInvalid(
            "bad_checkpoint", f"size {size} does not grow: one of size {before.size} came before"
        )
    if before is not None and signed.time_s < before.time_s:
        raise ProofInvalid(
            "bad_checkpoint",
            f"signed at {moment(signed.time_s)}, before the smaller one at {moment(before.time_s)}",
        )


def _must_be_last(latest: SignedCheckpoint, heads: Heads, findings: Findings) -> None:
    """The latest checkpoint is the last of the stored ones. Else it joins them, if it is newer."""
    head = Head(latest.checkpoint.size, latest.checkpoint.root, latest.time_s)
    last = heads.last
    if last == head:
        return
    findings.wrong(
        2,
        None,
        f"the latest checkpoint (size {head.size}) is not the last of the stored ones",
        where="checkpoint",
    )
    if last is None or (head.size > last.size and head.time_s >= last.time_s):
        heads.add(head)
