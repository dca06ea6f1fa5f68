"""Step 12, for whoever has the log's second key (ML-DSA-44): it signed the heads, too.

Whoever breaks Ed25519 can sign any head as the log; they still cannot make this line. So once the
key has signed a head, every later one must carry its line, the newest must in any case, and so must
every head with the entry in which the log names the key: else somebody who has the first key only
could leave it away, and move the times of heads. Which key to believe in comes from outside, as the
first does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.registry_events import CheckpointKeyAdded
from ledger.errors import ProofInvalid
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.ml_dsa import signed_at
from ledger.proof.note import parse_note
from ledger.verify.report import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.domain.world import Entry
    from ledger.proof.ml_dsa import SecondKey
    from ledger.verify.checkpoints import Head, Heads
    from ledger.verify.report import Findings
    from ledger.verify.source import LogSource

STEP = 12
NAME = "The log's second key signed the heads, too"


class SecondSigned:
    """What the second key says. Without it there is no such step, and the report says so."""

    def __init__(self, key: SecondKey | None, findings: Findings) -> None:
        self._key = key
        self._findings = findings
        self.named: tuple[int, str] | None = None  # position and key, as the log says
        self._lined: list[int] = []
        self._bare: list[int] = []  # before the first with a line
        if key:
            findings.add(STEP, NAME)

    def check(self, source: LogSource, heads: Heads) -> None:
        """Every stored head's line. Which ones may lack it only the entries tell: see `conclude`."""
        if self._key is None:
            return
        with self._findings.timed(STEP):
            opened = {head.size: head for head in heads.heads}
            for size, note in self._notes(source):
                if size in opened:
                    self._read(self._key, opened[size], note)

    def follow(self, entries: Iterable[Entry]) -> None:
        """Entries that went through step 6: one of them may name the key."""
        for entry in entries:
            if isinstance(entry.event, CheckpointKeyAdded) and self.named is None:
                self.named = entry.position, entry.event.vkey
                if self._key and entry.event.vkey != str(self._key):
                    self._wrong(
                        entry.position, "the log names another second key than the one that was given"
                    )

    def conclude(self, heads: Heads) -> None:
        """After the last entry."""
        if self._key is None:
            return
        named = self.named[0] if self.named else None
        for size in self._bare:
            if named is not None and size > named:
                what = f"the second key did not sign it, and entry {named} names that key"
                self._wrong(None, what, f"checkpoints/{size}")
        last = heads.last.size if heads.last else 0
        if last not in self._lined[-1:]:
            what = f"THE SECOND KEY DID NOT SIGN the newest checkpoint, of {last} entries"
            self._wrong(None, what, "checkpoint")
        self._findings.done(
            STEP, f"{len(self._lined)} of {len(heads.heads)} heads are signed by it, ML-DSA-44"
        )

    def sentence(self) -> str:
        """What there is to say of it, for the end of a report."""
        if self._key is None and self.named is None:
            return "The log names none: its heads rest on Ed25519 alone."
        if self._key is None:
            return (
                "NOT CHECKED: the log has one, for ML-DSA-44. Give it, from outside, as a further --log-key"
            )
        if self._findings.steps[STEP].ok:
            return f"It signed every head from that of {self._lined[0]} entries on (ML-DSA-44)."
        return "IT DID NOT SIGN what it should have: see step 12."

    def _notes(self, source: LogSource) -> Iterator[tuple[int, bytes]]:
        try:
            yield from source.checkpoints()
        except Exception:
            return  # steps 1 and 2 have named it

    def _read(self, key: SecondKey, head: Head, data: bytes) -> None:
        try:
            note = parse_note(data)
            if signed_at(note, parse_checkpoint(note.text), key) != head.time_s:
                raise ProofInvalid("bad_cosignature", "its line says another time than the first key's")
        except Exception as error:
            bare = isinstance(error, ProofInvalid) and error.code == "no_signature"
            if bare and not self._lined:
                self._bare.append(head.size)  # the key may have been added later
                return
            what = f"the second key did not sign it, or not once: {told(error)}" if bare else told(error)
            self._wrong(None, what, f"checkpoints/{head.size}")
        else:
            self._lined.append(head.size)

    def _wrong(self, position: int | None, what: str, where: str | None = None) -> None:
        self._findings.wrong(STEP, position, what, where=where)
