"""Step 8, for whoever has a witness policy: enough of its witnesses cosigned the newest head.

The policy comes from outside the log, as the log's key does: a log that chose its own witnesses
would prove nothing. A head that witnesses cosigned is the one history that any of them has seen
of its size, so the operator can have shown nobody another. A policy that asks for nobody proves
nothing: the step is then not done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.note import parse_note
from ledger.proof.witnesses import parse_policy
from ledger.verify.report import NOBODY, moment, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.proof.note import VerifierKey
    from ledger.proof.witnesses import Policy
    from ledger.verify.checkpoints import Heads
    from ledger.verify.manifest import Witnessed
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
        findings.add(STEP, NAME)

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
            if not self._policy.asks:
                self._findings.stopped(STEP, "quorum none: the policy asks for no witness")
                return
            met = [size for size, by in self._by.items() if self._policy.met_by(by)]
            self.size = max(met, default=0)
            last = heads.last.size if heads.last else 0
            if self.size < last:
                self.falls_short(last)
            self._findings.done(STEP, self._detail(last), whole=self.size == last)

    def _notes(self, source: LogSource) -> Iterator[tuple[int, bytes]]:
        """The latest too: it may have been fetched when more witnesses had answered. Twice through them
        rather than all in memory: what cannot be read to its end counts for nothing."""
        try:
            sizes = [size for size, _ in source.checkpoints()]
            latest = source.latest()
        except Exception:
            return  # steps 1 and 2 have named it
        yield from source.checkpoints()
        if sizes:
            yield sizes[-1], latest

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

    def falls_short(self, size: int) -> None:
        """The head of `size` entries, the newest, is not cosigned by enough."""
        met = f"the policy is met up to {self.size} entries only" if self.size else "no head meets the policy"
        what = f"the newest checkpoint, of {size} entries, is not cosigned by enough witnesses: {met}"
        self._findings.wrong(STEP, None, what, where="checkpoint")

    def _detail(self, size: int) -> str:
        if not self.size:
            return f"quorum {self._policy.quorum}: not met by any of {len(self._by)} checkpoints"
        by = self._by[self.size]
        names = ", ".join(f"{name} at {moment(time_s)}" for name, time_s in sorted(by.items()))
        return f"quorum {self._policy.quorum}: met up to {self.size} of {size} entries, by {names}"

    def sentence(self, size: int) -> str:
        """What the witnesses say of the whole, for the end of a report."""
        if not self._policy.asks:
            return NOBODY
        if not self.size:
            return "No witness policy is met: another history may have been shown to somebody else."
        if self.size < size:
            return f"The head of {self.size} entries is cosigned as the policy asks; those behind it are not."
        return f"The head of {size} entries is cosigned as the policy asks: nobody is shown another history."


class CosignedBundle(Cosigned):
    """A bundle ends with the entry that asked for it, which nobody may have cosigned yet: a smaller head
    that meets the policy is not wrong, and not the whole."""

    def falls_short(self, size: int) -> None:
        if not self.size:
            super().falls_short(size)


def check_claim(said: Witnessed, source: LogSource, heads: Heads, vkey: VerifierKey) -> None:
    """Raises `ProofInvalid` (`policy_not_met` and as `Policy.cosigners`), `Malformed`: the head that the
    bundle names does not meet the policy that it names."""
    policy = parse_policy(said.policy.encode())
    policy.must_watch(vkey)
    if not policy.asks or not policy.knows_log(vkey):
        raise ProofInvalid("policy_not_met", "it asks for no witness of this log")
    if said.size not in {head.size for head in heads.heads}:
        raise ProofInvalid("policy_not_met", f"no checkpoint of {said.size} entries is here")
    by: set[str] = set()
    for size, note in source.checkpoints():
        if size == said.size:
            by |= policy.cosigners(parse_note(note)).keys()
    if not policy.met_by(by):
        told = ", ".join(sorted(by)) or "nobody"
        raise ProofInvalid("policy_not_met", f"{told} cosigned its head of {said.size} entries")


def claimed(said: Witnessed | None) -> str:
    """What a bundle says of its operator's policy."""
    if said is None:
        return "The bundle names no policy that its heads meet."
    try:
        names = ", ".join(parse_policy(said.policy.encode()).witnesses)
    except Malformed:
        return "The bundle names a policy that cannot be read."
    return (
        f"The bundle says that its head of {said.size} entries meets the operator's own policy, with the "
        f"witnesses {names}: whether these are anybody's but the operator's, nothing here shows."
    )
