"""Step 8, for whoever has a witness policy: enough of its witnesses cosigned the newest head.

The policy comes from outside the log, as the log's key does: a log that chose its own witnesses
would prove nothing. A head that witnesses cosigned is the one history that any of them has seen
of its size, so the operator can have shown nobody another. A policy that asks for nobody proves
nothing: the step is then not done.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.note import parse_note
from ledger.proof.witnesses import NONE
from ledger.verify.report import NOBODY, Step, told

if TYPE_CHECKING:
    from ledger.proof.note import VerifierKey
    from ledger.proof.witnesses import Policy
    from ledger.verify.checkpoints import Heads
    from ledger.verify.report import Findings
    from ledger.verify.source import LogSource

STEP = 8
NAME = "Witnesses cosigned the newest checkpoint, as the policy asks"


class Cosigned:
    """Which heads the policy's witnesses cosigned. `size`: of the newest that meets it, 0 for none."""

    def __init__(self, policy: Policy, vkey: VerifierKey, findings: Findings) -> None:
        """Raises `Malformed` (`malformed_policy`) where a witness has the log's own key."""
        policy.must_watch(vkey)
        self.size = 0
        self._policy = policy
        self._vkey = vkey
        self._findings = findings
        self._by: dict[int, dict[str, int]] = {}  # size -> witness -> time
        findings.steps[STEP] = Step(STEP, NAME)

    def check(self, source: LogSource, heads: Heads) -> None:
        """Read every stored head's lines. Heads that did not open count for nothing."""
        with self._findings.timed(STEP):
            if not self._policy.knows_log(self._vkey):
                self._findings.wrong(STEP, None, f"the policy is not about the log {self._vkey.name!r}")
                self._findings.stopped(STEP, "no witness of this log was asked")
                return
            known = {head.size: head.root for head in heads.heads}
            for size, note in self._notes(source):
                self._read(size, note, known)
            if self._policy.quorum == NONE:
                self._findings.stopped(STEP, "quorum none: the policy asks for no witness")
                return
            met = [size for size, by in self._by.items() if self._policy.met_by(by)]
            self.size = max(met, default=0)
            self._conclude(heads.last.size if heads.last else 0)

    def _notes(self, source: LogSource) -> list[tuple[int, bytes]]:
        """The latest too: it may have been fetched when more witnesses had answered."""
        try:
            stored = list(source.checkpoints())
            return [*stored, (stored[-1][0], source.latest())] if stored else []
        except Exception:
            return []  # steps 1 and 2 have named it

    def _read(self, size: int, data: bytes, known: dict[int, bytes]) -> None:
        """Lines count for the very head that the log's key opened, wherever they stand."""
        try:
            found = parse_note(data)
            head = parse_checkpoint(found.text)
            by = self._policy.cosigners(found)
        except Exception as error:
            self._findings.wrong(STEP, None, told(error), where=f"checkpoints/{size}")
            return
        if (head.origin, head.size, head.root) == (self._vkey.name, size, known.get(size)):
            self._by.setdefault(size, {}).update(by)

    def _conclude(self, size: int) -> None:
        if self.size < size:
            reach = (
                f"the policy is met up to {self.size} entries only"
                if self.size
                else "no head meets the policy"
            )
            self._findings.wrong(
                STEP,
                None,
                f"the newest checkpoint, of {size} entries, is not cosigned by enough witnesses: {reach}",
                where="checkpoint",
            )
        self._findings.done(STEP, self._detail(size))

    def _detail(self, size: int) -> str:
        if not self.size:
            return f"quorum {self._policy.quorum}: not met by any of {len(self._by)} checkpoints"
        by = self._by[self.size]
        names = ", ".join(f"{name} at {_at(time_s)}" for name, time_s in sorted(by.items()))
        return f"quorum {self._policy.quorum}: met up to {self.size} of {size} entries, by {names}"

    def sentence(self, size: int) -> str:
        """What the witnesses say of the whole, for the end of a report."""
        if self._policy.quorum == NONE:
            return NOBODY
        if not self.size:
            return "No witness policy is met: another history may have been shown to somebody else."
        if self.size < size:
            return f"The head of {self.size} entries is cosigned as the policy asks; those behind it are not."
        return f"The head of {size} entries is cosigned as the policy asks: nobody is shown another history."


def _at(time_s: int) -> str:
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):  # a witness may say any number below 2^63
        return f"{time_s} s"
