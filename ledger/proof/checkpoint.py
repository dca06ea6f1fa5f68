"""The signed tree head: c2sp.org/tlog-checkpoint with the log's own timestamped cosignature.

Each checkpoint carries two lines by the log's one key: a plain note signature (0x01), which
says "this is my tree", and a `cosignature/v1` (0x04), which says at what time. Their signed
messages differ in the first line, so neither can pass for the other (ADR-0002). A log may have a
second key, whose line (0x06) stands behind them (ADR-0019).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from ledger.errors import Malformed, ProofInvalid
from ledger.proof import note
from ledger.proof.cosignature import MAX_TIME, cosign, cosigned_at, cosigned_message
from ledger.proof.keys import PublicKey, SigningKey
from ledger.proof.ml_dsa import SecondSigner
from ledger.proof.note import VerifierKey

__all__ = ["MAX_TIME", "Checkpoint", "SignedCheckpoint", "cosigned_message", "log_vkey", "open_checkpoint",
           "own_part", "parse_checkpoint", "sign_checkpoint",
           "stamp_name", "with_lines"]  # fmt: skip

MAX_SIZE = 2**63 - 1
MAX_ORIGIN = 255


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: `size` entries, `root` of 32 bytes, and lines of extensions, if any."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def body(self) -> str:
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose two signatures verified; `time_s` in seconds since the epoch."""

    checkpoint: Checkpoint
    time_s: int
    note: bytes


def log_vkey(origin: str, public: PublicKey) -> VerifierKey:
    """The verifier key to hand out. Raises `Malformed` (`malformed_vkey`, `bad_origin`)."""
    vkey = note.vkey_of(origin, public)
    if len(origin.encode()) > MAX_ORIGIN or origin == "cosignature/v1":
        raise Malformed("bad_origin", f"{origin[:40]!r} cannot name a log")
    return vkey


def parse_checkpoint(text: str) -> Checkpoint:
    """Raises `Malformed` (`malformed_checkpoint`)."""
    origin, *rest = text.split("\n")
    if len(rest) < 3 or rest[-1] or not origin or not all(rest[:-1]):
        raise Malformed("malformed_checkpoint", "a checkpoint is origin, size, root and no empty line")
    size, root, *extensions = rest[:-1]
    hashed = note.unbase64(root)
    sized = size.isascii() and size.isdigit() and len(size) < 20
    if not sized or str(int(size)) != size or int(size) > MAX_SIZE:
        raise Malformed("malformed_checkpoint", f"{size[:40]!r} is not a tree size")
    if len(hashed) != 32:
        raise Malformed("malformed_checkpoint", "the root is not 32 bytes of base64")
    return Checkpoint(origin, int(size), hashed, tuple(extensions))


def sign_checkpoint(
    checkpoint: Checkpoint, key: SigningKey, time_s: int, second: SecondSigner | None = None
) -> bytes:
    """The note with its two signature lines, and that of the log's second key, where it has one.

    `time_s`: whole seconds since the epoch. Raises `Malformed`: `bad_origin`,
    `malformed_vkey`, `malformed_checkpoint` (one that we would not read is not signed).
    """
    vkey, body = log_vkey(checkpoint.origin, key.public), checkpoint.body()
    if parse_checkpoint(body) != checkpoint or not 0 <= time_s <= MAX_TIME:
        raise Malformed("malformed_checkpoint", "the size, root, time or an extension line is not one")
    lines = note.sign_note(body, vkey, key) + cosign(body, vkey.as_type(note.COSIGNATURE), key, time_s)
    return f"{body}\n{lines}{second.line(checkpoint, time_s) if second else ''}".encode()


def open_checkpoint(data: bytes, vkey: VerifierKey) -> SignedCheckpoint:
    """Check both lines of the log's key; lines by others are left aside. Raises `ProofInvalid`
    (`bad_checkpoint`)."""
    try:
        found = note.parse_note(data)
        head = parse_checkpoint(found.text)
        if head.origin != vkey.name:
            raise ProofInvalid("bad_checkpoint", f"of {head.origin!r}, where {vkey.name!r} is due")
        note.check_signature(vkey, note.find(found, vkey), found.text.encode(), "bad_checkpoint")
        time_s = cosigned_at(found, vkey.as_type(note.COSIGNATURE))
    except (Malformed, ProofInvalid) as error:
        raise ProofInvalid("bad_checkpoint", error.detail) from None
    return SignedCheckpoint(head, time_s, data)


def own_part(data: bytes) -> bytes:
    """The note as the log published it first: its text, and the leading lines under the log's own name.

    What others add later, witnesses for instance, stands behind those. Raises `Malformed`
    (`malformed_note`).
    """
    text, gap, lines = data.rpartition(b"\n\n")
    name = note.parse_note(data).text.partition("\n")[0]
    own = takewhile(lambda line: line.startswith(f"— {name} ".encode()), lines.splitlines(keepends=True))
    return text + gap + b"".join(own)


def stamp_name(size: int, number: int) -> str:
    """The file, in a bundle or a copy of the log, of a head's time stamps. `number`: from 0, in the order
    of the authorities that began its records."""
    return f"timestamps/{size}-{number:02}.ers"


def with_lines(data: bytes, lines: Iterable[str]) -> bytes:
    """The note with further signature lines, each ending in a newline, behind its own."""
    return data + "".join(lines).encode()
