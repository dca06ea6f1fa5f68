"""Whether a witness may cosign a head: the checks of c2sp.org/tlog-witness, in its order.

Pure. What is refused is told by the kind of error, which stands for the page's status:
`Malformed` 400, `Unauthentic` 403, `NotFound` 404, `Conflict` 409, `ProofInvalid` 422.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import Conflict, Malformed, NotFound, ProofInvalid, Unauthentic
from ledger.proof import note
from ledger.proof.add_checkpoint import Submission
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.cosignature import cosigned_at
from ledger.proof.merkle import EMPTY_ROOT, verify_consistency
from ledger.proof.note import COSIGNATURE, Note, VerifierKey

Logs = Mapping[str, Sequence[VerifierKey]]  # origin -> the keys that its heads are believed by


@dataclass(frozen=True, slots=True)
class Known:
    """The head of a log that was cosigned last, and when; at first the empty tree's."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    time_s: int = 0


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that one of its log's trusted keys signed. `lines` are those that verified."""

    checkpoint: Checkpoint
    text: str
    lines: tuple[str, ...]

    def note(self, *more: str) -> bytes:
        return f"{self.text}\n{''.join((*self.lines, *more))}".encode()


def open_signed(data: bytes, logs: Logs) -> Signed:
    """Raises `Malformed` (`malformed_note`, `malformed_checkpoint`), `NotFound` (`unknown_log`),
    `Unauthentic` (`not_by_the_log`)."""
    found = note.parse_note(data)
    head = parse_checkpoint(found.text)
    if head.origin not in logs:
        raise NotFound("unknown_log", f"this witness does not follow {head.origin[:120]!r}")
    lines = tuple(
        note.signature_line(vkey, _verified(found, vkey)) for vkey in _used(found, logs[head.origin])
    )
    if not lines:
        raise Unauthentic("not_by_the_log", "no trusted key of this log signed the checkpoint")
    return Signed(head, found.text, lines)


def _used(found: Note, vkeys: Sequence[VerifierKey]) -> list[VerifierKey]:
    """ "it MUST ignore signatures from unknown keys"."""
    named = {(each.name, each.key_id) for each in found.signatures}
    return [vkey for vkey in vkeys if (vkey.name, vkey.key_id) in named]


def _verified(found: Note, vkey: VerifierKey) -> bytes:
    """ "403 … or a signature line's key name and ID match a trusted key but the signature itself
    fails to verify"."""
    try:
        signature = note.find(found, vkey)
        if vkey.alg == COSIGNATURE:
            cosigned_at(found, vkey)
        else:
            note.check_signature(vkey, signature, found.text.encode(), "bad_note")
    except ProofInvalid as error:
        raise Unauthentic("not_by_the_log", error.detail) from None
    return signature


def judge(known: Known, submission: Submission, head: Checkpoint) -> None:
    """Return where the head continues what was cosigned last.

    Raises `Malformed` (`old_size_too_large`), `Conflict` (`other_size`, whose extra `size` is the
    known one), `ProofInvalid` (`bad_consistency_proof`).
    """
    if submission.old_size > head.size:
        raise Malformed(
            "old_size_too_large", f"old {submission.old_size}, but the checkpoint has {head.size}"
        )
    if submission.old_size != known.size:
        detail = f"the head cosigned last has {known.size} entries, not {submission.old_size}"
        raise Conflict("other_size", detail, size=known.size)
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise ProofInvalid("bad_consistency_proof", "an empty tree with the root of another")
    if known.size:
        verify_consistency(known.size, known.root, head.size, head.root, list(submission.proof))
    elif submission.proof:
        raise ProofInvalid("bad_consistency_proof", "a proof from nothing must be empty")


def is_fork(known: Known, head: Checkpoint) -> bool:
    """Two heads of one size that differ prove it, whatever size the submission named; of others only
    the log can show that they fit."""
    return head.size == known.size and head.root != known.root
