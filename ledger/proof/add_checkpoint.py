"""What a log and a witness say to each other (c2sp.org/tlog-witness, "add-checkpoint"): the forms.

A request is a line `old <size>`, the hashes of a consistency proof, an empty line and the
checkpoint. The answer is signature lines; after a 409 it is the size that the witness knows.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ledger.errors import Malformed
from ledger.proof import note
from ledger.proof.checkpoint import MAX_SIZE, with_lines
from ledger.proof.cosignature import cosigned_at
from ledger.proof.note import VerifierKey

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"  # of the answer that names a size
MAX_PROOF = 63  # "The client MUST NOT send more than 63 consistency proof lines"
MAX_BODY = 64 * 1024  # bytes of a request or an answer: a hundred signature lines have some 20 KB


@dataclass(frozen=True, slots=True)
class Submission:
    """`old_size`: of the head that the witness cosigned last, 0 for none; `proof`: hashes of 32 bytes
    from there to the checkpoint's tree; `note`: the signed checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        lines = [f"old {self.old_size}", *(base64.b64encode(each).decode() for each in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note


def parse_submission(body: bytes) -> Submission:
    """Raises `Malformed` (`malformed_submission`). The checkpoint in it is not looked at."""
    head, _, signed = body.partition(b"\n\n")
    first, *hashes = head.decode("ascii", "replace").split("\n")
    proof = tuple(note.unbase64(line) for line in hashes)
    sized = parse_size(first.removeprefix("old "))
    found = Submission(sized, proof, signed)
    if len(proof) > MAX_PROOF or any(len(each) != 32 for each in proof) or found.encode() != body:
        raise Malformed("malformed_submission", "not an old size, at most 63 hashes and a checkpoint")
    return found


def parse_size(text: str) -> int:
    """A tree size in decimal, without leading zeros. Raises `Malformed` (`malformed_submission`)."""
    plain = text.isascii() and text.isdigit() and len(text) < 20
    if not plain or str(int(text)) != text or int(text) > MAX_SIZE:
        raise Malformed("malformed_submission", f"{text[:40]!r} is not a tree size")
    return int(text)


def parse_conflict(body: bytes) -> int:
    """The size that a witness names with 409: decimal and a newline. Raises as `parse_size`."""
    return parse_size(body.decode("ascii", "replace").removesuffix("\n"))


def parse_cosignatures(body: bytes, signed: bytes, vkey: VerifierKey) -> tuple[str, int]:
    """The witness's own line among those that it answered with, and its time in seconds.

    "The client MUST ignore any cosignatures from unknown keys." `signed`: the checkpoint that was
    handed in. Raises `Malformed` (`malformed_note`), `ProofInvalid` (`no_signature`, `bad_cosignature`).
    """
    answered = note.parse_note(with_lines(signed.rpartition(b"\n\n")[0] + b"\n\n", [_text(body)]))
    time_s = cosigned_at(answered, vkey)
    return note.signature_line(vkey, note.find(answered, vkey)), time_s


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Malformed("malformed_note", "the answer is not UTF-8") from None
